import numpy as np
import pytest
from tables import people

from model_search.data import builtin, provider
from model_search.data.pipeline import Pipeline
from model_search.data.provider import DataOptions, TaskKind
from model_search.data.tables import csv_provider
from model_search.errors import UsageError

assert builtin


def make(**options):
    return provider.providers["csv"](DataOptions(**options))


def write(path, text):
    path.write_text(text)
    return str(path)


def kinds(made):
    return {column.name: column.kind for column in made.describe().columns}


def examples(dataset):
    features, labels, weights = [], [], []
    for x, y, w in dataset:
        features.append({name: value.numpy() for name, value in x.items()})
        labels += y.numpy().tolist()
        weights += w.numpy().tolist()
    return {name: np.concatenate([f[name] for f in features]) for name in features[0]}, labels, weights


def test_columns_are_what_they_look_like(tmp_path):
    made = make(filename=write(tmp_path / "t.csv", people()))
    assert kinds(made) == {
        "age": "number",
        "pay": "number",
        "job": "category",
        "id": "ignored",
        "unit": "ignored",
        "happy": "label",
    }
    assert list(made.signature()) == ["age", "pay", "job"]
    assert made.task.classes == ("no", "yes")
    facts = made.describe()
    assert facts.train_examples + facts.evaluation_examples == 300
    assert sum(facts.label_counts.values()) == facts.train_examples
    assert any("'id' is ignored" in note for note in facts.notes)


def test_raw_values_reach_the_model_as_they_are_written(tmp_path):
    text = "a;b;y\n1,5;'x';p\n;y;q\n3;y;p\n4;z;q\n"
    made = make(filename=write(tmp_path / "t.csv", text.replace(",", ".")), test_fraction=0.0, validation_fraction=0.5)
    train, held_out = examples(made.train()), examples(made.evaluation())
    values = sorted(np.concatenate([train[0]["a"], held_out[0]["a"]])[:, 0].tolist(), key=str)
    assert values == [1.5, 3.0, 4.0, pytest.approx(np.nan, nan_ok=True)]
    assert b"'x'" in np.concatenate([train[0]["b"], held_out[0]["b"]])


def test_decimal_commas_are_refused_unless_declared_otherwise(tmp_path):
    name = write(tmp_path / "t.csv", "d1;y\n" + "0,5;0\n1,5;1\n" * 100)
    with pytest.raises(
        UsageError, match=r"t\.csv, row 2: column 'd1' has decimal commas, such as '0,5'; write 0\.5, .*d1=cat"
    ):
        make(filename=name)
    with pytest.raises(UsageError, match="column 'd1' has decimal commas"):
        make(filename=name, types={"d1": "number"})
    assert kinds(make(filename=name, types={"d1": "category"}))["d1"] == "category"
    assert kinds(make(filename=name, types={"d1": "category"}))["y"] == "label"
    with pytest.raises(UsageError, match=r"column 'd1' has decimal commas.*--task=classification"):
        make(filename=name, label="d1", types={"y": "number"})
    assert make(filename=name, label="0", task="classification").task.classes == ("0,5", "1,5")


@pytest.mark.parametrize("text", ["a,b,y\n", "a;b;y", "\n a , b , y \n\n"])
@pytest.mark.parametrize("options", [{}, {"label": "y"}, {"columns": ("a", "b", "y")}])
def test_a_header_without_rows_is_called_so(tmp_path, text, options):
    with pytest.raises(UsageError, match=r"t\.csv has a header but no rows"):
        make(filename=write(tmp_path / "t.csv", text), **options)


def test_held_out_file_with_dotted_labels_reordered_columns_and_gaps(tmp_path):
    train = write(tmp_path / "train.csv", people())
    held = write(
        tmp_path / "held.csv", "happy,job,pay,age,id,unit\nyes.,diver,3,,i,m\n no.,cook,?,31,j,m\n?,cook,1,1,k,m\n"
    )
    made = make(filename=train, validation_filename=held)
    features, labels, _ = examples(made.evaluation())
    pairs = dict(zip(features["job"][:, 0].tolist(), labels, strict=True))
    assert pairs == {b"diver": 1, b"cook": 0}
    assert made.describe().train_examples == 300
    assert any("held.csv: 1 rows without a label" in note for note in made.describe().notes)


def test_statistics_come_from_training_rows_only(tmp_path):
    train = write(tmp_path / "train.csv", "a,y\n" + "1,p\n3,q\n" * 10)
    held = write(tmp_path / "held.csv", "a,y\n1000,p\n3,q\n")
    pipeline = Pipeline(make(filename=train, validation_filename=held), 4)
    assert sorted(set(pipeline.train_arrays().x[:, 0].tolist())) == [-1, 1]
    assert sorted(x[0] for x in pipeline.evaluation_arrays().x.tolist()) == [1, 10]


def test_regression_keeps_its_unit_and_knows_mean_and_scale(tmp_path):
    rows = "".join(f"{i % 7},{i * 0.5}\n" for i in range(100))
    made = make(filename=write(tmp_path / "t.csv", "a,y\n" + rows), label="y")
    assert made.task.kind is TaskKind.REGRESSION
    labels = np.array(examples(made.train())[1])
    assert made.task.target_mean == pytest.approx(labels.mean())
    assert made.task.target_scale == pytest.approx(labels.std())


def test_weights_column_applies_everywhere_class_weights_to_training(tmp_path):
    rows = "".join(f"{i},{'p' if i % 4 else 'q'},{1 + i % 2}\n" for i in range(80))
    made = make(filename=write(tmp_path / "t.csv", "a,y,w\n" + rows), label="y", weight="w", class_weight="q=3")
    features, labels, weights = examples(made.train())
    raw = 1 + features["a"][:, 0] % 2
    assert "w" not in made.signature()
    assert weights == pytest.approx(raw / raw.mean() * np.where(np.array(labels) == 1, 3, 1), rel=1e-5)
    held_features, _, held = examples(made.evaluation())
    assert held == pytest.approx((1 + held_features["a"][:, 0] % 2) / raw.mean(), rel=1e-5)


def test_split_and_identity_depend_on_data_and_options(tmp_path):
    name = write(tmp_path / "t.csv", people())
    first, again, other = (make(filename=name, seed=seed) for seed in (1, 1, 2))
    assert first.identity() == again.identity() != other.identity()
    assert examples(first.evaluation())[1] == examples(again.evaluation())[1]
    assert set(examples(first.train())[0]["pay"][:, 0]) != set(examples(other.train())[0]["pay"][:, 0])
    write(tmp_path / "t.csv", people(seed=1))
    assert make(filename=name, seed=1).identity() != first.identity()


def test_an_index_that_pandas_wrote_is_ignored_but_not_any_counting_column(tmp_path):
    rows = "".join(f"{i},{i},{'pq'[i % 3 // 2]}\n" for i in range(100))
    made = make(filename=write(tmp_path / "t.csv", ",time,y\n" + rows))
    assert kinds(made) == {"column_0": "ignored", "time": "number", "y": "label"}


def test_mostly_numeric_column_takes_words_as_missing_and_says_so(tmp_path):
    rows = "".join(f"{i % 50},{i % 2}\n" for i in range(400))
    name = write(tmp_path / "t.csv", "a,y\n" + rows + "oops,1\n")
    made = make(filename=name)
    assert kinds(made)["a"] == "number"
    assert any("row 402: 'oops'" in note for note in made.describe().notes) or made.describe().evaluation_examples
    with pytest.raises(UsageError, match=r"t\.csv, row 402, column 'a': 'oops' is not a number"):
        make(filename=name, types={"a": "number"})


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("a,y\n1,p\n2,p\n", {}, "one class, 'p'"),
        ("a,y\n1,p\n2,q\n", {"label": "z"}, "no label column 'z'"),
        ("a,y\n1,p\n2,q\n", {"label": "5"}, "no label column 5; there are 2"),
        ("a,y\n1,\n2,?\n", {"label": "y"}, "no row has a label"),
        ("y\n" + "p\nq\n" * 5, {"label": "y"}, "has no column of use"),
        ("a,y\n" + "1,p\n2,q\n" * 5, {"types": {"a": "float"}}, "type 'float' of column 'a'"),
        ("a,y\n" + "1,p\n2,q\n" * 5, {"types": {"b": "number"}}, "a column 'b' that"),
        ("a,w,y\n" + "1,-1,p\n2,1,q\n" * 5, {"weight": "w"}, "weight '-1' in 'w' is not"),
        ("a,y\n1,p\n2,q\n", {"weight": "y", "label": "y"}, "both label and weight"),
        ("a,y\n1,p\n2,q\n", {"validation_fraction": 0.0}, "no evaluation data"),
    ],
)
def test_bad_input_is_one_line(tmp_path, text, options, message):
    with pytest.raises(UsageError, match=message) as error:
        make(filename=write(tmp_path / "t.csv", text), **options)
    assert "\n" not in str(error.value)


def test_many_numeric_columns_are_one_input(tmp_path):
    width = 2000
    rng = np.random.default_rng(0)
    rows = [",".join(f"{v:.3f}" for v in row) + f",{'pq'[i % 2]}" for i, row in enumerate(rng.normal(size=(40, width)))]
    made = make(filename=write(tmp_path / "t.csv", "\n".join(rows)))
    assert {name: f.shape for name, f in made.signature().items()} == {"features": (width,)}
    assert Pipeline(made, 8).train_arrays().x.shape == (32, width)


def test_streamed_file_gives_the_same_examples_as_one_in_memory(tmp_path, monkeypatch):
    name = write(tmp_path / "t.csv", people(400))
    options = {"filename": name, "test_fraction": 0.1, "class_weight": "yes=2", "label": "happy"}
    whole = make(**options)
    monkeypatch.setattr(csv_provider, "STREAM_BYTES", 10)
    streamed = make(**options)
    assert any("streamed" in note for note in streamed.describe().notes)
    facts = streamed.describe()
    assert facts.train_examples + facts.evaluation_examples + facts.test_examples == 400
    assert facts.train_examples == pytest.approx(280, abs=30)

    def rows(made):
        parts = [examples(part()) for part in (made.train, made.evaluation, made.test)]
        return sorted(
            (str(age), pay, job, label)
            for features, labels, _ in parts
            for age, pay, job, label in zip(
                *(features[k][:, 0].tolist() for k in ("age", "pay", "job")), labels, strict=True
            )
        )

    assert rows(streamed) == rows(whole)
    _, labels, weights = examples(streamed.train())
    assert weights == [2.0 if label else 1.0 for label in labels]
    assert set(examples(streamed.evaluation())[2]) == {1.0}


def test_streamed_file_with_bad_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_provider, "STREAM_BYTES", 10)
    with pytest.raises(UsageError, match="row 3: expected 2 fields, found 1"):
        make(filename=write(tmp_path / "t.csv", "a,y\n1,p\n2\n"))
    with pytest.raises(UsageError, match="row 3, column 'a': 'x' is not a number"):
        make(
            filename=write(tmp_path / "u.csv", "a,y\n1,p\nx,q\n"),
            types={"a": "number"},
            label="y",
            validation_fraction=0.01,
        )
    with pytest.raises(UsageError, match="one class"):
        make(filename=write(tmp_path / "v.csv", "a,y\n" + "1,p\n" * 30), label="y")


def test_a_column_of_one_value_is_called_so(tmp_path):
    found = make(
        filename=write(tmp_path / "t.csv", "a,b,y\n" + "7,1,p\n7,3,q\n" * 10), types={"a": "number"}
    ).describe()
    assert [column.detail for column in found.columns[:2]] == ["always 7", "1 to 3, mean 2, deviation 1"]
