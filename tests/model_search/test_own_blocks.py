"""A user's block that cannot be built is found before anything is written."""

import keras
import pytest
from searches import SPEC, open_small

from model_search.block import Block, Role, blocks, register_block
from model_search.errors import UsageError


class Doubled(keras.layers.Layer):
    """Not registered, so that Keras cannot load it again."""

    def call(self, x):
        return x * 2.0


def appended(tensors, layer):
    return [*tensors, layer(tensors[-1])]


def raising(tensors):
    raise ValueError("never builds")


def behind_another(tensors):
    assert len(tensors) > 1, "nothing stands before it"
    return appended(tensors, keras.layers.Dense(8))


@pytest.fixture
def own_block(request):
    """Registers `OWN`, a block that builds what it is given, for one test."""

    def register(make, ask=None):
        class Own(Block):
            role = Role.VECTOR

            def build(self, input_tensors, hparams=None, lengths=None):
                return make(input_tensors)

            def requires_hparams(self):
                return ask() if ask else None

        register_block("OWN")(Own)

    yield register
    blocks.discard("OWN")


def opened(folder, spec: str = SPEC):
    return open_small(folder, spec + 'blocks_to_use: "OWN"')


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (raising, "ValueError at line .*: never builds"),
        (lambda tensors: tensors[-1], "must return the list"),
        (lambda tensors: appended(tensors, keras.layers.Reshape((2, 2))), "rank 2"),
        (lambda tensors: appended(tensors, Doubled()), "cannot be loaded from its file again"),
    ],
)
def test_a_broken_block_is_named_with_its_file(own_block, tmp_path, make, said) -> None:
    own_block(make)
    with pytest.raises(UsageError, match=rf"(?s)block 'OWN' \(.*test_own_blocks.py:\d+\).*{said}"):
        opened(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_block_whose_hyperparameters_cannot_be_asked_for(own_block, tmp_path) -> None:
    own_block(behind_another, ask=lambda: 1 / 0)
    with pytest.raises(UsageError, match=r"block 'OWN' \(.*test_own_blocks.py:\d+\): ZeroDivisionError"):
        opened(tmp_path)


def test_a_block_that_fits_behind_others_alone_is_left_to_the_search(own_block, tmp_path) -> None:
    own_block(behind_another)
    assert "OWN" in opened(tmp_path / "deep").spec.blocks_to_use
    with pytest.raises(UsageError, match="nothing stands before it"):
        opened(tmp_path / "shallow", SPEC.replace("maximum_depth: 3", "maximum_depth: 1"))


def test_what_does_not_fit_into_memory_is_left_to_the_trials(own_block, tmp_path) -> None:
    def enormous(tensors):
        raise MemoryError

    own_block(enormous)
    assert "OWN" in opened(tmp_path).spec.blocks_to_use


def test_large_blocks_are_not_given_memory(own_block, tmp_path) -> None:
    def enormous(tensors):
        return [*tensors, keras.layers.Dense(8)(keras.layers.Dense(10**12)(tensors[-1]))]

    own_block(enormous)
    assert "OWN" in opened(tmp_path).spec.blocks_to_use


def test_a_block_that_wants_its_values_at_once_is_built_in_earnest(own_block, tmp_path) -> None:
    def constant(tensors):
        return [*tensors, tensors[-1] * keras.ops.convert_to_tensor(keras.Variable([1.0, 2.0, 3.0, 4.0]))]

    own_block(constant)
    assert "OWN" in opened(tmp_path).spec.blocks_to_use
