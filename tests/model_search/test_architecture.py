import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_search.architecture import Architecture, depth, ordered_plates
from model_search.block import Role
from model_search.errors import UsageError

ROLES = {"p": Role.PLATE, "q": Role.PLATE, "f": Role.FLATTEN, "g": Role.FLATTEN, "v": Role.VECTOR, "a": Role.ANY}
role_of = ROLES.__getitem__
towers = st.lists(st.sampled_from(sorted(ROLES)), max_size=8).map(Architecture.of)


def tower(names: str) -> Architecture:
    return Architecture.of(names)


def test_edits():
    assert tower("pq").inserted(0, "v") == tower("vpq")
    assert tower("pq").inserted(2, "v") == tower("pqv")
    assert tower("pq").replaced(1, "v") == tower("pv")
    assert str(tower("pq")) == "p > q"
    with pytest.raises(IndexError, match="place 2 of an architecture of 2 blocks"):
        tower("pq").replaced(2, "v")


@pytest.mark.parametrize(
    ("given_order", "expected"),
    [
        ("", "d"),
        ("p", "pd"),
        ("v", "dv"),
        ("vp", "pdv"),
        ("pfv", "pfv"),
        ("gpf", "pg"),
        ("ap", "apd"),
        ("fa", "fa"),
        ("pavq", "paqdv"),
        ("vap", "pdva"),
    ],
)
def test_order_of_plates(given_order, expected):
    assert ordered_plates(tower(given_order), role_of, flatten="d") == tower(expected)


def test_sequences_have_no_place_among_plates():
    with pytest.raises(UsageError, match="'s' takes sequences"):
        ordered_plates(tower("s"), lambda name: Role.SEQUENCE)


@given(towers)
def test_ordering_is_idempotent_and_keeps_the_searched_blocks(architecture):
    once = ordered_plates(architecture, role_of, flatten="f")
    assert ordered_plates(once, role_of, flatten="g") == once
    assert depth(once, role_of) == depth(architecture, role_of)
    kinds = [role_of(name) for name in once]
    place = kinds.index(Role.FLATTEN)
    assert kinds.count(Role.FLATTEN) == 1
    assert Role.VECTOR not in kinds[:place]
    assert Role.PLATE not in kinds[place:]
