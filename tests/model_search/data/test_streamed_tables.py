"""Streamed tables give what tables in memory give: with held-out files the very same examples."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from model_search.data import builtin
from model_search.data.provider import DataOptions, TaskKind, TaskOptions, providers
from model_search.data.split import hashed_parts
from model_search.data.tables import csv_provider, label_facts, parquet_provider
from model_search.errors import UsageError

assert builtin

TASKS = (TaskOptions("kind", 3), TaskOptions("size", 1, weight="w"))
MULTI_LABEL = {"label": "wet, cold", "task": "multi_label"}
VARIANTS = [
    {"label": "kind", "weight": "w", "class_weight": "balanced"},
    {"label": "size", "weight": "w"},
    {**MULTI_LABEL, "weight": "w"},
    {"tasks": TASKS, "class_weight": "balanced"},
    {"tasks": TASKS, "weight": "v"},
]


def frame(rows, seed):
    """Numbers, words, labels with gaps and weights."""
    rng = np.random.default_rng(seed)
    kinds = np.array(["ant", "bee", "cat"])[np.minimum(rng.integers(5, size=rows), 2)].astype(object)
    kinds[::9] = None
    sizes = rng.normal(5, 2, size=rows).round(3)
    sizes[1::7] = np.nan
    return pd.DataFrame(
        {
            "x": rng.normal(size=rows).round(4),
            "colour": np.array(["red", "blue"])[rng.integers(2, size=rows)],
            "kind": kinds,
            "size": sizes,
            "wet": rng.integers(2, size=rows),
            "cold": np.where(rng.random(rows) < 0.3, "true", "false"),
            "w": rng.integers(1, 4, size=rows) / 2,
            "v": rng.integers(1, 4, size=rows),
        }
    )


@pytest.fixture(params=["csv", "parquet"])
def files(request, tmp_path):
    names = [str(tmp_path / f"{name}.{request.param}") for name in ("train", "evaluation", "test")]
    for seed, (name, rows) in enumerate(zip(names, (300, 80, 60), strict=True)):
        table = frame(rows, seed)
        table.to_csv(name, index=False) if request.param == "csv" else table.to_parquet(name)
    return request.param, names


@pytest.fixture
def both(monkeypatch):
    """A provider in memory and one that streams."""

    def make(dataset, options):
        whole = providers[dataset](options)
        monkeypatch.setattr(csv_provider, "STREAM_BYTES", 10)
        monkeypatch.setattr(parquet_provider, "STREAM_CELLS", 10)
        streamed = providers[dataset](options)
        monkeypatch.undo()
        assert "is streamed" in streamed.describe().notes[0]
        return whole, streamed

    return make


def rows_of(dataset):
    """Examples as sorted tuples: tables in memory shuffle held-out rows."""
    batches = [tf.nest.map_structure(lambda tensor: tensor.numpy(), batch) for batch in dataset]
    columns = [np.concatenate(parts) for parts in zip(*(tf.nest.flatten(batch) for batch in batches), strict=True)]
    return sorted(zip(*(map(str, column.tolist()) for column in columns), strict=True))


@pytest.mark.parametrize("options", VARIANTS)
def test_the_same_examples_as_in_memory(files, both, options):
    dataset, (train, evaluation, test) = files
    held_out = {"validation_filename": evaluation, "test_filename": test}
    whole, streamed = both(dataset, DataOptions(filename=train, **held_out, **options))
    flat = [replace(made.task, tasks=(), target_mean=0.0, target_scale=1.0) for made in (whole, streamed)]
    assert flat[0] == flat[1]
    for part, other in zip((whole.task, *whole.task.tasks), (streamed.task, *streamed.task.tasks), strict=True):
        assert (part.target, part.classes) == (other.target, other.classes)
        assert (part.target_mean, part.target_scale) == pytest.approx((other.target_mean, other.target_scale))
    for part in ("train", "evaluation", "test"):
        expected, found = getattr(whole, part)(), getattr(streamed, part)()
        assert expected.element_spec == found.element_spec
        assert rows_of(expected) == rows_of(found)
    facts = [made.describe() for made in (whole, streamed)]
    assert facts[0].columns == facts[1].columns
    assert facts[0].test_examples == facts[1].test_examples > 0
    left_out = [[note for note in one.notes if "rows without a label are left out" in note] for one in facts]
    assert left_out[0] == left_out[1]
    assert len(left_out[0]) == (0 if options.get("task") else 3)
    assert whole.signature() == streamed.signature()


def test_counts_are_those_of_rows_with_a_label(files, both):
    dataset, (train, evaluation, _) = files
    options = DataOptions(filename=train, validation_filename=evaluation, tasks=TASKS)
    _, streamed = both(dataset, options)
    kinds = Counter(kind for kind in frame(300, 0)["kind"] if isinstance(kind, str))
    assert streamed.describe().label_counts == {f"kind={name}": count for name, count in sorted(kinds.items())}
    whole, streamed = both(dataset, replace(options, tasks=(), **MULTI_LABEL))
    assert whole.describe().label_counts == streamed.describe().label_counts


def test_a_split_is_by_the_number_of_the_row(tmp_path, both):
    table = frame(300, 0).drop(columns=["w", "v"]).assign(kind="ant", place=np.arange(300.0) + 0.5)
    table.loc[::2, "kind"] = "bee"
    table.to_csv(tmp_path / "t.csv", index=False)
    options = DataOptions(filename=str(tmp_path / "t.csv"), **MULTI_LABEL, test_fraction=0.1, seed=3)
    _, streamed = both("csv", options)
    parts = hashed_parts(np.arange(2, 302), 0.2, 0.1, 3)
    for part, dataset in enumerate((streamed.train(), streamed.evaluation(), streamed.test())):
        found = np.concatenate([x["place"].numpy()[:, 0] for x, _, _ in dataset])
        np.testing.assert_array_equal(found, np.flatnonzero(parts == part) + 0.5)
    assert streamed.describe().evaluation_examples == (parts == 1).sum()


@pytest.mark.parametrize(
    ("column", "value", "options", "message"),
    [
        ("wet", "2", MULTI_LABEL, r"t\.csv, row 152: label 'wet' is '2'; several labels are 0 or 1"),
        ("kind", "dog", {"tasks": TASKS}, r"label 'kind' has 4 classes .*number_of_classes is 3"),
        ("size", "big", {"tasks": TASKS}, "row 152: label 'size' is 'big'; regression needs a number"),
        ("w", "-1", {"label": "kind", "weight": "w"}, "row 152: weight '-1' in 'w' is not a number of 0 or more"),
        ("x", "0", {"label": "wet,cold"}, "names 2 columns; give task multi_label"),
    ],
)
def test_bad_labels_are_named(tmp_path, monkeypatch, column, value, options, message):
    table = frame(300, 0).astype({"wet": str, "size": object, "w": object, "x": object})
    table.loc[150, ["kind", "size"]] = ["ant", 1.0]
    table.loc[150, column] = value
    table.to_csv(tmp_path / "t.csv", index=False)
    monkeypatch.setattr(csv_provider, "STREAM_BYTES", 10)
    with pytest.raises(UsageError, match=message):
        providers["csv"](DataOptions(filename=str(tmp_path / "t.csv"), **options))


def test_held_out_labels_are_those_of_training(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_provider, "STREAM_BYTES", 10)
    train, other = frame(90, 0), frame(30, 1)
    train.to_csv(tmp_path / "t.csv", index=False)
    other.loc[7, "kind"] = "dog"
    other.to_csv(tmp_path / "v.csv", index=False)
    options = DataOptions(filename=str(tmp_path / "t.csv"), validation_filename=str(tmp_path / "v.csv"), label="kind")
    with pytest.raises(UsageError, match=r"v\.csv, row 9: label 'dog' is not among the 3 classes"):
        providers["csv"](options)
    other.assign(size=np.nan).to_csv(tmp_path / "v.csv", index=False)
    with pytest.raises(UsageError, match=r"v\.csv: no row has a label of 'size' with a weight above 0"):
        providers["csv"](replace(options, label="", tasks=(TaskOptions("wet", 2), TaskOptions("size", 1))))


def test_labels_beyond_those_that_are_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_provider, "STREAM_BYTES", 10)
    monkeypatch.setattr(label_facts, "MAXIMUM_LABELS", 2)
    frame(90, 0).to_csv(tmp_path / "t.csv", index=False)
    values = frame(90, 0)["size"].dropna()
    made = providers["csv"](DataOptions(filename=str(tmp_path / "t.csv"), label="size"))
    assert made.task.kind is TaskKind.REGRESSION
    assert made.task.target_mean == pytest.approx(values.mean(), abs=0.5)
    with pytest.raises(UsageError, match="label 'kind' has 2 classes or more"):
        providers["csv"](DataOptions(filename=str(tmp_path / "t.csv"), label="kind"))
