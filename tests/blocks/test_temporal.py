import keras
import numpy as np
import pytest
from block_checks import chain, check_causal, check_lengths, example

DILATIONS = [1, 2, 4, 8]


@pytest.mark.parametrize("size", [64, 1024])
def test_recurrent_dense_is_one_linear_layer_at_each_step(size):
    model = chain(f"RECURRENT_DENSE_{size}", (3, 5))
    assert model.count_params() == 6 * size
    kernel, bias = example((size,), 5), example((size,), 1)[0]
    model.set_weights([kernel, bias])
    sequences = example((3, 5))
    output = np.asarray(model(sequences))
    assert output.min() < 0
    np.testing.assert_allclose(output, sequences @ kernel + bias, atol=1e-5)


@pytest.mark.parametrize("kernel_size", [3, 5])
def test_conv1d_parameters(kernel_size):
    model = chain(f"CONV1D_128_{kernel_size}", (4, 7))
    assert model.output.shape == (None, 4, 128)
    assert model.count_params() == kernel_size * 7 * 128 + 128
    assert chain(f"SKIP_CONV1D_128_{kernel_size}", (4, 7)).count_params() == model.count_params() + 7 * 128 + 128


def test_conv1d_by_hand():
    model = chain("CONV1D_128_3", (5, 1), with_lengths=True)
    kernel, bias = np.zeros((3, 1, 128)), np.zeros(128)
    kernel[:, 0, 0], bias[0] = [1.0, 10.0, 100.0], -200.0
    model.set_weights([kernel, bias])
    steps = np.array([[1.0, 2.0, 3.0, 4.0, 5.0]] * 2)[:, :, None]
    output = np.asarray(model([steps, np.array([5, 4], "int32")]))
    # Before, now, after, less 200: 10 + 200, 1 + 20 + 300, 2 + 30 + 400, 3 + 40 + 500, 4 + 50.
    np.testing.assert_allclose(output[0, :, 0], [10.0, 121.0, 232.0, 343.0, 0.0])
    # Of four steps, the fourth has a zero after it: 3 + 40.
    np.testing.assert_allclose(output[1, :, 0], [10.0, 121.0, 232.0, 0.0, 0.0])
    np.testing.assert_array_equal(output[:, :, 1:], 0.0)


def test_skip_conv1d_adds_its_input_after_the_relu():
    model = chain("SKIP_CONV1D_128_5", (4, 128))
    model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
    sequences = example((4, 128))
    np.testing.assert_array_equal(model(sequences), sequences)


@pytest.mark.parametrize("channels", [64, 128])
@pytest.mark.parametrize("features", [5, 64])
def test_temporal_convolution_parameters(channels, features):
    model = chain(f"TEMPORAL_CONVOLUTION_{channels}_2", (3, features))
    convolutions = 3 * features * channels + 3 * channels * channels
    norms = 2 * 2 * channels
    projection = 0 if features == channels else features * channels + channels
    assert model.count_params() == convolutions + norms + projection


@pytest.mark.parametrize("dilation", DILATIONS)
def test_temporal_convolution_is_causal(dilation):
    check_causal(f"TEMPORAL_CONVOLUTION_64_{dilation}", (5, 2))


@pytest.mark.parametrize("dilation", DILATIONS)
def test_temporal_convolution_reaches_back_four_dilations(dilation):
    model = chain(f"TEMPORAL_CONVOLUTION_64_{dilation}", (36, 2))
    sequences = example((36, 2), batch=1)
    changed = sequences.copy()
    changed[0, 0] += 1.0
    moved = np.abs(np.asarray(model(changed)) - np.asarray(model(sequences)))[0].max(axis=1) > 1e-5
    assert np.flatnonzero(moved).tolist() == [step * dilation for step in range(5)]


def test_temporal_convolution_without_a_residual_is_the_relu_of_its_input():
    model = chain("TEMPORAL_CONVOLUTION_64_1", (4, 64))
    model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
    sequences = example((4, 64))
    np.testing.assert_array_equal(model(sequences), np.maximum(sequences, 0.0))


def test_temporal_convolution_normalizes_each_step_by_itself():
    model = chain("TEMPORAL_CONVOLUTION_64_1", (3, 64))
    kernel = np.zeros((3, 64, 64))
    kernel[2] = np.eye(64)  # the step itself
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv1D)]
    assert len(convolutions) == 2
    for convolution in convolutions:
        convolution.kernel.assign(kernel)
    steps = example((3, 64), batch=1)

    def normalized(values):
        centred = values - values.mean(axis=2, keepdims=True)
        return centred / np.sqrt(np.mean(np.square(centred), axis=2, keepdims=True) + 1e-3)

    inner = np.maximum(normalized(steps), 0.0)
    expected = np.maximum(steps + np.maximum(normalized(inner), 0.0), 0.0)
    np.testing.assert_allclose(model(steps), expected, atol=1e-5)


@pytest.mark.parametrize("name", ["SKIP_CONV1D_128_5", "TEMPORAL_CONVOLUTION_64_8", "RECURRENT_DENSE_128"])
def test_lengths_of_long_sequences(name):
    check_lengths(name, (19, 3))
