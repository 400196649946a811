"""From flags to the engine's values."""

from dataclasses import replace

from ..data.provider import Provider, providers
from ..errors import UsageError
from ..model_dir import read_study_file
from ..open_search import SearchConfig
from ..plugins import import_modules, load_plugins
from ..proto.search_spec_pb2 import EarlyStoppingSpec
from ..spec import SearchSpec, complete, load_spec, validate
from ..spec.data_options import with_spec
from .flags import FLAGS, data_options, required_model_dir, training_options

# Where --spec is not given, by --dataset; `dnn` for tables and whatever else.
DEFAULT_SPECS = {
    "image_directory": "cnn",
    "digits_images": "cnn",
    "audio_directory": "audio",
    "text_directory": "text_last",
    "text_lines": "text_all",
}

RULES = {"median": EarlyStoppingSpec.MEDIAN_RULE, "successive_halving": EarlyStoppingSpec.SUCCESSIVE_HALVING}


def load_all_plugins() -> None:
    """Registers the built-in blocks and providers, installed plug-ins, and what `--import_modules` names."""
    load_plugins()
    import_modules(FLAGS.import_modules)


def spec_from_flags() -> SearchSpec:
    """The completed, validated spec. Raises `UsageError`."""
    spec = load_spec(FLAGS.spec or DEFAULT_SPECS.get(FLAGS.dataset, "dnn"))
    if FLAGS.hypertuning_method:
        spec.hypertuning_method = FLAGS.hypertuning_method
    if FLAGS.early_stopping == "none":
        spec.ClearField("early_stopping")
    elif FLAGS.early_stopping:
        spec.early_stopping.rule = RULES[FLAGS.early_stopping]
    if FLAGS.early_stopping:
        spec.ClearField("enable_fast_termination")
    completed = complete(spec)
    validate(completed)
    return completed


def provider_from_flags(spec: SearchSpec) -> Provider:
    """The data; the spec may name the column of weights too. Raises `UsageError`."""
    options = data_options()
    named = {options.weight, spec.weight_feature_name} - {""}
    if len(named) > 1:
        raise UsageError(
            f"--weight={options.weight} is not the spec's weight_feature_name {spec.weight_feature_name!r}"
        )
    return providers[FLAGS.dataset](with_spec(replace(options, weight=named.pop() if named else ""), spec))


def experiment() -> tuple[str, str]:
    """Owner and name: as given, else those of the experiment that the model directory holds, else defaults."""
    known = read_study_file(required_model_dir())
    owner = FLAGS.experiment_owner or known.get("owner", "model_search")
    name = FLAGS.experiment_name or known.get("name", "search")
    for flag, value in (("experiment_owner", owner), ("experiment_name", name)):
        if len(value) > 200 or not value.isprintable():
            raise UsageError(f"--{flag}={value[:50]!r} is not a name: printable, at most 200 characters")
    return owner, name


def take_replay(spec: SearchSpec) -> None:
    """Takes the settings that belong to a replay's trials, the seed of the split among them, in place of flags.

    Raises:
      UsageError: a flag is given that says something else.
    """
    if not spec.replay.trials:
        return
    for name in ("seed", "train_steps", "batch_size", "mixed_precision"):
        value, given = getattr(spec.replay, name), FLAGS[name].value
        if FLAGS[name].present and given != value:
            raise UsageError(f"--{name}={given} is not {value}, which the replay was trained with: leave it out")
        FLAGS[name].value = value


def search_config() -> SearchConfig:
    """Everything that the `train` flags say. Raises `UsageError`."""
    owner, name = experiment()
    load_all_plugins()
    spec = spec_from_flags()
    take_replay(spec)
    return SearchConfig(
        spec=spec,
        provider=provider_from_flags(spec),
        model_dir=required_model_dir(),
        name=name,
        owner=owner,
        max_trials=FLAGS.max_trials,
        trial_store=FLAGS.trial_store,
        seed=FLAGS.seed,
        metric=FLAGS.optimization_metric,
        goal=FLAGS.optimization_goal,
        training=training_options(),
        refit=FLAGS.refit and not FLAGS.validation_filename,
        keep_models=FLAGS.keep_models,
    )
