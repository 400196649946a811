import keras
import numpy as np
import pytest
from block_checks import chain, check_causal, check_lengths, example

from model_search.block import blocks
from model_search.blocks.attention import positions

NAMES = ["SELF_ATTENTION_64_4", "SELF_ATTENTION_128_4"]


def scrambled(model):
    """The model with random weights everywhere, its biases and norms too."""
    for place, weight in enumerate(model.weights):
        weight.assign(0.2 * example(tuple(weight.shape), 1, seed=place)[0])
    return model


def by_name(model):
    return {
        f"{layer.name.rpartition('.')[2]}/{weight.path.partition('/')[2]}": np.asarray(weight, "float64")
        for layer in model.layers
        for weight in layer.weights
    }


def normalized(values, scale, offset):
    centred = values - values.mean(axis=-1, keepdims=True)
    return scale * centred / np.sqrt(np.mean(np.square(centred), axis=-1, keepdims=True) + 1e-3) + offset


def sinusoids(steps, width):
    half = width // 2
    angles = np.arange(steps)[:, None] / 10_000.0 ** (np.arange(half) / half)
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)


def encoder(steps, weights, heads, causal):
    """One sequence (time, features) through the block, step by step and head by head."""
    if "input_projection/kernel" in weights:
        steps = steps @ weights["input_projection/kernel"] + weights["input_projection/bias"]
    width = steps.shape[1]
    values = normalized(steps, weights["attention_norm/gamma"], weights["attention_norm/beta"])
    placed = values + sinusoids(*steps.shape)
    attended = np.tile(weights["attention/attention_output/bias"], (len(steps), 1))
    for head in range(heads):
        query, key, value = (
            source @ weights[f"attention/{part}/kernel"][:, head] + weights[f"attention/{part}/bias"][head]
            for part, source in (("query", placed), ("key", placed), ("value", values))
        )
        for step in range(len(steps)):
            seen = slice(0, step + 1) if causal else slice(None)
            scores = np.exp(key[seen] @ query[step] / np.sqrt(width / heads))
            mean = scores / scores.sum() @ value[seen]
            attended[step] += mean @ weights["attention/attention_output/kernel"][head]
    steps = steps + attended
    inner = normalized(steps, weights["feed_forward_norm/gamma"], weights["feed_forward_norm/beta"])
    inner = np.maximum(inner @ weights["feed_forward_expand/kernel"] + weights["feed_forward_expand/bias"], 0.0)
    return steps + inner @ weights["feed_forward_reduce/kernel"] + weights["feed_forward_reduce/bias"]


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("features", [3, 64])
def test_the_block_is_its_formula_on_the_valid_steps(features, causal):
    name = "SELF_ATTENTION_64_4" + ("_CAUSAL" if causal else "")
    model = scrambled(chain(name, (6, features), with_lengths=True))
    sequences, lengths = example((6, features)), np.array([1, 4, 6], "int32")
    outputs = np.asarray(model([sequences, lengths]))
    for row, length in enumerate(lengths):
        expected = encoder(sequences[row, :length].astype("float64"), by_name(model), 4, causal)
        np.testing.assert_allclose(outputs[row, :length], expected, rtol=1e-4, atol=1e-4)
        np.testing.assert_array_equal(outputs[row, length:], 0.0)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("suffix", ["", "_CAUSAL"])
def test_parameters(name, suffix):
    width = int(name.split("_")[2])
    model = chain(name + suffix, (6, width))
    attention = 4 * (width * width + width)
    feed_forward = 4 * width * width + 4 * width + 4 * width * width + width
    assert model.count_params() == attention + feed_forward + 2 * 2 * width
    assert chain(name + suffix, (6, 5)).count_params() == model.count_params() + 5 * width + width


@pytest.mark.parametrize("name", NAMES)
def test_without_weights_it_is_its_input(name):
    width = int(name.split("_")[2])
    model = chain(name, (3, width))
    model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
    sequences = example((3, width))
    np.testing.assert_array_equal(model(sequences), sequences)


@pytest.mark.parametrize("name", [*NAMES, "TUNABLE_ATTENTION"])
def test_causal_ones_never_look_ahead(name):
    check_causal(f"{name}_CAUSAL", (5, 3))


@pytest.mark.parametrize("name", NAMES)
def test_the_others_do(name):
    model = chain(name, (5, 3))
    sequences = example((5, 3))
    changed = sequences.copy()
    changed[:, 4] += 1.0
    assert not np.allclose(np.asarray(model(changed))[:, 0], np.asarray(model(sequences))[:, 0], atol=1e-4)


def test_positions_by_hand():
    inputs = keras.Input((None, 4))
    output = np.asarray(keras.Model(inputs, positions(inputs))(example((3, 4), batch=2)))
    # Two frequencies, 1 and 1 / 100.
    expected = [[np.sin(t), np.sin(t / 100), np.cos(t), np.cos(t / 100)] for t in range(3)]
    assert output.shape == (1, 3, 4)
    np.testing.assert_allclose(output[0], expected, atol=1e-6)


def test_positions_are_exact_far_out_and_in_low_precision():
    inputs = keras.Input((5000, 2), dtype="float16")
    output = keras.Model(inputs, positions(inputs))(np.zeros((1, 5000, 2), "float16"))
    assert output.dtype == "float16"
    np.testing.assert_allclose(np.asarray(output)[0, 4999], [np.sin(4999), np.cos(4999)], atol=1e-3)


def test_the_order_of_earlier_steps_matters():
    model = chain("SELF_ATTENTION_64_4", (4, 3))
    sequences = example((4, 3))
    swapped = sequences[:, [1, 0, 2, 3]]
    assert not np.allclose(np.asarray(model(swapped))[:, 3], np.asarray(model(sequences))[:, 3], atol=1e-4)


@pytest.mark.parametrize("name", [*NAMES, "SELF_ATTENTION_64_4_CAUSAL"])
def test_lengths_of_long_sequences(name):
    check_lengths(name, (21, 2))


@pytest.mark.parametrize("suffix", ["", "_CAUSAL"])
def test_tunable_attention_is_built_of_its_hyperparameters(suffix):
    name = f"TUNABLE_ATTENTION{suffix}"
    space = blocks[name].create().requires_hparams()
    choices = {each.name: each.values for each in space.space}
    assert choices == {"heads": [1, 2, 4, 8], "width": [32, 64, 128, 256], "feed_forward_factor": [1, 2, 4]}
    assert space.values == {"heads": 4, "width": 64, "feed_forward_factor": 4}
    model = chain(name, (6, 5), hparams={"heads": 8, "width": 32, "feed_forward_factor": 2})
    assert model.output.shape == (None, 6, 32)
    weights = by_name(model)
    assert weights["attention/query/kernel"].shape == (32, 8, 4)
    assert weights["feed_forward_expand/kernel"].shape == (32, 64)
