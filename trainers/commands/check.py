"""Validates spec and data, builds every block once, estimates what a search costs; trains nothing."""

import time
from typing import Any

from absl import flags

from ...data.provider import Description, Provider, Task
from ...errors import UsageError
from ...spec import SearchSpec
from ..flags import (
    FLAGS,
    define_data_flags,
    define_spec_flags,
    define_study_flags,
    define_training_flags,
    refuse_arguments,
    training_options,
)
from ..quiet import silenced_stderr, start_tensorflow


def define_flags() -> None:
    """Flags of `check`: those of `train` that say what is searched on what."""
    define_study_flags("Not needed: nothing is written.")
    define_spec_flags()
    define_data_flags()
    define_training_flags()
    flags.DEFINE_integer("max_trials", 20, "Trials of the search whose cost is estimated.", lower_bound=1)


def main(arguments: list[str]) -> int:
    """Prints what was found; raises `UsageError` for what is wrong."""
    refuse_arguments("check", arguments)
    start_tensorflow()
    from ...data.pipeline import Pipeline
    from ...open_search import check_causality, check_fit
    from ...training.metrics import objective_for
    from ..configuration import load_all_plugins, provider_from_flags, spec_from_flags

    load_all_plugins()
    spec = spec_from_flags()
    provider = provider_from_flags(spec)
    print("\n".join(data_lines(provider)))
    objective_for(provider.task, FLAGS.optimization_metric, FLAGS.optimization_goal)
    pipeline = Pipeline(provider, training_options().batch_size)
    check_fit(spec, pipeline)
    check_causality(spec, provider.task)
    failed = check_blocks(spec, pipeline)
    if failed:
        first, reason = next(iter(failed.items()))
        count = f"{len(failed)} of the {len(spec.blocks_to_use)} blocks cannot be built"
        raise UsageError(f"{count}: {', '.join(failed)}; {first}: {reason}")
    print("everything is fine; nothing was trained")
    return 0


def data_lines(provider: Provider) -> list[str]:
    """What the provider inferred."""
    found: Description = provider.describe()
    task = provider.task
    sizes = {
        "training": found.train_examples,
        "evaluation": found.evaluation_examples,
        "test": found.test_examples,
    }
    if provider.test() is None:
        del sizes["test"]
    counted = ", ".join(f"{'?' if count is None else f'{count:,}'} {part}" for part, count in sizes.items())
    lines = [f"data: {counted} examples", *(task_line(part) for part in task.tasks or (task,))]
    if found.label_counts:
        lines.append(
            "labels: " + ", ".join(f"{name} {count:,}" for name, count in list(found.label_counts.items())[:20])
        )
    width = max((len(column.name) for column in found.columns), default=0)
    lines += [f"  {column.name:<{width}}  {column.kind:<9} {column.detail}".rstrip() for column in found.columns]
    return lines + [f"note: {note}" for note in found.notes]


def task_line(task: Task) -> str:
    """What is predicted."""
    classes = f" of {task.outputs} classes" if task.classes else ""
    steps = ", at each step" if task.is_per_step else ""
    return f"task: {task.kind.value.replace('_', '-')}{classes}, label {task.target!r}{steps}"


def check_blocks(spec: SearchSpec, pipeline: Any) -> dict[str, str]:
    """Builds each block once on the data, prints its size and the time of a trial; why those fail that do."""
    from ..block_probe import probe

    options = training_options()
    print(f"blocks, each alone on the data ({options.train_steps} steps of {options.batch_size}):")
    failed: dict[str, str] = {}
    seconds = []
    begin = time.monotonic()
    for name in spec.blocks_to_use:
        with silenced_stderr():
            found = probe(spec, pipeline, name, options)
        print(f"  {found.line}")
        seconds.append(found.seconds)
        if found.error:
            failed[name] = found.error
    if not failed:
        depth = spec.minimum_depth
        estimate = FLAGS.max_trials * depth * sum(seconds) / max(1, len(seconds))
        print(f"cost: about {estimate:.0f} s of gradient steps for {FLAGS.max_trials} trials of {depth} blocks")
    print(f"checked in {time.monotonic() - begin:.1f} s")
    return failed
