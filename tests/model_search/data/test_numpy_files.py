import json

import numpy as np
import pytest
from encoders import encoded

from model_search.data import builtin
from model_search.data.arrays.input_statistics import CHUNK_BYTES
from model_search.data.prediction_input import read_features
from model_search.data.provider import DataOptions, TaskKind, TaskOptions, providers
from model_search.data.signature import from_json, to_json
from model_search.errors import UsageError

assert builtin
RNG = np.random.default_rng(0)
STEPS = RNG.normal(size=(30, 4, 2)).astype(np.float32)
AGES = np.arange(30)
WORDS = np.array(["yes", "no", "yes"] * 10)


def make(path, **options):
    return providers["numpy"](DataOptions(filename=str(path), problem_type="RNN_LAST_ACTIVATIONS", **options))


@pytest.fixture
def archive(tmp_path):
    np.savez(tmp_path / "a.npz", x=STEPS, age=AGES, y=WORDS, w=np.full(30, 2), n=np.full(30, 3))
    return tmp_path / "a.npz"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "arrays").mkdir()
    for name, array in {"x": STEPS, "age": AGES, "y": WORDS}.items():
        np.save(tmp_path / "arrays" / f"{name}.npy", array)
    return tmp_path / "arrays"


def test_an_archive_holds_inputs_labels_weights_and_lengths(archive, tmp_path):
    made = make(archive, weight="w", lengths="n", test_fraction=0.1)
    assert set(made.signature()) == {"x", "age", "lengths"}
    assert made.task.kind is TaskKind.CLASSIFICATION
    assert made.task.classes == ("no", "yes")
    facts = made.describe()
    assert (facts.train_examples, facts.evaluation_examples, facts.test_examples) == (21, 6, 3)
    assert {column.kind for column in facts.columns} == {"number", "sequence", "lengths", "label", "weight"}
    out, labels = encoded(made, tmp_path)
    assert out["x"].shape == (21, 4, 3)
    assert set(out["lengths"]) == {3}
    assert labels.tolist() == (WORDS == "yes")[np.sort(made._coded.parts[0].numbers)].astype(int).tolist()
    assert all((w.numpy() == 1).all() for _, _, w in made.train())


def test_prediction_reads_an_archive_without_labels(archive, tmp_path):
    signature = from_json(json.loads(json.dumps(to_json(make(archive, weight="w", lengths="n")))))
    np.savez(tmp_path / "p.npz", x=STEPS[:2], age=AGES[:2], lengths=[1, 2])
    ((ids, features),) = read_features(str(tmp_path / "p.npz"), signature)
    assert ids == ["0", "1"]
    assert features["x"].shape == (2, 4, 2)


def test_files_of_a_folder_are_mapped_and_give_what_an_archive_gives(folder, tmp_path):
    np.savez(tmp_path / "same.npz", x=STEPS, age=AGES, y=WORDS)
    mapped, held = make(folder), make(tmp_path / "same.npz")
    assert isinstance(mapped._sets[0].inputs["x"], np.memmap)
    for part in ("train", "evaluation"):
        (one, y), (other, z) = (encoded(made, tmp_path, getattr(made, part)()) for made in (mapped, held))
        np.testing.assert_allclose(one["x"], other["x"])
        assert y.tolist() == z.tolist()
    assert make(folder).identity() == mapped.identity()
    np.save(folder / "age.npy", AGES + 1)
    assert make(folder).identity() != mapped.identity()


TASKS = (TaskOptions("y", 2), TaskOptions("age", 1, weight="w"))


def part_of(dataset):
    """Inputs, labels and weights of all examples."""
    (batch,) = list(dataset.rebatch(1000).as_numpy_iterator())
    return batch


@pytest.mark.parametrize("is_folder", [False, True])
def test_tasks_are_arrays_by_name(tmp_path, is_folder):
    heights = np.arange(30) * 2.0
    heights[4] = np.nan
    arrays = {"x": STEPS, "height": heights, "y": WORDS, "age": AGES, "w": 1.0 + AGES % 2, "v": np.full(30, 3)}
    held_out = {name: array[:5] for name, array in arrays.items() if name not in ("w", "v")}
    if is_folder:
        for place, part in (("t", arrays), ("h", held_out)):
            (tmp_path / place).mkdir()
            for name, array in part.items():
                np.save(tmp_path / place / f"{name}.npy", array)
    else:
        np.savez(tmp_path / "t.npz", **arrays)
        np.savez(tmp_path / "h.npz", **held_out)
    ending = "" if is_folder else ".npz"
    tasks = (*TASKS, TaskOptions("height", 1))
    made = make(tmp_path / f"t{ending}", tasks=tasks, weight="v", validation_filename=str(tmp_path / f"h{ending}"))
    assert set(made.signature()) == {"x"}
    assert [(part.target, part.kind.value, part.classes) for part in made.task.tasks] == [
        ("y", "classification", ("no", "yes")), ("age", "regression", ()), ("height", "regression", ())
    ]  # fmt: skip
    _, labels, weights = part_of(made.train())
    assert labels["y"].tolist() == (WORDS == "yes").astype(int).tolist()
    assert labels["age"].tolist() == AGES.tolist()
    np.testing.assert_allclose(weights["age"], (1 + AGES % 2) / 1.5, rtol=1e-6)
    assert weights["height"].tolist() == [float(place != 4) for place in range(30)]
    (_, other), (_, _, of_held_out) = (part_of(made.evaluation())[:2], part_of(made.evaluation()))
    assert sorted(other["age"]) == [0, 1, 2, 3, 4]
    assert of_held_out["age"].tolist() == [1.0] * 5
    assert {column.name for column in made.describe().columns if column.kind == "weight"} == {
        "w",
        "weight of y,age,height",
    }


def test_several_labels_are_arrays_by_name_or_columns_of_one(tmp_path):
    tall, heavy = AGES % 2, AGES % 3 == 0
    np.savez(tmp_path / "a.npz", x=STEPS, tall=tall, heavy=heavy)
    np.savez(tmp_path / "b.npz", x=STEPS, y=np.stack([tall, heavy], axis=1))
    named = make(tmp_path / "a.npz", label="tall,heavy", task="multi_label")
    joined = make(tmp_path / "b.npz", task="multi_label")
    assert (named.task.kind, named.task.classes) == (TaskKind.MULTI_LABEL, ("tall", "heavy"))
    assert joined.task.classes == ("y_0", "y_1")
    (x, labels, _), (same, others, _) = part_of(named.train()), part_of(joined.train())
    assert np.array_equal(x["x"], same["x"])
    assert np.array_equal(labels, others)
    places = [int(np.flatnonzero((row == STEPS).all(axis=(1, 2)))[0]) for row in x["x"]]
    assert np.array_equal(labels, np.stack([tall, heavy], axis=1)[places])


def test_large_files_come_in_pieces(tmp_path):
    (tmp_path / "big").mkdir()
    wide = np.zeros((10, CHUNK_BYTES // 8), np.float32)
    wide[:, 0] = np.arange(10)
    np.save(tmp_path / "big" / "x.npy", wide)
    np.save(tmp_path / "big" / "y.npy", np.arange(10) % 2)
    made = providers["numpy"](DataOptions(filename=str(tmp_path / "big"), validation_filename=str(tmp_path / "big")))
    sizes = [(len(y), x["x"].numpy()[:, 0].tolist()) for x, y, _ in made.train()]
    assert sizes == [(2, [2.0 * i, 2.0 * i + 1]) for i in range(5)]
    orders = [[float(x["x"][0, 0]) for x, _, _ in made.shuffled_train(seed)] for seed in (1, 2)]
    assert sorted(orders[0]) == sorted(orders[1]) == [0, 2, 4, 6, 8]
    assert orders[0] != orders[1]


def test_held_out_files(archive, folder):
    made = make(folder, validation_filename=str(archive), test_filename=str(folder))
    facts = made.describe()
    assert (facts.train_examples, facts.evaluation_examples, facts.test_examples) == (30, 30, 30)


@pytest.mark.parametrize(
    ("arrays", "options", "message"),
    [
        ({"x": STEPS}, {}, "has none of the usual labels label, labels, y; it has x"),
        ({"x": STEPS, "y": WORDS}, {"label": "z"}, "has no label 'z'; it has x, y"),
        ({"x": STEPS, "y": WORDS}, {"weight": "z"}, "has no weights 'z'"),
        ({"y": WORDS}, {}, "has no inputs beside 'y'"),
        ({"x": STEPS, "y": WORDS[:9]}, {}, "input 'x' has 30 examples, the labels 9"),
        ({"x": STEPS, "y": np.zeros((30, 2))}, {}, r"labels have shape \(30, 2\)"),
        ({"x": STEPS[:0], "y": WORDS}, {}, r"array 'x' is of shape \(0, .*expected values for each example"),
        ({"x": np.float32(3), "y": WORDS}, {}, r"array 'x' is of shape \(\); expected values for each example"),
        ({"x": STEPS, "z": np.nan * STEPS, "y": WORDS}, {}, "input 'z' has no value: all .* are missing or not finite"),
        ({"x": STEPS, "y": np.array(WORDS, dtype=object)}, {}, "not an .npz archive of plain arrays"),
        ({"x": STEPS, "y": WORDS}, {"schema": {"x": "float32"}}, "schema has no meaning for data set"),
        ({"x": STEPS, "y": WORDS}, {"columns": ("x", "y")}, "columns has no meaning for data set"),
        ({"x": STEPS, "y": WORDS}, {"label": "y,z", "task": "multi_label"}, "has no label 'z'; it has x, y"),
        ({"x": STEPS, "y": WORDS, "z": WORDS}, {"label": "y,z"}, "names 2 columns; give task multi_label"),
        ({"x": STEPS, "y": WORDS}, {"tasks": TASKS}, "has no weights 'w'; it has x, y"),
        (
            {"x": STEPS, "y": WORDS, "w": AGES},
            {"tasks": TASKS},
            "has no label column 'age', which multi_task_spec names",
        ),
        ({"x": STEPS, "y": WORDS, "z": AGES}, {"label": "y,z", "task": "multi_label"}, "label 'y' is 'yes'; several"),
    ],
)
def test_unusable_archives(tmp_path, arrays, options, message):
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(UsageError, match=message) as error:
        make(tmp_path / "bad.npz", **options)
    assert "\n" not in str(error.value)


def test_unusable_files(tmp_path):
    (tmp_path / "no.npz").write_text("text")
    with pytest.raises(UsageError, match=r"is not an \.npz archive"):
        make(tmp_path / "no.npz")
    with pytest.raises(UsageError, match=r"must be an \.npz archive, or a folder"):
        make(__file__)
    with pytest.raises(UsageError, match=r"has no \.npy files"):
        make(tmp_path)
    (tmp_path / "x.npy").write_text("text")
    with pytest.raises(UsageError, match=r"x\.npy is not an \.npy file of plain arrays"):
        make(tmp_path)
    np.save(tmp_path / "x.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(UsageError, match=r"x\.npy is not an \.npy file of plain arrays"):
        make(tmp_path)
