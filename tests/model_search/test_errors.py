"""Messages on one line."""

import pytest
import tensorflow as tf

from model_search.errors import OutOfMemoryError, plain_message
from model_search.training.failures import as_trial_error, check_memory


def test_an_error_inside_a_graph_is_told_by_its_cause() -> None:
    @tf.function(autograph=False)
    def tile(count):
        return tf.reduce_sum(tf.reshape(tf.ones([4]), tf.stack([count, count])))

    with pytest.raises(tf.errors.InvalidArgumentError) as failure:
        tile(tf.constant(3))
    message = plain_message(failure.value)
    assert message.startswith("Input to reshape is a tensor with 4 values, but the requested shape has 9")
    assert "\n" not in message and "File" not in message


def test_long_messages_are_cut() -> None:
    assert len(plain_message(ValueError("x" * 1000))) == 300


def test_what_an_exception_means() -> None:
    assert isinstance(as_trial_error(MemoryError("no room")), OutOfMemoryError)
    assert str(as_trial_error(ValueError("bad\n shape"))) == "ValueError: bad shape"


def test_a_network_that_cannot_fit_is_refused_before_it_trains() -> None:
    with pytest.raises(OutOfMemoryError, match="GiB are available"):
        check_memory(10**13)
    check_memory(1000)
