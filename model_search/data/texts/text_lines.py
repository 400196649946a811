"""The provider `text_lines`: one plain text, of which a network predicts each next word or character."""

import math

import numpy as np

from ...errors import UsageError
from ..provider import Column, DataOptions, Description, Task, TaskKind
from ..split import check_fractions
from ..tables.csv_file import file_digest
from .text_blocks import Book
from .text_provider import TEXT, TextProvider, is_large, text_parts
from .text_tokens import UNKNOWN, TextOptions, TextPlan, TokenCounts, plan_of, ranked_tokens
from .text_windows import Stretch, Windows

STEPS = 64
"""Length of the windows where a user gives none."""

PREDICTED_TOKENS = 5000
"""Different tokens where a user does not say how many: each of them is a class, which costs time at every step."""

ENCODING = 1
"""Version of the encoding; it changes when the same text would be encoded in another way."""


def lines_provider(options: DataOptions) -> TextProvider:
    """Reads the text, whose end is held out.

    Training comes from the beginning of the text, evaluation from its end, and where a test part is wanted, that is the
    very end and evaluation comes before it; a file given for a part takes its place. The seed has no part in it. The
    exported model takes strings, of words or characters as the training text's, and gives for each step the
    probabilities of the token after it, for the first `sequence_length` steps. A large text is streamed.

    Raises:
      UsageError: a file is missing, not UTF-8 or too short, or an option has no meaning for it.
    """
    _check(options)
    wanted = TextOptions.of(options, is_sequence=True)
    stretches = _stretches(options)
    counts, plan = _plan(stretches[0], wanted)
    classes = (UNKNOWN, *plan.vocabulary)
    task = Task(TaskKind.CLASSIFICATION, f"next {plan.tokens}", classes, is_per_step=True, predicts_ahead=True)
    is_streamed = is_large(_names(options))
    sources = [Windows.of(stretch, plan) if len(stretch) else None for stretch in stretches]
    parts = text_parts(sources, is_streamed)
    sizes = [len(stretch) - 1 for stretch in stretches]
    detail = f"{len(task.classes):,} classes; {sizes[0]:,} in training, {sizes[1]:,} in evaluation"
    known = unigram_perplexity(counts, stretches[1].class_counts(plan))
    notes = [f"{options.filename} is streamed: windows are read by their offsets in it"] if is_streamed else []
    notes.append(
        f"the evaluation text has perplexity {known:.1f} for who knows only how often each {plan.tokens} occurs in "
        f"training; that of a network is exp of its loss ({math.log(known):.4f} here)"
    )
    numbers = [len(part) if part else None for part in parts]
    columns = (Column(TEXT, "text", plan.detail), Column(task.target, "label", detail))
    facts = Description(numbers[0], numbers[1], numbers[2], columns, tuple(notes))
    return TextProvider(plan, task, "line", parts, facts, _identity(options, plan))


def _names(options: DataOptions) -> list[str]:
    return [name for name in (options.filename, options.validation_filename, options.test_filename) if name]


def _check(options: DataOptions) -> None:
    if options.task not in ("", "classification"):
        raise UsageError(f"task {options.task!r} has no meaning for text_lines, where each step has one class")
    if options.problem_type not in ("", "RNN_ALL_ACTIVATIONS"):
        raise UsageError(
            f"problem_type {options.problem_type} has no meaning for text_lines, which has a label for each step; "
            "take RNN_ALL_ACTIVATIONS"
        )
    check_fractions(options.validation_fraction, options.test_fraction)


def _stretches(options: DataOptions) -> list[Stretch]:
    """The training, evaluation and test text; the last may be empty."""
    names = [options.filename, options.validation_filename, options.test_filename]
    books = [Book.of(name, options.tokens) if name or not place else None for place, name in enumerate(names)]
    whole = books[0]
    assert whole is not None
    tests = 0 if books[2] is not None else round(len(whole) * options.test_fraction)
    evaluations = 0 if books[1] is not None else round(len(whole) * options.validation_fraction)
    end = len(whole) - tests
    own = [Stretch(book, 0, len(book)) if book is not None else None for book in books]
    parts = [
        Stretch(whole, 0, end - evaluations),
        own[1] or Stretch(whole, end - evaluations, end),
        own[2] or Stretch(whole, end, len(whole)),
    ]
    if not len(parts[1]) and not options.validation_filename and not options.validation_fraction:
        raise UsageError("no evaluation data: give a validation file or a validation_fraction above 0")
    needed = [True, True, bool(options.test_filename or options.test_fraction)]
    for part, name, source, is_needed in zip(parts, ("training", "evaluation", "test"), names, needed, strict=True):
        if is_needed and len(part) < 2:
            found = f"{len(part) if source else len(whole)} {options.tokens}s are too few"
            raise UsageError(f"{source or options.filename}: {found}; the {name} part needs two at least")
    return parts


def _plan(train: Stretch, wanted: TextOptions) -> tuple[np.ndarray, TextPlan]:
    """How often each class is to be predicted in training, and how texts are encoded."""
    counts = TokenCounts()
    first = ""
    for pieces in train.pieces():
        first = first or (pieces[0] if pieces else "")
        counts.add(pieces)
    vocabulary = ranked_tokens(counts.counts, wanted.vocabulary or PREDICTED_TOKENS)
    plan = plan_of(counts, vocabulary, wanted.sequence_length or STEPS, wanted.tokens)
    known = [counts.counts[token] for token in vocabulary]
    classes = np.array([counts.total - sum(known), *known], dtype=np.int64)
    classes[plan.ids([first])[0] - 1] -= 1
    return classes, plan


def unigram_perplexity(train: np.ndarray, held_out: np.ndarray) -> float:
    """Perplexity of class frequencies in training on held-out text, each counted once more than it occurs (Laplace).

    Jurafsky and Martin, "Speech and language processing", 3rd edition (draft), sections 3.3 and 3.6.1.

    Args:
      train, held_out: how often each class occurs, (classes,) int.
    """
    smoothed = train + 1.0
    return float(np.exp(-(np.log(smoothed / smoothed.sum()) * held_out).sum() / held_out.sum()))


def _identity(options: DataOptions, plan: TextPlan) -> str:
    names = (options.filename, options.validation_filename, options.test_filename)
    digests = "+".join(file_digest(name) if name else "" for name in names)
    form = f"{plan.tokens}:{len(plan.vocabulary)}:{plan.sequence_length}"
    chosen = f"validation={options.validation_fraction:g} test={options.test_fraction:g}"
    return f"text sha256:{digests} encoding={ENCODING} {form} {chosen}"
