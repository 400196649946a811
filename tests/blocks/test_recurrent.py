import keras
import numpy as np
import pytest
from block_checks import chain, check_causal, check_lengths, example

GATES = {"RNN_CELL": 1, "LSTM": 4, "GRU": 3}
BIASES = {"RNN_CELL": 1, "LSTM": 1, "GRU": 2}
SHAPE = (4, 5)


def layer(model, name):
    return next(layer for layer in model.layers if layer.name.endswith(f".{name}"))


@pytest.mark.parametrize("name", [*GATES])
@pytest.mark.parametrize("size", [128, 256])
def test_parameters_and_width(name, size):
    model = chain(f"{name}_{size}", SHAPE)
    own = GATES[name] * size * (5 + size + BIASES[name])
    assert model.output.shape == (None, 4, size)
    assert model.count_params() == own
    assert chain(f"SKIP_{name}_{size}", SHAPE).count_params() == own + 5 * size + size
    assert chain(f"SKIP_{name}_{size}", (4, size)).count_params() == GATES[name] * size * (2 * size + BIASES[name])


@pytest.mark.parametrize("name", ["LSTM", "GRU"])
def test_bidirectional_parameters_and_width(name):
    model = chain(f"BI_{name}_128", SHAPE)
    own = 2 * GATES[name] * 128 * (5 + 128 + BIASES[name])
    assert model.output.shape == (None, 4, 256)
    assert model.count_params() == own
    assert chain(f"SKIP_BI_{name}_128", SHAPE).count_params() == own + 5 * 256 + 256
    # As wide as its output already, the input is added as it is.
    assert chain(f"SKIP_BI_{name}_128", (4, 256)).count_params() == 2 * GATES[name] * 128 * (256 + 128 + BIASES[name])


def test_simple_recurrent_network_by_hand():
    model = chain("RNN_CELL_64", (3, 1))
    kernel, recurrent, bias = np.zeros((1, 64)), np.zeros((64, 64)), np.zeros(64)
    kernel[0, 0], recurrent[0, 0], recurrent[0, 1], bias[0] = 2.0, 0.5, 1.0, 0.25
    model.set_weights([kernel, recurrent, bias])
    output = np.asarray(model(np.array([[[1.0], [0.0], [-1.0]]])))[0]
    first = np.tanh(2.25)
    second = np.tanh(0.5 * first + 0.25)
    third = np.tanh(-2.0 + 0.5 * second + 0.25)
    np.testing.assert_allclose(output[:, 0], [first, second, third], rtol=1e-6)
    # Unit 1 sees what unit 0 was one step before.
    np.testing.assert_allclose(output[:, 1], [0.0, np.tanh(first), np.tanh(second)], rtol=1e-6)
    np.testing.assert_array_equal(output[:, 2:], 0.0)


@pytest.mark.parametrize("name", ["RNN_CELL_64", "LSTM_128", "GRU_128"])
def test_causal(name):
    check_causal(name, (4, 3))


@pytest.mark.parametrize("name", ["SKIP_RNN_CELL_64", "SKIP_LSTM_128", "SKIP_GRU_128"])
def test_skip_adds_the_input_as_it_is_where_widths_agree(name):
    width = int(name.rpartition("_")[2])
    model = chain(name, (3, width))
    model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
    sequences = example((3, width))
    np.testing.assert_array_equal(model(sequences), sequences)


def test_skip_projects_the_input_linearly_where_widths_differ():
    model = chain("SKIP_LSTM_128", (3, 2))
    model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
    layer(model, "skip_projection").kernel.assign(np.full((2, 128), -1.0))
    sequences = example((3, 2))
    expected = np.repeat(-sequences.sum(axis=2, keepdims=True), 128, axis=2)
    np.testing.assert_allclose(model(sequences), expected, atol=1e-6)


@pytest.mark.parametrize(("name", "kind"), [("BI_LSTM_128", keras.layers.LSTM), ("BI_GRU_128", keras.layers.GRU)])
def test_bidirectional_is_a_walk_on_each_sequence_from_each_end(name, kind):
    """Against layers that get one sequence at a time, cut to its valid steps."""
    model = chain(name, (5, 3), with_lengths=True)
    sequences, lengths = example((5, 3)), np.array([1, 3, 5], "int32")
    outputs = np.asarray(model([sequences, lengths]))
    walks = {}
    for direction in ("forward", "backward"):
        walks[direction] = kind(128, return_sequences=True)
        walks[direction].build((None, None, 3))
        walks[direction].set_weights(layer(model, direction).get_weights())
    for row, length in enumerate(lengths):
        steps = sequences[row : row + 1, :length]
        forward = np.asarray(walks["forward"](steps))[0]
        backward = np.asarray(walks["backward"](steps[:, ::-1]))[0, ::-1]
        np.testing.assert_allclose(outputs[row, :length], np.concatenate([forward, backward], axis=1), atol=1e-6)
        np.testing.assert_array_equal(outputs[row, length:], 0.0)


def test_the_backward_half_sees_later_steps_and_the_forward_half_does_not():
    model = chain("BI_LSTM_128", (4, 2))
    sequences = example((4, 2), batch=1)
    changed = sequences.copy()
    changed[0, 2] += 1.0
    moved = np.abs(np.asarray(model(changed)) - np.asarray(model(sequences)))[0]
    forward, backward = moved[:, :128].max(axis=1) > 1e-4, moved[:, 128:].max(axis=1) > 1e-4
    assert forward.tolist() == [False, False, True, True]
    assert backward.tolist() == [True, True, True, False]


@pytest.mark.parametrize("name", ["BI_LSTM_128", "SKIP_BI_GRU_128"])
def test_lengths_of_long_sequences(name):
    check_lengths(name, (17, 2))
