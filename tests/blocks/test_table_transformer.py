import keras
import numpy as np
import pytest
from block_checks import chain, example

from model_search.blocks.table_transformer import MAX_TOKENS


def layer(model, end):
    return next(layer for layer in model.layers if layer.name.endswith(end))


@pytest.mark.parametrize("size", [32, 64])
@pytest.mark.parametrize("features", [1, 7, MAX_TOKENS])
def test_parameters(size, features):
    model = chain(f"FEATURE_TRANSFORMER_{size}_{size // 8}", (features,))
    assert model.output.shape == (None, size)
    tokens, attention = 2 * features * size, 4 * (size * size + size)
    feed_forward = (size + 1) * 2 * size + (2 * size + 1) * size
    assert model.count_params() == tokens + attention + feed_forward + 2 * 2 * size


def test_many_features_are_projected_first():
    model = chain("FEATURE_TRANSFORMER_32_4", (MAX_TOKENS + 1,))
    few = chain("FEATURE_TRANSFORMER_32_4", (MAX_TOKENS,))
    assert model.count_params() == few.count_params() + (MAX_TOKENS + 1) * MAX_TOKENS
    assert layer(model, "tokens").output.shape == (None, MAX_TOKENS, 32)
    assert layer(chain("FEATURE_TRANSFORMER_32_4", (3000,)), "tokens").output.shape == (None, MAX_TOKENS, 32)


def test_a_token_is_the_feature_times_a_vector_plus_another():
    model = chain("FEATURE_TRANSFORMER_32_4", (3,))
    tokens = layer(model, "tokens")
    kernel, bias = (np.asarray(weight) for weight in (tokens.kernel, tokens.bias))
    assert kernel.shape == bias.shape == (3, 32)
    assert 0.9 * 32**-0.5 < np.abs(kernel).max() <= 32**-0.5
    assert 0.9 * 32**-0.5 < np.abs(bias).max() <= 32**-0.5
    vector = example((3,), 5)
    output = keras.Model(model.input, tokens.output)(vector)
    np.testing.assert_allclose(output, vector[:, :, None] * kernel + bias, atol=1e-6)


def test_the_residual_path_ends_in_the_normalized_mean_of_tokens():
    model, vector = chain("FEATURE_TRANSFORMER_32_4", (3,)), example((3,), 5)
    for end in ("attention", "feed_forward_project"):
        part = layer(model, end)
        part.set_weights([np.zeros_like(weight) for weight in part.get_weights()])
    mean = np.asarray(keras.Model(model.input, layer(model, "tokens").output)(vector)).mean(axis=1)
    normal = (mean - mean.mean(1, keepdims=True)) / np.sqrt(mean.var(1, keepdims=True) + 1e-3)
    np.testing.assert_allclose(model(vector), np.maximum(normal, 0.0), atol=1e-5)
