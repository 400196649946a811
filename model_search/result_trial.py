"""The trial that a search was for."""

from .spec import parse_spec
from .spec.replay import replay_count
from .study import Study, Trial, TrialState
from .trial_store.contract import TrialStore


def result_trial(store: TrialStore, study: Study) -> Trial | None:
    """The best completed trial; of a replay its last one, for which the others are trained. None where there is none.

    A replay whose last trial did not complete has the best of the others.
    """
    count = replay_count(parse_spec(study.config.spec, "the study's spec"))
    last = store.trial(study.id, count) if count else None
    if last is not None and last.state is TrialState.COMPLETED:
        return last
    return next(iter(store.best(study.id, 1)), None)
