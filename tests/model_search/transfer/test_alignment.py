import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_search.architecture import Architecture
from model_search.network.weights_file import WeightForm
from model_search.transfer.alignment import aligned
from model_search.transfer.matching import matched


@pytest.mark.parametrize(
    ("parent", "child", "pairs"),
    [
        ("AB", "AB", {0: 0, 1: 1}),
        ("AB", "AXB", {0: 0, 2: 1}),  # a new block in the middle shifts nothing
        ("ABC", "AC", {0: 0, 1: 2}),
        ("ABC", "AXC", {0: 0, 2: 2}),
        ("AB", "XAB", {1: 0, 2: 1}),
        ("AA", "AAA", {0: 0, 1: 1}),  # of equal blocks the first ones
        ("AB", "AAB", {0: 0, 2: 1}),
        ("ABCD", "XBYDZ", {1: 1, 3: 3}),
        ("BA", "AB", {0: 1}),
        ("A", "B", {}),
        ("", "A", {}),
    ],
)
def test_places(parent, child, pairs):
    assert aligned(parent, child) == pairs


def longest(parent: str, child: str) -> int:
    """Length of the longest common subsequence, by trying all."""
    if not parent or not child:
        return 0
    if parent[0] == child[0]:
        return 1 + longest(parent[1:], child[1:])
    return max(longest(parent[1:], child), longest(parent, child[1:]))


@given(st.text("ABC", max_size=6), st.text("ABC", max_size=6))
def test_as_many_blocks_as_can_be_agree_in_their_order(parent, child):
    pairs = sorted(aligned(parent, child).items())
    assert len(pairs) == longest(parent, child)
    assert all(child[ours] == parent[theirs] for ours, theirs in pairs)
    assert [theirs for _, theirs in pairs] == sorted({theirs for _, theirs in pairs})


def test_weights_agree_by_block_name_shape_and_dtype_wherever_the_block_stands():
    kernel, bias, other = WeightForm((2, 2), "float32"), WeightForm((2,), "float32"), WeightForm((3, 2), "float32")
    stored = {
        "tower_0.0_A.dense/kernel": kernel,
        "tower_0.0_A.dense/bias": bias,
        "tower_0.1_B.dense/kernel": kernel,
        "tower_0.logits/kernel": kernel,
        "tower_0.logits/bias": bias,
    }
    forms = {
        "tower_0.0_A.dense/kernel": WeightForm((2, 2), "float16"),  # another dtype
        "tower_0.0_A.dense/bias": bias,
        "tower_0.1_C.dense/kernel": kernel,  # a new block
        "tower_0.2_B.dense/kernel": kernel,
        "tower_0.logits/kernel": other,  # another shape
        "tower_0.logits/bias": bias,
    }
    assert matched(Architecture.of("ACB"), forms, Architecture.of("AB"), stored) == {
        "tower_0.0_A.dense/bias": "tower_0.0_A.dense/bias",
        "tower_0.2_B.dense/kernel": "tower_0.1_B.dense/kernel",
        "tower_0.logits/bias": "tower_0.logits/bias",
    }
    # What stands at the place of another block is no match, though the numbers would fit.
    forms = {"tower_0.0_B.dense/kernel": kernel}
    assert matched(Architecture.of("B"), forms, Architecture.of("A"), {"tower_0.0_A.dense/kernel": kernel}) == {}
