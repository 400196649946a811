"""Searches with an ensemble of each kind, which then teaches, and their replays: run in processes of their own.

    python ensembles_and_students.py search FOLDER
    python ensembles_and_students.py replay FOLDER

Trials 1 and 2 are towers, or the second an ensemble that grew from the first; trial 3 is an ensemble, 4 its student.
"""

import sys
from dataclasses import replace
from pathlib import Path

from searches import SPEC, open_small

from model_search.handle import StudyHandle
from model_search.run_trial import run_trial
from model_search.search_parts import Search
from model_search.trainer import work

_ENSEMBLE = "ensemble_spec { ensemble_search_type: %s_ENSEMBLE_SEARCH %s combining_type: %s freeze_previous: %s }"
_DRAWN = "intermixed_search { width: 2 try_ensembling_every: 3 num_trials_to_consider: 4 }"
_GROWN = "adaptive_search { minimal_pool_size: 1 increase_width_every: 1 }"
_TAUGHT = "distillation_spec { distillation_type: CROSS_ENTROPY minimal_pool_size: 3 }"

MODES = {
    "weighted": _ENSEMBLE % ("INTERMIXED_NONADAPTIVE", _DRAWN, "WEIGHTED_ENSEMBLE", "true"),
    "adaptive": _ENSEMBLE % ("ADAPTIVE", _GROWN, "WEIGHTED_ENSEMBLE", "false"),
    "residual": _ENSEMBLE % ("RESIDUAL", _GROWN, "AVERAGE_ENSEMBLE", "true"),
}
ENSEMBLE, STUDENT = 3, 4


def open_mode(folder: Path, mode: str, of: Path | None = None) -> Search:
    """The search of a mode, or the replay of the student of another."""
    if of is not None:
        return open_small(folder, (of / "trials" / str(STUDENT) / "replay.pbtxt").read_text(), 99)
    return open_small(folder, SPEC + MODES[mode] + _TAUGHT, STUDENT, seed=3)


def search(folder: Path, mode: str) -> None:
    """Three trials, the ensemble's model exported, and a student that this one teaches, whichever is best."""
    opened = open_mode(folder / mode, mode)
    for _ in range(ENSEMBLE):
        run_trial(opened, opened.store.claim(opened.study.id, "tester", 60.0))
    StudyHandle(opened.store, opened.study, opened.model_dir).export(str(folder / f"{mode}.keras"), ENSEMBLE)
    claim = opened.store.claim(opened.study.id, "tester", 60.0)
    student = opened.controller.suggest(STUDENT, opened.history)
    opened.store.suggest(claim, replace(student, teacher=ENSEMBLE))
    opened.store.release(claim)
    work(opened, "tester", 60.0)


if __name__ == "__main__":
    for name in MODES:
        if sys.argv[1] == "search":
            search(Path(sys.argv[2]), name)
        else:
            work(open_mode(Path(sys.argv[2]) / f"{name} again", name, of=Path(sys.argv[2]) / name), "tester", 60.0)
