from studies import MemoryHistory

from model_search.architecture import Architecture
from model_search.stage_history import StageHistory
from model_search.study import TrialState


def numbers(trials) -> list[int]:
    return [trial.number for trial in trials]


def test_trials_of_a_stage_are_compared_with_each_other() -> None:
    study = MemoryHistory()
    study.add(["A"], 0.5)
    study.add(["B"], 0.6)
    study.add(["C"], 0.9, members=(2,))
    study.add(["D"], 0.8, members=(2,))
    study.add(["E"], 0.1, TrialState.STOPPED, members=(2,))
    study.add(["F"], state=TrialState.RUNNING, members=(2,))
    study.add(["A"], state=TrialState.RUNNING)
    stage = StageHistory(study, (2,))
    assert numbers(stage.best(5)) == [3, 4]
    assert numbers(stage.best(1)) == [3]
    assert numbers(stage.completed()) == [3, 4]
    assert numbers(stage.stopped()) == [5]
    assert numbers(stage.running()) == [6]
    assert stage.completed_count() == 4
    tried = [name for name in "ABCDEFG" if stage.has_tried(Architecture.of([name]))]
    assert tried == ["C", "D", "E", "F"]


def test_a_stage_without_results_shows_those_of_the_stage_before_but_none_as_tried() -> None:
    study = MemoryHistory()
    study.add(["A"], 0.5)
    study.add(["B"], 0.6, members=(1,))
    study.add(["C"], 0.7, members=(1,))
    stage = StageHistory(study, (1, 3))
    assert numbers(stage.best(2)) == [3, 2]
    assert not stage.has_tried(Architecture.of(["C"]))
    study.add(["D"], state=TrialState.INFEASIBLE)
    assert stage.has_failed(Architecture.of(["D"]))
    assert stage.leader().number == 3
