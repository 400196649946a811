"""The model of the deep space: what it sees of towers, and the table of its searches."""

import json

import numpy as np
import pytest

from benchmarks.search.deep_modelled import _table, features, rows
from benchmarks.search.deep_space import BLOCKS

FIXED, REDUCTION, RESIDUAL = "FIXED_CHANNEL_CONVOLUTION_16", "DOWNSAMPLE_CONVOLUTION_3X3", "RESNET_3X3"


def test_features_by_hand():
    found = features([FIXED, REDUCTION, RESIDUAL])
    # Channels as powers of 2: 4 after the first block, then 5; the sum over blocks.
    assert found[:4] == [3, 1, 5, 4 + 5 + 5]
    whole, half = np.reshape(found[4 : 4 + 2 * len(BLOCKS)], (2, len(BLOCKS)))
    assert {name: count for name, count in zip(BLOCKS, whole, strict=True) if count} == {
        FIXED: 1, REDUCTION: 1, RESIDUAL: 1,
    }  # fmt: skip
    assert (half.sum(), half[BLOCKS.index(FIXED)]) == (1, 1)
    ends = np.reshape(found[4 + 2 * len(BLOCKS) :], (6, len(BLOCKS)))
    last = [RESIDUAL, REDUCTION]
    assert [BLOCKS[row.argmax()] if row.any() else "" for row in ends] == [FIXED, REDUCTION, RESIDUAL, "", *last]


def test_trainings_of_a_tower_with_several_seeds_are_one_row(tmp_path):
    path = tmp_path / "trainings.jsonl"
    tower = f"{FIXED} > {RESIDUAL} > PLATE_REDUCTION_FLATTEN"
    entries = [(f"0 {tower}", [0.5, 0.1]), (f"1 {tower}", [0.7, 0.1]), (f"0 {REDUCTION}", [0.2, 0.1])]
    path.write_text("".join(f"{json.dumps(entry)}\n" for entry in entries))
    towers, reached = rows(path)
    assert reached.tolist() == pytest.approx([0.6, 0.2])
    assert towers.tolist() == [features([FIXED, RESIDUAL]), features([REDUCTION])]


def test_speed_up_by_hand():
    levels = {
        "random": np.tile([0.1, 0.2, 0.3, 0.4], (2, 1)),
        "fast": np.tile([0.1, 0.4, 0.5, 0.5], (2, 1)),
        "slow": np.tile([0.1, 0.1, 0.1, 0.3], (2, 1)),
    }
    lines = _table(levels)[2:]
    assert [(line.split(" | ")[0], line.split(" | ")[-1]) for line in lines] == [
        ("| fast", "2.00 |"), ("| random", "1.00 |"), ("| slow", "never |"),
    ]  # fmt: skip
