import keras
import numpy as np
import pytest

from model_search.blocks import masking

STEPS = np.array([[[1.0], [2.0], [3.0], [4.0]], [[5.0], [6.0], [7.0], [8.0]]])
LENGTHS = np.array([3, 4], "int32")


def call(function, steps=STEPS, lengths=LENGTHS):
    """The function's values, through symbolic tensors whose number of steps is not known."""
    inputs = keras.Input((None, steps.shape[2]))
    given = keras.Input((), dtype="int32")
    if lengths is None:
        return np.asarray(keras.Model(inputs, function(inputs, None))(steps))
    return np.asarray(keras.Model([inputs, given], function(inputs, given))([steps, lengths]))


def test_steps_are_counted_from_0_in_each_sequence():
    numbers = call(lambda tensor, lengths: masking.step_numbers(tensor))
    np.testing.assert_array_equal(numbers, [[0, 1, 2, 3], [0, 1, 2, 3]])


def test_valid_steps_come_first():
    np.testing.assert_array_equal(call(masking.valid_steps), [[True, True, True, False], [True] * 4])
    assert masking.valid_steps(keras.Input((4, 1)), None) is None


@pytest.mark.parametrize("garbage", [7.0, 1e38, np.inf, np.nan])
def test_padding_is_zeroed_whatever_it_is(garbage):
    steps = STEPS.copy()
    steps[0, 3] = garbage
    np.testing.assert_array_equal(call(masking.without_padding, steps)[:, :, 0], [[1, 2, 3, 0], [5, 6, 7, 8]])


def test_without_lengths_nothing_is_zeroed():
    tensor = keras.Input((4, 1))
    assert masking.without_padding(tensor, None) is tensor


def test_valid_steps_are_reversed_and_padding_stays():
    np.testing.assert_array_equal(call(masking.reversed_steps)[:, :, 0], [[3, 2, 1, 4], [8, 7, 6, 5]])
    np.testing.assert_array_equal(call(masking.reversed_steps, lengths=None)[:, :, 0], [[4, 3, 2, 1], [8, 7, 6, 5]])


def test_reversed_twice_is_as_it_was():
    def twice(tensor, lengths):
        return masking.reversed_steps(masking.reversed_steps(tensor, lengths), lengths)

    steps = np.random.default_rng(1).normal(size=(5, 4, 3)).astype("float32")
    np.testing.assert_array_equal(call(twice, steps, np.array([1, 2, 3, 4, 1], "int32")), steps)


def test_the_last_valid_step():
    np.testing.assert_array_equal(call(masking.last_step), [[3], [8]])
    np.testing.assert_array_equal(call(masking.last_step, lengths=None), [[4], [8]])
    np.testing.assert_array_equal(call(masking.last_step, lengths=np.array([1, 1], "int32")), [[1], [5]])
