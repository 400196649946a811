import keras
import numpy as np
import pytest
from block_checks import chain, example

import model_search.blocks  # noqa: F401
from model_search.block import blocks


def on(name, *shapes):
    inputs = [keras.Input(shape) for shape in shapes]
    return keras.Model(inputs, blocks[name].create().build(list(inputs))[-1])


@pytest.mark.parametrize(("name", "weights"), [("", 9 * 9), ("_LOWRANK_16", 2 * 9 * 16), ("_LOWRANK_64", 2 * 9 * 64)])
def test_parameters(name, weights):
    model = chain(f"CROSS_LAYER{name}", (9,))
    assert model.output.shape == (None, 9)
    assert model.count_params() == weights + 9
    assert blocks[f"CROSS_LAYER{name}"].create().is_input_order_important


@pytest.mark.parametrize("name", ["CROSS_LAYER", "CROSS_LAYER_LOWRANK_16"])
def test_without_weights_it_is_the_identity(name):
    model, vector = chain(name, (9,)), example((9,))
    model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
    np.testing.assert_array_equal(model(vector), vector)


def test_two_layers_by_hand():
    model = chain("CROSS_LAYER", (2,), copies=2)
    swap = np.array([[0.0, 1.0], [1.0, 0.0]])
    model.set_weights([swap, np.array([1.0, 0.0]), swap, np.zeros(2)])
    # x1 = (2, 3) * (3 + 1, 2) + (2, 3) = (10, 9); x2 = (2, 3) * (9, 10) + (10, 9).
    np.testing.assert_array_equal(model(np.array([[2.0, 3.0]])), [[28.0, 39.0]])


def test_the_first_vector_is_the_one_after_the_plates():
    inputs = [keras.Input((2, 2, 3)), keras.Input((3,)), keras.Input((5,)), keras.Input((3,))]
    output = blocks["CROSS_LAYER"].create().build(list(inputs))[-1]
    model = keras.Model([inputs[1], inputs[3]], output)
    model.set_weights([np.zeros((3, 3)), np.ones(3)])
    first, newest = example((3,), seed=1), example((3,), seed=2)
    np.testing.assert_allclose(model([first, newest]), first + newest, rtol=1e-6)


def test_a_first_vector_of_another_width_is_not_read():
    inputs = [keras.Input((5,)), keras.Input((3,))]
    model = keras.Model(inputs[1], blocks["CROSS_LAYER"].create().build(list(inputs))[-1])
    model.set_weights([np.zeros((3, 3)), np.ones(3)])
    np.testing.assert_allclose(model(example((3,))), 2 * example((3,)), rtol=1e-6)
