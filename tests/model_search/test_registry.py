import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_search.errors import UsageError
from model_search.registry import Registry, closest, place_of


@pytest.fixture
def registry():
    registry = Registry("thing")
    registry.add("ALPHA", 1, "a.py:1")
    registry.add("BETA", 2, "b.py:2")
    return registry


def test_it_maps_names_to_values(registry):
    assert registry["ALPHA"] == 1
    assert "BETA" in registry
    assert "GAMMA" not in registry
    assert list(registry) == ["ALPHA", "BETA"]
    assert len(registry) == 2


def test_a_taken_name_is_refused_naming_both_places(registry):
    with pytest.raises(UsageError, match=r"^thing 'ALPHA' at c.py:3 is already registered at a.py:1$"):
        registry.add("ALPHA", 3, "c.py:3")
    assert registry["ALPHA"] == 1


def test_an_unknown_name_is_refused_with_the_nearest(registry):
    with pytest.raises(UsageError, match=r"^unknown thing 'alfa'; did you mean ALPHA\?$"):
        registry["alfa"]
    with pytest.raises(UsageError, match=r"^unknown thing 'xyz'; known: ALPHA, BETA$"):
        registry["xyz"]


def test_a_forgotten_name_can_be_registered_again(registry):
    registry.discard("ALPHA")
    registry.discard("ALPHA")
    registry.add("ALPHA", 4, "d.py:4")
    assert registry["ALPHA"] == 4
    with pytest.raises(UsageError, match=r"already registered at d\.py:4"):
        registry.add("ALPHA", 5, "e.py:5")


def test_closest_offers_the_best_first():
    known = ["CONVOLUTION_3X3", "CONVOLUTION_5X5", "FLATTEN"]
    assert closest("CONVOLUTION_3x4", known).startswith("did you mean CONVOLUTION_3X3 or CONVOLUTION_")


def test_closest_offers_the_nearest_of_a_long_list_where_none_is_near():
    known = [f"LONG_NAME_{letter * 9}" for letter in "ABCDEFGHIJ"] + ["QUITE_FAR", "QUIET_PLACE", "UNIQUE_THING"]
    assert (
        closest("QUICKSILVER_WITHOUT_END", known) == "13 names are known; nearest: QUIET_PLACE, UNIQUE_THING, QUITE_FAR"
    )
    assert closest("?", []) == "there is none"
    assert closest("?", [str(number) for number in range(20)]).startswith("20 names are known; nearest: ")


NAMES = st.text("AB_3", max_size=3)


@given(st.sets(NAMES, max_size=8), NAMES)
def test_every_name_that_was_added_is_found_and_no_other(names, other):
    registry = Registry("thing")
    for name in names:
        registry.add(name, name + "!", "x.py:1")
    assert list(registry) == sorted(names)
    assert all(registry[name] == name + "!" for name in names)
    assert (other in registry) == (other in names)


def test_place_is_file_and_line_or_else_the_module():
    here = test_place_is_file_and_line_or_else_the_module
    assert place_of(here) == f"{__file__}:{here.__code__.co_firstlineno}"
    assert place_of(dict) == "builtins"
