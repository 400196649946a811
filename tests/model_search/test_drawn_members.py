import itertools

import pytest
from studies import MemoryHistory

from model_search.drawn_members import MOST_DRAWS, draw_members
from model_search.spec import complete, parse_spec
from model_search.study import TrialKind

MODES = {
    "nonadaptive_search": "NONADAPTIVE_ENSEMBLE_SEARCH",
    "intermixed_search": "INTERMIXED_NONADAPTIVE_ENSEMBLE_SEARCH",
}


def spec_of(mode: str, width: int, pool: int):
    own = f"{mode} {{ width: {width} num_trials_to_consider: {pool} }}"
    return complete(parse_spec(f"ensemble_spec {{ ensemble_search_type: {MODES[mode]} {own} }}", "x"))


def history_of(count: int) -> MemoryHistory:
    history = MemoryHistory()
    for number in range(1, count + 1):
        history.add([f"B{number}"], number / 100)
    return history


@pytest.mark.parametrize("mode", MODES)
def test_members_are_of_the_best_and_each_set_comes_once(mode) -> None:
    history = history_of(7)
    history.add([], 0.99, kind=TrialKind.ENSEMBLE, members=(1, 2))
    spec = spec_of(mode, 2, 4)
    drawn = [draw_members(spec, 0, 9, history, salt) for salt in range(6)]
    assert sorted(drawn) == list(itertools.combinations([4, 5, 6, 7], 2))
    assert draw_members(spec, 0, 9, history, 6) is None


def test_members_depend_on_seed_and_number() -> None:
    spec, history = spec_of("intermixed_search", 3, 10), history_of(12)
    draws = {(seed, number): draw_members(spec, seed, number, history, 0) for seed in range(4) for number in range(4)}
    assert len(set(draws.values())) > 10
    assert draws == {key: draw_members(spec, *key, history, 0) for key in draws}


def test_too_few_trials_give_none() -> None:
    spec = spec_of("nonadaptive_search", 3, 10)
    assert draw_members(spec, 0, 5, history_of(2), 0) is None
    assert draw_members(spec, 0, 5, history_of(3), 0) == (1, 2, 3)
    assert draw_members(spec, 0, 5, history_of(3), 1) is None


def test_of_very_many_combinations_some_are_drawn() -> None:
    spec, history = spec_of("nonadaptive_search", 8, 30), history_of(40)
    drawn = [draw_members(spec, 0, 50, history, salt) for salt in range(MOST_DRAWS + 1)]
    assert drawn.pop() is None
    assert all(len(set(members)) == 8 and set(members) <= set(range(11, 41)) for members in drawn)
    assert all(list(members) == sorted(members) for members in drawn)


def within(limit: int):
    return lambda trials: sum(trial.result.parameters for trial in trials) <= limit


def sized(*parameters: int) -> MemoryHistory:
    """Trials of these sizes, best first."""
    history = MemoryHistory()
    for place, size in enumerate(parameters):
        history.add([f"B{place}"], 1 - place / 100, parameters=size)
    return history


@pytest.mark.parametrize("mode", MODES)
def test_only_members_that_fit_together_are_drawn(mode) -> None:
    spec, history = spec_of(mode, 2, 4), sized(60, 50, 40, 30, 1)
    drawn = [draw_members(spec, 0, 9, history, salt, within(90)) for salt in range(5)]
    assert drawn.pop() is None and sorted(drawn) == [(1, 4), (2, 3), (2, 4), (3, 4)]
    assert draw_members(spec, 0, 9, history, 0, within(70)) == (3, 4)


def test_where_none_of_the_best_fit_together_the_next_best_are_considered() -> None:
    spec, history = spec_of("intermixed_search", 2, 2), sized(60, 50, 40, 30, 20)
    assert draw_members(spec, 0, 9, history, 0, within(110)) == (1, 2)
    # Of the best four only the third and fourth fit together.
    assert draw_members(spec, 0, 9, history, 0, within(70)) == (3, 4)
    assert draw_members(spec, 0, 9, history, 0, within(50)) == (4, 5)
    assert draw_members(spec, 0, 9, history, 0, within(49)) is None


def test_of_very_many_combinations_those_are_drawn_that_fit() -> None:
    spec, history = spec_of("nonadaptive_search", 8, 30), sized(*range(1, 31))
    drawn = [draw_members(spec, 0, 50, history, salt, within(60)) for salt in range(10)]
    assert all(len(set(members)) == 8 and sum(members) <= 60 for members in drawn) and len(set(drawn)) > 5
    assert draw_members(spec, 0, 50, history, 0, within(36)) == (1, 2, 3, 4, 5, 6, 7, 8)
