import math

import keras
import numpy as np
import pytest

from model_search.data import builtin
from model_search.data.provider import DataOptions, providers
from model_search.data.texts.text_lines import unigram_perplexity
from model_search.errors import UsageError

assert builtin


def make(path, **options):
    return providers["text_lines"](DataOptions(filename=str(path), **options))


def write(path, text):
    path.write_text(text)
    return path


def examples(made, dataset):
    """Ids, lengths and labels of all windows, encoded by a model of the provider's layers."""
    raw = keras.Input((), dtype="string", name="text")
    model = keras.Model({"text": raw}, made.encode({"text": raw}))
    batches = [(model(x), y.numpy()) for x, y, _ in dataset]
    ids, lengths = (np.concatenate([x[name].numpy() for x, _ in batches]) for name in ("x", "lengths"))
    return ids, lengths, np.concatenate([y for _, y in batches])


def test_each_step_is_labelled_with_the_token_after_it(tmp_path):
    text = write(tmp_path / "t.txt", "A b a c, b a\nb -- c a b a | a b c e a")
    made = make(text, sequence_length=4, validation_fraction=0.3)
    # 16 words: a b a c b a b c a b a for training and a b c e a held out, of which e is unknown.
    assert made.task.classes == ("[UNK]", "a", "b", "c")
    assert made.task.is_per_step
    assert made.vocabulary_size == 5
    ids, lengths, labels = examples(made, made.train())
    assert ids.tolist() == [[2, 3, 2, 4], [3, 2, 3, 4], [2, 3, 0, 0]]
    assert lengths.tolist() == [4, 4, 2]
    assert labels.tolist() == [[2, 1, 3, 2], [1, 2, 3, 1], [2, 1, 0, 0]]
    ids, lengths, labels = examples(made, made.evaluation())
    assert ids.tolist() == [[2, 3, 4, 1]]
    assert labels.tolist() == [[2, 3, 0, 1]]
    assert made.test() is None


def test_parts_are_stretches_of_the_text_that_do_not_overlap(tmp_path):
    words = [f"w{number}" for number in range(200)]
    text = write(tmp_path / "t.txt", " ".join(words))
    made = make(text, sequence_length=7, validation_fraction=0.2, test_fraction=0.1, vocabulary=999)
    found = [
        [word for x, _, _ in dataset for window in x["text"].numpy() for word in window.decode().split()]
        for dataset in (made.train(), made.evaluation(), made.test())
    ]
    # The last word of each part is predicted only.
    assert found == [words[:139], words[140:179], words[180:199]]


def test_characters_are_taken_as_they_are(tmp_path):
    made = make(write(tmp_path / "t.txt", "Ab\u00e9 Ab\n" * 10), tokens="character", sequence_length=5)
    assert set(made.task.classes) == {"[UNK]", "A", "b", "\u00e9", " ", "\n"}
    ids, _, labels = examples(made, made.train())
    names = np.array(["", *made.task.classes])
    assert "".join(names[ids[ids > 0]]) == ("Ab\u00e9 Ab\n" * 8)[:-1]
    assert (labels.ravel()[:40] == ids.ravel()[1:41] - 1).all()


def test_unigram_perplexity_by_hand(tmp_path):
    # Counts 2, 1, 0, each and one more: probabilities 3/6, 2/6, 1/6 of the held-out classes 0, 1, 2.
    expected = (6 / 3 * 6 / 2 * 6) ** (1 / 3)
    assert unigram_perplexity(np.array([2, 1, 0]), np.array([1, 1, 1])) == pytest.approx(expected)
    made = make(write(tmp_path / "t.txt", "a b " * 20 + "a c"), validation_fraction=0.2)
    # Training a b ... 17 times each, less the first a; held out b a b a b a c to predict, c being unknown.
    (note,) = made.describe().notes
    assert made.describe().train_examples == 1
    loss = -(3 * math.log(18 / 36) + 3 * math.log(17 / 36) + math.log(1 / 36)) / 7
    assert f"perplexity {math.exp(loss):.1f} " in note
    assert f"({loss:.4f} here)" in note


def test_vocabulary_is_smaller_by_default_than_where_texts_are_only_read(tmp_path):
    text = write(tmp_path / "t.txt", "".join(f"w{number} " for number in range(5200)) * 2)
    assert len(make(text, validation_fraction=0.01).task.classes) == 5001
    assert len(make(text, validation_fraction=0.01, vocabulary=30).task.classes) == 31


def test_files_for_parts_and_identity(tmp_path):
    text, other = write(tmp_path / "t.txt", "a b c " * 30), write(tmp_path / "o.txt", "c b a " * 10)
    made = make(text, validation_filename=str(other), sequence_length=10)
    assert made.describe().train_examples == 9
    assert made.describe().evaluation_examples == 3
    same = make(text, sequence_length=10).identity()
    assert same == make(text, sequence_length=10).identity()
    variants = [
        made,
        make(text, test_filename=str(other), sequence_length=10),
        make(text),
        make(text, sequence_length=10, vocabulary=2),
        make(text, sequence_length=10, tokens="character"),
        make(text, sequence_length=10, validation_fraction=0.3),
    ]
    assert len({same, *(variant.identity() for variant in variants)}) == 7


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("", {}, r"t\.txt: 0 words are too few; the training part needs two"),
        ("a b c d", {}, r"t\.txt: 4 words are too few; the evaluation part needs two"),
        ("a b c d", {"validation_fraction": 0.5, "test_fraction": 0.2}, "the training part needs two at least"),
        ("a b c d", {"validation_fraction": 0}, "no evaluation data: give a validation file"),
        ("a b " * 9, {"validation_fraction": 1.5}, "validation_fraction 1.5 must be"),
        ("a b " * 9, {"problem_type": "CNN"}, "problem_type CNN has no meaning for text_lines"),
        ("a b " * 9, {"problem_type": "RNN_LAST_ACTIVATIONS"}, "take RNN_ALL_ACTIVATIONS"),
        ("a b " * 9, {"class_weight": "balanced"}, "class_weight has no meaning for data set"),
        ("a b " * 9, {"task": "regression"}, "task 'regression' has no meaning for text_lines"),
    ],
)
def test_bad_input(tmp_path, text, options, message):
    with pytest.raises(UsageError, match=message):
        make(write(tmp_path / "t.txt", text), **options)
