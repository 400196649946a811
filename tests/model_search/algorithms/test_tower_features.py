import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_search.algorithms.tower_features import GROUPS, distances, features, weighted_distances
from model_search.architecture import Architecture

TOWERS = st.lists(st.sampled_from("ABC"), min_size=1, max_size=5).map(Architecture.of)


def apart(first: str, second: str) -> dict[str, float]:
    found = distances([Architecture.of(first)], [Architecture.of(second)])
    return dict(zip(GROUPS, found[:, 0, 0].tolist(), strict=True))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("AB", "AB", (0, 0, 0, 0, 0)),
        # One block replaced: two features a place; of three pairs two differ.
        ("AB", "AC", (2, 2, 2, 4, 0)),
        # A block more at the end: the places from the output all differ, those from the input do not.
        ("AB", "ABC", (1, 5, 1, 3, 1)),
        ("AB", "CAB", (5, 1, 1, 3, 1)),
        # The same blocks in another order.
        ("AB", "BA", (4, 4, 0, 6, 0)),
        # What is there twice is two features.
        ("AA", "A", (1, 1, 1, 1, 1)),
    ],
)
def test_distances_by_hand(first, second, expected):
    assert tuple(apart(first, second).values()) == expected


@given(st.lists(TOWERS, min_size=1, max_size=4), st.lists(TOWERS, min_size=1, max_size=4))
def test_distances_are_sizes_of_symmetric_differences(first, second):
    found = distances(first, second)
    for group in range(len(GROUPS)):
        expected = [[len(set(features(a)[group]) ^ set(features(b)[group])) for b in second] for a in first]
        assert np.array_equal(found[group], expected)
    weights = np.linspace(0.1, 2.0, len(GROUPS))
    assert weighted_distances(weights, first, second) == pytest.approx(np.tensordot(weights, found, 1))
