"""Decisions at rungs, on numbers by hand."""

import pytest

from model_search.errors import UsageError
from model_search.proto.search_spec_pb2 import EarlyStoppingSpec
from model_search.spec import complete, parse_spec, rungs, validate
from model_search.study import Goal, Objective
from model_search.training.early_stopping import (
    best_so_far,
    falls_behind,
    is_behind_median,
    is_below_share,
)

ACCURACY, LOSS = Objective("accuracy", Goal.MAXIMIZE), Objective("loss", Goal.MINIMIZE)
HALVING = EarlyStoppingSpec(rule="SUCCESSIVE_HALVING", reduction_factor=3, minimum_trials=3)
MEDIAN = EarlyStoppingSpec(rule="MEDIAN_RULE", minimum_trials=3)


@pytest.mark.parametrize(
    ("own", "others", "stops"),
    [
        (9.0, [1.0, 2.0], False),  # too few
        (2.0, [1.0, 3.0, 4.0], False),  # the second of four: two places
        (3.0, [1.0, 2.0, 4.0], True),
        (2.0, [1.0, 2.0, 4.0], False),  # shares the second place
        (3.0, [1.0, 2.0, 4.0, 5.0, 6.0], True),  # six: still two places
        (3.0, [1.0, 2.0, 4.0, 5.0, 6.0, 7.0], False),  # seven: three
        (2.0, [2.0, 2.0, 2.0, 2.0], False),
    ],
)
def test_successive_halving_lets_the_best_share_go_on(own, others, stops) -> None:
    assert is_below_share(own, others, reduction_factor=3, minimum=3) is stops


@pytest.mark.parametrize(
    ("own", "others", "stops"),
    [
        (9.0, [1.0, 2.0], False),
        (2.0, [1.0, 2.0, 3.0], False),
        (2.1, [1.0, 2.0, 3.0], True),
        (2.6, [1.0, 2.0, 3.0, 4.0], True),
    ],
)
def test_the_median_rule_stops_what_is_strictly_worse(own, others, stops) -> None:
    assert is_behind_median(own, others, minimum=3) is stops


def test_the_best_so_far_is_of_those_that_came_to_the_last_rung() -> None:
    assert best_so_far(LOSS, [{1: 4.0, 2: 9.0, 3: 1.0}, {1: 2.0, 3: 1.5}]) == [2.0, 1.0]
    assert best_so_far(ACCURACY, [{1: 0.5}, {1: 0.75, 4: 0.25}]) == [-0.75, -0.25]


def test_the_objective_says_which_way_is_better() -> None:
    rung = {1: 0.5, 2: 0.6, 3: 0.7, 4: 0.8}
    assert [falls_behind(HALVING, ACCURACY, number, [rung], [{}]) for number in rung] == [True, True, False, False]
    assert [falls_behind(HALVING, LOSS, number, [rung], [{}]) for number in rung] == [False, False, True, True]


def test_the_median_rule_compares_the_best_so_far_with_trials_that_have_ended() -> None:
    first, second = {1: 0.5, 2: 0.6, 3: 0.7}, {1: 0.7, 2: 0.8, 3: 0.9}
    completed = [first, second]
    for own, stops in (([0.8, 0.1], False), ([0.1, 0.79], True), ([0.7, 0.7], True), ([0.2, 0.8], False)):
        rungs_of_all = [{**rung, 9: value} for rung, value in zip(completed, own, strict=True)]
        assert falls_behind(MEDIAN, ACCURACY, 9, rungs_of_all, completed) is stops
    assert not falls_behind(MEDIAN, ACCURACY, 9, [{**first, 9: 0.0}], [{1: 0.5, 2: 0.6}])


def spec(text: str):
    message = complete(parse_spec(f'problem_type: DNN blocks_to_use: "FULLY_CONNECTED" {text}', "test"))
    validate(message)
    return message


@pytest.mark.parametrize(
    ("text", "steps", "last", "wanted"),
    [
        (None, 900, 900, ()),
        ("rule: SUCCESSIVE_HALVING", 900, 900, (100, 300)),
        ("rule: SUCCESSIVE_HALVING", 500, 500, (56, 168)),
        # A shallow tower that trains less has the rungs before its end.
        ("rule: SUCCESSIVE_HALVING", 900, 300, (100,)),
        ("rule: MEDIAN_RULE minimum_steps: 0.1", 1000, 1000, (100, 200, 400, 800)),
        ("rule: MEDIAN_RULE minimum_steps: 5 reduction_factor: 4", 100, 100, (5, 20, 80)),
        ("rule: MEDIAN_RULE", 900, 900, (100, 200, 400, 800)),
        ("rule: SUCCESSIVE_HALVING reduction_factor: 2", 900, 900, (100, 200, 400, 800)),
        ("rule: MEDIAN_RULE reduction_factor: 3", 900, 900, (100, 300)),
        ("rule: MEDIAN_RULE", 1, 1, ()),
    ],
)
def test_rungs(text, steps, last, wanted) -> None:
    assert rungs(spec("" if text is None else f"early_stopping {{ {text} }}"), steps, last) == wanted


def test_what_is_absent_depends_on_the_rule() -> None:
    halving, median = (
        spec(f"early_stopping {{ rule: {rule} }}").early_stopping for rule in ("SUCCESSIVE_HALVING", "MEDIAN_RULE")
    )
    assert (halving.reduction_factor, halving.minimum_trials) == (3, 1)
    assert (median.reduction_factor, median.minimum_trials) == (2, 3)


def test_the_older_field_means_the_median_rule() -> None:
    older = spec("enable_fast_termination: true")
    assert older.early_stopping.rule == EarlyStoppingSpec.MEDIAN_RULE
    assert rungs(older, 900, 900) == (100, 200, 400, 800)
    assert complete(older) == older


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "early_stopping.rule is UNKNOWN_EARLY_STOPPING_RULE; it must be MEDIAN_RULE or"),
        ("reduction_factor: 3", "early_stopping.rule is UNKNOWN_EARLY_STOPPING_RULE; it must be MEDIAN_RULE or"),
        ("rule: MEDIAN_RULE reduction_factor: 1", "early_stopping.reduction_factor is 1; it must be 2 or more"),
        ("rule: MEDIAN_RULE minimum_steps: 1.5", "early_stopping.minimum_steps is 1.5; it must be a share"),
        ("rule: MEDIAN_RULE minimum_steps: -1", "early_stopping.minimum_steps is -1; it must be"),
        ("rule: MEDIAN_RULE minimum_trials: 0", "early_stopping.minimum_trials is 0; it must be 1 or more"),
    ],
)
def test_what_makes_no_sense_is_refused(text, said) -> None:
    with pytest.raises(UsageError) as caught:
        spec(f"early_stopping {{ {text} }}")
    assert said in str(caught.value)
    with pytest.raises(UsageError, match="enable_fast_termination: true means MEDIAN_RULE"):
        spec("enable_fast_termination: true early_stopping { rule: SUCCESSIVE_HALVING }")
