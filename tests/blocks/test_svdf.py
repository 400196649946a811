import numpy as np
import pytest
from block_checks import chain, check_causal, check_lengths, example

from model_search.block import RegisteredBlock, blocks, register_block
from model_search.blocks.svdf import Svdf
from model_search.errors import UsageError

SIZES = [(64, 4, 1, 0), (128, 16, 1, 0), (32, 32, 1, 2), (576, 8, 1, 7), (5, 3, 2, 0), (6, 4, 3, 9)]


def model_of(size, memory, rank, projection, fashion, shape=(7, 5)):
    """An SVDF layer of any size, registered for as long as it is built."""
    arguments = {"output_size": size, "memory_size": memory, "rank": rank, "projection_size": projection}
    register_block("TEST_SVDF", fashion=fashion, **arguments)(Svdf)
    try:
        return chain("TEST_SVDF", shape)
    finally:
        blocks.discard("TEST_SVDF")


def by_name(model):
    """Weights by layer and own name, such as `time_filter_1/kernel`, the engine's prefix left out."""
    return {
        f"{layer.name.rpartition('.')[2]}/{weight.name}": weight for layer in model.layers for weight in layer.weights
    }


def streamed(sequences, weights, memory_size, rank):
    """A cell that is given one step at a time and keeps the last outputs of its feature filters."""
    suffixes = ["", *(f"_{place}" for place in range(1, rank))]
    filters = [np.asarray(weights[f"feature_filter{suffix}/kernel"]) for suffix in suffixes]
    # A kernel (memory, units, 1), the oldest step first.
    time_filters = [np.asarray(weights[f"time_filter{suffix}/kernel"])[:, :, 0] for suffix in suffixes]
    units = filters[0].shape[1]
    memory = np.zeros((rank, memory_size, len(sequences), units))
    outputs = []
    for step in range(sequences.shape[1]):
        memory = np.roll(memory, -1, axis=1)
        total = np.asarray(weights["time_filter/bias"])
        for place in range(rank):
            memory[place, -1] = sequences[:, step] @ filters[place]
            total = total + np.sum(memory[place] * time_filters[place][:, None], axis=0)
        output = np.maximum(total, 0.0)
        if "projection/kernel" in weights:
            output = output @ np.asarray(weights["projection/kernel"]) + np.asarray(weights["projection/bias"])
        outputs.append(output)
    return np.stack(outputs, axis=1)


@pytest.mark.parametrize(("size", "memory", "rank", "projection"), SIZES)
def test_cell_and_convolution_agree_with_each_other_and_with_a_streaming_cell(size, memory, rank, projection):
    cell, convolution = (model_of(size, memory, rank, projection, fashion) for fashion in ("cell", "conv"))
    weights, same = by_name(cell), by_name(convolution)
    assert weights.keys() == same.keys()
    for place, (name, weight) in enumerate(weights.items()):
        assert weight.shape == same[name].shape
        weight.assign(example(tuple(weight.shape), 1, seed=place)[0])
        same[name].assign(weight)
    sequences = example((7, 5))
    outputs = np.asarray(cell(sequences))
    np.testing.assert_allclose(convolution(sequences), outputs, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(streamed(sequences, weights, memory, rank), outputs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("size", "memory", "rank", "projection"), SIZES)
def test_parameters(size, memory, rank, projection):
    model = model_of(size, memory, rank, projection, "cell")
    own = size * (rank * (5 + memory) + 1)
    assert model.count_params() == own + (size + 1) * projection
    assert model.output.shape == (None, 7, projection or size)


def test_by_hand():
    model = model_of(2, 3, 1, 0, "cell", shape=(4, 2))
    weights = by_name(model)
    # Unit 0 sees x0 + x1, unit 1 sees -x1.
    weights["feature_filter/kernel"].assign([[1.0, 0.0], [1.0, -1.0]])
    # Two steps ago, one step ago, now.
    weights["time_filter/kernel"].assign(np.array([[100.0, 1.0], [10.0, 0.0], [1.0, 1.0]])[:, :, None])
    weights["time_filter/bias"].assign([0.0, 5.0])
    steps = np.array([[[1.0, 0.0], [0.0, 2.0], [2.0, 1.0], [0.0, 4.0]]])
    # Filtered: 1, 2, 3, 4 and 0, -2, -1, -4.
    expected = [[1.0, 5.0], [12.0, 3.0], [123.0, 4.0], [234.0, 0.0]]
    np.testing.assert_array_equal(np.asarray(model(steps))[0], expected)


def test_rank_two_sums_two_filters_before_its_one_bias():
    model = model_of(1, 2, 2, 0, "conv", shape=(3, 1))
    weights = by_name(model)
    weights["feature_filter/kernel"].assign([[1.0]])
    weights["feature_filter_1/kernel"].assign([[-1.0]])
    weights["time_filter/kernel"].assign(np.array([[[2.0]], [[3.0]]]))
    weights["time_filter_1/kernel"].assign(np.array([[[0.0]], [[1.0]]]))
    weights["time_filter/bias"].assign([0.5])
    # 2 x_{t-1} + 3 x_t - x_t + 0.5
    steps = np.array([[[1.0], [2.0], [-4.0]]])
    np.testing.assert_array_equal(np.ravel(model(steps)), [2.5, 6.5, 0.0])


def test_the_projection_is_linear():
    model = chain("SVDF_CONV_32_32_1_2", (6, 3))
    assert np.asarray(model(example((6, 3), 8))).min() < 0


@pytest.mark.parametrize("name", ["SVDF_CELL_64_4_1", "SVDF_CELL_32_32_1", "SVDF_CONV_32_32_1_2"])
def test_causal(name):
    # One unit may be cut off by its ReLU, all of them are not.
    check_causal(name, (5, 3))


def test_a_step_is_remembered_for_the_memory_size():
    model = chain("SVDF_CELL_64_8_1", (12, 2))
    weights = by_name(model)
    weights["time_filter/bias"].assign(np.full(64, 100.0))  # no ReLU cuts anything off
    sequences = example((12, 2), batch=1)
    changed = sequences.copy()
    changed[0, 1] += 1.0
    moved = np.abs(np.asarray(model(changed)) - np.asarray(model(sequences)))[0].max(axis=1) > 1e-3
    assert np.flatnonzero(moved).tolist() == list(range(1, 9))


@pytest.mark.parametrize("memory", [4, 16])
def test_initialization_keeps_the_second_moment(memory):
    model = chain(f"SVDF_CELL_512_{memory}_1", (64, 32))
    output = np.asarray(model(example((64, 32), 4)))[:, memory:]
    assert np.mean(np.square(output)) == pytest.approx(1.0, rel=0.2)


def test_lengths_of_long_sequences():
    check_lengths("SVDF_CELL_64_16_1", (23, 2))


def test_an_unknown_fashion_is_named():
    arguments = {"output_size": 2, "memory_size": 2, "rank": 1, "fashion": "stream"}
    entry = RegisteredBlock("ODD", Svdf, arguments)
    with pytest.raises(UsageError, match=r"^block 'ODD' at .*'stream' is not a valid Fashion$"):
        entry.create()


def test_tunable_svdf_has_the_sizes_as_hyperparameters():
    space = blocks["TUNABLE_SVDF"].create().requires_hparams()
    ranges = {each.name: (each.min_value, each.max_value) for each in space.space}
    assert ranges == {
        "output_size": (50, 100),
        "memory_size": (4, 32),
        "rank": (1, 3),
        "projection_size": (0, 128),
    }


@pytest.mark.parametrize(("rank", "projection", "width"), [(1, 0, 50), (3, 128, 128)])
def test_tunable_svdf_is_built_of_its_hyperparameters(rank, projection, width):
    values = {"output_size": 50, "memory_size": 4, "rank": rank, "projection_size": projection}
    model = chain("TUNABLE_SVDF", (6, 5), hparams=values)
    assert model.output.shape == (None, 6, width)
    assert model.count_params() == 50 * (rank * (5 + 4) + 1) + 51 * projection
