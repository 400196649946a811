"""Flags, in groups that commands share; nothing below this layer reads one."""

import os
import re
from collections.abc import Mapping

from absl import flags

from ..data.provider import DataOptions
from ..errors import UsageError
from ..spec.loading import bundled_specs
from ..training.options import KEEP_MODELS, TrainingOptions
from ..trial_store.remote.names import TOKEN, TOKEN_FILE

FLAGS = flags.FLAGS


MODEL_DIR_HELP = "Folder (or bucket) for all files of the search"


def define_study_flags(model_dir: str = "Required.") -> None:
    """Which search; `model_dir` says when its folder must be given."""
    flags.DEFINE_string("model_dir", "", f"{MODEL_DIR_HELP}. {model_dir}")
    flags.DEFINE_string("experiment_name", "", "Name of the search; for a model_dir that holds one, that one's.")
    flags.DEFINE_string("experiment_owner", "", "Who owns the search; for a model_dir that holds one, that one's.")
    flags.DEFINE_string("trial_store", "", "URL of the trial database; by default SQLite inside model_dir.")
    define_token_flag()


def define_token_flag() -> None:
    """Where the token of a trial service is; never the token itself, which other users of the machine would see."""
    flags.DEFINE_string(
        "token_file", "", f"File with the token of a trial service; by default it is in the variable {TOKEN}."
    )


def pass_on_token_file() -> None:
    """Puts `--token_file` where the client of the service looks, here and in the processes that this one starts."""
    if FLAGS.token_file:
        os.environ[TOKEN_FILE] = os.path.abspath(FLAGS.token_file)


def define_module_flags() -> None:
    """What else is loaded."""
    flags.DEFINE_list("import_modules", [], "Modules or .py files with your own blocks, layers and providers.")


def define_spec_flags() -> None:
    """What is searched."""
    define_module_flags()
    flags.DEFINE_string(
        "spec",
        "",
        f"Bundled spec ({', '.join(bundled_specs())}), or path of a .pbtxt file; by default by the data set.",
    )
    flags.DEFINE_string("hypertuning_method", "", "Oracle for hyperparameters: random or bayesian; overrides the spec.")
    flags.DEFINE_enum(
        "early_stopping",
        "",
        ["", "median", "successive_halving", "none"],
        "Stop trials that fall behind others, by which rule; overrides the spec.",
    )
    flags.DEFINE_alias("phoenix_spec_filename", "spec")


def define_data_flags() -> None:
    """Which data, and how to read them."""
    default = DataOptions()
    flags.DEFINE_string(
        "dataset",
        "csv",
        "Registered data set or provider: csv, parquet, tfrecord, numpy, image_directory, audio_directory, "
        "text_directory, text_lines, digits, ...",
    )
    flags.DEFINE_string("filename", "", "Training data: a file, or a folder with one folder a class.")
    flags.DEFINE_string("validation_filename", "", "Data that rank trials; by default a part of the training data.")
    flags.DEFINE_string("test_filename", "", "Data scored once at the end; nothing is selected by them.")
    flags.DEFINE_string("label", "", "Label column, by name or index from 0, or several; by default the last.")
    flags.DEFINE_list("columns", [], "Column names of a file without a header.")
    flags.DEFINE_list("types", [], "Column types: name=number, category, text or ignore; by default inferred.")
    flags.DEFINE_string("weight", "", "Column of example weights.")
    flags.DEFINE_string("class_weight", "", "'balanced', or pairs separated by commas such as yes=5,no=1.")
    flags.DEFINE_string("task", "", "classification, regression or multi_label; by default inferred from the label.")
    flags.DEFINE_string("delimiter", "", "Of the CSV file ('tab' for a tabulator); by default inferred.")
    flags.DEFINE_float("validation_fraction", default.validation_fraction, "Part held out where no file is given.")
    flags.DEFINE_float("test_fraction", default.test_fraction, "Part held out for the test at the end.")
    flags.DEFINE_string("image_size", "32x32", "Height and width that images are resized to.")
    flags.DEFINE_list(
        "augment", [], "flip, crop:4, cutout:8 of images; time_shift:0.1, noise:0.3, spec_augment of sounds."
    )
    flags.DEFINE_string("label_pattern", "", "Regular expression whose group is the label in a file's name.")
    flags.DEFINE_string(
        "labels_filename", "", "CSV file of images' or sounds' labels: a column of file names, and those of --label."
    )
    flags.DEFINE_string(
        "group_pattern",
        "",
        "Regular expression whose group is, say, the speaker: none is in two parts.",
    )
    flags.DEFINE_integer("sample_rate", 0, "Of sounds, in Hz; 0: that of the first file.", lower_bound=0)
    flags.DEFINE_float("seconds", 0.0, "Length of sounds; 0: that which covers 95 % of them.", lower_bound=0)
    flags.DEFINE_integer(
        "vocabulary", default.vocabulary, "Different tokens of texts; 0: by the data set.", lower_bound=0
    )
    flags.DEFINE_integer("sequence_length", 0, "Steps of texts and sequences; 0: by the data.", lower_bound=0)
    flags.DEFINE_enum("tokens", default.tokens, ["word", "character"], "What texts are split into.")
    flags.DEFINE_list("schema", [], "Features of records: name=float32[28;28], ...; by default inferred.")
    flags.DEFINE_alias("phoenix_dataset", "dataset")
    flags.DEFINE_alias("label_index", "label")
    flags.DEFINE_alias("input_dir", "filename")


def define_training_flags() -> None:
    """How every trial trains."""
    default = TrainingOptions()
    flags.DEFINE_integer("train_steps", default.train_steps, "Gradient steps of a trial.")
    flags.DEFINE_integer("eval_steps", default.eval_steps, "Evaluation batches that rank a trial; 0 for all.")
    flags.DEFINE_integer("batch_size", default.batch_size, "Examples of a step.")
    flags.DEFINE_integer("max_parameters", default.max_parameters, "Larger networks are not trained; 0: no limit.")
    flags.DEFINE_integer(
        "max_flops", default.max_flops, "Networks of more multiply-adds an example are not trained; 0: no limit."
    )
    flags.DEFINE_float(
        "max_latency_ms",
        default.max_latency_ms,
        "Networks that take more milliseconds an example here are not trained; 0: no limit.",
    )
    flags.DEFINE_string("mixed_precision", "", "Keras dtype policy: mixed_float16 or mixed_bfloat16.")
    flags.DEFINE_float(
        "checkpoint_seconds", default.checkpoint_seconds, "Time between mid-trial checkpoints.", lower_bound=0
    )
    flags.DEFINE_integer(
        "seed", 0, "Of everything random: splits, architectures, weights, order.", lower_bound=0, upper_bound=2**31 - 1
    )
    flags.DEFINE_string(
        "optimization_metric",
        "",
        "What ranks trials: accuracy, auc, f1, rmse, perplexity, ...; by default by the task.",
    )
    flags.DEFINE_string("optimization_goal", "", "max or min; by default the metric's own direction.")
    flags.DEFINE_bool(
        "refit",
        True,
        "At the end, train the best network once more, on training and held-out data; not with --validation_filename.",
    )
    flags.DEFINE_alias("phoenix_train_steps", "train_steps")
    flags.DEFINE_alias("phoenix_eval_steps", "eval_steps")
    flags.DEFINE_alias("phoenix_batch_size", "batch_size")


def define_search_flags() -> None:
    """A whole search: what `train` and `launch` take."""
    define_study_flags()
    define_spec_flags()
    define_data_flags()
    define_training_flags()
    flags.DEFINE_integer("max_trials", 20, "Trials of the whole study, however many trainers there are.")
    flags.DEFINE_string("time_limit", "", "Stop after 90 (seconds), 15m, 2h or 1d; the same command again resumes.")
    flags.DEFINE_integer(
        "keep_models",
        KEEP_MODELS,
        "So many of the best trials keep models and weights, besides those that other trials need; 0: all.",
        lower_bound=0,
    )
    flags.DEFINE_string("trainer_id", "", "Label of these trainers, shown by `show`.")
    flags.DEFINE_float("lease_seconds", 60.0, "A trial whose trainer is silent for so long is taken up by another.")
    flags.DEFINE_alias("experiment_max_num_trials", "max_trials")
    flags.DEFINE_alias("tuner_id", "trainer_id")


def data_options() -> DataOptions:
    """The data flags as a value. Raises `UsageError`."""
    return DataOptions(
        filename=FLAGS.filename,
        validation_filename=FLAGS.validation_filename,
        test_filename=FLAGS.test_filename,
        label=FLAGS.label,
        columns=tuple(name.strip() for name in FLAGS.columns),
        types=pairs("types", FLAGS.types),
        weight=FLAGS.weight,
        class_weight=FLAGS.class_weight,
        task=FLAGS.task,
        delimiter={"tab": "\t", "\\t": "\t"}.get(FLAGS.delimiter, FLAGS.delimiter),
        validation_fraction=fraction("validation_fraction", FLAGS.validation_fraction, least=0.001),
        test_fraction=fraction("test_fraction", FLAGS.test_fraction, least=0.0),
        image_size=image_size(FLAGS.image_size),
        augment=tuple(FLAGS.augment),
        label_pattern=FLAGS.label_pattern,
        labels_filename=FLAGS.labels_filename,
        group_pattern=FLAGS.group_pattern,
        sample_rate=FLAGS.sample_rate,
        seconds=FLAGS.seconds,
        vocabulary=FLAGS.vocabulary,
        sequence_length=FLAGS.sequence_length,
        tokens=FLAGS.tokens,
        schema=pairs("schema", [item.replace(";", ",") for item in FLAGS.schema]),
        seed=FLAGS.seed,
    )


def training_options() -> TrainingOptions:
    """The training flags as a value. Raises `UsageError`."""
    policies = ("", "mixed_float16", "mixed_bfloat16")
    if FLAGS.mixed_precision not in policies:
        raise UsageError(f"--mixed_precision={FLAGS.mixed_precision} is unknown; known: {', '.join(policies[1:])}")
    return TrainingOptions(
        train_steps=FLAGS.train_steps,
        batch_size=FLAGS.batch_size,
        eval_steps=FLAGS.eval_steps,
        mixed_precision=FLAGS.mixed_precision,
        checkpoint_seconds=FLAGS.checkpoint_seconds,
        max_parameters=FLAGS.max_parameters,
        max_flops=FLAGS.max_flops,
        max_latency_ms=FLAGS.max_latency_ms,
    )


def required_model_dir() -> str:
    """`--model_dir`. Raises `UsageError` where it is missing."""
    if not FLAGS.model_dir:
        raise UsageError("--model_dir is missing: the folder for all files of the search")
    return str(FLAGS.model_dir)


def model_dir_or_store() -> str:
    """`--model_dir`, empty where `--trial_store` does. Raises `UsageError` where both are missing."""
    return str(FLAGS.model_dir) if FLAGS.trial_store else required_model_dir()


def refuse_arguments(command: str, arguments: list[str]) -> None:
    """For commands that take flags alone. Raises `UsageError` for a positional argument."""
    if arguments:
        raise UsageError(f"{command} takes no argument {arguments[0]!r}; flags are written --name=value")


def pairs(flag: str, items: list[str]) -> Mapping[str, str]:
    """`name=value` items as a dict. Raises `UsageError`."""
    found = {}
    for item in items:
        name, equals, value = item.rpartition("=")
        if not equals or not name or not value:
            raise UsageError(f"--{flag}: {item!r} is not of the form name=value")
        found[name.strip()] = value.strip()
    return found


def fraction(flag: str, value: float, least: float) -> float:
    """A fraction below 1. Raises `UsageError`."""
    if not least <= value < 1:
        raise UsageError(f"--{flag}={value} is not a fraction from {least} to below 1")
    return value


def image_size(text: str) -> tuple[int, int]:
    """`64` or `64x48` (height x width) as a pair. Raises `UsageError`."""
    match = re.fullmatch(r"([1-9]\d*)(?:x([1-9]\d*))?", text.strip())
    if not match:
        raise UsageError(f"--image_size={text} is not of the form 32 or 32x48 (height x width)")
    return int(match[1]), int(match[2] or match[1])


def seconds(flag: str, text: str) -> float:
    """`90`, `90s`, `15m`, `2h`, `1d` in seconds; 0 for an empty text. Raises `UsageError`."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", text.strip()) if text else None
    if text and not match:
        raise UsageError(f"--{flag}={text} is not a time such as 90, 90s, 15m, 2h or 1d")
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]] if match else 0.0
