"""What the columns of a table are: numbers, categories, texts or nothing of use, with what is needed to encode them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ...errors import UsageError
from ...registry import closest
from ..provider import Column
from ..texts.text_tokens import TextOptions
from .quantiles import edges_of
from .scales import with_shared_scale
from .table_inputs import SEPARATE_INPUTS, TableInputs, as_texts, non_numeric
from .text_column import TextColumn, check_columns, is_free_text, plan_column
from .values import is_text, missing_mask, to_numbers

KINDS = ("number", "category", "text", "ignore")

MINIMUM_COUNT = 5
"""A category seen less often shares the place of unknown ones (fewer in tables of less than 1,000 rows)."""

MAXIMUM_CATEGORIES = 1000
"""Places of one column at most; the rarest categories beyond share the place of unknown ones."""

NEARLY_ALL = 0.98
"""A column of which at least so many values are numbers is one of numbers, and the others are taken as missing."""


ROW_NAMES = ("column_0", "id", "index", "no", "nr", "number", "row", "rowid", "row_id", "unnamed: 0")
"""A column of one of these names, in lower case, is ignored if it counts the rows; pandas writes its index unnamed."""

BINNED_COLUMNS = 32
"""With more columns of numbers than that, they are standardised only: bins would make the input too wide."""


@dataclass(frozen=True)
class NumberColumn:
    """A column of numbers.

    Attributes:
      name: the column's.
      low, high: smallest and largest finite training value.
      mean, variance: what it is standardised by: of the finite training values, the variance shared by columns of one
        unit.
      edges: of the bins that it is also encoded by; fewer than two where it is not.
      has_missing: whether training rows lack it, so that being missing is a feature.
      lenient: whether a word in it counts as missing instead of being an error.
    """

    name: str
    low: float
    high: float
    mean: float
    variance: float
    edges: tuple[float, ...]
    has_missing: bool
    lenient: bool = False


@dataclass(frozen=True)
class CategoryColumn:
    """A column of categories: those with a place of their own, and whether training rows hold others as well."""

    name: str
    vocabulary: tuple[str, ...]
    has_others: bool


@dataclass(frozen=True)
class Schema:
    """What the columns of a table are.

    Attributes:
      numbers, categories: the features, in the order of their encoding.
      columns, notes: what was inferred, for people.
      is_vector: whether the numbers are one array in the user's hands, and so one input however few they are.
      texts: features too, encoded last; one that is a sequence is the only feature.
    """

    numbers: tuple[NumberColumn, ...]
    categories: tuple[CategoryColumn, ...]
    columns: tuple[Column, ...]
    notes: tuple[str, ...]
    is_vector: bool = False
    texts: tuple[TextColumn, ...] = ()

    @property
    def vocabulary_size(self) -> int:
        """1 + the largest token id where the table is encoded as a sequence of ids, else 0."""
        return max((column.plan.vocabulary_size for column in self.texts), default=0)

    @property
    def text_identity(self) -> str:
        """What a provider's identity says of texts; empty where there are none."""
        plans = [(column.name, column.plan) for column in self.texts]
        chosen = [f"{name}:{plan.tokens}:{len(plan.vocabulary)}:{plan.sequence_length}" for name, plan in plans]
        return f" texts={','.join(chosen)}" if chosen else ""

    @property
    def inputs(self) -> TableInputs:
        """The raw inputs that the columns make."""
        return TableInputs(
            numbers=tuple(plan.name for plan in self.numbers),
            categories=tuple(plan.name for plan in self.categories),
            lenient=tuple(plan.name for plan in self.numbers if plan.lenient),
            is_grouped=self.is_vector or len(self.numbers) > SEPARATE_INPUTS,
            texts=tuple(column.name for column in self.texts),
        )


def infer_schema(
    frame: pd.DataFrame,
    types: Mapping[str, str],
    source: str,
    with_bins: bool = True,
    wanted: TextOptions | None = None,
) -> Schema:
    """Decides what each column is, from training rows.

    Args:
      frame: tidy feature columns (see `values.tidy`), indexed by row number.
      types: kinds by column where inference shall not decide.
      source: file or argument, for errors.
      with_bins: whether numbers are encoded by bins as well, if they are few columns.
      wanted: of columns of text; by default they become bags of words.

    Raises:
      UsageError: a kind or a column in `types` is unknown, a column declared a number holds words, nothing of use is
        left, or what is wanted of texts does not fit the columns.
    """
    _check_types(types, frame, source)
    wanted = wanted or TextOptions()
    numbers: list[NumberColumn] = []
    categories: list[CategoryColumn] = []
    texts: list[TextColumn] = []
    columns: list[Column] = []
    notes: list[str] = []
    for name in frame.columns:
        plan, line, note = _infer_column(frame[name], str(name), types.get(name, ""), source, wanted)
        columns.append(line)
        notes += [note] if note else []
        if isinstance(plan, NumberColumn):
            numbers.append(plan)
        elif isinstance(plan, CategoryColumn):
            categories.append(plan)
        elif isinstance(plan, TextColumn):
            texts.append(plan)
    numbers = with_shared_scale(numbers)
    if not with_bins or len(numbers) > BINNED_COLUMNS:
        numbers = [replace(plan, edges=()) for plan in numbers]
    if not numbers and not categories and not texts:
        raise UsageError(f"{source} has no column of use; {'; '.join(notes) or 'it has only the label'}")
    others = [plan.name for plan in numbers] + [plan.name for plan in categories]
    check_columns([plan.name for plan in texts], others, wanted, source)
    return Schema(tuple(numbers), tuple(categories), tuple(columns), tuple(notes), texts=tuple(texts))


def _check_types(types: Mapping[str, str], frame: pd.DataFrame, source: str) -> None:
    for name, kind in types.items():
        if kind not in KINDS:
            raise UsageError(f"type {kind!r} of column {name!r} must be one of {', '.join(KINDS)}")
        if name not in frame.columns:
            raise UsageError(f"types name a column {name!r} that {source} has not; {closest(name, frame.columns)}")


_Inferred = tuple[NumberColumn | CategoryColumn | TextColumn | None, Column, str]


def _infer_column(column: pd.Series, name: str, kind: str, source: str, wanted: TextOptions) -> _Inferred:
    missing = missing_mask(column) if is_text(column) else np.isnan(column.to_numpy())
    numbers = to_numbers(column) if is_text(column) else column.to_numpy()
    words = ~missing & np.isnan(numbers)
    if kind == "number" and words.any():
        raise non_numeric(column, words, name, source)
    if kind == "ignore":
        return _ignored(name, "declared so")
    if not kind:
        kind, reason = _kind_of(name, column, missing, words)
        if kind == "ignore":
            return _ignored(name, reason)
    if kind == "number":
        return _number(column, name, numbers, words)
    texts = column if is_text(column) else as_texts(column)
    if kind == "text":
        plan = plan_column(texts, name, wanted)
        return (*plan, "") if plan else _ignored(name, "no row has a word in it")
    return _category(texts, name)


def _kind_of(name: str, column: pd.Series, missing: np.ndarray, words: np.ndarray) -> tuple[str, str]:
    """Kind of a column, and the reason where it is ignored."""
    distinct = column.nunique(dropna=False)
    if distinct <= 1:
        return "ignore", "the same in every row"
    present = len(column) - int(missing.sum())
    if not words.any():
        if name.lower() in ROW_NAMES and _counts_rows(column):
            return "ignore", "it counts the rows"
        return "number", ""
    if words.sum() <= (1 - NEARLY_ALL) * present:
        return "number", ""
    if is_free_text(column, missing):
        return "text", ""
    if distinct > 50 and distinct > 0.5 * len(column):
        return "ignore", f"names or an id: {distinct} different values in {len(column)} rows"
    return "category", ""


def _counts_rows(column: pd.Series) -> bool:
    numbers = to_numbers(column) if is_text(column) else column.to_numpy()
    shifts = numbers - np.asarray(column.index, dtype=np.float64)
    return len(shifts) > 50 and bool((shifts == shifts[0]).all())


def _ignored(name: str, reason: str) -> _Inferred:
    return None, Column(name, "ignored", reason), f"column {name!r} is ignored: {reason}"


def _number(column: pd.Series, name: str, numbers: np.ndarray, words: np.ndarray) -> _Inferred:
    finite = numbers[np.isfinite(numbers)]
    if not len(finite):
        return NumberColumn(name, 0.0, 0.0, 0.0, 1.0, (), True), Column(name, "number", "missing in every row"), ""
    low, high = float(finite.min()), float(finite.max())
    mean, variance = float(finite.mean()), float(finite.var()) or 1.0
    gaps = len(numbers) - len(finite)
    plan = NumberColumn(name, low, high, mean, variance, edges_of(finite), gaps > 0, bool(words.any()))
    spread = f"{low:g} to {high:g}, mean {mean:.4g}, deviation {variance**0.5:.4g}"
    detail = f"always {low:g}" if low == high else spread
    detail += f", {gaps} missing" if gaps else ""
    note = ""
    if words.any():
        row, word = column.index[words][0], column[words].iloc[0]
        note = f"column {name!r} is numeric but for {words.sum()} values, taken as missing (row {row}: {word!r})"
    return plan, Column(name, "number", detail), note


def _category(texts: pd.Series, name: str) -> _Inferred:
    counts = texts.value_counts()
    enough = max(1, min(MINIMUM_COUNT, len(texts) // 200))
    ranked = sorted(((-int(count), str(text)) for text, count in counts.items() if count >= enough))
    kept = tuple(sorted(text for _, text in ranked[:MAXIMUM_CATEGORIES]))
    others = len(counts) - len(kept)
    if not kept:
        return _ignored(name, f"each of its {len(counts)} values is rare")
    shown = ", ".join(text or "(empty)" for _, text in ranked[:4])
    detail = f"{len(kept)} values: {shown}{', ...' if len(kept) > 4 else ''}"
    detail += f"; {others} rare ones taken together" if others else ""
    return CategoryColumn(name, kept, others > 0), Column(name, "category", detail), ""
