import gzip
import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from encoders import encoded, encoder_of

from model_search.data import builtin
from model_search.data.prediction_input import read_features
from model_search.data.provider import DataOptions, TaskOptions, providers
from model_search.data.records import record_scan
from model_search.data.records.record_files import records
from model_search.data.signature import from_json, to_json
from model_search.errors import UsageError

assert builtin
RNG = np.random.default_rng(0)


def feature(value):
    values = np.ravel(value) if not isinstance(value, bytes | str) else [value]
    if isinstance(values[0], bytes | str):
        texts = [text.encode() if isinstance(text, str) else text for text in values]
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=texts))
    if np.asarray(values).dtype.kind == "f":
        return tf.train.Feature(float_list=tf.train.FloatList(value=values))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def write(path, rows):
    path.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(path), "GZIP" if path.suffix == ".gz" else None) as writer:
        for row in rows:
            features = {name: feature(value) for name, value in row.items()}
            writer.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())


def make(path, problem="", **options):
    return providers["tfrecord"](DataOptions(filename=str(path), problem_type=problem, **options))


def people(count=60, start=0):
    return [
        {"age": float(i), "job": "cook" if i % 3 else "pilot", "scores": [i * 1.0, 1.0], "label": i % 2}
        for i in range(start, start + count)
    ]


def series(count=60):
    """Sequences of 1 to 4 steps; a step's number says which record it is of."""
    return [{"x": np.full(1 + i % 4, float(i)), "y": "even" if i % 2 == 0 else "odd"} for i in range(count)]


def joined(dataset):
    batches = list(dataset)
    return {name: np.concatenate([x[name].numpy() for x, _, _ in batches]) for name in batches[0][0]}


def test_numbers_words_and_vectors(tmp_path):
    write(tmp_path / "p.tfrecord", people())
    made = make(tmp_path / "p.tfrecord", test_fraction=0.2)
    assert {n: (f.dtype, f.shape) for n, f in made.signature().items()} == {
        "age": ("float32", (1,)),
        "job": ("string", (1,)),
        "scores": ("float32", (2,)),
    }
    facts = made.describe()
    parts = [joined(part) for part in (made.train(), made.evaluation(), made.test())]
    assert [len(p["age"]) for p in parts] == [facts.train_examples, facts.evaluation_examples, facts.test_examples]
    assert sorted(age for p in parts for age in p["age"].ravel()) == list(range(60))
    assert all(sizes > 2 for sizes in (len(p["age"]) for p in parts))
    out, labels = encoded(made, tmp_path)
    assert labels.tolist() == (parts[0]["age"].ravel() % 2).astype(int).tolist()
    scores = parts[0]["scores"][:, 0]
    np.testing.assert_allclose(out[:, -2], (scores - scores.mean()) / scores.std(), atol=1e-4)
    assert (out[:, -1] == 0).all()


def test_sequences_of_different_length_are_padded(tmp_path):
    write(tmp_path / "s.tfrecord", series())
    made = make(tmp_path / "s.tfrecord", "RNN_LAST_ACTIVATIONS")
    assert {n: f.shape for n, f in made.signature().items()} == {"x": (4, 1), "lengths": (1,)}
    raw = joined(made.train())
    record = raw["x"][:, 0, 0].astype(int)
    assert raw["lengths"].ravel().tolist() == (1 + record % 4).tolist()
    valid = np.arange(4) < raw["lengths"]
    assert np.array_equal(raw["x"][..., 0], np.where(valid, record[:, None], 0))
    out, labels = encoded(made, tmp_path)
    values = raw["x"][..., 0][valid]
    expected = np.where(valid, (raw["x"][..., 0] - values.mean()) / values.std(), 0)
    np.testing.assert_allclose(out["x"][..., 0], expected, atol=1e-4)
    assert labels.tolist() == (record % 2).tolist()
    short = make(tmp_path / "s.tfrecord", "RNN_LAST_ACTIVATIONS", sequence_length=2)
    assert short.signature()["x"].shape == (2, 1)
    assert joined(short.train())["lengths"].max() == 2


def test_steps_of_several_features_and_ids(tmp_path):
    rows = [{"x": np.arange(6.0)[: 2 * (1 + i % 3)], "ids": np.arange(1, 2 + i % 3), "label": i % 2} for i in range(40)]
    write(tmp_path / "s.tfrecord", rows)
    both = make(tmp_path / "s.tfrecord", "RNN_ALL_ACTIVATIONS", schema={"x": "float32[?,2]", "ids": "int64[?]"})
    out, _ = encoded(both, tmp_path)
    assert out["x"].shape[1:] == (3, 2 + 4)
    only = make(tmp_path / "s.tfrecord", "RNN_LAST_ACTIVATIONS", schema={"ids": "int64[?]"})
    assert only.vocabulary_size == 4
    out, _ = encoded(only, tmp_path)
    assert out["x"].dtype == np.int32
    assert {tuple(row) for row in out["x"].tolist()} == {(1, 0, 0), (1, 2, 0), (1, 2, 3)}


def test_fixed_sequences_with_lengths(tmp_path):
    rows = [{"x": np.arange(6.0), "n": 1 + i % 3, "label": i % 2} for i in range(40)]
    write(tmp_path / "s.tfrecord", rows)
    options = {"schema": {"x": "float32[3,2]"}, "lengths": "n"}
    made = make(tmp_path / "s.tfrecord", "RNN_LAST_ACTIVATIONS", **options)
    out, _ = encoded(made, tmp_path)
    assert set(out["lengths"].tolist()) == {1, 2, 3}
    write(tmp_path / "p.tfrecord", [*rows, rows[0] | {"n": 4}])
    signature = from_json(json.loads(json.dumps(to_json(made))))
    with pytest.raises(UsageError, match=r"p\.tfrecord, record 41: length 4 is not from 1 to 3, the steps there are"):
        list(read_features(str(tmp_path / "p.tfrecord"), signature))
    write(tmp_path / "s.tfrecord", [*rows, rows[0] | {"n": 4}])
    with pytest.raises(UsageError, match=r"s\.tfrecord, record 41: length 4 is not from 1 to 3"):
        make(tmp_path / "s.tfrecord", "RNN_LAST_ACTIVATIONS", **options)


def test_images_in_bytes_and_in_files(tmp_path):
    images = RNG.integers(0, 256, (30, 4, 5, 3), dtype=np.uint8)
    rows = [
        {"raw": image.tobytes(), "file": tf.io.encode_png(image).numpy(), "label": i % 2}
        for i, image in enumerate(images)
    ]
    write(tmp_path / "i.tfrecord", rows)
    raw = make(tmp_path / "i.tfrecord", "CNN", schema={"raw": "uint8[4,5,3]"})
    png = make(tmp_path / "i.tfrecord", "CNN", schema={"file": "image"}, image_size=(4, 5))
    assert png.signature()["file"].shape == (None, None, 3)
    one, other = encoded(raw, tmp_path)[0], encoded(png, tmp_path)[0]
    np.testing.assert_allclose(one, other, atol=1e-6)
    assert np.array_equal(joined(raw.train())["raw"][0], images[0])
    inferred = make(tmp_path / "i.tfrecord", "CNN", schema={"file": "image"}, image_size=(8, 8))
    assert encoded(inferred, tmp_path)[0].shape[1:] == (8, 8, 3)
    kinds = {column.name: column.kind for column in png.describe().columns}
    assert kinds == {"file": "image", "label": "label"}
    flipped = make(tmp_path / "i.tfrecord", "CNN", schema={"file": "image"}, image_size=(8, 8), augment=("flip",))
    assert flipped.augmentation() is not None
    assert flipped.identity() == f"{inferred.identity()}".replace(" schema=", " augment=flip schema=")
    write(tmp_path / "i.tfrecord", [*rows, rows[0] | {"file": rows[0]["file"][:60]}])
    with pytest.raises(UsageError, match=r"record 31: feature 'file' is not an image that can be decoded"):
        make(tmp_path / "i.tfrecord", "CNN", schema={"file": "image"})


def test_files_patterns_folders_and_compression(tmp_path):
    write(tmp_path / "d" / "a.tfrecord-00000-of-00002", people(30))
    write(tmp_path / "d" / "b.tfrecord.gz", people(30, start=30))
    (tmp_path / "d" / "notes.txt").write_text("x")
    assert gzip.decompress((tmp_path / "d" / "b.tfrecord.gz").read_bytes())
    folder = make(tmp_path / "d")
    pattern = make(tmp_path / "d" / "*.tfrecord*")
    one, other = joined(folder.train()), joined(pattern.train())
    assert np.array_equal(one["age"], other["age"])
    write(tmp_path / "all.tfrecord", people(60))
    assert np.array_equal(joined(make(tmp_path / "all.tfrecord").train())["age"], one["age"])
    orders = {tuple(joined(folder.shuffled_train(seed))["age"].ravel()) for seed in range(5)}
    assert len(orders) == 2
    assert {tuple(sorted(order)) for order in orders} == {tuple(one["age"].ravel())}


def test_held_out_files_and_weights(tmp_path):
    weighted = [row | {"w": 1.0 + 2 * row["label"]} for row in people(20)]
    write(tmp_path / "t.tfrecord", weighted)
    write(tmp_path / "v.tfrecord", people(7))
    write(tmp_path / "x.tfrecord", people(5))
    held_out = {"validation_filename": str(tmp_path / "v.tfrecord"), "test_filename": str(tmp_path / "x.tfrecord")}
    made = make(tmp_path / "t.tfrecord", weight="w", **held_out)
    weights = [
        np.concatenate([w.numpy() for _, _, w in part]) for part in (made.train(), made.evaluation(), made.test())
    ]
    assert weights[0].tolist() == [0.5, 1.5] * 10
    assert weights[1].tolist() == [1.0] * 7
    assert weights[2].tolist() == [1.0] * 5
    assert "w" not in made.signature()
    plain = make(
        tmp_path / "t.tfrecord", schema={"age": "float32", "job": "string", "scores": "float32[2]"}, **held_out
    )
    assert made.identity() != plain.identity()


TASKS = (TaskOptions("kind", 2), TaskOptions("size", 1, weight="w"))


def part_of(dataset):
    """Inputs, labels and weights of all examples."""
    (batch,) = list(dataset.rebatch(1000).as_numpy_iterator())
    return batch


def test_tasks_are_features_by_name(tmp_path):
    rows = [{"x": [i * 1.0, 1.0], "kind": "ab"[i % 2], "size": i * 2.0, "w": 1.0 + i % 2} for i in range(60)]
    rows[3]["kind"] = ""
    write(tmp_path / "t.tfrecord", rows)
    write(tmp_path / "v.tfrecord", [{k: v for k, v in row.items() if k != "w"} for row in rows[:5]])
    made = make(tmp_path / "t.tfrecord", tasks=TASKS, validation_filename=str(tmp_path / "v.tfrecord"))
    assert set(made.signature()) == {"x"}
    assert [(part.target, part.classes) for part in made.task.tasks] == [("kind", ("a", "b")), ("size", ())]
    x, labels, weights = part_of(made.train())
    record = x["x"][:, 0]
    assert record.tolist() == list(range(60))
    known = record != 3
    assert labels["kind"][known].tolist() == (record[known] % 2).tolist()
    assert labels["size"].tolist() == (record * 2).tolist()
    assert weights["kind"].tolist() == known.tolist()
    np.testing.assert_allclose(weights["size"], (1 + record % 2) / 1.5, rtol=1e-6)
    _, labels, weights = part_of(made.evaluation())
    assert labels["size"].tolist() == [0, 2, 4, 6, 8]
    assert weights["size"].tolist() == [1.0] * 5


def test_several_labels_are_features_by_name_or_one_of_several_values(tmp_path):
    rows = [
        {"x": [i * 1.0, 1.0], "tall": i % 2, "heavy": int(i % 3 == 0), "both": [i % 2, int(i % 3 == 0)]}
        for i in range(60)
    ]
    write(tmp_path / "t.tfrecord", rows)
    schema = {"x": "float32[2]"}
    named = make(tmp_path / "t.tfrecord", label="tall,heavy", task="multi_label", schema=schema)
    joined = make(tmp_path / "t.tfrecord", label="both", task="multi_label", schema=schema)
    assert (named.task.classes, joined.task.classes) == (("tall", "heavy"), ("both_0", "both_1"))
    for made in (named, joined):
        x, labels, _ = part_of(made.train())
        record = x["x"][:, 0]
        assert np.array_equal(labels, np.stack([record % 2, record % 3 == 0], axis=1))


def test_the_sample_is_bounded_and_spread(tmp_path, monkeypatch):
    monkeypatch.setattr(record_scan, "SAMPLE_BYTES", 2000)
    write(tmp_path / "p.tfrecord", people(200))
    made = make(tmp_path / "p.tfrecord")
    note = made.describe().notes[-1]
    count = int(note.partition("those of ")[2].partition(" records")[0])
    assert 5 <= count <= 2000 // 60
    assert made.describe().train_examples > 140
    age = {column.name: column for column in made.describe().columns}["age"]
    low, high = (float(word) for word in age.detail.split(",")[0].split(" to "))
    assert low < 70
    assert high > 130


def test_few_records_are_all_in_the_statistics(tmp_path):
    write(tmp_path / "p.tfrecord", people(200))
    facts = make(tmp_path / "p.tfrecord").describe()
    assert f"statistics are those of all {facts.train_examples} training records;" in facts.notes[-1]
    assert "spread" not in facts.notes[-1]


def test_records_to_predict_need_no_label(tmp_path):
    write(tmp_path / "t.tfrecord", [row | {"x": np.ones(1 + i % 3)} for i, row in enumerate(people())])
    made = make(tmp_path / "t.tfrecord", "RNN_LAST_ACTIVATIONS")
    signature = from_json(json.loads(json.dumps(to_json(made))))
    assert signature.layout == made.layout
    rows = [{name: row[name] for name in ("age", "job", "scores")} | {"x": np.ones(5)} for row in people(4)]
    write(tmp_path / "p" / "a.tfrecord", rows[:3])
    write(tmp_path / "p" / "b.tfrecord", rows[3:])
    batches = list(read_features(str(tmp_path / "p"), signature))
    assert [ids for ids, _ in batches] == [["a.tfrecord:1", "a.tfrecord:2", "a.tfrecord:3"], ["b.tfrecord:1"]]
    features = batches[0][1]
    assert features["x"].shape == (3, 3, 1)
    assert features["lengths"].tolist() == [3, 3, 3]
    model = encoder_of(made, tmp_path)
    tensors = {
        n: tf.convert_to_tensor(a)[:, None] if a.ndim == 1 else tf.convert_to_tensor(a) for n, a in features.items()
    }
    assert model(tensors)["x"].shape[:2] == (3, 3)
    write(tmp_path / "p" / "b.tfrecord", [{"age": 1.0}])
    with pytest.raises(UsageError, match=r"b\.tfrecord, record 1: feature 'job' is missing"):
        list(read_features(str(tmp_path / "p"), signature))
    with pytest.raises(UsageError, match="names no records"):
        read_features(str(tmp_path / "nothing"), signature)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"age": None}, "feature 'age' is missing"),
        ({"age": [1.0, 2.0]}, "feature 'age' has 2 values; expected float32"),
        ({"age": 3}, "feature 'age' holds int64; expected float32"),
        ({"scores": [1.0] * 3}, r"feature 'scores' has 3 values; expected float32\[2\]"),
        ({"label": None}, "feature 'label' is missing"),
    ],
)
def test_a_record_of_another_schema_is_named(tmp_path, change, message):
    rows = people(120)
    rows[110] = {name: value for name, value in (rows[110] | change).items() if value is not None}
    write(tmp_path / "p.tfrecord", rows)
    with pytest.raises(UsageError, match=rf"p\.tfrecord, record 111: {message}") as error:
        make(tmp_path / "p.tfrecord")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("rows", "problem", "options", "message"),
    [
        (people(), "", {"label": "z"}, "has no label 'z'; it has age, job"),
        (people(), "", {"label": "scores"}, r"feature 'scores' is float32\[2\]; expected one value a record"),
        (people(), "", {"weight": "z"}, "has no weights 'z'"),
        (people(), "", {"schema": {"age": "float16"}}, "schema of 'age' is 'float16'; expected float32 or int64"),
        (people(), "", {"schema": {"age": "float32[2,?]"}}, "schema of 'age' is"),
        (people(), "", {"schema": {"job": "uint8"}}, "schema of 'job' is 'uint8'"),
        (people(), "", {"schema": {"job": "uint8[9]"}}, "record 1: feature 'job' has 5 bytes; expected uint8"),
        (people(), "", {"schema": {"nix": "float32"}}, "record 1: feature 'nix' is missing"),
        (people(), "", {"columns": ("a",)}, "columns has no meaning for data set"),
        (people(), "", {"lengths": "label", "label": "job"}, "no input is a sequence"),
        (people(), "", {"sequence_length": 3}, "sequence_length 3 has no meaning"),
        (people(), "", {"validation_fraction": 0.0}, "no evaluation data"),
        (
            people(),
            "",
            {"tasks": (TaskOptions("job", 2), TaskOptions("z", 2))},
            "has no label column 'z', which multi_task",
        ),
        (people(), "", {"tasks": TASKS}, "has no weights 'w'; it has age, job"),
        (
            people(),
            "",
            {"label": "scores,label", "task": "multi_label"},
            r"'scores' is float32\[2\]; expected one value",
        ),
        (series(), "DNN", {}, "feature 'x' differs in length from record to record"),
        (series(), "RNN_LAST_ACTIVATIONS", {"lengths": "y"}, "lengths 'y' have no meaning beside 'x'"),
        ([{"label": 1}], "", {}, "has no features to learn from beside 'label'"),
        ([{"a": 1.0, "label": 1}, {"label": 1}], "", {}, "record 2: feature 'a' is not in all records"),
        ([{"a": 1.0, "label": 1}, {"a": 1, "label": 1}], "", {}, "record 2: feature 'a' holds int64"),
        ([{"a": ["u", "v"], "label": 1}], "", {}, r"feature 'a' holds \[2\] strings a record"),
        (
            [{"x": [-1] * (i % 2 + 1), "label": i % 2} for i in range(9)],
            "RNN_LAST_ACTIVATIONS",
            {},
            "token id -1 in 'x'",
        ),
    ],
)
def test_unusable_records(tmp_path, rows, problem, options, message):
    write(tmp_path / "p.tfrecord", rows)
    with pytest.raises(UsageError, match=message) as error:
        make(tmp_path / "p.tfrecord", problem, **options)
    assert "\n" not in str(error.value)


def test_unusable_files(tmp_path):
    (tmp_path / "text.tfrecord").write_text("just some text, and no records at all")
    with pytest.raises(UsageError, match=r"text\.tfrecord, record 1 is damaged"):
        make(tmp_path / "text.tfrecord")
    (tmp_path / "empty.tfrecord").write_text("")
    with pytest.raises(UsageError, match=r"empty\.tfrecord has no records"):
        make(tmp_path / "empty.tfrecord")
    write(tmp_path / "cut.tfrecord", people(300))
    (tmp_path / "cut.tfrecord").write_bytes((tmp_path / "cut.tfrecord").read_bytes()[:-5])
    with pytest.raises(UsageError, match=r"cut\.tfrecord, record 300 is damaged"):
        make(tmp_path / "cut.tfrecord")
    with tf.io.TFRecordWriter(str(tmp_path / "other.tfrecord")) as writer:
        writer.write(b"\xff\xff\xff")
    with pytest.raises(UsageError, match=r"other\.tfrecord, record 1 is not a tf\.train\.Example"):
        make(tmp_path / "other.tfrecord")
    with pytest.raises(UsageError, match="names no records"):
        make(tmp_path / "missing-*.tfrecord")
    with pytest.raises(UsageError, match="no file was given"):
        make("")


@pytest.mark.parametrize("bytes_of_the_next", [1, 7, 11])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_file_that_ends_before_the_contents_of_a_record(tmp_path, bytes_of_the_next, suffix):
    write(tmp_path / "whole.tfrecord", people(30))
    whole = (tmp_path / "whole.tfrecord").read_bytes()
    end = 0
    for _ in range(20):
        end += 16 + int.from_bytes(whole[end : end + 8], "little")
    cut = tmp_path / f"cut.tfrecord{suffix}"
    pack = gzip.compress if suffix else bytes
    cut.write_bytes(pack(whole[: end + bytes_of_the_next]))
    with pytest.raises(UsageError, match=r"cut\.tfrecord(\.gz)? is cut off: record 21 is damaged"):
        list(records(str(cut), 8))
    cut.write_bytes(pack(whole[:end]))
    assert [len(batch) for batch in records(str(cut), 8)] == [8, 8, 4]


def test_a_compressed_file_without_its_end(tmp_path):
    write(tmp_path / "cut.tfrecord.gz", people(30))
    (tmp_path / "cut.tfrecord.gz").write_bytes((tmp_path / "cut.tfrecord.gz").read_bytes()[:-4])
    with pytest.raises(UsageError, match=r"cut\.tfrecord\.gz is cut off"):
        make(tmp_path / "cut.tfrecord.gz")


HALF_READ = """
import sys
from model_search.data import builtin
from model_search.data.provider import DataOptions, providers
made = providers["tfrecord"](DataOptions(filename=sys.argv[1]))
batches = made.train().unbatch().repeat().batch(4).prefetch(2).as_numpy_iterator()
for _ in range(30):
    next(batches)
"""


def test_a_set_that_is_half_read_does_not_keep_a_process_from_ending(tmp_path):
    write(tmp_path / "p.tfrecord", people(600))
    subprocess.run([sys.executable, "-c", HALF_READ, str(tmp_path / "p.tfrecord")], check=True, timeout=300)
