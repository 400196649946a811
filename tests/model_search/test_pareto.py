"""Pareto fronts and beams of hand-made trials."""

import pytest
from studies import MemoryHistory

from model_search.algorithms.beam import beam_of, spread
from model_search.architecture import Architecture
from model_search.errors import UsageError
from model_search.pareto import pareto_front
from model_search.spec import complete, cost_of_spec, parse_spec, validate
from model_search.study import Goal, Objective, Result, Suggestion, Trial, TrialState

ACCURACY, RMSE = Objective("accuracy", Goal.MAXIMIZE), Objective("rmse", Goal.MINIMIZE)


def trial(number: int, objective: float, flops: int | None, state: TrialState = TrialState.COMPLETED) -> Trial:
    result = Result(objective, 0.5, {}, 1000 - number, 1.0, "", flops, 0.5)
    return Trial(number, state, 1, "t", Suggestion(Architecture(("A",)), {"n": number}), result, "", number)


TRIALS = [
    trial(1, 0.7, 50),
    trial(2, 0.9, 80),
    trial(3, 0.8, 80),  # beaten by 2
    trial(4, 0.9, 90),  # beaten by 2
    trial(5, 0.6, 50),  # beaten by 1
    trial(6, 0.5, 10),
    trial(7, 0.99, 1, TrialState.STOPPED),
    trial(8, 0.95, None),
    trial(9, 0.7, 50),  # as good as 1 in both
]


def numbers(trials) -> list[int]:
    return [trial.number for trial in trials]


def test_front_by_hand() -> None:
    assert numbers(pareto_front(TRIALS, ACCURACY, "flops")) == [2, 1, 9, 6]
    assert numbers(pareto_front(reversed(TRIALS), ACCURACY, "flops")) == [2, 1, 9, 6]
    assert numbers(pareto_front(TRIALS, RMSE, "flops")) == [6]
    # The parameters fall with the number.
    assert numbers(pareto_front(TRIALS, ACCURACY, "parameters")) == [8, 9]
    # All take the same time.
    assert numbers(pareto_front(TRIALS, ACCURACY, "latency_ms")) == [8]
    assert pareto_front([], ACCURACY, "flops") == []


@pytest.mark.parametrize(
    ("count", "wanted"), [(1, [0]), (2, [0, 6]), (3, [0, 3, 6]), (4, [0, 2, 4, 6]), (7, [*range(7)]), (9, [*range(7)])]
)
def test_a_beam_is_spread_over_the_front(count, wanted) -> None:
    front = [trial(number, 0.5, 1) for number in range(7)]
    assert numbers(spread(front, count)) == wanted


def spec(text: str):
    message = complete(parse_spec(f'problem_type: DNN blocks_to_use: "FULLY_CONNECTED" {text}', "test"))
    validate(message)
    return message


def test_the_beam_is_of_the_front_where_the_spec_has_a_second_objective() -> None:
    history = MemoryHistory(TRIALS)
    assert numbers(beam_of(spec("beam_size: 3"), history)) == [8, 2, 3]
    assert numbers(beam_of(spec("beam_size: 2 second_objective: FLOPS"), history)) == [2, 6]
    assert numbers(beam_of(spec("beam_size: 9 second_objective: FLOPS"), history)) == [2, 1, 9, 6]
    assert list(beam_of(spec("beam_size: 2 second_objective: LATENCY"), MemoryHistory())) == []


def test_the_field() -> None:
    assert cost_of_spec(spec("")) == ""
    assert cost_of_spec(spec("beam_size: 2 second_objective: PARAMETERS")) == "parameters"
    # Specs of studies that were stored before the field came are the same as ever.
    assert "second_objective" not in str(spec("")) + str(spec("second_objective: NO_SECOND_OBJECTIVE"))
    with pytest.raises(UsageError, match="second_objective is FLOPS; it needs beam_size 2 or more"):
        spec("second_objective: FLOPS")


def test_of_equal_trials_the_simplest_is_in_the_beam():
    history = MemoryHistory()
    # Four names of one network, the second the shortest; two others.
    for blocks, objective in (("AB", 0.9), ("A", 0.9), ("ABB", 0.9), ("C", 0.7), ("B", 0.9), ("CC", 0.8)):
        history.add(list(blocks), objective)
    assert numbers(beam_of(spec("beam_size: 3"), history)) == [2, 6, 4]
    assert numbers(beam_of(spec("beam_size: 1"), history)) == [2]
    # More of the equal ones where there are too few others.
    assert numbers(beam_of(spec("beam_size: 5"), history)) == [1, 2, 3, 6, 4]
