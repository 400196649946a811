"""The provider `tfrecord`: records of `tf.train.Example`, read anew in each pass."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ...errors import UsageError
from ..arrays.input_arrays import inputs_identity
from ..arrays.input_statistics import STATISTICS_VALUES
from ..arrays.inputs import LENGTHS, Inputs, Kind, infer_inputs
from ..example_labels import Coded, Labelled, code, find_label
from ..option_checks import with_known_lengths
from ..provider import DataOptions, Feature
from ..split import check_fractions, hashed_parts
from .record_files import files_digest, first_records, record_files
from .record_layout import RecordLayout, dense
from .record_parser import RecordParser
from .record_scan import LabelNames, RecordSet, scan
from .record_schema import RecordFeature, feature_of, infer_record_schema, parse_example
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
    schema, label = _schema(options, paths[0])
    names = LabelNames(label, options.weight)
    shares = (0.0 if paths[1] else options.validation_fraction, 0.0 if paths[2] else options.test_fraction)
    check_fractions(*shares)
    sets: list[RecordSet | None] = []
    for place, (found, source) in enumerate(zip(paths, filenames, strict=True)):
        split = None if place else (*shares, options.seed)
        parser = RecordParser(_for_part(schema, options.weight, found, bool(place)), options.image_size)
        sets.append(scan(found, source, parser, names, split) if found else None)
    train = sets[0]
    assert train is not None
    coded = _code(sets, shares, options, label)
    features = {name: feature for name, feature in schema.items() if name not in (label, options.weight)}
    inputs, layout = _inputs(train, features, options, len(coded.parts[0].numbers))
    for part in sets:
        _check_ranges(part, inputs)
    notes = [
        f"{options.filename} is streamed: statistics are those of {len(train.sample.records)} records spread over it;"
        " where it is split, it is by a hash of the record number"
    ]
    facts = coded.describe(inputs.columns(), notes)
    digest = "+".join(files_digest(found) for found in paths if found)
    identity = inputs_identity(digest, options, facts)
    identity += f" schema={','.join(f'{name}:{text}' for name, text in layout.schema.items())}"
    streams = [RecordStream(part.paths, part.counts) if part else None for part in sets]
    return RecordsProvider(inputs, layout, coded, streams, facts, f"{identity} image={options.image_size}")


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


def _schema(options: DataOptions, paths: Sequence[str]) -> tuple[dict[str, RecordFeature], str]:
    """Features of training records, label and weights among them, and the label's name."""
    source = paths[0]
    first = first_records(paths, FIRST_RECORDS)
    given = {name: feature_of(text, name) for name, text in options.schema.items()}
    asides = [name for name in (options.label, options.weight, options.lengths) if name]
    if not given or not options.label or any(name not in given for name in asides):
        inferred = infer_record_schema(first, source)
        label = find_label(options.label, list(inferred | given), source)
        for name in asides:
            if name not in inferred | given:
                raise UsageError(f"{source} has no feature {name!r}; it has {', '.join(inferred)}")
        given = (given or inferred) | {name: (inferred | given)[name] for name in (label, *asides)}
    else:
        label = options.label
    for name in (label, options.weight, options.lengths):
        if name and given[name].dtype == "image":
            raise UsageError(f"{source}: feature {name!r} holds images; it cannot be a label, a weight or lengths")
        if name and given[name].shape:
            raise UsageError(f"{source}: feature {name!r} is {given[name].spelled()}; expected one value a record")
    _check_varying(given, options, source)
    if set(given) <= {label, options.weight, options.lengths}:
        raise UsageError(f"{source} has no features to learn from beside {label!r}")
    return given, label


def _check_varying(schema: Mapping[str, RecordFeature], options: DataOptions, source: str) -> None:
    varying = [name for name, feature in schema.items() if feature.varies]
    if varying and options.problem_type in ("CNN", "DNN"):
        raise UsageError(
            f"{source}: feature {varying[0]!r} differs in length from record to record; only RNN specs take such"
            " sequences; name the features to read with --schema"
        )
    if varying and options.lengths:
        raise UsageError(f"{source}: lengths {options.lengths!r} have no meaning beside {varying[0]!r}, which varies")
    if varying and LENGTHS in schema:
        raise UsageError(f"{source}: a feature is called {LENGTHS!r}; name the others to read with --schema")


def _for_part(
    schema: Mapping[str, RecordFeature], weight: str, paths: Sequence[str], is_held_out: bool
) -> dict[str, RecordFeature]:
    """The schema of a part: held-out records need no weights."""
    if not is_held_out or not weight or not paths or weight in infer_record_schema(first_records(paths, 1), paths[0]):
        return dict(schema)
    return {name: feature for name, feature in schema.items() if name != weight}


def _code(sets: Sequence[RecordSet | None], shares: tuple[float, float], options: DataOptions, label: str) -> Coded:
    """Splits the training records by a hash of their numbers, and codes the labels."""
    assert sets[0] is not None
    train = sets[0].labelled
    places = hashed_parts(train.numbers, *shares, options.seed)
    given: list[Labelled | None] = [train.at(places == 0)]
    for part, found in enumerate(sets[1:], start=1):
        given.append(found.labelled if found else train.at(places == part) if (places == part).any() else None)
    if given[1] is None:
        raise UsageError("no evaluation data: give a validation file or a validation_fraction above 0")
    if given[2] is None and shares[1] > 0:
        raise UsageError(f"{len(places)} records are too few for a test part of {shares[1]:g}; give a file for it")
    if not (places == 0).any():
        raise UsageError(f"{train.source}: {len(places)} records leave none for training")
    options = replace(options, validation_fraction=0.0, test_fraction=0.0)
    return code(given, options, label, [part if found else 0 for part, found in enumerate(sets)])


def _inputs(
    train: RecordSet, features: Mapping[str, RecordFeature], options: DataOptions, examples: int
) -> tuple[Inputs, RecordLayout]:
    """What the features are, with statistics of the sample, and how they are read."""
    varies = any(feature.varies for feature in features.values())
    covered = int(np.quantile(train.steps, COVERED, method="higher")) if varies else 0
    steps = min(int(train.steps.max()), options.sequence_length or covered) if varies else 0
    schema = {name: feature.spelled() for name, feature in features.items()}
    widths = {name: _values(feature, steps, options.image_size) for name, feature in features.items()}
    chosen = train.sample.spread(max(1, STATISTICS_VALUES // max(widths.values())))
    parsed = RecordParser(features, options.image_size).parse(chosen, train.paths[0], np.arange(1, len(chosen) + 1))
    lengths = LENGTHS if varies else options.lengths
    wanted = replace(options, lengths=lengths)
    largest = {name: found.high for name, found in train.ranges.items()}
    inputs = infer_inputs(dense(parsed, schema, steps), wanted, train.labelled.source, examples, largest)
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
