"""The names that spec files use, and what each stands for."""

import re

import model_search.blocks  # noqa: F401
from model_search.block import Role, blocks

FORCE, CONCAT, PROJECT = ({"residual_connection_type": kind} for kind in ("FORCE_MATCH_SHAPES", "CONCAT", "PROJECT"))
BATCH_NORM = {"apply_batch_norm": True}

PLATE_BLOCKS = {
    "FIXED_CHANNEL_CONVOLUTION_16": {"num_filters": 16},
    "FIXED_CHANNEL_CONVOLUTION_32": {"num_filters": 32},
    "FIXED_CHANNEL_CONVOLUTION_64": {"num_filters": 64},
    "FIXED_CHANNEL_CONVOLUTION_120": {"num_filters": 120},
    "FIXED_CHANNEL_STRIDE_96_2": {"num_filters": 96, "apply_batch_norm": False, "stride": (2, 2)},
    "FIXED_CHANNEL_CONVOLUTION_96": {"num_filters": 96, "apply_batch_norm": False},
    "CONVOLUTION_3X3": {"kernel_size": 3},
    "CONVOLUTION_4X4": {"kernel_size": 4},
    "CONVOLUTION_5X5": {"kernel_size": 5},
    "CONVOLUTION_1X3": {"kernel_size": (1, 3)},
    "CONVOLUTION_1X5": {"kernel_size": (1, 5)},
    "CONVOLUTION_1X7": {"kernel_size": (1, 7)},
    "CONVOLUTION_3X1": {"kernel_size": (3, 1)},
    "CONVOLUTION_5X1": {"kernel_size": (5, 1)},
    "CONVOLUTION_7X1": {"kernel_size": (7, 1)},
    "INCREASE_CHANNELS_3X3": {"kernel_size": 3},
    "INCREASE_CHANNELS_4X4": {"kernel_size": 4},
    "INCREASE_CHANNELS_5X5": {"kernel_size": 5},
    "DOWNSAMPLE_CONVOLUTION_3X3": {"kernel_size": 3},
    "DOWNSAMPLE_CONVOLUTION_4X4": {"kernel_size": 4},
    "DOWNSAMPLE_CONVOLUTION_5X5": {"kernel_size": 5},
    "AVERAGE_POOL_2X2": {"kernel_size": 2},
    "AVERAGE_POOL_4X4": {"kernel_size": 4},
    "MAX_POOLING_2X2": {"pool_size": 2},
    "MAX_POOLING_3X3": {"pool_size": 3},
    "MAX_POOLING_5X5": {"pool_size": 5},
    "RESNET_3X3": {"kernel_size": 3},
    "RESNET_4X4": {"kernel_size": 4},
    "RESNET_5X5": {"kernel_size": 5},
    "DILATED_CONVOLUTION_2": {"dilation_rate": 2},
    "DILATED_CONVOLUTION_4": {"dilation_rate": 4},
    "DUAL_RESNET": {},
    "GENERAL_BLOCK": {},
}
VECTOR_BLOCKS = {
    "FULLY_CONNECTED": {},
    "FULLY_CONNECTED_RESIDUAL_FORCE_MATCH_SHAPES": FORCE,
    "FULLY_CONNECTED_RESIDUAL_FORCE_MATCH_SHAPES_BATCHNORM": FORCE | BATCH_NORM,
    "FULLY_CONNECTED_RESIDUAL_CONCAT": CONCAT,
    "FULLY_CONNECTED_RESIDUAL_CONCAT_BATCHNORM": CONCAT | BATCH_NORM,
    "FULLY_CONNECTED_RESIDUAL_PROJECT": PROJECT,
    "FULLY_CONNECTED_RESIDUAL_PROJECT_BATCHNORM": PROJECT | BATCH_NORM,
    "FULLY_CONNECTED_PYRAMID": {},
    "LOWRANK_1": {"kernel_rank": 1},
    "LOWRANK_2": {"kernel_rank": 2},
    "LOWRANK_3": {"kernel_rank": 3},
    "LOWRANK_1_SKIP": {"kernel_rank": 1, "skip_connect": True},
    "LOWRANK_2_SKIP": {"kernel_rank": 2, "skip_connect": True},
    "LOWRANK_3_SKIP": {"kernel_rank": 3, "skip_connect": True},
    "FIXED_OUTPUT_FULLY_CONNECTED_64": {"output_size": 64},
    "FIXED_OUTPUT_FULLY_CONNECTED_128": {"output_size": 128},
    "FIXED_OUTPUT_FULLY_CONNECTED_256": {"output_size": 256},
    "FIXED_OUTPUT_FULLY_CONNECTED_512": {"output_size": 512},
    "FIXED_OUTPUT_FULLY_CONNECTED_1024": {"output_size": 1024},
    "BOTTLENECK_32": {"projection_size": 32},
    "BOTTLENECK_64": {"projection_size": 64},
    "BOTTLENECK_32_SKIP": {"projection_size": 32, "skip_connect": True},
    "BOTTLENECK_64_SKIP": {"projection_size": 64, "skip_connect": True},
}
FLATTEN_BLOCKS = {"FLATTEN": {}, "DOWNSAMPLE_FLATTEN": {}, "PLATE_REDUCTION_FLATTEN": {}}
SIZES = (64, 128, 256, 512, 1024)
LSTM_SIZES = SIZES[1:]
MEMORIES = (4, 8, 16)
SKIPS = {"": {}, "SKIP_": {"skip": True}}


def svdf(size, memory, projection=None):
    arguments = {"output_size": size, "memory_size": memory, "rank": 1}
    return arguments if projection is None else arguments | {"projection_size": projection}


CONV = {"fashion": "conv"}
SEQUENCE_BLOCKS = {
    **{f"{skip}RNN_CELL_{size}": {"output_size": size} | extra for skip, extra in SKIPS.items() for size in SIZES},
    **{f"RECURRENT_DENSE_{size}": {"output_size": size} for size in SIZES},
    "CONV1D_128_3": {"output_size": 128, "kernel_size": 3},
    "CONV1D_128_5": {"output_size": 128, "kernel_size": 5},
    "SKIP_CONV1D_128_3": {"output_size": 128, "kernel_size": 3, "skip": True},
    "SKIP_CONV1D_128_5": {"output_size": 128, "kernel_size": 5, "skip": True},
    **{f"SVDF_CELL_{size}_{memory}_1": svdf(size, memory) for size in SIZES for memory in MEMORIES},
    "SVDF_CELL_32_32_1": svdf(32, 32),
    "SVDF_CELL_576_8_1_64": svdf(576, 8, 64),
    "SVDF_CELL_576_8_1_16": svdf(576, 8, 16),
    "SVDF_CELL_576_8_1_7": svdf(576, 8, 7),
    "SVDF_CELL_32_32_1_2": svdf(32, 32, 2),
    "SVDF_CONV_576_8_1_64": svdf(576, 8, 64) | CONV,
    "SVDF_CONV_576_8_1_16": svdf(576, 8, 16) | CONV,
    "SVDF_CONV_576_8_1_7": svdf(576, 8, 7) | CONV,
    "SVDF_CONV_32_32_1": svdf(32, 32) | CONV,
    "SVDF_CONV_32_32_1_2": svdf(32, 32, 2) | CONV,
    **{f"SVDF_CONV_{size}_{memory}_1_64": svdf(size, memory, 64) | CONV for size in SIZES for memory in MEMORIES},
    **{f"{skip}LSTM_{size}": {"output_size": size} | extra for skip, extra in SKIPS.items() for size in LSTM_SIZES},
    **{f"{skip}BI_LSTM_{size}": {"output_size": size} | extra for skip, extra in SKIPS.items() for size in LSTM_SIZES},
}
BY_ROLE = {
    Role.PLATE: PLATE_BLOCKS,
    Role.VECTOR: VECTOR_BLOCKS,
    Role.FLATTEN: FLATTEN_BLOCKS,
    Role.SEQUENCE: SEQUENCE_BLOCKS | {"TUNABLE_SVDF": {}},
    Role.ANY: {"IDENTITY": {}},
}


def test_every_name_of_the_inventory_is_registered_with_its_parameters():
    expected = {(role, name): arguments for role, table in BY_ROLE.items() for name, arguments in table.items()}
    assert len(expected) == 60 + 76
    assert {(blocks[name].role, name): dict(blocks[name].arguments) for _, name in expected} == expected


def test_parameters_reach_the_block():
    for table in BY_ROLE.values():
        for name, arguments in table.items():
            block = blocks[name].create()
            assert {key: getattr(block, key) for key in arguments} == arguments


def test_no_block_of_these_reads_more_than_the_newest_tensor_and_one_has_hyperparameters():
    for table in BY_ROLE.values():
        for name in table:
            block = blocks[name].create()
            assert not block.is_input_order_important
            assert (block.requires_hparams() is not None) == (name == "TUNABLE_SVDF")


def test_names_say_the_sizes():
    """The tables above follow patterns; the parameters must be the numbers of the name all the same."""
    for name, arguments in SEQUENCE_BLOCKS.items():
        keys = [key for key in arguments if key not in ("skip", "fashion")]
        assert [str(arguments[key]) for key in keys] == re.findall(r"_(\d+)", name), name
        assert arguments.get("skip", False) == name.startswith("SKIP_")
        assert (arguments.get("fashion") == "conv") == ("SVDF_CONV" in name)
