import numpy as np
import pytest
from block_checks import chain, check_lengths, example

# Two sequences of four steps, of which the first has two valid ones.
STEPS = np.array(
    [[[1.0, -5.0], [3.0, -7.0], [100.0, 100.0], [-100.0, 100.0]], [[1.0, 8.0], [2.0, 4.0], [6.0, -2.0], [-1.0, 0.0]]]
)
LENGTHS = np.array([2, 4], "int32")
BY_HAND = {
    "LAST_ACTIVATION": [[3.0, -7.0], [-1.0, 0.0]],
    "SEQUENCE_MEAN_POOLING": [[2.0, -6.0], [2.0, 2.5]],
    "SEQUENCE_MAX_POOLING": [[3.0, -5.0], [6.0, 8.0]],
}
BY_HAND_IN_FULL = {
    "LAST_ACTIVATION": [[-100.0, 100.0], [-1.0, 0.0]],
    "SEQUENCE_MEAN_POOLING": [[1.0, 47.0], [2.0, 2.5]],
    "SEQUENCE_MAX_POOLING": [[100.0, 100.0], [6.0, 8.0]],
}


@pytest.mark.parametrize("name", BY_HAND)
def test_by_hand(name):
    model = chain(name, (4, 2), with_lengths=True)
    assert model.output.shape == (None, 2)
    assert model.count_params() == 0
    np.testing.assert_allclose(model([STEPS, LENGTHS]), BY_HAND[name], rtol=1e-6)
    np.testing.assert_allclose(chain(name, (4, 2))(STEPS), BY_HAND_IN_FULL[name], rtol=1e-6)


@pytest.mark.parametrize("name", [*BY_HAND, "ATTENTION_POOLING"])
def test_one_step_is_its_own_summary(name):
    model = chain(name, (4, 2), with_lengths=True)
    np.testing.assert_allclose(model([STEPS, np.array([1, 1], "int32")]), [[1.0, -5.0], [1.0, 8.0]], rtol=1e-6)


@pytest.mark.parametrize("name", [*BY_HAND, "ATTENTION_POOLING"])
def test_lengths_of_long_sequences(name):
    check_lengths(name, (23, 3))


def softmax_pooled(steps, hidden, bias, score):
    scores = np.exp(np.tanh(steps @ hidden + bias) @ score[:, 0])
    return scores / scores.sum() @ steps


def test_attention_pooling_is_its_formula_on_the_valid_steps():
    model = chain("ATTENTION_POOLING", (4, 2), with_lengths=True)
    assert model.count_params() == 64 * (2 + 2)
    hidden, bias, score = example((2, 64), 1)[0], example((64,), 1)[0], example((64, 1), 1, seed=2)[0]
    model.set_weights([hidden, bias, score])
    outputs = np.asarray(model([STEPS, LENGTHS]))
    for row, length in enumerate(LENGTHS):
        expected = softmax_pooled(STEPS[row, :length], hidden, bias, score)
        np.testing.assert_allclose(outputs[row], expected, rtol=1e-4)


def test_attention_pooling_of_equal_scores_is_the_mean():
    model = chain("ATTENTION_POOLING", (4, 2), with_lengths=True)
    model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
    np.testing.assert_allclose(model([STEPS, LENGTHS]), BY_HAND["SEQUENCE_MEAN_POOLING"], rtol=1e-6)


def test_attention_pooling_can_choose_a_step():
    model = chain("ATTENTION_POOLING", (4, 2))
    hidden, score = np.zeros((2, 64)), np.zeros((64, 1))
    hidden[0], score[:] = 1.0, 10.0
    model.set_weights([hidden, np.zeros(64), score])
    # The scores are 640 tanh(first feature): that of 6 is 23 above that of 2, its next.
    np.testing.assert_allclose(np.asarray(model(STEPS))[1], [6.0, -2.0], rtol=1e-4)
