"""Which trial is for what: the truth table, and that nothing else decides it."""

import itertools
from dataclasses import replace

import pytest
from studies import MemoryHistory

from model_search.phases import kind_of, members_of_stage, stage_of
from model_search.spec import complete, parse_spec
from model_search.study import TrialKind, TrialState

NAMES = {TrialKind.SEARCH: "s", TrialKind.ENSEMBLE: "e", TrialKind.DISTILLATION: "d"}
USER = "user_suggestions { architecture: 'X' } "
DISTILL = "distillation_spec { distillation_type: CROSS_ENTROPY minimal_pool_size: %d } "
NONADAPTIVE = (
    "ensemble_spec { ensemble_search_type: NONADAPTIVE_ENSEMBLE_SEARCH nonadaptive_search { minimal_pool_size: %d } } "
)
INTERMIXED = (
    "ensemble_spec { ensemble_search_type: INTERMIXED_NONADAPTIVE_ENSEMBLE_SEARCH"
    " intermixed_search { try_ensembling_every: %d } } "
)
ADAPTIVE = (
    "ensemble_spec { ensemble_search_type: %s_ENSEMBLE_SEARCH"
    " adaptive_search { minimal_pool_size: %d increase_width_every: %d } } "
)


def spec_of(text: str):
    return complete(parse_spec("problem_type: DNN " + text, "x"))


TABLE = [
    ("", "ssssssssssss"),
    (NONADAPTIVE % 4, "sssseeeeeeee"),
    (USER * 6 + NONADAPTIVE % 4, "sssssseeeeee"),
    (DISTILL % 3, "sssddddddddd"),
    (NONADAPTIVE % 4 + DISTILL % 8, "sssseeeedddd"),
    (NONADAPTIVE % 8 + DISTILL % 4, "ssssddddeeee"),
    (INTERMIXED % 3, "ssessessesse"),
    (INTERMIXED % 2, "sesesesesese"),
    (USER * 4 + INTERMIXED % 3, "sssssessesse"),
    (INTERMIXED % 3 + DISTILL % 1, "ssedsedsedse"),
    (INTERMIXED % 3 + DISTILL % 3, "ssedsedsedse"),
    (INTERMIXED % 3 + DISTILL % 4, "ssessedsedse"),
    # Trial 3 is the user's, so that trial 4 is not right after an ensemble.
    (USER * 3 + INTERMIXED % 3 + DISTILL % 1, "sssssedsedse"),
    (INTERMIXED % 2 + DISTILL % 6, "sesesededede"),
    (ADAPTIVE % ("ADAPTIVE", 4, 3), "ssssssssssss"),
    (ADAPTIVE % ("RESIDUAL", 4, 3) + DISTILL % 8, "ssssssssdddd"),
    (ADAPTIVE % ("RESIDUAL", 8, 3) + DISTILL % 4, "ssssddddssss"),
]


@pytest.mark.parametrize(("text", "kinds"), TABLE)
def test_kinds_of_the_first_twelve_trials(text, kinds) -> None:
    spec = spec_of(text)
    assert "".join(NAMES[kind_of(spec, number)] for number in range(1, 13)) == kinds


def test_defaults_are_those_of_the_fields() -> None:
    spec = spec_of("ensemble_spec { ensemble_search_type: NONADAPTIVE_ENSEMBLE_SEARCH }")
    assert [kind_of(spec, number) for number in (100, 101)] == [TrialKind.SEARCH, TrialKind.ENSEMBLE]
    spec = spec_of("ensemble_spec { ensemble_search_type: INTERMIXED_NONADAPTIVE_ENSEMBLE_SEARCH }")
    assert [number for number in range(1, 12) if kind_of(spec, number) is TrialKind.ENSEMBLE] == [5, 10]
    spec = spec_of("distillation_spec { distillation_type: MSE_LOGITS }")
    assert [kind_of(spec, number) for number in (100, 101)] == [TrialKind.SEARCH, TrialKind.DISTILLATION]


STAGES = [
    ("", "000000000000"),
    (NONADAPTIVE % 4, "000000000000"),
    (ADAPTIVE % ("ADAPTIVE", 4, 3), "000011122233"),
    (ADAPTIVE % ("RESIDUAL", 2, 5), "001111122222"),
    (USER * 6 + ADAPTIVE % ("ADAPTIVE", 4, 3), "000000122233"),
    (ADAPTIVE % ("ADAPTIVE", 4, 3) + DISTILL % 8, "000011120000"),
    (ADAPTIVE % ("ADAPTIVE", 8, 3) + DISTILL % 4, "000000001112"),
]


@pytest.mark.parametrize(("text", "stages"), STAGES)
def test_stages_of_the_first_twelve_trials(text, stages) -> None:
    spec = spec_of(text)
    assert "".join(str(stage_of(spec, number)) for number in range(1, 13)) == stages


def test_a_stage_adds_the_best_model_so_far_to_its_own_members() -> None:
    spec, history = spec_of(ADAPTIVE % ("ADAPTIVE", 2, 2)), MemoryHistory()
    assert members_of_stage(spec, 2, history) == ()
    assert members_of_stage(spec, 3, history) == (), "nothing has completed"
    history.add(["A"], 0.5)
    history.add(["B"], 0.6)
    assert members_of_stage(spec, 3, history) == (2,)
    history.add(["A"], 0.7, members=(2,))
    history.add(["C"], 0.65, members=(2,))
    assert members_of_stage(spec, 5, history) == (2, 3)
    # Neither trial of the stage is better than trial 3 with its member: the next stage tries with the same ones.
    history.add(["A"], 0.6, members=(2, 3))
    history.add(["C"], 0.68, members=(2, 3))
    assert members_of_stage(spec, 7, history) == (2, 3)


def test_all_trials_of_a_stage_have_the_members_of_its_earliest_one() -> None:
    spec, history = spec_of(ADAPTIVE % ("RESIDUAL", 2, 3)), MemoryHistory()
    history.add(["A"], 0.5)
    history.add(["B"], state=TrialState.RUNNING)
    assert members_of_stage(spec, 3, history) == (1,)
    history.add(["A"], state=TrialState.RUNNING, members=(1,))
    history.trials[1] = replace(MemoryHistory().add(["B"], 0.9), number=2)
    assert members_of_stage(spec, 4, history) == (1,)
    # Alone, a trial that is taken up again does not follow itself.
    assert members_of_stage(spec, 3, history) == (2,)


def test_what_a_stage_reached_is_not_drawn_into_itself() -> None:
    spec, history = spec_of(ADAPTIVE % ("ADAPTIVE", 1, 3)), MemoryHistory()
    history.add(["A"], 0.5)
    history.add(["B"], 0.9)
    assert members_of_stage(spec, 3, history) == (1,)


RESULT = MemoryHistory().add(["A"], 0.9).result


@pytest.mark.parametrize("order", itertools.permutations(["ask 5", "ask 6", "complete 3"]))
def test_a_stage_has_one_set_in_whatever_order_its_trials_ask(order) -> None:
    spec, history = spec_of(ADAPTIVE % ("ADAPTIVE", 1, 3)), MemoryHistory()
    history.add(["A"], 0.5)
    history.add(["B"], 0.7, members=(1,))
    history.add(["C"], state=TrialState.RUNNING, members=(1,))
    history.add(["D"], 0.6, members=(1,))
    for _ in range(2):
        history.claim()
    for what, number in (event.split() for event in order):
        if what == "ask":
            history.change(int(number), members=members_of_stage(spec, int(number), history))
        else:
            history.change(int(number), state=TrialState.COMPLETED, result=RESULT)
    opener, other = (trial.suggestion.members for trial in history.trials[4:])
    assert opener == ((1, 3) if order.index("complete 3") < order.index("ask 5") else (1, 2))
    # Who asked before the opener had any is of the stage before.
    assert other == (opener if order.index("ask 5") < order.index("ask 6") else (1,))
    assert members_of_stage(spec, 7, history) == opener
    assert members_of_stage(spec, 8, history) == (1, 3), "the best by then"


def test_what_others_have_of_a_refused_proposal_stays_theirs() -> None:
    spec, history = spec_of(ADAPTIVE % ("ADAPTIVE", 2, 3)), MemoryHistory()
    history.add(["A"], 0.5)
    history.add(["B"], state=TrialState.RUNNING)
    history.claim()
    history.add(["C"], state=TrialState.RUNNING, members=(1,))
    history.change(2, state=TrialState.COMPLETED, result=RESULT)
    assert members_of_stage(spec, 3, history) == (1,)


def test_a_model_that_a_stage_failed_with_is_left_out() -> None:
    spec, history = spec_of(ADAPTIVE % ("RESIDUAL", 2, 4)), MemoryHistory()
    history.add(["A"], 0.5)
    history.add(["B"], 0.6)
    history.add(["A"], state=TrialState.INFEASIBLE, members=(2,))
    assert members_of_stage(spec, 4, history) == (1,)
    history.add(["A"], state=TrialState.INFEASIBLE, members=(1,))
    assert members_of_stage(spec, 5, history) == ()


def test_members_leave_room_for_another_tower() -> None:
    spec, history = spec_of(ADAPTIVE % ("ADAPTIVE", 3, 2)), MemoryHistory()
    for objective, parameters in ((0.9, 80), (0.7, 30), (0.6, 25)):
        history.add(["A"], objective, parameters=parameters)

    def within(limit):
        return lambda trials: sum(trial.result.parameters for trial in trials) <= limit

    found = [members_of_stage(spec, 4, history, within(limit)) for limit in (105, 104, 55, 54, 50, 49)]
    assert found == [(1,), (2,), (2,), (3,), (3,), ()]
