import json

import keras
import numpy as np
import pandas as pd
import pytest

from model_search.data import builtin
from model_search.data.arrays.arrays import provider_from
from model_search.data.prediction_input import read_features
from model_search.data.provider import DataOptions, providers
from model_search.data.signature import from_json, to_json
from model_search.data.tables import csv_provider
from model_search.errors import UsageError

assert builtin

GOOD = ("good", "fine", "great")
BAD = ("bad", "poor", "awful")


def reviews(rows=120):
    """Columns stars (number), shop (category), review (different sentences of five words or more), sold (label)."""
    rng = np.random.default_rng(0)
    lines = ["stars,shop,review,sold"]
    for row in range(rows):
        word = (GOOD if row % 2 else BAD)[rng.integers(3)]
        text = f'"The {word} thing, number {row} --it {"is, really, " * (row % 4)}it"'
        lines.append(f"{rng.integers(1, 6)},{'xyz'[row % 3]},{text},{'yes' if row % 2 else 'no'}")
    return "\n".join(lines) + "\n"


def make(path, **options):
    return providers["csv"](DataOptions(filename=str(path), **options))


def kinds(made):
    return {column.name: column.kind for column in made.describe().columns}


def model_of(made):
    raw = {name: keras.Input(f.shape, dtype=f.dtype, name=name) for name, f in made.signature().items()}
    return keras.Model(raw, made.encode(raw))


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(reviews())
    return path


def test_columns_of_different_sentences_are_text(table):
    made = make(table)
    assert kinds(made) == {"stars": "number", "shop": "category", "review": "text", "sold": "label"}
    assert list(made.signature()) == ["stars", "shop", "review"]
    assert made.vocabulary_size == 0
    assert make(table, types={"review": "ignore"}).identity() != made.identity() != make(table, vocabulary=5).identity()
    assert kinds(make(table, types={"review": "ignore"}))["review"] == "ignored"
    assert kinds(make(table, types={"shop": "text"}))["shop"] == "text"


def test_names_ids_places_and_few_long_categories_are_not_text(tmp_path):
    shops = ["a rather long shop name", "b c d e"]
    rows = [f"id{n},John Smith{n},{n}-{n},{n} {n}.5 2 N {n},{shops[n % 2]},{n % 2}" for n in range(90)]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["key,person,code,place,shop,y", *rows]))
    ignored = dict.fromkeys(("key", "person", "code", "place"), "ignored")
    assert kinds(make(path)) == ignored | {"shop": "category", "y": "label"}


def test_text_becomes_a_bag_of_words_beside_the_other_columns(table):
    made = make(table)
    train = pd.concat(pd.DataFrame({name: x[name].numpy()[:, 0] for name in x}) for x, _, _ in made.train())
    words = {word for text in train["review"] for word in text.decode().replace(",", " ").lower().split()}
    words -= {word for word in words if word.isdigit()}
    model = model_of(made)
    row = {"stars": [[3.0]], "shop": [["x"]], "review": [["Good GOOD it; unheard"]]}
    encoded = model({name: keras.ops.convert_to_tensor(value) for name, value in row.items()}).numpy()[0]
    assert len(encoded) == 1 + 3 + 1 + len(words)
    assert encoded[1:4].tolist() == [1, 0, 0]
    # The place of unknown words, and two words; dashes do not join words.
    assert encoded[4:].tolist().count(1) == 3
    assert encoded[4] == 1
    assert "it" in words
    assert "number" in words
    assert not any("-" in word for word in words)


def test_bags_have_a_bounded_size(tmp_path):
    rows = [" ".join(f"w{(n * 35 + k) % 2500}" for k in range(70)) + f",{n % 2}" for n in range(200)]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["words,y", *rows]))
    assert model_of(make(path)).output.shape == (None, 1 + 2000)
    assert model_of(make(path, vocabulary=7)).output.shape == (None, 1 + 7)


def test_recurrent_networks_read_one_column_of_text(table):
    types = {"stars": "ignore", "shop": "ignore"}
    made = make(table, types=types, problem_type="RNN_LAST_ACTIVATIONS", sequence_length=6)
    assert list(made.signature()) == ["review"]
    model = model_of(made)
    encoded = model({"review": keras.ops.convert_to_tensor([["The thing"], [""], ["it " * 9]])})
    assert encoded["x"].dtype == "int32"
    assert encoded["x"].shape == (3, 6)
    assert made.vocabulary_size > encoded["x"].numpy().max() > 1
    assert encoded["lengths"].numpy().tolist() == [2, 1, 6]
    whole = make(table, types=types, problem_type="RNN_LAST_ACTIVATIONS")
    # The good thing number 7 it, is really, is really, is really, it.
    assert model_of(whole).output["x"].shape == (None, 13)
    assert whole.identity() != made.identity()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"problem_type": "RNN_LAST_ACTIVATIONS"}, "reads column 'review' alone, not stars, shop; give types stars=ig"),
        (
            {"problem_type": "RNN_ALL_ACTIVATIONS", "types": {"review": "ignore"}},
            "no column looks like text; say which",
        ),
        (
            {"problem_type": "RNN_LAST_ACTIVATIONS", "types": {"shop": "text"}},
            "one column of text; its columns of text are shop, review",
        ),
        ({"sequence_length": 4}, "sequence_length 4 has no meaning where texts are taken as bags of words"),
        ({"types": {"review": "ignore"}, "tokens": "character"}, "tokens character has no meaning where no column is"),
        ({"types": {"review": "prose"}}, "type 'prose' of column 'review' must be one of number, category, text"),
        ({"vocabulary": -1}, "vocabulary -1 must be at least 0"),
    ],
)
def test_columns_and_options_that_do_not_fit(table, options, message):
    with pytest.raises(UsageError, match=message):
        make(table, **options)


def test_streamed_tables_have_texts_too(table, monkeypatch):
    whole = make(
        table, sequence_length=9, types={"stars": "ignore", "shop": "ignore"}, problem_type="RNN_LAST_ACTIVATIONS"
    )
    monkeypatch.setattr(csv_provider, "STREAM_BYTES", 10)
    made = make(
        table, sequence_length=9, types={"stars": "ignore", "shop": "ignore"}, problem_type="RNN_LAST_ACTIVATIONS"
    )
    assert type(made) is not type(whole)
    assert made.vocabulary_size > 5
    facts = made.describe()
    texts = [text for x, _, _ in made.train() for text in x["review"].numpy()[:, 0]]
    assert len(texts) == facts.train_examples
    encoded = model_of(made)({"review": keras.ops.convert_to_tensor(texts)})
    assert encoded["x"].shape == (len(texts), 9)
    assert (encoded["x"].numpy()[:, 0] > 1).all()
    assert kinds(make(table)) == {"stars": "number", "shop": "category", "review": "text", "sold": "label"}


def test_frames_with_missing_texts(table):
    frame = pd.read_csv(table)
    frame.loc[::5, "review"] = None
    made = provider_from(frame, label="sold")
    assert kinds(made)["review"] == "text"
    row = {"stars": [[1.0]], "shop": [["x"]], "review": [[""]]}
    encoded = model_of(made)({name: keras.ops.convert_to_tensor(value) for name, value in row.items()})
    assert encoded.numpy()[0, 4:].sum() == 0


def test_exported_model_reads_rows_of_a_file(table, tmp_path):
    made = make(table)
    model = model_of(made)
    model.save(tmp_path / "m.keras")
    signature = from_json(json.loads(json.dumps(to_json(made))))
    assert signature.layout == made.layout
    (tmp_path / "p.csv").write_text('shop,review,stars\nx,"it is--really, good",3\n')
    ((ids, features),) = read_features(str(tmp_path / "p.csv"), signature)
    assert ids == ["2"]
    assert features["review"].tolist() == ["it is really, good"]
    row = {name: keras.ops.convert_to_tensor(features[name][:, None].tolist()) for name in features}
    loaded = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(loaded.predict(features, verbose=0), model(row).numpy())
    assert model(row).numpy()[0, 4:].sum() == 4
