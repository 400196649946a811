"""Networks of users' blocks that cannot be loaded from their file."""

import keras
import pytest

from model_search.architecture import Architecture
from model_search.block import Block, Role, blocks, register_block
from model_search.data.encoding import Encoding
from model_search.errors import BuildError
from model_search.network.heads import Head
from model_search.network.reloading import check_reloads
from model_search.network.tower import build_tower


class Unregistered(keras.layers.Layer):
    """A layer that Keras does not know."""

    def call(self, x):
        return 2 * x


class OfLayer(Block):
    """A block of one layer."""

    role = Role.VECTOR

    def __init__(self, layer):
        self.layer = layer

    def build(self, input_tensors, hparams=None, lengths=None):
        return [*input_tensors, self.layer()(input_tensors[-1])]


register_block("TEST_RELOADING_PLAIN", layer=lambda: keras.layers.Dense(3))(OfLayer)
register_block("TEST_RELOADING_UNKNOWN", layer=Unregistered)(OfLayer)
register_block("TEST_RELOADING_LAMBDA", layer=lambda: keras.layers.Lambda(lambda x: x, output_shape=(2,)))(OfLayer)


def tower(name: str) -> tuple[keras.Model, Architecture]:
    architecture = Architecture.of([name])
    return build_tower(architecture, {}, Encoding((2,)), Head(2)).model, architecture


def test_standard_layers_can_be_loaded():
    check_reloads(*tower("TEST_RELOADING_PLAIN"))


@pytest.mark.parametrize("name", ["TEST_RELOADING_UNKNOWN", "TEST_RELOADING_LAMBDA"])
def test_others_name_the_block_and_what_to_do(name):
    with pytest.raises(
        BuildError, match=f"block '{name}' .* cannot be loaded from its file again; register its layers"
    ):
        check_reloads(*tower(name))
    assert name in blocks
