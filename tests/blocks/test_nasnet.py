import keras
import numpy as np
import pytest
from block_checks import chain, example

import model_search.blocks  # noqa: F401
from model_search.block import blocks

NORMAL, REDUCTION = "CIFAR_NASA", "CIFAR_NASA_REDUCTION"


def on(name, *shapes):
    """The cell as a model of two tensors, the newest last."""
    inputs = [keras.Input(shape) for shape in shapes]
    return keras.Model(inputs, blocks[name].create().build(list(inputs))[-1])


def named(model, end):
    return next(layer for layer in model.layers if layer.name.endswith(end))


def only_offsets(model, offsets):
    """Every weight 0 but the named batch normalizations' offsets: each hidden plate becomes a constant."""
    model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
    for name, offset in offsets.items():
        beta = named(model, f"{name}batch_norm").beta
        beta.assign(np.full(beta.shape, offset))
    return model


def separable(size, filters):
    """Parameters of two separable convolutions with batch normalization."""
    return 2 * (size * size * filters + filters * filters + 4 * filters)


@pytest.mark.parametrize("name", [NORMAL, REDUCTION])
def test_cells_read_two_tensors(name):
    assert blocks[name].create().is_input_order_important


@pytest.mark.parametrize(("channels", "filters"), [(1, 8), (3, 8), (48, 8), (49, 9), (96, 16)])
def test_normal_cell_has_six_branches_of_a_sixth(channels, filters):
    model = on(NORMAL, (5, 4, 7), (5, 4, channels))
    assert model.output.shape == (None, 5, 4, 6 * filters)
    squeezes = (channels + 4) * filters + (7 + 4) * filters
    assert model.count_params() == squeezes + 2 * separable(5, filters) + 3 * separable(3, filters)


@pytest.mark.parametrize(("channels", "filters"), [(1, 12), (24, 12), (48, 24), (49, 25)])
def test_reduction_cell_has_four_branches_of_half(channels, filters):
    model = on(REDUCTION, (5, 4, 7), (5, 4, channels))
    assert model.output.shape == (None, 3, 2, 4 * filters)
    squeezes = (channels + 4) * filters + (7 + 4) * filters
    separables = 2 * separable(5, filters) + 2 * separable(7, filters) + separable(3, filters)
    assert model.count_params() == squeezes + separables


def test_normal_cell_adds_and_concatenates_as_published():
    model = on(NORMAL, (3, 3, 48), (3, 3, 48))
    offsets = {"newest_": 1.0, "older_": 10.0, "branch_1_newest_second_": 100.0, "branch_1_older_second_": 200.0}
    offsets |= {"branch_2_wide_second_": 1000.0, "branch_2_narrow_second_": 2000.0, "branch_5_newest_second_": 1e4}
    output = np.asarray(only_offsets(model, offsets)([example((3, 3, 48)), example((3, 3, 48))]))
    # The older plate; then pairs: separable 5x5 and 3x3 of newest and older; both of the older; the newest's mean and
    # the older; twice the older's mean; the newest's separable 3x3 and itself.
    expected = np.repeat([10.0, 300.0, 3000.0, 11.0, 20.0, 10001.0], 8)
    np.testing.assert_allclose(output, np.broadcast_to(expected, (3, 3, 3, 48)))
    kernels = {
        name: named(model, f"{name}_first_separable").kernel_size for name in ("branch_1_newest", "branch_2_wide")
    }
    assert set(kernels.values()) == {(5, 5)}


def test_reduction_cell_adds_and_concatenates_as_published():
    model = on(REDUCTION, (4, 4, 24), (4, 4, 24))
    offsets = {"newest_": 1.0, "older_": 10.0, "branch_1_newest_second_": 100.0, "branch_1_older_second_": 200.0}
    offsets |= {"branch_2_older_second_": 1e3, "branch_3_older_second_": 2e3, "branch_5_inner_second_": 1e4}
    output = np.asarray(only_offsets(model, offsets)([example((4, 4, 24)), example((4, 4, 24))]))
    # maximum + separable; mean + separable; the first of these and the mean of the inner pair; separable + maximum.
    expected = np.repeat([1001.0, 2001.0, 1001.0 + 300.0, 10001.0], 12)
    np.testing.assert_allclose(output, np.broadcast_to(expected, (3, 2, 2, 48)))
    kinds = {name: type(named(model, name)) for name in ("newest_max", "newest_mean", "branch_1_mean")}
    assert kinds["newest_max"] is keras.layers.MaxPooling2D
    assert kinds["newest_mean"] is kinds["branch_1_mean"] is keras.layers.AveragePooling2D
    sizes = ("branch_1_newest", "branch_1_older", "branch_2_older", "branch_3_older", "branch_5_inner")
    kernels = [named(model, f"{name}_first_separable").kernel_size[0] for name in sizes]
    assert kernels == [5, 7, 7, 5, 3]


def test_two_normal_cells_keep_their_width():
    tower = chain(NORMAL, (4, 4, 60), copies=3)
    assert {layer.output.shape[-1] for layer in tower.layers if layer.name.endswith(".concatenate")} == {60}


@pytest.mark.parametrize("older", [(7, 8), (8, 7)])
def test_an_older_plate_twice_as_large_is_reduced_in_two_halves(older):
    model = on(NORMAL, (*older, 5), (4, 4, 48))
    assert named(model, "older_odd_convolution").filters == 4
    assert model.output.shape == (None, 4, 4, 48)


@pytest.mark.parametrize("name", [NORMAL, REDUCTION])
@pytest.mark.parametrize("older", [(32, 31), (1, 1), (11, 4), (3, 20)])
def test_an_older_plate_of_any_size_fits(name, older):
    model = on(name, (*older, 3), (6, 5, 10))
    assert model.output.shape[1:3] == ((6, 5) if name == NORMAL else (3, 3))
    assert not [layer for layer in model.layers if layer.name.endswith("odd_convolution")]


def test_an_older_vector_is_not_read():
    inputs = [keras.Input((9,)), keras.Input((4, 4, 6))]
    output = blocks[NORMAL].create().build(list(inputs))[-1]
    assert keras.Model(inputs[1], output).count_params() == on(NORMAL, (4, 4, 6), (4, 4, 6)).count_params()


def test_reduction_keeps_a_single_cell():
    assert chain(REDUCTION, (1, 1, 3), copies=2).output.shape == (None, 1, 1, 96)
