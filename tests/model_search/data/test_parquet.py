import builtins
import io

import numpy as np
import pandas as pd
import pytest
from tables import people

from model_search.data import builtin
from model_search.data.prediction_input import read_features
from model_search.data.provider import DataOptions, providers
from model_search.data.signature import signature_of
from model_search.data.tables import parquet_provider
from model_search.data.tables.parquet_file import parquet_rows
from model_search.errors import UsageError

assert builtin


def make(path, name="parquet", **options):
    return providers[name](DataOptions(filename=str(path), **options))


@pytest.fixture
def both(tmp_path):
    (tmp_path / "t.csv").write_text(people())
    pd.read_csv(io.StringIO(people())).to_parquet(tmp_path / "t.parquet")
    return tmp_path


def joined(dataset):
    batches = list(dataset)
    names = batches[0][0]
    features = {name: np.concatenate([x[name].numpy() for x, _, _ in batches]) for name in names}
    return features, np.concatenate([y.numpy() for _, y, _ in batches])


def test_a_table_means_what_it_means_in_a_csv_file(both):
    one, other = make(both / "t.parquet"), make(both / "t.csv", "csv")
    assert one.task == other.task
    assert one.signature() == other.signature()
    assert one.describe().columns == other.describe().columns
    for part in ("train", "evaluation"):
        (features, labels), (expected, ids) = (joined(getattr(made, part)()) for made in (one, other))
        assert labels.tolist() == ids.tolist()
        for name in expected:
            np.testing.assert_array_equal(features[name], expected[name])


def test_streamed_rows_are_those_of_a_streamed_csv_file(both, monkeypatch):
    monkeypatch.setattr(parquet_provider, "STREAM_CELLS", 10)
    monkeypatch.setattr("model_search.data.tables.csv_provider.STREAM_BYTES", 10)
    one, other = make(both / "t.parquet", test_fraction=0.2), make(both / "t.csv", "csv", test_fraction=0.2)
    assert "streamed" in one.describe().notes[0]
    sizes = [
        (m.describe().train_examples, m.describe().evaluation_examples, m.describe().test_examples)
        for m in (one, other)
    ]
    assert sum(sizes[0]) == sum(sizes[1])
    features, labels = joined(one.train())
    frame = pd.read_csv(io.StringIO(people()))
    assert set(features) == set(one.signature())
    assert len(labels) == one.describe().train_examples
    ages = pd.to_numeric(frame["age"], errors="coerce").to_numpy(dtype=np.float32)
    assert set(features["age"][:, 0][~np.isnan(features["age"][:, 0])]) <= set(ages)


def test_types_of_columns(tmp_path):
    frame = pd.DataFrame(
        {
            "count": pd.array([1, None, 3] * 10, dtype="Int64"),
            "kind": pd.Categorical(["u", "v", "u"] * 10),
            "raw": [b"x", b"y", b"y"] * 10,
            "flag": [True, False, True] * 10,
            "target": ["a", "b", "b"] * 10,
        },
        index=np.arange(30) * 2,
    )
    frame.to_parquet(tmp_path / "t.parquet")
    made = make(tmp_path / "t.parquet", label="target")
    assert {name: f.dtype for name, f in made.signature().items()} == {
        "count": "float32",
        "kind": "string",
        "raw": "string",
        "flag": "float32",
    }
    features, _ = joined(made.train())
    assert set(features["raw"].ravel()) == {b"x", b"y"}
    assert np.isnan(features["count"]).any()


def test_rows_to_predict(both):
    made = make(both / "t.csv", "csv")
    inputs = made.layout.inputs
    used = [*inputs.numbers, *inputs.categories]
    frame = pd.read_csv(io.StringIO(people()))[[*used[::-1]]]
    frame.to_parquet(both / "p.parquet")
    ids, features = next(parquet_rows(str(both / "p.parquet"), used, inputs))
    _, expected = next(read_features(str(both / "t.csv"), signature_of(made)))
    assert ids[:2] == ["1", "2"]
    for name in expected:
        np.testing.assert_array_equal(features[name], expected[name])
    frame.drop(columns=used[0]).to_parquet(both / "p.parquet")
    with pytest.raises(UsageError, match=f"has no column '{used[0]}'"):
        parquet_rows(str(both / "p.parquet"), used, inputs)


def test_unusable_files(both, tmp_path):
    (tmp_path / "no.parquet").write_text("text")
    with pytest.raises(UsageError, match=r"no\.parquet is not a readable Parquet file"):
        make(tmp_path / "no.parquet")
    with pytest.raises(UsageError, match="does not exist"):
        make(tmp_path / "missing")
    with pytest.raises(UsageError, match="delimiter has no meaning for data set"):
        make(both / "t.parquet", delimiter=";")
    with pytest.raises(UsageError, match="has no column"):
        pd.DataFrame({"z": [1]}).to_parquet(tmp_path / "z.parquet")
        make(both / "t.parquet", validation_filename=str(tmp_path / "z.parquet"))
    pd.DataFrame({"a": [[1, 2]], "b": [1]}).to_parquet(tmp_path / "nested.parquet")
    with pytest.raises(UsageError, match="column 'a' holds list"):
        make(tmp_path / "nested.parquet")
    pd.DataFrame({"a": [], "b": []}).to_parquet(tmp_path / "empty.parquet")
    with pytest.raises(UsageError, match="has no rows"):
        make(tmp_path / "empty.parquet")


def test_a_missing_pyarrow_is_one_line(both, monkeypatch):
    real = builtins.__import__

    def without_pyarrow(name, *args, **kwargs):
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_pyarrow)
    with pytest.raises(UsageError, match=r"need pyarrow: pip install pyarrow"):
        make(both / "t.parquet")
