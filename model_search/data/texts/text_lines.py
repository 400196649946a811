"""The provider `text_lines`: one plain text, of which a network predicts each next word or character."""

import math
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import UsageError
from ..memory import Part, Parts
from ..provider import Column, DataOptions, Description, Task, TaskKind
from ..split import check_fractions
from ..tables.csv_file import file_digest
from .text_files import read_text
from .text_provider import TEXT, TextProvider
from .text_tokens import UNKNOWN, TextOptions, TextPlan, plain, ranked_tokens, tokenize, untokenized

STEPS = 64
"""Length of the windows where a user gives none."""

PREDICTED_TOKENS = 5000
"""Different tokens where a user does not say how many: each of them is a class, which costs time at every step."""

ENCODING = 1
"""Version of the encoding; it changes when the same text would be encoded in another way."""


@dataclass(frozen=True)
class Stretch:
    """A part of the text as tokens, those of windows to predict from one another."""

    pieces: list[str]
    plan: TextPlan

    @property
    def classes(self) -> np.ndarray:
        """Class of each token to predict, (tokens - 1,) int32: the token's id - 1, so that 0 is the unknown one."""
        return np.array(self.plan.ids(self.pieces[1:]), dtype=np.int32) - 1

    def part(self) -> Part:
        """Windows that follow each other without overlap; the label of a step is the class of the token after it.

        The window after one begins with the token that the last step of it predicts. The last may be shorter; its
        labels are padded with 0.
        """
        steps, labels = self.plan.sequence_length, self.classes
        starts = range(0, len(labels), steps)
        ends = [min(start + steps, len(labels)) for start in starts]
        texts = [untokenized(self.pieces[start:end], self.plan.tokens) for start, end in zip(starts, ends, strict=True)]
        padded = np.zeros(len(texts) * steps, dtype=np.int32)
        padded[: len(labels)] = labels
        weights = np.ones(len(texts), dtype=np.float32)
        return Part({TEXT: np.array(texts, dtype=object)}, padded.reshape(len(texts), steps), weights)


def lines_provider(options: DataOptions) -> TextProvider:
    """Reads the text, whose end is held out.

    Training comes from the beginning of the text, evaluation from its end, and where a test part is wanted, that is the
    very end and evaluation comes before it; a file given for a part takes its place. The seed has no part in it. The
    exported model takes strings, of words or characters as the training text's, and gives for each step the
    probabilities of the token after it, for the first `sequence_length` steps. The text is kept in memory.

    Raises:
      UsageError: a file is missing, not UTF-8 or too short, or an option has no meaning for it.
    """
    _check(options)
    wanted = TextOptions.of(options, is_sequence=True)
    train, evaluation, test = _pieces(options)
    plan = _plan(train, wanted)
    classes = (UNKNOWN, *plan.vocabulary)
    task = Task(TaskKind.CLASSIFICATION, f"next {plan.tokens}", classes, is_per_step=True, predicts_ahead=True)
    stretches = [Stretch(pieces, plan) for pieces in (train, evaluation, test)]
    parts = Parts(stretches[0].part(), stretches[1].part(), stretches[2].part() if test else None)
    sizes = [len(stretch.classes) for stretch in stretches]
    detail = f"{len(task.classes):,} classes; {sizes[0]:,} in training, {sizes[1]:,} in evaluation"
    known = unigram_perplexity(stretches[0].classes, stretches[1].classes, len(task.classes))
    facts = Description(
        len(parts.train),
        len(parts.evaluation),
        len(parts.test) if parts.test else None,
        (Column(TEXT, "text", plan.detail), Column(task.target, "label", detail)),
        (
            f"the evaluation text has perplexity {known:.1f} for who knows only how often each {plan.tokens} occurs in "
            f"training; that of a network is exp of its loss ({math.log(known):.4f} here)",
        ),
    )
    return TextProvider(plan, task, "line", parts, facts, _identity(options, plan))


def _check(options: DataOptions) -> None:
    if options.task not in ("", "classification"):
        raise UsageError(f"task {options.task!r} has no meaning for text_lines, where each step has one class")
    if options.problem_type not in ("", "RNN_ALL_ACTIVATIONS"):
        raise UsageError(
            f"problem_type {options.problem_type} has no meaning for text_lines, which has a label for each step; "
            "take RNN_ALL_ACTIVATIONS"
        )
    check_fractions(options.validation_fraction, options.test_fraction)


def _pieces(options: DataOptions) -> list[list[str]]:
    """Tokens of the training, evaluation and test text; the last may be empty."""
    names = [options.filename, options.validation_filename, options.test_filename]
    whole, evaluation, test = (_tokens_of(name, options.tokens) if name else [] for name in names)
    tests = 0 if options.test_filename else round(len(whole) * options.test_fraction)
    evaluations = 0 if options.validation_filename else round(len(whole) * options.validation_fraction)
    end = len(whole) - tests
    parts = [whole[: end - evaluations], evaluation or whole[end - evaluations : end], test or whole[end:]]
    if not parts[1] and not options.validation_filename and not options.validation_fraction:
        raise UsageError("no evaluation data: give a validation file or a validation_fraction above 0")
    needed = [True, True, bool(options.test_filename or options.test_fraction)]
    for part, name, source, is_needed in zip(parts, ("training", "evaluation", "test"), names, needed, strict=True):
        if is_needed and len(part) < 2:
            found = f"{len(part) if source else len(whole)} {options.tokens}s are too few"
            raise UsageError(f"{source or options.filename}: {found}; the {name} part needs two at least")
    return parts


def _tokens_of(filename: str, tokens: str) -> list[str]:
    text = read_text(filename)
    pieces = tokenize(plain(text) if tokens == "word" else text, tokens)
    return list(map(sys.intern, pieces))  # A token that occurs again costs a pointer.


def _plan(train: Sequence[str], wanted: TextOptions) -> TextPlan:
    limit = wanted.vocabulary or PREDICTED_TOKENS
    counts = Counter(train)
    vocabulary = ranked_tokens(counts, limit)
    coverage = sum(counts[token] for token in vocabulary) / len(train)
    return TextPlan(wanted.tokens, vocabulary, wanted.sequence_length or STEPS, coverage, len(counts))


def unigram_perplexity(train: np.ndarray, held_out: np.ndarray, classes: int) -> float:
    """Perplexity of class frequencies in training on held-out text, each counted once more than it occurs (Laplace).

    Jurafsky and Martin, "Speech and language processing", 3rd edition (draft), sections 3.3 and 3.6.1.

    Args:
      train, held_out: class ids, (tokens,) int.
      classes: how many there are.
    """
    counts = np.bincount(train, minlength=classes) + 1.0
    return float(np.exp(-np.log(counts / counts.sum())[held_out].mean()))


def _identity(options: DataOptions, plan: TextPlan) -> str:
    names = (options.filename, options.validation_filename, options.test_filename)
    digests = "+".join(file_digest(name) if name else "" for name in names)
    form = f"{plan.tokens}:{len(plan.vocabulary)}:{plan.sequence_length}"
    chosen = f"validation={options.validation_fraction:g} test={options.test_fraction:g}"
    return f"text sha256:{digests} encoding={ENCODING} {form} {chosen}"
