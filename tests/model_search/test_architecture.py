import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_search.architecture import PLATES, SEQUENCES, Architecture, depth, ordered
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
    assert ordered(tower(given_order), role_of, PLATES, turn="d") == tower(expected)


def test_sequences_have_no_place_among_plates():
    with pytest.raises(UsageError, match="'s' is a sequence block; the tower has plate blocks"):
        ordered(tower("s"), lambda name: Role.SEQUENCE, PLATES)


SEQUENCE_ROLES = {"s": Role.SEQUENCE, "t": Role.SUMMARY, "u": Role.SUMMARY, "v": Role.VECTOR, "a": Role.ANY}


@pytest.mark.parametrize(
    ("given_order", "expected"), [("ss", "ssd"), ("vsas", "sasdv"), ("stv", "stv"), ("tus", "st"), ("sta", "sta")]
)
def test_order_of_sequences(given_order, expected):
    assert ordered(tower(given_order), SEQUENCE_ROLES.__getitem__, SEQUENCES, turn="d") == tower(expected)


@given(towers)
def test_ordering_is_idempotent_and_keeps_the_searched_blocks(architecture):
    once = ordered(architecture, role_of, PLATES, turn="f")
    assert ordered(once, role_of, PLATES, turn="g") == once
    assert depth(once, role_of) == depth(architecture, role_of)
    kinds = [role_of(name) for name in once]
    place = kinds.index(Role.FLATTEN)
    assert kinds.count(Role.FLATTEN) == 1
    assert Role.VECTOR not in kinds[:place]
    assert Role.PLATE not in kinds[place:]
