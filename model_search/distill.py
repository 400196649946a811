"""One small network that learned from a trial, or from an ensemble, of a finished search."""

import json
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace

from . import files
from .controller import Controller
from .data.pipeline import Batch, Pipeline
from .data.provider import Provider
from .errors import StudyError, TrialError, UsageError
from .handle import StudyHandle
from .open_search import SearchConfig, device_strategy, open_search
from .retention import Retention
from .search_parts import Search
from .spec import SearchSpec, parse_spec
from .spec.towers import tower
from .stored_networks import mean_of, stored_network, tower_of
from .study import Suggestion, Trial
from .training.evaluation import evaluated
from .training.inference import Network, logits_of
from .training.options import TrainingOptions
from .trial_store.history import StoreHistory

FOLDER = "distilled"
REPORT = "distilled.json"


@dataclass(frozen=True)
class Teacher:
    """Who teaches: trials of a search, whose logits are averaged.

    Attributes:
      members: numbers of the trials; one that is there twice counts twice.
      parameters: weights of all of them together, each counted once.
      network: encoded input to logits.
    """

    members: tuple[int, ...]
    parameters: int
    network: Network

    @property
    def name(self) -> str:
        """`trial 5`, or `trials 3 (2 times) and 7`."""
        counts = Counter(self.members)
        *first, last = [f"{number} ({count} times)" if count > 1 else str(number) for number, count in counts.items()]
        return f"trials {', '.join(first)} and {last}" if first else f"trial {last}"


@dataclass(frozen=True)
class Distilled:
    """What came out.

    Attributes:
      teacher, student: metrics by part of the data: `evaluation`, and `test` where there is one.
      trial: number of the student's trial in its own search.
      model: path of the student's model.
    """

    teacher_name: str
    teacher_parameters: int
    student_parameters: int
    teacher: dict[str, dict[str, float]]
    student: dict[str, dict[str, float]]
    trial: int
    model: str


def finished_search(handle: StudyHandle, provider: Provider, options: TrainingOptions) -> Search:
    """A search as its networks are rebuilt in; `options` are those of the search.

    Raises:
      UsageError: the data are not those of the search.
    """
    if provider.identity() != handle.study.config.data:
        raise UsageError(
            f"the data are not those that --model_dir={handle.model_dir} was searched on: give the same data flags and"
            f" --seed; these are {provider.identity()!r}, those were {handle.study.config.data!r}"
        )
    spec = parse_spec(handle.study.config.spec, "of the study")
    history = StoreHistory(handle.store, handle.study)
    return Search(
        store=handle.store,
        study=handle.study,
        history=history,
        spec=spec,
        controller=Controller(spec, handle.study.config.seed, options.train_steps),
        pipeline=Pipeline(provider, options.batch_size, max_evaluation_batches=options.eval_steps or None),
        options=options,
        strategy=device_strategy(),
        model_dir=handle.model_dir,
        refit=False,
        stop=threading.Event(),
        retention=Retention(handle.store, handle.study, history, spec, handle.model_dir, keep=0),
    )


def teacher_of(search: Search, trials: Sequence[Trial]) -> Teacher:
    """These trials as one teacher. Raises `UsageError` for one that has not completed."""
    for trial in trials:
        if trial.result is None or not trial.result.model:
            raise UsageError(f"trial {trial.number}, which is {trial.state.value}, cannot teach: it has no model")
    parameters = sum({t.number: t.result.parameters for t in trials if t.result}.values())
    numbers = tuple(trial.number for trial in trials)

    try:
        known = {number: stored_network(search, number) for number in dict.fromkeys(numbers)}
    except TrialError as error:
        raise StudyError(f"the teacher cannot be put together from its files: {error}") from None
    network = known[numbers[0]] if len(numbers) == 1 else mean_of([known[number] for number in numbers])
    return Teacher(numbers, parameters, network)


def fitting(search: Search, spec: SearchSpec, max_parameters: int) -> SearchSpec:
    """A spec with only those blocks, and suggestions of the user, that alone are within a number of weights.

    Raises:
      UsageError: there is no such block.
    """
    sizes = {name: _parameters(search, spec, [name]) for name in spec.blocks_to_use}
    kept = [name for name, size in sizes.items() if size is not None and size <= max_parameters]
    if not kept:
        known = {name: size for name, size in sizes.items() if size is not None}
        least = min(known, key=lambda name: known[name], default="")
        raise UsageError(
            f"--max_parameters={max_parameters} is too small: the smallest network of the spec's blocks, {least}, has"
            f" {known.get(least, 0):,}; --spec=small_dnn and the like name smaller blocks"
        )
    own = SearchSpec()
    own.CopyFrom(spec)
    own.ClearField("blocks_to_use")
    own.blocks_to_use.extend(kept)
    own.ClearField("user_suggestions")
    for given in spec.user_suggestions:
        size = _parameters(search, spec, given.architecture)
        if size is not None and size <= max_parameters:
            own.user_suggestions.add().CopyFrom(given)
    return own


def _parameters(search: Search, spec: SearchSpec, names: Sequence[str]) -> int | None:
    """Weights of the tower of these blocks; None where it cannot be built."""
    try:
        return tower_of(replace(search, spec=spec), Suggestion(tower(spec, names), {})).parameters
    except Exception:  # Whatever a block does that is of no use here: the search would refuse it, too.
        return None


def students_folder(model_dir: str, teacher: Teacher, max_parameters: int) -> str:
    """Where students of a teacher are searched for."""
    return files.join(model_dir, FOLDER, f"{'-'.join(map(str, teacher.members))}-within-{max_parameters}")


def open_students(config: SearchConfig, teacher: Teacher, stop: threading.Event) -> Search:
    """The search for students, of which the teacher teaches each: `config.spec` says by which loss."""
    return replace(open_search(config, stop), teacher=teacher.network)


def distilled(search: Search, teacher: Teacher) -> Distilled:
    """Teacher and best student side by side. Raises `StudyError` where no student has completed."""
    best = search.store.best(search.study.id, 1)
    if not best or best[0].result is None:
        failed = [trial.error for trial in search.store.trials(search.study.id) if trial.error]
        raise StudyError(f"no student of {teacher.name} has completed{': ' if failed else ''}{''.join(failed[:1])}")
    number, result = best[0].number, best[0].result
    try:
        student = stored_network(search, number)
    except TrialError as error:
        raise StudyError(f"the student cannot be put together from its files: {error}") from None
    found = Distilled(
        teacher.name, teacher.parameters, result.parameters, _scores(search, teacher.network),
        _scores(search, student), number, files.join(search.model_dir, result.model),
    )  # fmt: skip
    files.write_atomically(files.join(search.model_dir, REPORT), json.dumps(asdict(found), indent=1).encode())
    return found


def _scores(search: Search, network: Network) -> dict[str, dict[str, float]]:
    pipeline = search.pipeline
    parts: dict[str, Iterator[Batch]] = {"evaluation": pipeline.evaluation()}
    test = pipeline.test()
    if test is not None:
        parts["test"] = test
    return {name: evaluated(pipeline.task, logits_of(network, batches))[0] for name, batches in parts.items()}
