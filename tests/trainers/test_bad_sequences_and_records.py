"""Lengths that no sequence has, and records of another schema: one line that names the place, status 2."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

SEQUENCES = """
problem_type: RNN_LAST_ACTIVATIONS minimum_depth: 1 maximum_depth: 1
blocks_to_use: "TEMPORAL_CONVOLUTION_64_1" blocks_to_use: "SEQUENCE_MEAN_POOLING" blocks_to_use: "FULLY_CONNECTED"
"""


def arrays(path: Path, longest: int) -> Path:
    """40 sequences of 5 steps; the length of the eighth is the given one."""
    x = np.random.default_rng(0).normal(size=(40, 5, 2)).astype(np.float32)
    lengths = np.full(40, 3)
    lengths[7] = longest
    np.savez(path, x=x, lengths=lengths, y=(x[:, 0, 0] > 0).astype(int))
    return path


def records(path: Path, **changes: object) -> Path:
    """40 records of a number `age`, a word `job` and the label `rich`, the last one changed."""
    with tf.io.TFRecordWriter(str(path)) as writer:
        for number in range(40):
            row = {"age": float(number), "job": b"cook", "rich": number % 2} | (changes if number == 39 else {})
            features = {name: feature(value) for name, value in row.items() if value is not None}
            writer.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())
    return path


def feature(value: object) -> tf.train.Feature:
    if isinstance(value, bytes):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
    if isinstance(value, float):
        return tf.train.Feature(float_list=tf.train.FloatList(value=[value]))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))


def refused(outcome) -> str:
    """The one line of error."""
    assert outcome.status == 2, outcome
    assert outcome.err.count("\n") == 1 and outcome.err.startswith("model_search: error: "), outcome.err
    return outcome.err


def train(command, tmp_path: Path, *arguments: object):
    quick = ["--num_trainers=0", "--max_trials=1", "--train_steps=5", "--norefit", f"--model_dir={tmp_path / 'found'}"]
    return command("train", *quick, *arguments)


def test_lengths_beyond_the_sequence(command, tmp_path) -> None:
    spec = tmp_path / "spec.pbtxt"
    spec.write_text(SEQUENCES)
    arguments = ["--dataset=numpy", f"--spec={spec}"]
    bad = arrays(tmp_path / "bad.npz", longest=6)
    said = refused(train(command, tmp_path, *arguments, f"--filename={bad}"))
    assert "bad.npz, row 7: length 6 is not from 1 to 5, the steps there are" in said
    assert not (tmp_path / "found").exists()

    trained = train(command, tmp_path, *arguments, f"--filename={arrays(tmp_path / 'good.npz', longest=5)}")
    assert trained.status == 0, trained.err
    output = tmp_path / "predicted.csv"
    said = refused(command("predict", f"--model_dir={tmp_path / 'found'}", f"--input={bad}", f"--output={output}"))
    assert "bad.npz, row 7: length 6 is not from 1 to 5" in said
    assert not output.exists()


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> Path:
    return records(tmp_path_factory.mktemp("records") / "good.tfrecord")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"age": 3}, "feature 'age' holds int64; expected float32"),
        ({"job": None}, "feature 'job' is missing"),
        ({"rich": b"yes"}, "feature 'rich' holds bytes; expected int64"),
    ],
)
def test_held_out_records_of_another_schema(command, tmp_path, good, changes, said) -> None:
    other = records(tmp_path / "other.tfrecord", **changes)
    arguments = ["--dataset=tfrecord", "--spec=small_dnn", "--label=rich", f"--filename={good}"]
    error = refused(train(command, tmp_path, *arguments, f"--validation_filename={other}"))
    assert f"other.tfrecord, record 40: {said}" in error
    assert not (tmp_path / "found").exists()


def test_records_of_another_schema_to_predict_from(command, tmp_path, good) -> None:
    arguments = ["--dataset=tfrecord", "--spec=small_dnn", "--label=rich", f"--filename={good}"]
    trained = train(command, tmp_path, *arguments)
    assert trained.status == 0, trained.err
    other = records(tmp_path / "other.tfrecord", age=None, rich=None)
    error = refused(command("predict", f"--model_dir={tmp_path / 'found'}", f"--input={other}"))
    assert "other.tfrecord, record 40: feature 'age' is missing" in error
