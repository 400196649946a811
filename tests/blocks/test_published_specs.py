"""Spec files that name the published blocks: each parses, validates, builds and trains a step."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from test_inventory import FLATTEN_BLOCKS, PLATE_BLOCKS, SEQUENCE_BLOCKS, VECTOR_BLOCKS

from model_search.data.encoding import Encoding
from model_search.data.provider import Task, TaskKind
from model_search.hyperparameters import default_values, hyperparameter_space
from model_search.network.heads import head_of
from model_search.network.tower import build_tower
from model_search.spec import complete, parse_spec, validate
from model_search.spec.towers import tower
from model_search.training.losses import task_loss

PLATES = [*PLATE_BLOCKS, "IDENTITY", "CIFAR_NASA", "CIFAR_NASA_REDUCTION"]
SEQUENCES = [*SEQUENCE_BLOCKS, "TUNABLE_SVDF"]
IN_A_TOWER = 4
ENCODINGS = {
    "CNN": Encoding((8, 8, 3)),
    "DNN": Encoding((6,)),
    "RNN_LAST_ACTIVATIONS": Encoding((5, 3), has_lengths=True),
    "RNN_ALL_ACTIVATIONS": Encoding((5,), has_lengths=True, vocabulary_size=9),
}


def pieces(problem: str, names: list[str], ends: tuple[str, ...] = ("",)) -> list[tuple[str, tuple[str, ...]]]:
    """Some names at a time, each with one of the endings by turns."""
    found = []
    for place in range(0, len(names), IN_A_TOWER):
        end = ends[place // IN_A_TOWER % len(ends)]
        found.append((problem, (*names[place : place + IN_A_TOWER], *([end] if end else []))))
    return found


TOWERS = [
    *pieces("CNN", PLATES, tuple(FLATTEN_BLOCKS)),
    *pieces("DNN", list(VECTOR_BLOCKS)),
    *pieces("RNN_LAST_ACTIVATIONS", SEQUENCES[::2]),
    *pieces("RNN_ALL_ACTIVATIONS", SEQUENCES[1::2]),
]


def test_every_published_name_is_in_a_tower():
    published = {*PLATE_BLOCKS, *VECTOR_BLOCKS, *FLATTEN_BLOCKS, *SEQUENCE_BLOCKS, "IDENTITY", "TUNABLE_SVDF"}
    published |= {"CIFAR_NASA", "CIFAR_NASA_REDUCTION"}
    assert {name for _, names in TOWERS for name in names} == published
    assert len(published) == 138


def example(encoding: Encoding, batch: int = 2):
    rng = np.random.default_rng(0)
    if encoding.vocabulary_size:
        x = rng.integers(1, encoding.vocabulary_size, (batch, *encoding.shape)).astype(np.int32)
    else:
        x = rng.normal(size=(batch, *encoding.shape)).astype(np.float32)
    return {"x": x, "lengths": np.array([1, encoding.shape[0]], np.int32)} if encoding.has_lengths else x


@pytest.mark.parametrize(("problem", "names"), TOWERS, ids=lambda value: value if isinstance(value, str) else value[0])
def test_a_spec_of_published_names(problem, names):
    quoted = "".join(f'blocks_to_use: "{name}"\n' for name in names)
    text = f"problem_type: {problem}\nsearch_type: ADAPTIVE_COORDINATE_DESCENT\n{quoted}"
    spec = complete(parse_spec(text, "published"))
    validate(spec)
    architecture = tower(spec, names)
    assert set(names) <= set(architecture)
    encoding = ENCODINGS[problem]
    is_per_step = problem == "RNN_ALL_ACTIVATIONS"
    task = Task(TaskKind.CLASSIFICATION, "y", ("a", "b", "c"), is_per_step=is_per_step)
    values = default_values(hyperparameter_space(spec, architecture, 10))
    model = build_tower(architecture, values, encoding, head_of(spec, task), spec.embedding_size).model
    shape = (2, encoding.shape[0]) if is_per_step else (2,)
    labels, weights = np.ones(shape, np.int32), np.ones(shape, np.float32)
    with tf.GradientTape() as tape:
        loss = task_loss(task)(labels, model(example(encoding), training=True), weights)
    gradients = tape.gradient(loss, [weight.value for weight in model.trainable_weights])
    assert np.isfinite(loss)
    assert all(gradient is not None and np.isfinite(gradient).all() for gradient in map(dense, gradients))
    keras.optimizers.SGD(1e-3).apply(gradients, model.trainable_weights)


def dense(gradient):
    """A gradient of looked-up rows as an array."""
    return gradient if gradient is None else np.asarray(tf.convert_to_tensor(gradient))
