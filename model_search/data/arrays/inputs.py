"""Several raw inputs by name: what each array is, and the form of the one encoded tensor that they become."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ...errors import UsageError
from ..provider import Column, DataOptions, Feature
from ..tables.frames import Table
from ..tables.schema import Schema, infer_schema
from ..tables.table_inputs import input_names
from ..tables.tabular import MANY_ROWS
from .input_statistics import channel_statistics, check_any_finite

MAXIMUM_ONE_HOT = 512
"""Token ids beside other inputs are one-hot, with so many places at most."""

LENGTHS = "lengths"
"""The raw input with the valid steps of each sequence."""


class Kind(enum.Enum):
    """What an array is: its examples are numbers, an image or another plate, steps of features, or steps of ids."""

    NUMBERS = "numbers"
    PLATE = "image"
    SEQUENCE = "sequence"
    TOKENS = "token ids"


class Form(enum.Enum):
    """What all inputs are encoded to: (width,), (height, width, channels), or (time, features) with lengths."""

    VECTOR = "vector"
    PLATE = "plate"
    SEQUENCE = "sequence"


@dataclass(frozen=True)
class ArrayInput:
    """One array of the data.

    Attributes:
      column: its name in the data.
      name: of the raw input.
      kind: what it is.
      feature: dtype and shape of the raw input.
      mean, variance: of the last axis, which numbers are standardised by; empty for bytes and ids.
      vocabulary: 1 + the largest token id of the training data.
      size: height and width that plates of varying size are resized to.
    """

    column: str
    name: str
    kind: Kind
    feature: Feature
    mean: tuple[float, ...] = ()
    variance: tuple[float, ...] = ()
    vocabulary: int = 0
    size: tuple[int, int] | None = None

    @property
    def steps(self) -> int:
        """Steps of a sequence."""
        return int(self.feature.shape[0] or 0)

    @property
    def plate(self) -> tuple[int | None, ...]:
        """Height and width."""
        return self.size or self.feature.shape[:2]

    def line(self) -> Column:
        """What was inferred, for people."""
        shape = "x".join("any" if size is None else str(size) for size in self.feature.shape)
        detail = f"{shape} {self.feature.dtype}"
        detail += f", ids below {self.vocabulary}" if self.kind is Kind.TOKENS else ""
        detail += f", resized to {self.size[0]}x{self.size[1]}" if self.size else ""
        return Column(self.column, self.kind.value, detail)


@dataclass(frozen=True)
class Inputs:
    """All raw inputs and how they are joined.

    Attributes:
      arrays: the arrays with several values an example.
      table: the columns with one value an example; None where there are none.
      lengths: column with the valid steps of sequences, or empty.
      form: of the encoded tensor.
      steps: of encoded sequences, which longer ones are cut to; 0 where there are none.
    """

    arrays: tuple[ArrayInput, ...]
    table: Schema | None
    lengths: str
    form: Form
    steps: int

    def signature(self) -> dict[str, Feature]:
        """Raw inputs by name."""
        features = dict(self.table.inputs.signature()) if self.table else {}
        features |= {given.name: given.feature for given in self.arrays}
        return features | ({LENGTHS: Feature("int32", (1,))} if self.lengths else {})

    @property
    def vocabulary_size(self) -> int:
        """1 + the largest id where examples are encoded as token ids, else 0."""
        is_ids = self.form is Form.SEQUENCE and not self.table and len(self.arrays) == 1
        return self.arrays[0].vocabulary if is_ids and self.arrays[0].kind is Kind.TOKENS else 0

    def columns(self) -> tuple[Column, ...]:
        """What was inferred, for people."""
        lines = (*(self.table.columns if self.table else ()), *(given.line() for given in self.arrays))
        return (*lines, Column(self.lengths, "lengths", "valid steps of sequences")) if self.lengths else lines

    def raw(self, arrays: Mapping[str, np.ndarray], source: str) -> dict[str, np.ndarray]:
        """Raw inputs by name of arrays by column, (rows, ...) each; arrays keep their dtype.

        Raises:
          UsageError: a column of numbers holds a word.
        """
        columns: dict[str, np.ndarray] = {}
        if self.table:
            used = (*self.table.inputs.numbers, *self.table.inputs.categories)
            columns = self.table.inputs.arrays(
                scalar_table({name: arrays[name] for name in used}, source).frame, source
            )
        columns |= {one.name: arrays[one.column] for one in self.arrays}
        return columns | ({LENGTHS: arrays[self.lengths][:, None]} if self.lengths else {})


def scalar_table(columns: Mapping[str, np.ndarray], source: str) -> Table:
    """Arrays of one value an example as a table."""
    return Table.of(pd.DataFrame({name: column.reshape(len(column)) for name, column in columns.items()}), source)


def as_text(array: np.ndarray) -> np.ndarray:
    """Strings of bytes as UTF-8; other arrays as they are."""
    return np.char.decode(array, "utf-8", "replace") if array.dtype.kind == "S" else array


def is_scalar(array: np.ndarray) -> bool:
    """Whether an array holds one value an example."""
    return array.ndim == 1 or (array.ndim == 2 and array.shape[1] == 1)


def infer_inputs(
    train: Mapping[str, np.ndarray], options: DataOptions, source: str, examples: int, largest: Mapping[str, int]
) -> Inputs:
    """Decides what each array is, and in what form all are encoded.

    Args:
      train: arrays by column, (rows, ...): training examples, or a sample of them.
      options: `problem_type` decides what shapes mean, `lengths` names the valid steps.
      source: for errors.
      examples: of the whole training data.
      largest: token id of arrays by column.

    Raises:
      UsageError: the inputs do not fit the problem or each other, or one has no finite value.
    """
    lengths = train.get(options.lengths) if options.lengths else None
    given = {name: array for name, array in train.items() if name != options.lengths}
    arrays = {name: array for name, array in given.items() if not is_scalar(array)}
    kinds = _kinds(arrays, options.problem_type, source)
    form = _form(kinds, options.problem_type, source)
    names = dict(zip(arrays, input_names(list(arrays)), strict=True))
    for name, array in arrays.items():
        check_any_finite(array, name, source)
    found = [_array_input(name, names[name], kinds[name], array, lengths) for name, array in arrays.items()]
    found = [replace(i, vocabulary=largest[i.column] + 1) if i.kind is Kind.TOKENS else i for i in found]
    scalars = {name: array for name, array in given.items() if name not in arrays}
    table = None
    if scalars:
        table = infer_schema(scalar_table(scalars, source).frame, options.types, source, examples >= MANY_ROWS)
    elif options.types:
        raise UsageError(
            f"types name the column {next(iter(options.types))!r}; {source} has no columns of single values"
        )
    inputs = Inputs(tuple(found), table, options.lengths, form, 0)
    _check(inputs, options, source)
    return replace(inputs, steps=_steps(inputs, options.sequence_length, source))


def _kinds(arrays: Mapping[str, np.ndarray], problem: str, source: str) -> dict[str, Kind]:
    """What the arrays are, by rank.

    Images are of rank 3 or 4 for a CNN, else rank 3 is a sequence. For an RNN, integers of rank 2 are ids, beside
    sequences if they have as many steps; with neither, numbers of rank 2 are sequences of one feature.
    """
    is_rnn = problem.startswith("RNN")
    kinds: dict[str, Kind] = {}
    for name, array in arrays.items():
        if array.dtype.kind not in "fiub":
            raise UsageError(
                f"{source}: input {name!r} has dtype {array.dtype}; only one word an example has a meaning"
            )
        if array.ndim > 4:
            raise UsageError(f"{source}: input {name!r} has shape {array.shape}; expected rank 1 to 4")
        by_rank = {2: Kind.NUMBERS, 3: Kind.PLATE if problem == "CNN" else Kind.SEQUENCE, 4: Kind.PLATE}
        kinds[name] = by_rank[array.ndim]
    if is_rnn:
        steps = {arrays[name].shape[1] for name, kind in kinds.items() if kind is Kind.SEQUENCE}
        flat = {name: array for name, array in arrays.items() if array.ndim == 2}
        for name, array in flat.items():
            if array.dtype.kind in "iu" and (not steps or array.shape[1] in steps):
                kinds[name] = Kind.TOKENS
        if not {Kind.SEQUENCE, Kind.TOKENS, Kind.PLATE} & set(kinds.values()):
            kinds |= dict.fromkeys(flat, Kind.SEQUENCE)
    return kinds


def _form(kinds: Mapping[str, Kind], problem: str, source: str) -> Form:
    sequences = [name for name, kind in kinds.items() if kind in (Kind.SEQUENCE, Kind.TOKENS)]
    plates = [name for name, kind in kinds.items() if kind is Kind.PLATE]
    if problem == "DNN":
        return Form.VECTOR
    if plates and sequences:
        raise UsageError(
            f"{source}: input {plates[0]!r} is an image and {sequences[0]!r} a sequence; no network takes both"
        )
    if plates and problem.startswith("RNN"):
        raise UsageError(
            f"{source}: input {plates[0]!r} has rank 4; {problem} takes sequences (examples, time, features)"
        )
    return Form.PLATE if plates else Form.SEQUENCE if sequences else Form.VECTOR


def _array_input(column: str, name: str, kind: Kind, array: np.ndarray, lengths: np.ndarray | None) -> ArrayInput:
    shape = tuple(int(size) for size in array.shape[1:])
    if kind is Kind.TOKENS:
        return ArrayInput(column, name, kind, Feature("int32", shape))
    if kind is Kind.PLATE and array.dtype == np.uint8:
        return ArrayInput(column, name, kind, Feature("uint8", shape))
    is_flat = array.ndim == (2 if kind is Kind.SEQUENCE else 3) and kind in (Kind.SEQUENCE, Kind.PLATE)
    valid = lengths if kind is Kind.SEQUENCE else None
    mean, variance = channel_statistics(array[..., None] if is_flat else array, valid)
    return ArrayInput(column, name, kind, Feature("float32", shape), mean, variance)


def _check(inputs: Inputs, options: DataOptions, source: str) -> None:
    names = [*(inputs.table.inputs.names() if inputs.table else ()), *(given.name for given in inputs.arrays)]
    names += [LENGTHS] if inputs.lengths else []
    twice = next((name for name in names if names.count(name) > 1), "")
    if twice:
        raise UsageError(f"{source}: two inputs would both be called {twice!r}; rename one of them")
    has_steps = any(given.kind in (Kind.SEQUENCE, Kind.TOKENS) for given in inputs.arrays)
    if inputs.lengths and not has_steps:
        raise UsageError(f"{source}: lengths {inputs.lengths!r} have no meaning, since no input is a sequence")
    if options.sequence_length and not has_steps:
        raise UsageError(f"sequence_length {options.sequence_length} has no meaning: {source} has no sequences")


def _steps(inputs: Inputs, wanted: int, source: str) -> int:
    """Steps of the sequences, if they fit each other and plates do."""
    plates = {given.column: given.plate for given in inputs.arrays if given.kind is Kind.PLATE}
    timed = {given.column: given.steps for given in inputs.arrays if given.kind in (Kind.SEQUENCE, Kind.TOKENS)}
    if inputs.form is not Form.VECTOR and len(set(plates.values())) > 1:
        raise UsageError(f"{source}: images differ in height and width: {plates}")
    if len(set(timed.values())) > 1:
        raise UsageError(f"{source}: sequences differ in steps: {timed}")
    ids = [given for given in inputs.arrays if given.kind is Kind.TOKENS and given.vocabulary > MAXIMUM_ONE_HOT]
    if ids and not inputs.vocabulary_size:
        raise UsageError(
            f"{source}: token ids {ids[0].column!r} go up to {ids[0].vocabulary - 1}; beside other inputs they may go"
            f" up to {MAXIMUM_ONE_HOT - 1}"
        )
    steps = next(iter(timed.values()), 0)
    return min(steps, wanted) if wanted else steps
