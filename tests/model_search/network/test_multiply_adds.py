"""Multiply-adds counted by hand, and compared with the operations that really run for every block."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework import op_callbacks

from model_search.block import blocks
from model_search.network.multiply_adds import _COUNTS, UncountableError, multiply_adds
from model_search.plugins import load_plugins

layers = keras.layers
load_plugins()


def counted(function, *shape: int) -> int:
    traced = tf.function(function, autograph=False)
    return multiply_adds(traced.get_concrete_function(tf.TensorSpec(shape)).graph)


def of_layer(layer, *shape: int) -> int:
    x = keras.Input(shape)
    model = keras.Model(x, layer(x))
    return counted(lambda x: model(x, training=False), 1, *shape)


@pytest.mark.parametrize(
    ("layer", "shape", "wanted"),
    [
        (layers.Dense(7), (5,), 5 * 7),
        # At each of the three steps.
        (layers.Dense(7), (3, 5), 3 * 5 * 7),
        # 6 x 6 places, a kernel of 3 x 3 x 4 for each of 2 channels.
        (layers.Conv2D(2, 3), (8, 8, 4), 6 * 6 * 3 * 3 * 4 * 2),
        (layers.Conv2D(2, 3, padding="same", strides=2), (8, 8, 4), 4 * 4 * 3 * 3 * 4 * 2),
        (layers.Conv2D(2, 3, groups=2), (8, 8, 4), 6 * 6 * 3 * 3 * 2 * 2),
        (layers.Conv1D(5, 3, padding="causal", dilation_rate=2), (20, 6), 20 * 3 * 6 * 5),
        (layers.DepthwiseConv2D(3, padding="same"), (8, 8, 4), 8 * 8 * 3 * 3 * 4),
        (layers.SeparableConv2D(5, 3, padding="same"), (8, 8, 4), 8 * 8 * (3 * 3 * 4 + 4 * 5)),
        (layers.Conv2DTranspose(5, 3, strides=2), (8, 8, 4), 8 * 8 * 4 * 3 * 3 * 5),
        # Four gates from 6 inputs and 5 states, at each of 20 steps.
        (layers.LSTM(5), (20, 6), 20 * 4 * 5 * (6 + 5)),
        (layers.GRU(5, return_sequences=True, go_backwards=True), (20, 6), 20 * 3 * 5 * (6 + 5)),
        (layers.SimpleRNN(5, unroll=True), (4, 6), 4 * 5 * (6 + 5)),
        (layers.ReLU(), (8,), 0),
    ],
)
def test_layers(layer, shape, wanted) -> None:
    assert of_layer(layer, *shape) == wanted


def test_attention() -> None:
    x = keras.Input((20, 6))
    model = keras.Model(x, layers.MultiHeadAttention(num_heads=2, key_dim=4)(x, x))
    projections = 4 * 20 * 6 * 8
    scores_and_values = 2 * (2 * 20 * 20 * 4)
    assert counted(lambda x: model(x, training=False), 1, 20, 6) == projections + scores_and_values


@pytest.mark.parametrize(
    ("equation", "shapes", "wanted"),
    [("ab,bc->ac", [(2, 3), (3, 5)], 30), ("...b,bc->...c", [(7, 2, 3), (3, 5)], 210), ("ab->ba", [(2, 3)], 0)],
)
def test_einsums(equation, shapes, wanted) -> None:
    assert counted(lambda _: tf.einsum(equation, *map(tf.zeros, shapes)), 1) == wanted


def test_branches_count_the_most_expensive_one() -> None:
    small, large = tf.zeros((1, 5)), tf.zeros((1, 9))
    wanted = counted(lambda x: tf.cond(x[0] > 0, lambda: small @ tf.zeros((5, 2)), lambda: large @ tf.zeros((9, 2))), 1)
    assert wanted == 18


def test_loops_of_a_fixed_number_of_steps() -> None:
    def powers(x):
        return tf.while_loop(lambda i, _: i < 4, lambda i, x: (i + 1, x @ x), (0, x), maximum_iterations=4)[1]

    assert counted(powers, 3, 3) == 4 * 27


def test_loops_of_unknown_length_cannot_be_counted() -> None:
    def halved(x):
        return tf.while_loop(lambda x: tf.reduce_sum(x) > 1, lambda x: (x @ x / 2,), (x,))[0]

    with pytest.raises(UncountableError, match="steps of the loop"):
        counted(halved, 3, 3)
    with pytest.raises(UncountableError, match="shape of"):
        counted(lambda x: x @ x, None, None)


SHAPES = {"plate": (9, 9, 4), "flatten": (9, 9, 4), "vector": (12,), "sequence": (6, 5), "summary": (6, 5)}


@pytest.mark.parametrize("role", sorted(SHAPES))
def test_every_block_counts_what_really_runs(role) -> None:
    """Every operation of an eager run is seen, loops step by step: the sum must be that of the graph."""
    named = [name for name in blocks if blocks[name].role.value == role]
    assert named
    for name in named[:: max(1, len(named) // 10)]:
        assert difference(name, SHAPES[role], counted_of) == difference(name, SHAPES[role], executed), name


def difference(name: str, shape: tuple[int, ...], count) -> int:
    """Multiply-adds of a block; for sequences those of three more steps: eager recurrent layers run one step twice."""
    longer = (shape[0] + 3, *shape[1:])
    return (
        count(model_of(name, longer)) - count(model_of(name, shape))
        if len(shape) == 2
        else count(model_of(name, shape))
    )


def model_of(name: str, shape: tuple[int, ...]) -> keras.Model:
    block = blocks[name].create()
    wanted = block.requires_hparams()
    x = keras.Input(shape)
    return keras.Model(x, block.build([x], dict(wanted.values) if wanted else {}, None)[-1])


def counted_of(model: keras.Model) -> int:
    return counted(lambda x: model(x, training=False), 1, *model.input.shape[1:])


class _Executed:
    """An operation as the callback describes it, in the form of a graph's."""

    def __init__(self, inputs, attributes, outputs):
        self.inputs, self.outputs = inputs, outputs
        self._attributes = dict(zip(attributes[::2], attributes[1::2], strict=True)) if attributes else {}

    def get_attr(self, name: str):
        value = self._attributes[name]
        return value.encode() if isinstance(value, str) else value


def executed(model: keras.Model) -> int:
    total = 0

    def seen(op_type, inputs, attributes, outputs, op_name=None, graph=None):
        nonlocal total
        kind = op_type.decode() if isinstance(op_type, bytes) else op_type
        if kind in _COUNTS:
            total += _COUNTS[kind](_Executed(inputs, attributes, outputs))

    op_callbacks.add_op_callback(seen)
    try:
        model(np.zeros((1, *model.input.shape[1:]), np.float32), training=False)
    finally:
        op_callbacks.remove_op_callback(seen)
    return total
