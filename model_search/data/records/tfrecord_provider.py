"""The provider `tfrecord`: records of `tf.train.Example`, read anew in each pass."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ...errors import UsageError
from ..arrays.input_arrays import inputs_identity
from ..arrays.input_statistics import STATISTICS_VALUES
from ..arrays.inputs import LENGTHS, Inputs, Kind, infer_inputs
from ..example_labels import Coded, Labelled, code, find_labels
from ..option_checks import with_known_lengths
from ..provider import DataOptions, Feature, TaskKind
from ..split import check_fractions, hashed_parts
from ..targets import LabelColumns
from .record_files import files_digest, first_records, record_files
from .record_layout import RecordLayout, dense
from .record_parser import RecordParser
from .record_scan import RecordSet, scan
from .record_schema import RecordFeature, feature_of, infer_record_schema, parse_example
from .record_steps import check_step_label, common_steps, has_step_labels
from .record_stream import RecordsProvider, RecordStream

FIRST_RECORDS = 100
"""The schema is inferred from so many records."""

COVERED = 0.95
"""Without another wish, this share of the sequences is kept whole; longer ones are cut."""


def tfrecord_provider(options: DataOptions) -> RecordsProvider:
    """Reads all records once, which checks them, and keeps labels and statistics.

    Raises:
      UsageError: a file is missing or damaged, a record departs from the schema, or an option does not fit.
    """
    filenames = [options.filename, options.validation_filename, options.test_filename]
    paths = [record_files(name) if name or not place else () for place, name in enumerate(filenames)]
    options = with_known_lengths(options, {*options.schema, *feature_names(paths[0])})
    schema, columns = _schema(options, paths[0])
    shares = (0.0 if paths[1] else options.validation_fraction, 0.0 if paths[2] else options.test_fraction)
    check_fractions(*shares)
    sets: list[RecordSet | None] = []
    for place, (found, source) in enumerate(zip(paths, filenames, strict=True)):
        split = None if place else (*shares, options.seed)
        parser = RecordParser(_for_part(schema, columns.weights, found, bool(place)), options.image_size)
        sets.append(scan(found, source, parser, columns, split, options.lengths) if found else None)
    train = sets[0]
    assert train is not None
    step_label = columns.labels[0] if has_step_labels(schema, columns, options) else ""
    steps = common_steps(schema, step_label, train.steps, options, COVERED)
    labelled = [part.labelled(columns, steps if step_label else 0) if part else None for part in sets]
    coded = _code(labelled, shares, options, ",".join(columns.labels))
    features = {name: feature for name, feature in schema.items() if name not in columns.names}
    if any(feature.varies for feature in features.values()):
        # Lengths beside sequences that vary say what these say themselves, which was checked.
        features.pop(options.lengths, None)
        options = replace(options, lengths="")
    sample = _sample(train, features, steps, options)
    inputs, layout = _inputs(train, sample, features, options, len(coded.parts[0].numbers), steps)
    if step_label:
        _check_label_steps(step_label, schema[step_label], inputs, train.source)
    for part in sets:
        _check_ranges(part, inputs)
    is_whole = train.sample.rate == 1.0 and len(sample) == len(train.sample.records)
    seen = f"all {len(sample)} training records" if is_whole else f"{len(sample)} records spread over it"
    note = f"{options.filename} is streamed: statistics are those of {seen}; where it is split, it is by a hash of the"
    facts = coded.describe(inputs.columns(), [f"{note} record number"])
    digest = "+".join(files_digest(found) for found in paths if found)
    identity = inputs_identity(digest, options, facts)
    identity += f" schema={','.join(f'{name}:{text}' for name, text in layout.schema.items())}"
    streams = [RecordStream(part.paths, part.counts) if part else None for part in sets]
    identity += f" image={options.image_size}"
    return RecordsProvider(inputs, layout, coded, streams, facts, identity, options.augment)


def _check_label_steps(name: str, label: RecordFeature, inputs: Inputs, source: str) -> None:
    """Refuses labels of steps of another number than the fixed steps of the sequences."""
    for one in inputs.arrays:
        if one.kind in (Kind.TOKENS, Kind.SEQUENCE) and not label.varies and one.steps != label.shape[0]:
            raise UsageError(
                f"{source}: input {one.column!r} has {one.steps} steps, the labels {name!r} {label.shape[0]}"
            )


def _check_ranges(found: RecordSet | None, inputs: Inputs) -> None:
    """Refuses lengths that no sequence has, and negative token ids."""
    ranges = found.ranges if found else {}
    for one in inputs.arrays:
        if one.kind is Kind.TOKENS and one.column in ranges:
            ids = ranges[one.column]
            if ids.low < 0:
                raise UsageError(
                    f"{ids.low_place}: token id {ids.low} in {one.column!r} is not from 0, which is padding"
                )
        if one.kind in (Kind.TOKENS, Kind.SEQUENCE) and inputs.lengths in ranges:
            steps = ranges[inputs.lengths]
            for value, place in ((steps.low, steps.low_place), (steps.high, steps.high_place)):
                if not 1 <= value <= one.steps:
                    raise UsageError(f"{place}: length {value} is not from 1 to {one.steps}, the steps there are")


def feature_names(paths: Sequence[str]) -> list[str]:
    """Names of the features of the first record."""
    return list(parse_example(first_records(paths, 1)[0], f"{paths[0]}, record 1"))


def _schema(options: DataOptions, paths: Sequence[str]) -> tuple[dict[str, RecordFeature], LabelColumns]:
    """Features of training records, labels and weights among them, and which these are."""
    source = paths[0]
    given = {name: feature_of(text, name) for name, text in options.schema.items()}
    inferred = infer_record_schema(first_records(paths, FIRST_RECORDS), source) if _is_open(options) else {}
    known = inferred | given
    columns = find_labels(options, list(known), source)
    if options.lengths and options.lengths not in known:
        raise UsageError(f"{source} has no feature {options.lengths!r}; it has {', '.join(known)}")
    asides = [*columns.names, *([options.lengths] if options.lengths else [])]
    given = (given or inferred) | {name: known[name] for name in asides}
    is_wide = options.task == TaskKind.MULTI_LABEL.value and len(columns.labels) == 1
    is_stepwise = has_step_labels(given, columns, options)
    for name in asides:
        if is_stepwise and name in columns.labels:
            check_step_label(name, given, asides, source)
            continue
        may_be_wide = is_wide and name in columns.labels and not given[name].varies
        _check_aside(name, given[name], 1 if may_be_wide else 0, source)
    _check_varying(given, options, source)
    if set(given) <= set(asides):
        shown = ", ".join(map(repr, columns.labels))
        raise UsageError(f"{source} has no features to learn from beside {shown}")
    return given, columns


def _is_open(options: DataOptions) -> bool:
    """Whether records must be looked at to know all features: the options' schema leaves some of them out."""
    labels = [task.label for task in options.tasks] or options.label.split(",")
    weights = [options.weight, *(task.weight for task in options.tasks)]
    asides = [name.strip() for name in (*labels, *weights, options.lengths) if name]
    return not options.schema or not any(labels) or any(name not in options.schema for name in asides)


def _check_aside(name: str, feature: RecordFeature, rank: int, source: str) -> None:
    """Refuses what cannot be a label, a weight or lengths: images, and shapes of more than `rank` sizes."""
    if feature.dtype == "image":
        raise UsageError(f"{source}: feature {name!r} holds images; it cannot be a label, a weight or lengths")
    if len(feature.shape) > rank:
        raise UsageError(f"{source}: feature {name!r} is {feature.spelled()}; expected one value a record")


def _check_varying(schema: Mapping[str, RecordFeature], options: DataOptions, source: str) -> None:
    varying = [name for name, feature in schema.items() if feature.varies]
    if varying and options.problem_type in ("CNN", "DNN"):
        raise UsageError(
            f"{source}: feature {varying[0]!r} differs in length from record to record; only RNN specs take such"
            " sequences; name the features to read with --schema"
        )
    if varying and options.lengths and schema[options.lengths].dtype != "int64":
        raise UsageError(f"{source}: lengths {options.lengths!r} have no meaning beside {varying[0]!r}, which varies")
    if varying and LENGTHS in schema and options.lengths != LENGTHS:
        raise UsageError(f"{source}: a feature is called {LENGTHS!r}; name the others to read with --schema")


def _for_part(
    schema: Mapping[str, RecordFeature], weights: Sequence[str], paths: Sequence[str], is_held_out: bool
) -> dict[str, RecordFeature]:
    """The schema of a part: held-out records need no weights."""
    if not is_held_out or not weights or not paths:
        return dict(schema)
    there = feature_names(paths)
    return {name: feature for name, feature in schema.items() if name in there or name not in weights}


def _code(labelled: Sequence[Labelled | None], shares: tuple[float, float], options: DataOptions, label: str) -> Coded:
    """Splits the training records by a hash of their numbers, and codes the labels."""
    train = labelled[0]
    assert train is not None
    places = hashed_parts(train.numbers, *shares, options.seed)
    given: list[Labelled | None] = [train.at(places == 0)]
    for part, found in enumerate(labelled[1:], start=1):
        given.append(found or (train.at(places == part) if (places == part).any() else None))
    if given[1] is None:
        raise UsageError("no evaluation data: give a validation file or a validation_fraction above 0")
    if given[2] is None and shares[1] > 0:
        raise UsageError(f"{len(places)} records are too few for a test part of {shares[1]:g}; give a file for it")
    if not (places == 0).any():
        raise UsageError(f"{train.source}: {len(places)} records leave none for training")
    options = replace(options, validation_fraction=0.0, test_fraction=0.0)
    return code(given, options, label, [part if found else 0 for part, found in enumerate(labelled)])


def _sample(train: RecordSet, features: Mapping[str, RecordFeature], steps: int, options: DataOptions) -> np.ndarray:
    """The training records that statistics are taken from, (records,) of bytes: all where they are few."""
    width = max(_values(feature, steps, options.image_size) for feature in features.values())
    return train.sample.spread(max(1, STATISTICS_VALUES // width))


def _inputs(
    train: RecordSet,
    sample: np.ndarray,
    features: Mapping[str, RecordFeature],
    options: DataOptions,
    examples: int,
    steps: int,
) -> tuple[Inputs, RecordLayout]:
    """What the features are, with statistics of the sample, and how they are read."""
    varies = any(feature.varies for feature in features.values())
    steps = steps if varies else 0
    schema = {name: feature.spelled() for name, feature in features.items()}
    parsed = RecordParser(features, options.image_size).parse(sample, train.paths[0], np.arange(1, len(sample) + 1))
    lengths = LENGTHS if varies else options.lengths
    wanted = replace(options, lengths=lengths)
    largest = {name: found.high for name, found in train.ranges.items()}
    inputs = infer_inputs(dense(parsed, schema, steps), wanted, train.source, examples, largest)
    images = [name for name, feature in features.items() if feature.dtype == "image"]
    resized = tuple(
        replace(one, feature=Feature("uint8", (None, None, 3)), size=options.image_size)
        if one.column in images
        else one
        for one in inputs.arrays
    )
    inputs = replace(inputs, arrays=resized)
    layout = RecordLayout(
        schema,
        {one.column: one.name for one in inputs.arrays},
        {name: feature.dtype for name, feature in inputs.signature().items()},
        tuple(column.name for column in inputs.table.columns) if inputs.table else (),
        inputs.table.inputs if inputs.table else None,
        options.lengths,
        steps,
        options.image_size,
    )
    return inputs, layout


def _values(feature: RecordFeature, steps: int, image_size: tuple[int, int]) -> int:
    if feature.dtype == "image":
        return 3 * image_size[0] * image_size[1]
    return feature.width * max(1, steps) if feature.varies else feature.width
