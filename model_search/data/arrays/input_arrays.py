"""Providers of named arrays, in memory or mapped from files, which are read piece by piece."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import UsageError
from ...words import counted
from ..example_labels import Coded, CodedRows, Labelled, code
from ..option_checks import with_known_lengths
from ..provider import DataOptions, Description, Feature
from ..tables.tabular import identity_of
from ..trees import Tree, count, leaves, mapped, sliced
from .input_statistics import (
    check_finite,
    check_lengths,
    check_tokens,
    chunk_rows,
    chunks,
    missing_values,
    sample_size,
    spread,
)
from .inputs import Inputs, Kind, infer_inputs
from .inputs_provider import InputsProvider

if TYPE_CHECKING:
    import tensorflow as tf


@dataclass(frozen=True)
class ArraySet:
    """Inputs by name, (n, ...) each, labels (see `label_arrays`), weights (n,) or None, and where they are from."""

    arrays: Mapping[str, np.ndarray]
    labels: Tree
    weights: np.ndarray | None
    source: str

    def labelled(self, options: DataOptions) -> Labelled:
        """The labels, numbered by the position of the example."""
        numbers = np.arange(count(self.labels))
        valid = self._valid_steps(options) if options.problem_type == "RNN_ALL_ACTIVATIONS" else None
        return Labelled(self.labels, self.weights, numbers, self.source, valid)

    def _valid_steps(self, options: DataOptions) -> np.ndarray:
        """Which steps are no padding: by lengths, or else up to the last token id that is not 0; (n, time) bool."""
        if isinstance(self.labels, dict) or self.labels.ndim != 2:
            raise UsageError(f"{self.source}: RNN_ALL_ACTIVATIONS needs a label for each step: (examples, time)")
        steps = self.labels.shape[1]
        timed = {n: a for n, a in self.arrays.items() if a.ndim == 3 or (a.ndim == 2 and a.dtype.kind in "iu")}
        for name, array in timed.items():
            if array.shape[1] != steps:
                raise UsageError(f"{self.source}: input {name!r} has {array.shape[1]} steps, the labels {steps}")
        if options.lengths in self.arrays:
            return np.arange(steps) < np.asarray(self.arrays[options.lengths]).reshape(-1, 1)
        ids = next((array for array in timed.values() if array.ndim == 2), None)
        if ids is None:
            return np.ones(self.labels.shape, bool)
        lengths = steps - np.argmax(np.asarray(ids)[:, ::-1] != 0, axis=1)
        return np.arange(steps) < np.where(np.asarray(ids).any(axis=1), lengths, 1)[:, None]


def arrays_provider(
    train: ArraySet,
    evaluation: ArraySet | None,
    test: ArraySet | None,
    options: DataOptions,
    label: str = "label",
    digest: str = "",
) -> "ArraysProvider":
    """A provider whose raw inputs are the arrays; statistics are those of training examples.

    Args:
      train, evaluation, test: examples; a split of the training data where there are no others.
      options: see `infer_inputs` and `example_labels.code`.
      label: its name.
      digest: of files that hold the arrays; else one of the arrays is taken.

    Raises:
      UsageError: inputs or labels do not fit each other or the options.
    """
    given = [train, evaluation, test]
    others = [part for part in (evaluation, test) if part]
    for part in (train, *others):
        _check_same(part, train)
    options = with_known_lengths(options, train.arrays)
    if options.lengths and options.lengths not in train.arrays:
        raise UsageError(f"{train.source} has no lengths {options.lengths!r}; it has {', '.join(sorted(train.arrays))}")
    coded = code([part.labelled(options) if part else None for part in given], options, label)
    rows = np.sort(coded.parts[0].numbers)
    rows = spread(rows, min(sample_size(array) for array in train.arrays.values()))
    largest = {name: _largest(array) for name, array in train.arrays.items()}
    sample = {name: array[rows] for name, array in train.arrays.items()}
    inputs = infer_inputs(sample, options, train.source, len(coded.parts[0].numbers), largest)
    for part in (train, *others):
        _check_values(part, inputs)
    facts = coded.describe(inputs.columns(), [note for part in (train, *others) for note in _missing(part, inputs)])
    digest = digest or "+".join(_digest(part) for part in (train, *others))
    sets = [_RawSet(inputs.raw(part.arrays, part.source)) if part else None for part in given]
    return ArraysProvider(inputs, coded, sets, facts, inputs_identity(digest, options, facts), options.augment)


def inputs_identity(digest: str, options: DataOptions, facts: Description) -> str:
    """The line of tables with the options that decide how arrays are encoded."""
    chosen = {"problem": options.problem_type, "lengths": options.lengths, "steps": options.sequence_length or ""}
    chosen["augment"] = ",".join(options.augment)
    return " ".join(
        [identity_of(digest, options, facts), *(f"{name}={value}" for name, value in chosen.items() if value)]
    )


def _check_same(part: ArraySet, train: ArraySet) -> None:
    """Refuses data that the training data's encoding does not fit."""
    for name, array in train.arrays.items():
        if name not in part.arrays:
            raise UsageError(f"{part.source} has no input {name!r}, which {train.source} has")
        found = part.arrays[name]
        if len(found) != count(part.labels):
            raise UsageError(
                f"{part.source}: input {name!r} has {len(found)} examples, the labels {count(part.labels)}"
            )
        if found.shape[1:] != array.shape[1:] or _family(found) != _family(array):
            raise UsageError(
                f"{part.source}: input {name!r} is {found.dtype} of shape {found.shape[1:]}, that of {train.source} is"
                f" {array.dtype} of {array.shape[1:]}"
            )


def _family(array: np.ndarray) -> str:
    """What of a dtype decides its meaning: bytes of images are scaled otherwise than other numbers."""
    if array.ndim > 2 and array.dtype == np.uint8:
        return "bytes"
    return "number" if array.dtype.kind in "fiub" else "text"


def _largest(array: np.ndarray) -> int:
    is_ids = array.dtype.kind in "iu" and array.ndim == 2
    return max((int(piece.max(initial=0)) for piece in chunks(array)), default=0) if is_ids else 0


def _check_values(part: ArraySet, inputs: Inputs) -> None:
    for given in inputs.arrays:
        array = part.arrays[given.column]
        if given.kind is Kind.PLATE:
            check_finite(array, given.column, part.source)
        if given.kind is Kind.TOKENS:
            check_tokens(array, given.column, part.source)
        if inputs.lengths and given.kind in (Kind.SEQUENCE, Kind.TOKENS):
            check_lengths(part.arrays[inputs.lengths], given.steps, part.source)


def _missing(part: ArraySet, inputs: Inputs) -> Iterator[str]:
    """How many numbers of which input are replaced, in words."""
    for given in inputs.arrays:
        array, lengths = part.arrays[given.column], None
        if given.kind is Kind.SEQUENCE:
            array, lengths = array[:, : inputs.steps], part.arrays.get(inputs.lengths)
        found = missing_values(array, lengths)
        if found:
            what = counted(found, "value is", "values are")
            yield (
                f"{part.source}: {what} missing or infinite in input {given.column!r} of {array.size:,};"
                " the mean of the training values takes their place"
            )


def _digest(part: ArraySet) -> str:
    digest = hashlib.sha256()
    for name, array in sorted(part.arrays.items()):
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        for piece in chunks(array):
            digest.update(
                repr(piece.tolist()).encode() if array.dtype == object else np.ascontiguousarray(piece).tobytes()
            )
    for column in (*leaves(part.labels), part.weights):
        digest.update(repr(column.tolist() if column is not None else None).encode())
    return digest.hexdigest()[:16]


@dataclass(frozen=True)
class _RawSet:
    """Raw inputs by name, (n, ...) each, of any dtype that becomes theirs."""

    inputs: Mapping[str, np.ndarray]

    def batches(self, part: CodedRows, features: Mapping[str, Feature], order: np.ndarray) -> Iterator[tuple[Any, ...]]:
        """Batches of the part's examples in this order of its pieces; each piece is read at once."""
        step = self.step
        for start in (order * step).tolist():
            places = slice(start, start + step)
            rows = part.numbers[places]
            raw = {name: _typed(array[rows], features[name]) for name, array in self.inputs.items()}
            yield raw, sliced(part.labels, places), sliced(part.weights, places)

    @property
    def step(self) -> int:
        """Examples of a batch."""
        return min(chunk_rows(array) for array in self.inputs.values())


def _typed(array: np.ndarray, feature: Feature) -> np.ndarray:
    if feature.dtype == "string":
        return array.astype(object)
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(array, dtype=feature.dtype)


def _spec(array: np.ndarray) -> Any:
    """The `tf.TensorSpec` of some of the examples of an array."""
    import tensorflow as tf

    return tf.TensorSpec((None, *array.shape[1:]), tf.as_dtype(array.dtype))


class ArraysProvider(InputsProvider):
    """Named arrays; see `arrays_provider`."""

    def __init__(
        self,
        inputs: Inputs,
        coded: Coded,
        sets: Sequence[_RawSet | None],
        facts: Description,
        identity: str,
        augment: Sequence[str] = (),
    ):
        super().__init__(inputs, coded, facts, identity, augment)
        self._sets = sets

    def _dataset(self, part: CodedRows, rng: np.random.Generator | None = None) -> "tf.data.Dataset":
        import tensorflow as tf

        found = self._sets[part.given]
        assert found is not None
        order = np.arange(-(-len(part.numbers) // found.step))
        order = order if rng is None else rng.permutation(order)
        features = self.signature()
        specs = {name: tf.TensorSpec((None, *f.shape), f.dtype) for name, f in features.items()}
        signature = (specs, mapped(_spec, part.labels), mapped(_spec, part.weights))
        return tf.data.Dataset.from_generator(
            lambda: found.batches(part, features, order), output_signature=signature
        ).prefetch(2)
