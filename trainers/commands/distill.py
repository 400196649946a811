"""Teaches one small network what a trial, or the best ensemble, of a finished search has learned.

Students of at most --max_parameters weights are searched for in the folder `distilled` of the search, each taught by
the teacher on the same training data. The best one by evaluation is the result; test data, where the flags give some,
are scored once. The same command again goes on, or shows what was found.
"""

import threading
from typing import TYPE_CHECKING

from absl import flags

from ... import files
from ...errors import UsageError
from ...handle import StudyHandle, load
from ...proto.search_spec_pb2 import DistillationSpec, SearchType
from ...spec import SearchSpec, complete, load_spec, parse_spec, validate
from ...study import Trial
from ...training.options import TrainingOptions
from ..flags import (
    FLAGS,
    define_data_flags,
    define_module_flags,
    define_study_flags,
    refuse_arguments,
    required_model_dir,
)
from ..interruption import interruptible
from ..quiet import start_tensorflow

if TYPE_CHECKING:
    from ...distill import Distilled

# Searches whose towers may be of one block whatever the spec was written for.
_FREE = (
    SearchType.ADAPTIVE_COORDINATE_DESCENT,
    SearchType.NONADAPTIVE_RANDOM_SEARCH,
    SearchType.GUIDED_MUTATION,
)
# Ramps and phases are of trials within one search.
_NO_PHASE = 2**31 - 1
KINDS = {
    "MSE_LOGITS": DistillationSpec.MSE_LOGITS,
    "MSE_SOFTMAX": DistillationSpec.MSE_SOFTMAX,
    "CROSS_ENTROPY": DistillationSpec.CROSS_ENTROPY,
    "ADAPTIVELY_BALANCE_LOSSES": DistillationSpec.ADAPTIVELY_BALANCE_LOSSES,
}


def define_flags() -> None:
    """Flags of `distill`."""
    define_study_flags()
    define_module_flags()
    define_data_flags()
    flags.DEFINE_string("trial", "best", "Who teaches: best, ensemble, or the number of a trial.")
    flags.DEFINE_integer("max_parameters", None, "Weights of the small network, at most. Required.", lower_bound=1)
    flags.DEFINE_integer("max_trials", 8, "Students that are tried, the best of which is kept.", lower_bound=1)
    flags.DEFINE_integer("train_steps", 0, "Gradient steps of each student; 0: as in the search.", lower_bound=0)
    flags.DEFINE_string("spec", "", "Bundled spec or path with the students' blocks; by default that of the search.")
    flags.DEFINE_enum("distillation_type", "", ["", *KINDS], "The loss; by default the spec's, else MSE_LOGITS.")
    flags.DEFINE_float("temperature", None, "Of the teacher; by default the spec's, else 1.", lower_bound=1e-6)
    flags.DEFINE_integer("ensemble_size", 10, "Members of the ensemble at most.", lower_bound=1)
    flags.DEFINE_integer("seed", None, "By default that of the search, which splits the data alike.", lower_bound=0)
    flags.DEFINE_string("output", "", "File ending in .keras to write the student to.")


def main(arguments: list[str]) -> int:
    """Distills, and prints teacher and student side by side."""
    refuse_arguments("distill", arguments)
    if FLAGS.max_parameters is None:
        raise UsageError("--max_parameters is missing: how many weights the small network may have")
    if FLAGS.output and not FLAGS.output.endswith(".keras"):
        raise UsageError(f"--output={FLAGS.output} is not a file name that ends in .keras")
    handle = load(required_model_dir(), FLAGS.trial_store, FLAGS.experiment_name, FLAGS.experiment_owner)
    if FLAGS.seed is None:
        FLAGS.seed = handle.study.config.seed
    start_tensorflow()
    from ..configuration import load_all_plugins

    load_all_plugins()
    with interruptible("the running student is given back") as interruption:
        run(handle, interruption.stop)
    return interruption.status


def run(handle: StudyHandle, stop: threading.Event) -> None:
    """Searches for students, and says what came out."""
    from ...distill import distilled, finished_search, fitting, open_students, students_folder, teacher_of
    from ...open_search import SearchConfig
    from ...trainer import work
    from ..configuration import provider_from_flags
    from ..identity import trainer_name

    known = parse_spec(handle.study.config.spec, "of the study")
    provider = provider_from_flags(known)
    options = options_of(handle)
    search = finished_search(handle, provider, options)
    teacher = teacher_of(search, teachers(handle))
    given = complete(load_spec(FLAGS.spec)) if FLAGS.spec else known
    spec = fitting(search, student_spec(given, known), FLAGS.max_parameters)
    validate(spec)
    folder = students_folder(handle.model_dir, teacher, FLAGS.max_parameters)
    config = SearchConfig(
        spec, provider, folder, f"students of {teacher.name}", handle.study.config.owner, FLAGS.max_trials,
        seed=FLAGS.seed, metric=handle.study.config.objective.metric, training=options,
    )  # fmt: skip
    print(f"teacher: {teacher.name}, {teacher.parameters:,} parameters; students in {folder}", flush=True)
    students = open_students(config, teacher, stop)
    ended = work(students, trainer_name(), 60.0)
    if stop.is_set():
        print("interrupted; the same command again goes on")
        return
    if ended:
        print(f"note: {ended}")
    found = distilled(students, teacher)
    print("\n".join(lines_of(found)))
    if FLAGS.output:
        content = files.read_bytes(found.model)
        assert content is not None
        files.write_atomically(FLAGS.output, content)
    print(f"student: {FLAGS.output or found.model} (trial {found.trial} of {folder})")


def teachers(handle: StudyHandle) -> list[Trial]:
    """The trials that `--trial` names; of an ensemble each as often as it is in."""
    if FLAGS.trial == "ensemble":
        members = handle.best_ensemble(FLAGS.ensemble_size).members
        return [handle.trial(number) for number, count in members.items() for _ in range(count)]
    if FLAGS.trial == "best":
        return [handle.best_trial()]
    if not FLAGS.trial.isdigit() or int(FLAGS.trial) < 1:
        raise UsageError(f"--trial={FLAGS.trial} is neither 'best', 'ensemble' nor the number of a trial")
    return [handle.trial(int(FLAGS.trial))]


def options_of(handle: StudyHandle) -> TrainingOptions:
    """How students train: as the trials of the search did, within their own number of weights."""
    settings = handle.study.config.settings
    return TrainingOptions(
        train_steps=FLAGS.train_steps or int(settings["train_steps"]),
        batch_size=int(settings["batch_size"]),
        eval_steps=int(settings["eval_steps"]),
        mixed_precision=settings["mixed_precision"],
        max_parameters=FLAGS.max_parameters,
    )


def student_spec(given: SearchSpec, searched: SearchSpec) -> SearchSpec:
    """The spec that students are searched by: a search alone, with towers of one block on, and the loss."""
    spec = SearchSpec()
    spec.CopyFrom(given)
    for phase in ("ensemble_spec", "transfer_learning_spec", "replay", "distillation_spec"):
        spec.ClearField(phase)
    if spec.search_type in _FREE:
        spec.minimum_depth = 1
    own = spec.distillation_spec
    own.CopyFrom(searched.distillation_spec)
    if FLAGS.distillation_type or not own.distillation_type:
        own.distillation_type = KINDS[FLAGS.distillation_type or "MSE_LOGITS"]
    if FLAGS.temperature is not None:
        own.temperature = FLAGS.temperature
    own.minimal_pool_size = _NO_PHASE
    if own.distillation_type != DistillationSpec.ADAPTIVELY_BALANCE_LOSSES:
        own.ClearField("balance_losses_spec")
    elif own.HasField("balance_losses_spec"):
        own.balance_losses_spec.minimum_lambda = own.balance_losses_spec.maximum_lambda
    return complete(spec)


def lines_of(found: "Distilled") -> list[str]:
    """Teacher and student side by side."""
    lines = [f"{'':<28}{'teacher':>12}{'student':>12}"]
    lines.append(f"{'parameters':<28}{found.teacher_parameters:>12,}{found.student_parameters:>12,}")
    for part, metrics in found.teacher.items():
        for name, value in metrics.items():
            lines.append(f"{f'{part} {name}':<28}{value:>12.4f}{found.student[part][name]:>12.4f}")
    return lines
