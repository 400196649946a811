"""A study in a notebook: what was found, and the models."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .errors import StudyError, TrialError, UsageError
from .model_dir import read_study_file, refitted_model, store_url
from .report.leaderboard import leaderboard_rows
from .result_trial import result_trial
from .study import Study, Trial, is_pruned
from .trial_store.contract import TrialStore
from .trial_store.open import open_store

if TYPE_CHECKING:
    import keras
    import pandas as pd

    from .best_ensemble import BestEnsemble


class StudyHandle:
    """A search's results. Reads the trial database at each call, so it may be used while trainers run."""

    def __init__(self, store: TrialStore, study: Study, model_dir: str):
        self.store = store
        self.study = study
        self.model_dir = model_dir

    def trials(self) -> Sequence[Trial]:
        """All trials, by number."""
        return self.store.trials(self.study.id)

    def best_trial(self) -> Trial:
        """The best completed trial; of a replay the one that is replayed.

        Raises:
          UsageError: no trial has completed.
        """
        best = result_trial(self.store, self.study)
        if best is None:
            raise UsageError(f"no trial of experiment {self.study.config.name!r} in {self.model_dir} has completed")
        return best

    def trial(self, number: int) -> Trial:
        """One trial. Raises `UsageError` where there is none of that number."""
        found = self.store.trial(self.study.id, number)
        if found is None:
            numbers = len(self.trials())
            raise UsageError(f"there is no trial {number}; the experiment has trials 1 to {numbers}")
        return found

    def leaderboard(self) -> "pd.DataFrame":
        """A row a trial, best first; see `report.leaderboard` for the columns."""
        import pandas as pd

        return pd.DataFrame(leaderboard_rows(self.trials(), self.study.config))

    def model_path(self, number: int | None = None) -> str:
        """Path of a trial's `.keras` file; by default of the best trial's, trained on all examples where that was done.

        Raises:
          UsageError: the trial has no model.
        """
        trial = self.best_trial() if number is None else self.trial(number)
        self.store.bring_files(self.study.id, trial.number)
        refitted = refitted_model(self.model_dir, trial.number) if number is None else None
        if refitted:
            return refitted
        if is_pruned(trial):
            raise UsageError(
                f"the model of trial {trial.number} was removed to save space: only the best trials keep theirs"
                " (--keep_models); its replay.pbtxt trains it again"
            )
        if trial.result is None or not trial.result.model:
            raise UsageError(f"trial {trial.number} is {trial.state.value} and has no model {trial.error}".rstrip())
        from .composed_model import model_file_of

        try:
            return model_file_of(self.store, self.study, self.model_dir, trial)
        except TrialError as error:
            raise StudyError(f"trial {trial.number} is an ensemble and cannot be put together: {error}") from None

    def best_model(self) -> "keras.Model":
        """The best model (see `model_path`): raw features to probabilities, or to values in the label's unit."""
        from .model_file import load_model

        return load_model(self.model_path())

    def best_ensemble(self, size: int = 10, method: str = "greedy") -> "BestEnsemble":
        """The best ensemble of the trials that have finished by now, at most `size` members; its `model()` predicts.

        Selected on one half of the evaluation data and judged on the other; see `best_ensemble.best_ensemble`.
        """
        from .best_ensemble import best_ensemble

        return best_ensemble(self.store, self.study, self.model_dir, size, method)

    def export(self, path: str, number: int | None = None, format: str = "") -> str:
        """Writes a trial's model; see `export.export_model`."""
        from .export import export_model

        return export_model(self, path, self.model_path(number), format)

    def export_ensemble(self, path: str, ensemble: "BestEnsemble", format: str = "") -> str:
        """Writes the model of an ensemble; see `export.export_model`."""
        from .best_ensemble import write_ensemble
        from .export import check_format, export_model

        check_format(path, format)
        return export_model(self, path, write_ensemble(self.model_dir, ensemble), format)


def load(model_dir: str, trial_store: str = "", name: str = "", owner: str = "") -> StudyHandle:
    """Opens the results of a search.

    Args:
      model_dir: of the search, or for the files that a trial service sends; empty where none is needed.
      trial_store: database URL, where it is not inside `model_dir`.
      name, owner: of the experiment; by default the one that `model_dir` holds, or the only one of the database.

    Raises:
      UsageError: there is no such experiment.
    """
    known: Any = read_study_file(model_dir) if model_dir else {}
    if not known and not trial_store:
        raise UsageError(f"--model_dir={model_dir} holds no experiment; `model_search train` makes one")
    if not trial_store and not known.get("local_store", True):
        raise UsageError(f"the trials of --model_dir={model_dir} are in another database: give its --trial_store")
    store = open_store(store_url(model_dir, trial_store))
    if model_dir:
        store.share_files(model_dir)
    owner, name = owner or known.get("owner", ""), name or known.get("name", "")
    return StudyHandle(store, chosen_study(store, owner, name), model_dir)


def chosen_study(store: TrialStore, owner: str, name: str) -> Study:
    """The study of this owner and name; where one or both are not given, the only one that fits.

    Raises:
      UsageError: there is none, or there are several.
    """
    if owner and name:
        found = [study for study in (store.find_study(owner, name),) if study is not None]
    else:
        found = [
            study
            for study in store.studies()
            if (not owner or study.config.owner == owner) and (not name or study.config.name == name)
        ]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(sorted(f"{study.config.name!r} of {study.config.owner!r}" for study in found)[:5])
        raise UsageError(f"the trial database has several experiments: {names}; choose by --experiment_name")
    wanted = " of ".join([f"{name!r}" if name else "any name", *([f"{owner!r}"] if owner else [])])
    raise UsageError(f"there is no experiment {wanted} in the trial database")
