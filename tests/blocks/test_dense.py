import keras
import numpy as np
import pytest
from block_checks import chain, example

from model_search.block import RegisteredBlock
from model_search.blocks.dense import FullyConnected
from model_search.errors import UsageError

FORCE = "FULLY_CONNECTED_RESIDUAL_FORCE_MATCH_SHAPES"
CONCAT = "FULLY_CONNECTED_RESIDUAL_CONCAT"
PROJECT = "FULLY_CONNECTED_RESIDUAL_PROJECT"


def zeroed(model):
    model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
    return model


@pytest.mark.parametrize(("features", "units"), [(1, 2), (2, 2), (7, 7), (100, 100), (101, 100), (300, 100)])
def test_fully_connected_is_as_wide_as_its_input_within_2_and_100(features, units):
    model = chain("FULLY_CONNECTED", (features,))
    assert model.output.shape == (None, units)
    assert model.count_params() == features * units + units


@pytest.mark.parametrize(("features", "units"), [(1, 2), (5, 2), (7, 3), (64, 32), (200, 100), (300, 100)])
def test_pyramid_is_half_as_wide(features, units):
    model = chain("FULLY_CONNECTED_PYRAMID", (features,))
    assert model.output.shape == (None, units)
    assert model.count_params() == features * units + units


def test_fully_connected_by_hand():
    model = chain("FULLY_CONNECTED", (2,))
    model.set_weights([np.array([[1.0, -1.0], [2.0, 1.0]]), np.array([0.5, 0.0])])
    np.testing.assert_array_equal(model(np.array([[3.0, 1.0], [1.0, 4.0]])), [[5.5, 0.0], [9.5, 3.0]])


@pytest.mark.parametrize(
    ("features", "expected"),
    [(1, lambda x: np.pad(x, ((0, 0), (0, 1)))), (7, lambda x: x), (130, lambda x: x[:, :100])],
)
def test_force_match_shapes_pads_or_cuts_the_input(features, expected):
    vector = example((features,))
    np.testing.assert_array_equal(zeroed(chain(FORCE, (features,)))(vector), expected(vector))


def test_concat_puts_the_input_after_the_output():
    vector = example((130,))
    output = np.asarray(zeroed(chain(CONCAT, (130,)))(vector))
    assert output.shape == (3, 230)
    np.testing.assert_array_equal(output[:, :100], 0.0)
    np.testing.assert_array_equal(output[:, 100:], vector)


def test_project_adds_a_linear_projection():
    model = zeroed(chain(PROJECT, (3,)))
    assert model.count_params() == (3 * 3 + 3) + 3 * 3
    projection = next(layer for layer in model.layers if layer.name.endswith("projection"))
    projection.kernel.assign(np.diag([1.0, 2.0, -1.0]))
    np.testing.assert_array_equal(model(np.array([[1.0, -2.0, 3.0]])), [[1.0, -4.0, -3.0]])


@pytest.mark.parametrize(("name", "units"), [(FORCE, 7), (CONCAT, 14), (PROJECT, 7)])
def test_batch_norm_stands_between_the_dense_layer_and_its_relu(name, units):
    model = chain(f"{name}_BATCHNORM", (7,))
    assert model.output.shape == (None, units)
    plain = chain(name, (7,)).count_params()
    # No bias (7), but scale, offset, moving mean and variance.
    assert model.count_params() == plain - 7 + 4 * 7
    batch_norm = next(layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization))
    assert batch_norm.input.shape == (None, 7)
    model(50.0 + example((7,), 64), training=True)
    assert not np.allclose(batch_norm.moving_mean, 0.0)


def test_an_unknown_residual_connection_is_named():
    entry = RegisteredBlock("ODD", FullyConnected, {"residual_connection_type": "ADD"})
    with pytest.raises(UsageError, match=r"^block 'ODD' at .*'ADD' is not a valid ResidualConnectionType$"):
        entry.create()


@pytest.mark.parametrize("units", [64, 128, 256, 512, 1024])
def test_fixed_output_width(units):
    model = chain(f"FIXED_OUTPUT_FULLY_CONNECTED_{units}", (3,))
    assert model.output.shape == (None, units)
    assert model.count_params() == 4 * units
    assert np.asarray(model(example((3,), 32))).min() == 0.0


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("features", [1, 7, 130])
def test_low_rank_has_two_thin_matrices_and_one_bias(rank, features):
    model = chain(f"LOWRANK_{rank}", (features,))
    assert model.output.shape == (None, features)
    assert model.count_params() == 2 * rank * features + features
    assert chain(f"LOWRANK_{rank}_SKIP", (features,)).count_params() == model.count_params()


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_low_rank_kernel_is_of_that_rank(rank):
    model = chain(f"LOWRANK_{rank}", (9,))
    reduce, expand = (layer.kernel.numpy() for layer in model.layers[1:])
    assert np.linalg.matrix_rank(reduce @ expand) == rank
    vector = example((9,))
    np.testing.assert_allclose(model(vector), np.maximum(vector @ reduce @ expand, 0.0), atol=1e-5)


@pytest.mark.parametrize("name", ["LOWRANK_1_SKIP", "LOWRANK_3_SKIP", "BOTTLENECK_32_SKIP", "BOTTLENECK_64_SKIP"])
def test_skip_adds_the_input(name):
    vector = example((5,))
    np.testing.assert_array_equal(zeroed(chain(name, (5,)))(vector), vector)


@pytest.mark.parametrize("size", [32, 64])
def test_bottleneck_goes_down_and_back_up(size):
    model = chain(f"BOTTLENECK_{size}", (130,))
    assert [layer.output.shape for layer in model.layers[1:]] == [(None, size), (None, 130)]
    assert all(layer.activation is keras.activations.relu for layer in model.layers[1:])
    assert model.count_params() == 130 * size + size + size * 130 + 130
