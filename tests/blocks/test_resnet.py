import numpy as np
import pytest
from block_checks import chain, example

NAMES = {"RESNET_3X3": 3, "RESNET_4X4": 4, "RESNET_5X5": 5}


def zeroed(model):
    model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
    return model


@pytest.mark.parametrize("name", [*NAMES, "DUAL_RESNET"])
def test_without_a_residual_it_is_the_relu_of_its_input(name):
    plate = example((5, 4, 3))
    np.testing.assert_array_equal(zeroed(chain(name, (5, 4, 3)))(plate), np.maximum(plate, 0.0))


@pytest.mark.parametrize(("name", "size"), NAMES.items())
def test_two_convolutions(name, size):
    assert chain(name, (5, 4, 3)).count_params() == 2 * (size * size * 3 * 3 + 3)


def test_resnet_by_hand():
    model = chain("RESNET_3X3", (1, 1, 1))
    first, second = np.zeros((3, 3, 1, 1)), np.zeros((3, 3, 1, 1))
    first[1, 1], second[1, 1] = 2.0, 3.0
    model.set_weights([first, np.array([1.0]), second, np.array([0.5])])
    cells = np.array([1.0, -1.0, -0.4, 0.0]).reshape(4, 1, 1, 1)
    # The first convolution gives relu(2 x + 1) = 3, 0, 0.2, 1; the second three times that and 0.5.
    np.testing.assert_allclose(np.ravel(model(cells)), [1.0 + 9.5, 0.0, -0.4 + 1.1, 3.5], rtol=1e-6)
    second[1, 1] = -3.0
    model.set_weights([first, np.array([1.0]), second, np.array([0.5])])
    # No ReLU after the second convolution: 1 - 8.5, -1 + 0.5, -0.4 - 0.1 and 0 - 2.5 are all cut off by the last.
    np.testing.assert_array_equal(np.ravel(model(cells)), [0.0, 0.0, 0.0, 0.0])


def test_dual_resnet_averages_its_branches():
    model = zeroed(chain("DUAL_RESNET", (2, 2, 1)))
    assert model.count_params() == 4 * (3 * 3 + 1)
    biases = {layer.name: layer.bias for layer in model.layers if layer.weights}
    last = [bias for name, bias in biases.items() if name.endswith("_1")]
    assert len(last) == 2
    last[0].assign([4.0])
    last[1].assign([-1.0])
    plate = np.full((1, 2, 2, 1), 1.0, "float32")
    np.testing.assert_array_equal(np.ravel(model(plate)), np.full(4, 2.5))


@pytest.mark.parametrize(("channels", "expected"), [(6, 5), (9, 5), (10, 10), (64, 60)])
def test_general_block_has_five_parts_of_a_fifth_of_the_channels(channels, expected):
    model = chain("GENERAL_BLOCK", (3, 4, channels))
    assert model.output.shape == (None, 3, 4, expected)
    part = channels // 5
    reduction = channels * part + part
    branches = 2 * (9 * part * part + part) + 2 * (25 * part * part + part) + 2 * (part * part + part)
    assert model.count_params() == reduction + branches


@pytest.mark.parametrize("channels", [1, 5])
def test_general_block_passes_few_channels_through(channels):
    model = chain("GENERAL_BLOCK", (3, 4, channels))
    assert model.output is model.input


def test_general_block_concatenates_reduction_and_pools():
    model = zeroed(chain("GENERAL_BLOCK", (1, 3, 6)))
    for layer in model.layers:
        if layer.name.endswith(("reduction", "average_convolution", "max_convolution")):
            layer.kernel.assign(np.ones(layer.kernel.shape))
    row = np.zeros((1, 1, 3, 6), "float32")
    row[0, 0, :, 0] = [-1.0, 2.0, 6.0]
    # The mean counts no cell outside of the plate.
    expected = [[0.0, 2.0, 6.0], [0.0] * 3, [0.0] * 3, [0.5, 7.0 / 3.0, 4.0], [2.0, 6.0, 6.0]]
    np.testing.assert_allclose(np.asarray(model(row))[0, 0].T, expected, rtol=1e-6)
