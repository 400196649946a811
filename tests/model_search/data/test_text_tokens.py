from collections import Counter

import keras
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_search.data.provider import DataOptions
from model_search.data.texts.text_encoder import SPLIT, STANDARDIZE, TextEncoder
from model_search.data.texts.text_tokens import (
    TextOptions,
    TextPlan,
    covering_length,
    plain,
    plan_texts,
    ranked_tokens,
    tokenize,
    untokenized,
)
from model_search.errors import UsageError

LAYERS = {
    tokens: keras.layers.TextVectorization(standardize=STANDARDIZE[tokens], split=SPLIT[tokens], vocabulary=["a"])
    for tokens in ("word", "character")
}

texts = st.text(st.characters(codec="utf-8"), max_size=30)


def as_keras(text, tokens):
    return [piece.decode() for piece in LAYERS[tokens]._preprocess([text])[0].numpy().tolist()]


@pytest.mark.parametrize("tokens", ["word", "character"])
@settings(max_examples=40)
@given(text=texts)
def test_tokens_are_those_of_the_keras_layer(tokens, text):
    assert tokenize(text, tokens) == as_keras(text, tokens)
    assert tokenize(untokenized(tokenize(text, tokens), tokens), tokens) == tokenize(text, tokens)


def test_words_by_hand():
    assert tokenize("The  well-being, of\nÉmile's  _State_ \u00a0 -- ...", "word") == [
        *("the", "wellbeing", "of", "Émiles", "state", "\u00a0")
    ]
    assert tokenize("Ab \n", "character") == ["A", "b", " ", "\n"]
    assert tokenize(plain("State\u2014the \u201cgood\u201d one--isn\u2019t\u2026it"), "word") == [
        *("state", "the", "good", "one", "isnt", "it")
    ]


def test_frequent_tokens_come_first_and_single_ones_are_unknown():
    assert ranked_tokens(Counter("bbaaccccd"), 10) == ("c", "a", "b")
    assert ranked_tokens(Counter("bbaaccccd"), 2) == ("c", "a")
    assert ranked_tokens(Counter("ba"), 5) == ("a", "b")


def test_bags_keep_what_most_texts_hold_and_sequences_what_occurs_most():
    given_texts = ["x x x x y", "y z", "y z", "w"]
    bag = plan_texts(given_texts, TextOptions(vocabulary=2))
    assert (bag.vocabulary, bag.sequence_length, bag.vocabulary_size) == (("y", "z"), 0, 0)
    sequence = plan_texts(given_texts, TextOptions(vocabulary=2, is_sequence=True))
    assert (sequence.vocabulary, sequence.sequence_length, sequence.vocabulary_size) == (("x", "y"), 5, 4)
    assert sequence.coverage == pytest.approx(7 / 10)
    assert sequence.different == 4
    assert plan_texts(given_texts, TextOptions(sequence_length=3, is_sequence=True)).sequence_length == 3


def test_length_covers_95_of_100_texts_within_bounds():
    assert covering_length([1] * 95 + [50] * 5) == 1
    assert covering_length([1] * 94 + [7] + [50] * 5) == 7
    assert covering_length([5000] * 3) == 1000
    assert covering_length([0, 0]) == 1


def test_ids_lengths_and_bags_by_hand():
    ids = TextEncoder(TextPlan("word", ("the", "cat"), 4, 1.0, 2))(
        keras.ops.convert_to_tensor(["The cat, the dog!", "", "cat", "dog dog dog dog the"])
    )
    assert ids["x"].numpy().tolist() == [[2, 3, 2, 1], [0] * 4, [3, 0, 0, 0], [1] * 4]
    assert str(ids["x"].dtype.name) == str(ids["lengths"].dtype.name) == "int32"
    assert ids["lengths"].numpy().tolist() == [4, 1, 1, 4]
    bag = TextEncoder(TextPlan("word", ("the", "cat"), 0, 1.0, 2))(keras.ops.convert_to_tensor(["the the", "dog cat"]))
    assert bag.numpy().tolist() == [[0, 1, 0], [1, 0, 1]]
    assert bag.dtype.name == "float32"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tokens": "letter"}, "tokens 'letter' must be word or character"),
        ({"vocabulary": -1}, "vocabulary -1 must be at least 0"),
        ({"sequence_length": -3}, "sequence_length -3 must be at least 1"),
    ],
)
def test_options_out_of_range(options, message):
    with pytest.raises(UsageError, match=message):
        TextOptions.of(DataOptions(**options), is_sequence=True)
