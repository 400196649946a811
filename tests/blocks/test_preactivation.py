import keras
import numpy as np
import pytest
from block_checks import chain, example

import model_search.blocks  # noqa: F401


def zeroed(model):
    model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
    return model


@pytest.mark.parametrize("size", [3, 5])
def test_preactivation_parameters(size):
    model = chain(f"PREACTIVATION_RESNET_{size}X{size}", (5, 4, 3))
    assert model.output.shape == (None, 5, 4, 3)
    assert model.count_params() == 2 * (4 * 3 + size * size * 3 * 3)


@pytest.mark.parametrize("name", ["PREACTIVATION_RESNET_3X3", "PREACTIVATION_BOTTLENECK_RESNET_4"])
def test_without_weights_preactivated_blocks_are_the_identity(name):
    plate = example((5, 4, 3))
    np.testing.assert_array_equal(zeroed(chain(name, (5, 4, 3)))(plate), plate)


def test_without_weights_the_bottleneck_is_the_relu():
    plate = example((5, 4, 3))
    np.testing.assert_array_equal(zeroed(chain("BOTTLENECK_RESNET_4", (5, 4, 3)))(plate), np.maximum(plate, 0.0))


def test_normalization_and_relu_come_first():
    kinds = [type(layer).__name__ for layer in chain("PREACTIVATION_RESNET_3X3", (5, 4, 3)).layers]
    third = ["BatchNormalization", "ReLU", "Conv2D"]
    assert kinds == ["InputLayer", *third, *third, "Add"]


def test_downsampling_adds_a_projection_of_the_first_relu():
    model = chain("DOWNSAMPLE_PREACTIVATION_RESNET_3X3", (5, 4, 3))
    assert model.output.shape == (None, 3, 2, 6)
    convolutions = 9 * 3 * 6 + 9 * 6 * 6 + 3 * 6
    assert model.count_params() == convolutions + 4 * 3 + 4 * 6
    model = zeroed(model)
    norm = next(layer for layer in model.layers if layer.name.endswith("first_batch_norm"))
    norm.beta.assign([1.0, 2.0, -5.0])
    shortcut = next(layer for layer in model.layers if layer.name.endswith("shortcut_convolution"))
    shortcut.kernel.assign(np.ones((1, 1, 3, 6)))
    np.testing.assert_array_equal(model(example((5, 4, 3))), np.full((3, 3, 2, 6), 3.0))


@pytest.mark.parametrize(("channels", "narrow"), [(16, 4), (5, 2), (1, 1)])
def test_bottlenecks(channels, narrow):
    shape = (3, 4, channels)
    convolutions = channels * narrow + 9 * narrow * narrow + narrow * channels
    after = chain("BOTTLENECK_RESNET_4", shape)
    assert after.count_params() == convolutions + 4 * (narrow + narrow + channels)
    before = chain("PREACTIVATION_BOTTLENECK_RESNET_4", shape)
    assert before.count_params() == convolutions + 4 * (channels + narrow + narrow)
    assert after.output.shape == before.output.shape == (None, *shape)
    sizes = [layer.kernel_size[0] for layer in after.layers if isinstance(layer, keras.layers.Conv2D)]
    assert sizes == [1, 3, 1]
