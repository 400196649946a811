import keras
import pytest
import tensorflow as tf

from model_search.block import RegisteredBlock, Role
from model_search.checked_block import build_checked
from model_search.errors import BuildError, NonFiniteLossError, OutOfMemoryError

SHAPE = (4, 4, 3)


def call(build, role=Role.PLATE, shape=SHAPE, hparams=None, lengths=None):
    block_class = type("Tested", (), {"role": role, "build": build, "__module__": __name__})
    entry = RegisteredBlock("TESTED", block_class, {})
    tensors = [keras.Input(shape), keras.Input(shape)]
    return tensors, build_checked(entry, entry.create(), tensors, hparams, lengths)


def fault(build, **options):
    with pytest.raises(BuildError) as caught:
        call(build, **options)
    message = str(caught.value)
    assert message.startswith("block 'TESTED' (")
    assert "\n" not in message
    return message.partition(") ")[2]


def test_the_output_is_the_last_tensor():
    outputs = []

    def build(self, tensors, hparams, lengths):
        outputs.append(keras.layers.ReLU()(tensors[-1]))
        return [*tensors, outputs[0]]

    assert call(build)[1] is outputs[0]


def test_a_block_may_pass_its_input_through():
    tensors, output = call(lambda self, tensors, hparams, lengths: [*tensors, tensors[-1]])
    assert output is tensors[-1]


def test_a_block_may_extend_the_list_it_got():
    def build(self, tensors, hparams, lengths):
        tensors.append(tensors[0])
        return tensors

    tensors, output = call(build)
    assert len(tensors) == 2
    assert output is tensors[0]


def test_hyperparameters_and_lengths_are_handed_over_by_name():
    def build(self, input_tensors, *, lengths, hparams):
        assert hparams == {"size": 3}
        assert lengths is given
        return [*input_tensors, input_tensors[-1]]

    given = keras.Input((), dtype="int32")
    call(build, hparams={"size": 3}, lengths=given)


def test_an_exception_is_named_with_its_line():
    def build(self, tensors, hparams, lengths):
        raise KeyError("no such\nthing")

    line = build.__code__.co_firstlineno + 1
    message = fault(build)
    assert message == f"raised KeyError at line {line}: 'no such\\nthing'"


def test_an_older_signature_is_told_what_is_expected():
    def older(self, input_tensors, is_training, lengths, hparams):
        raise AssertionError("never called")

    def other(self, input_tensors):
        raise AssertionError("never called")

    expected = ", expected build(self, input_tensors, hparams=None, lengths=None)"
    assert fault(older) == (
        "cannot be called (missing a required argument: 'is_training'): it has build(self, input_tensors, is_training,"
        f" lengths, hparams){expected}; is_training is gone: Keras passes it by itself"
    )
    assert fault(other).endswith(f"it has build(self, input_tensors){expected}")


def test_an_older_signature_with_defaults_is_taken():
    def build(self, input_tensors, is_training=False, lengths=None, hparams=None):
        return [*input_tensors, input_tensors[0]]

    tensors, output = call(build)
    assert output is tensors[0]


def test_a_message_of_keras_is_one_plain_line():
    message = fault(lambda self, tensors, hparams, lengths: [*tensors, keras.layers.Reshape((5,))(tensors[-1])])
    assert message.startswith("raised ValueError at line ")
    assert "The total size of the tensor must be unchanged" in message
    assert "Arguments received" not in message
    assert "\x1b" not in message


def test_a_long_message_is_cut():
    def build(self, tensors, hparams, lengths):
        raise ValueError("long " * 1000)

    assert 300 < len(fault(build)) < 350


@pytest.mark.parametrize(
    "error", [MemoryError("8 GB"), tf.errors.ResourceExhaustedError(None, None, "{{node x}} 8 GB")]
)
def test_a_block_too_large_is_out_of_memory(error):
    def build(self, tensors, hparams, lengths):
        raise error

    with pytest.raises(OutOfMemoryError, match=r"block 'TESTED' \(.*\) does not fit into memory: 8 GB$"):
        call(build)


def test_a_failing_trial_is_left_as_it_is():
    def build(self, tensors, hparams, lengths):
        raise NonFiniteLossError("as said")

    with pytest.raises(NonFiniteLossError, match=r"^as said$"):
        call(build)


def test_no_list():
    assert "returned a NoneType; it must return the list" in fault(lambda *arguments, **named: None)
    assert "returned a KerasTensor" in fault(lambda self, tensors, **named: tensors[-1])


def test_a_list_that_is_not_one_longer():
    assert "returned 2 tensors; it must return the 2 that it got" in fault(lambda self, tensors, **named: tensors)
    assert "returned 1 tensors" in fault(lambda self, tensors, **named: tensors[-1:])
    assert "returned 4 tensors" in fault(lambda self, tensors, **named: tensors * 2)


def test_changed_tensors():
    assert "changed tensor 0 of the 2" in fault(lambda self, tensors, **named: [*tensors[::-1], tensors[-1]])


@pytest.mark.parametrize("output", [None, 3, tf.zeros((2, 4, 4, 3))])
def test_no_keras_tensor(output):
    message = fault(lambda self, tensors, **named: [*tensors, output])
    assert message == f"returned a {type(output).__name__} as its output; it must be a Keras tensor"


def test_an_unknown_or_empty_size():
    for shape in [(None, 4, 3), (4, 4, None), (4, 0, 3)]:
        message = fault(lambda self, tensors, shape=shape, **named: [*tensors, keras.KerasTensor((None, *shape))])
        assert f"has an output of shape {(None, *shape)}; every size but the batch" in message


def test_the_time_of_a_sequence_may_stay_unknown():
    def build(self, tensors, hparams, lengths):
        return [*tensors, keras.layers.Dense(2)(tensors[-1])]

    assert call(build, role=Role.SEQUENCE, shape=(None, 3))[1].shape == (None, None, 2)
    lost = fault(
        lambda self, tensors, **named: [*tensors, keras.KerasTensor((None, None, 3))], role=Role.SEQUENCE, shape=(5, 3)
    )
    assert "every size but the batch" in lost


@pytest.mark.parametrize(
    ("role", "shape", "output", "rank"),
    [
        (Role.PLATE, (4, 4, 3), (48,), 4),
        (Role.FLATTEN, (4, 4, 3), (4, 4, 3), 2),
        (Role.VECTOR, (6,), (2, 3), 2),
        (Role.SEQUENCE, (6, 2), (12,), 3),
        (Role.ANY, (4, 4, 3), (48,), 4),
    ],
)
def test_the_wrong_rank_for_its_role(role, shape, output, rank):
    message = fault(
        lambda self, tensors, **named: [*tensors, keras.layers.Reshape(output)(tensors[-1])], role=role, shape=shape
    )
    kind = "block" if role is Role.ANY else f"{role.value} block"
    assert message.endswith(f"has an output of shape {(None, *output)}; a {kind} here must keep to rank {rank}")
