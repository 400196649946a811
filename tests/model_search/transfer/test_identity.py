"""Towers that grew start as the function that their parent was: on the library's own blocks."""

import keras
import numpy as np
import pytest

from model_search.architecture import Architecture
from model_search.block import Block, blocks
from model_search.data.encoding import Encoding
from model_search.network.heads import Head
from model_search.network.tower import build_tower
from model_search.network.weights_file import WEIGHTS, write_weights
from model_search.plugins import load_plugins
from model_search.transfer.identity import start_as_identities
from model_search.transfer.warm_start import Earlier, warm_start

VECTOR, PLATE, SEQUENCE = Encoding((5,)), Encoding((6, 6, 3)), Encoding((7, 3), has_lengths=True)
DENSE, CONVOLUTION, FLATTEN = "FIXED_OUTPUT_FULLY_CONNECTED_64", "FIXED_CHANNEL_CONVOLUTION_16", "FLATTEN"
CONV1D, MEAN = "CONV1D_128_3", "SEQUENCE_MEAN_POOLING"


def network(encoding: Encoding, architecture: tuple[str, ...], seed: int):
    load_plugins()
    keras.utils.set_random_seed(seed)
    return build_tower(Architecture(architecture), {"dropout_rate": 0.2}, encoding, Head(3)).model


def inputs(encoding: Encoding):
    x = np.random.default_rng(0).normal(size=(4, *encoding.shape)).astype(np.float32)
    return {"x": x, "lengths": np.array([7, 3, 1, 5], np.int32)} if encoding.has_lengths else x


def grown(tmp_path, encoding, parent, child):
    """Parent, child and the places that became identities, after the child was started from the parent."""
    first, second = network(encoding, parent, 1), network(encoding, child, 2)
    x = inputs(encoding)
    first(x, training=True)  # moving statistics that are not those of the start
    write_weights(str(tmp_path), first)
    earlier = Earlier(1, 1.0, Architecture(parent), str(tmp_path / WEIGHTS))
    warm_start(second, Architecture(child), [earlier])
    return first, second, start_as_identities(second, Architecture(child), Architecture(parent))


CASES = [
    (VECTOR, (DENSE,), (DENSE, DENSE), (1,)),
    (VECTOR, (DENSE,), (DENSE, "FULLY_CONNECTED"), (1,)),
    (VECTOR, (DENSE, "IDENTITY"), (DENSE, "FULLY_CONNECTED", "IDENTITY"), (1,)),
    (VECTOR, (DENSE,), (DENSE, "IDENTITY"), (1,)),
    (VECTOR, (DENSE,), ("TABLE_RESNET_128", DENSE), (0,)),
    (VECTOR, (DENSE,), ("CROSS_LAYER", "CROSS_LAYER_LOWRANK_16", DENSE), (0, 1)),
    (VECTOR, ("FULLY_CONNECTED_GELU",), ("FULLY_CONNECTED_GELU", "CROSS_LAYER"), (1,)),
    (PLATE, ("FIXED_CHANNEL_CONVOLUTION_96", FLATTEN), ("FIXED_CHANNEL_CONVOLUTION_96",) * 2 + (FLATTEN,), (1,)),
    *(
        (PLATE, (CONVOLUTION, FLATTEN), (CONVOLUTION, name, FLATTEN), (1,))
        for name in (
            "CONVOLUTION_3X3", "CONVOLUTION_4X4", "CONVOLUTION_1X5", "DILATED_CONVOLUTION_2", "RESNET_3X3",
            "DUAL_RESNET", "PREACTIVATION_RESNET_3X3", "PREACTIVATION_BOTTLENECK_RESNET_4", "BOTTLENECK_RESNET_4",
            "CONVNEXT_5X5", "INVERTED_RESIDUAL_SQUEEZE_EXCITE_3X3_3",
        )
    ),
    (PLATE, (CONVOLUTION, "MAX_POOLING_2X2", FLATTEN), (CONVOLUTION, "MAX_POOLING_2X2", "RESNET_3X3", FLATTEN), (2,)),
    (VECTOR, (DENSE,), ("LOWRANK_2_SKIP", DENSE), (0,)),
    (VECTOR, (DENSE,), (DENSE, "BOTTLENECK_32_SKIP"), (1,)),
    (VECTOR, (DENSE,), ("FULLY_CONNECTED_RESIDUAL_FORCE_MATCH_SHAPES", DENSE), (0,)),
    (SEQUENCE, (CONV1D, MEAN), (CONV1D, "CONV1D_128_5", MEAN), (1,)),
    (SEQUENCE, (CONV1D, MEAN), (CONV1D, "SKIP_CONV1D_128_3", MEAN), (1,)),
    (SEQUENCE, (CONV1D, MEAN), (CONV1D, "TEMPORAL_CONVOLUTION_128_2", MEAN), (1,)),
    (SEQUENCE, (CONV1D, MEAN), (CONV1D, "RECURRENT_DENSE_128", MEAN), (1,)),
    (SEQUENCE, (CONV1D, MEAN), (CONV1D, MEAN, "FIXED_OUTPUT_FULLY_CONNECTED_128"), (2,)),
]  # fmt: skip


@pytest.mark.parametrize(("encoding", "parent", "child", "places"), CASES, ids=lambda value: str(value)[:70])
def test_a_child_is_its_parents_function_and_can_leave_it(tmp_path, encoding, parent, child, places):
    first, second, found = grown(tmp_path, encoding, parent, child)
    assert found == places
    x = inputs(encoding)
    np.testing.assert_allclose(second(x, training=False), first(x, training=False), rtol=1e-5, atol=1e-5)
    new = [layer for place in places for layer in second.layers if f"tower_0.{place}_" in layer.name]
    weights = [weight for layer in new for weight in layer.trainable_weights]
    before = [np.array(weight) for weight in weights]
    second.compile("sgd", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), run_eagerly=True)
    second.train_on_batch(x, np.array([0, 1, 2, 0]))
    changed = [not np.array_equal(old, weight) for old, weight in zip(before, weights, strict=True)]
    assert any(changed) or not weights


@pytest.mark.parametrize(
    ("encoding", "parent", "child"),
    [
        (VECTOR, (DENSE,), ("FULLY_CONNECTED", DENSE)),  # the input may be below 0, which the ReLU would cut off
        (VECTOR, ("FULLY_CONNECTED_GELU",), ("FULLY_CONNECTED_GELU", "FULLY_CONNECTED")),
        (VECTOR, (DENSE,), (DENSE, "FULLY_CONNECTED_BATCHNORM")),
        (VECTOR, (DENSE,), (DENSE, "LOWRANK_2")),
        (SEQUENCE, (CONV1D, MEAN), (CONV1D, "TEMPORAL_CONVOLUTION_64_1", MEAN)),
        (SEQUENCE, (MEAN,), ("SKIP_CONV1D_128_3", MEAN)),
        (VECTOR, (DENSE,), (DENSE, "FIXED_OUTPUT_FULLY_CONNECTED_128")),  # another width
        (VECTOR, (DENSE, DENSE), (DENSE, "FULLY_CONNECTED", "IDENTITY")),  # a block of the parent is gone
        (PLATE, (CONVOLUTION, FLATTEN), (CONVOLUTION, "FIXED_CHANNEL_STRIDE_96_2", FLATTEN)),
        (PLATE, (CONVOLUTION, FLATTEN), (CONVOLUTION, "DOWNSAMPLE_PREACTIVATION_RESNET_3X3", FLATTEN)),
        (PLATE, (CONVOLUTION, FLATTEN), ("RESNET_3X3", CONVOLUTION, FLATTEN)),
    ],
)
def test_where_nothing_can_be_an_identity_the_random_start_stays(tmp_path, encoding, parent, child):
    untouched = network(encoding, child, 2)
    _, second, found = grown(tmp_path, encoding, parent, child)
    assert found == ()
    kept = [layer.name for layer in second.layers if not any(f".{name}." in layer.name for name in parent)]
    assert kept
    new = [place for place, name in enumerate(child) if name not in parent]
    for place in new:
        prefix = f"tower_0.{place}_{child[place]}."
        for ours, theirs in zip(second.layers, untouched.layers, strict=True):
            if ours.name.startswith(prefix):
                for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
                    np.testing.assert_array_equal(one, other)


def test_every_block_that_says_it_can_start_as_an_identity_is_tested():
    load_plugins()
    kinds = {blocks[name].block_class for name in blocks}
    can = {kind for kind in kinds if kind.identity_start is not Block.identity_start}
    tested = {blocks[child[place]].block_class for _, _, child, places in CASES for place in places}
    assert can == tested
