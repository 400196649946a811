"""How texts are cut into tokens, and which of them are told apart: the same in Python as in the exported model.

Words are what `keras.layers.TextVectorization` makes of a text by its `lower_and_strip_punctuation` and whitespace:
ASCII letters in lower case, ASCII punctuation deleted, the rest split at ASCII blanks. Punctuation is no token, since
standard layers can only delete it or leave it at its word. Characters are the code points of the text as it is.
"""

import functools
import re
import string
from array import array
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np

from ...errors import UsageError
from ..provider import DataOptions

TOKENS = ("word", "character")

UNKNOWN = "[UNK]"
"""Name of the token that stands for all others; its id is 1, that of padding 0."""

RESERVED = 2
"""Ids that are no token of the vocabulary."""

MINIMUM_COUNT = 2
"""A token seen less often in training shares the place of unknown ones, whose weights would not be trained else."""

SEQUENCE_TOKENS = 20_000
"""Different tokens of sequences, where nothing else is asked for."""

BAG_TOKENS = 2000
"""Places of a bag of words at most."""

MAXIMUM_LENGTH = 1000
"""Steps that are chosen for a user at most; who wants more says so."""

COVERED = 95
"""So many per cent of the training texts are not cut where the length is chosen for the user."""

MAXIMUM_COUNTED = 1 << 20
"""So many different tokens are counted at a time, about 200 bytes each."""

_LOWER = bytes.maketrans(string.ascii_uppercase.encode(), string.ascii_lowercase.encode())
_WORD = re.compile(r"[^ \t\n\r\v\f]+")
_TYPESET = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b", "'") | dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb", '"')
)
_DASHES = re.compile("--+|[\u2013\u2014\u2015\u2026]")


def plain(text: str) -> str:
    """A text with ASCII quotation marks, and a blank for each dash: the model would keep the ones and join words at
    the others."""
    return _DASHES.sub(" ", text).translate(_TYPESET)


def tokenize(text: str, tokens: str) -> list[str]:
    """The tokens of a text, as the model's layer would cut it.

    Args:
      text: any.
      tokens: `word` or `character`.
    """
    if tokens == "character":
        return list(text)
    return _WORD.findall(text.encode().translate(_LOWER, string.punctuation.encode()).decode())


def untokenized(pieces: Iterable[str], tokens: str) -> str:
    """A text of which `tokenize` makes these tokens."""
    return ("" if tokens == "character" else " ").join(pieces)


@dataclass(frozen=True)
class TextOptions:
    """What a user wants of texts.

    Attributes:
      tokens: `word` or `character`.
      vocabulary: different tokens that are told apart, at most; 0 for the usual number of the use.
      sequence_length: steps; 0 to choose.
      is_sequence: whether a text becomes a sequence of ids instead of a bag of words.
    """

    tokens: str = "word"
    vocabulary: int = 0
    sequence_length: int = 0
    is_sequence: bool = False

    @classmethod
    def of(cls, options: DataOptions, is_sequence: bool) -> "TextOptions":
        """From a command's options.

        Raises:
          UsageError: one is out of its range.
        """
        if options.tokens not in TOKENS:
            raise UsageError(f"tokens {options.tokens!r} must be word or character")
        if options.vocabulary < 0:
            raise UsageError(f"vocabulary {options.vocabulary} must be at least 0")
        if options.sequence_length < 0:
            raise UsageError(f"sequence_length {options.sequence_length} must be at least 1, or 0 to choose it")
        return cls(options.tokens, options.vocabulary, options.sequence_length, is_sequence)


@dataclass(frozen=True)
class TextPlan:
    """How texts are encoded.

    Attributes:
      tokens: `word` or `character`.
      vocabulary: the tokens with a place of their own, the most frequent first.
      sequence_length: steps of a sequence of ids; 0 for a bag of words.
      coverage: share of the training tokens that are in the vocabulary, in [0, 1].
      different: different tokens of the training texts.
      lost: a token may have been counted so many times too few, see `TokenCounts`.
    """

    tokens: str
    vocabulary: tuple[str, ...]
    sequence_length: int
    coverage: float
    different: int
    lost: int = 0

    @property
    def vocabulary_size(self) -> int:
        """1 + the largest id, or 0 for a bag."""
        return len(self.vocabulary) + RESERVED if self.sequence_length else 0

    @property
    def detail(self) -> str:
        """The plan in words."""
        form = f"{self.sequence_length} steps" if self.sequence_length else "taken as a bag"
        kept = f"{len(self.vocabulary):,} of {'more than ' * (self.lost > 0)}{self.different:,} {self.tokens}s"
        return f"{kept} are told apart ({self.coverage:.1%} of the text), {form}"

    @functools.cached_property
    def _places(self) -> dict[str, int]:
        return {token: place for place, token in enumerate(self.vocabulary, start=RESERVED)}

    def ids(self, pieces: Iterable[str]) -> list[int]:
        """Ids of tokens: 1 for unknown ones, 2 for the first of the vocabulary."""
        known = self._places
        return [known.get(token, 1) for token in pieces]


class TokenCounts:
    """Counts of tokens in bounded memory.

    Exact up to `MAXIMUM_COUNTED` different tokens. Whenever there are more, the rarer half is forgotten, so that a
    count is at most `lost` too low (after lossy counting; Manku and Motwani, "Approximate frequency counts over data
    streams", VLDB 2002).

    Attributes:
      counts: by token.
      total: tokens that were counted.
      lost: see above; 0 where all counts are exact.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.total = 0
        self.lost = 0

    def add(self, pieces: Collection[str]) -> None:
        """Counts tokens."""
        self.total += len(pieces)
        self.counts.update(pieces)
        if len(self.counts) > MAXIMUM_COUNTED:
            # Half of the places are freed, or this would be done for nearly every text from now on.
            least = sorted(self.counts.values())[len(self.counts) // 2]
            self.lost += least
            self.counts = Counter({token: count for token, count in self.counts.items() if count > least})


def ranked_tokens(counts: Counter[str], limit: int) -> tuple[str, ...]:
    """The most frequent tokens that are seen more than once (all of them where none is), ties by alphabet."""
    often = [(-count, token) for token, count in counts.items() if count >= MINIMUM_COUNT]
    ranked = sorted(often or [(-count, token) for token, count in counts.items()])
    return tuple(token for _, token in ranked[:limit])


def plan_texts(texts: Iterable[str], wanted: TextOptions) -> TextPlan:
    """Learns vocabulary and length from training texts.

    The places of a bag go to the tokens that most texts hold, those of sequences to the tokens that occur most. The
    vocabulary is empty where no text has a token.
    """
    counts, holders = TokenCounts(), TokenCounts()
    lengths = array("q")
    for text in texts:
        pieces = tokenize(text, wanted.tokens)
        counts.add(pieces)
        if not wanted.is_sequence:
            holders.add(set(pieces))
        lengths.append(len(pieces))
    if wanted.is_sequence:
        vocabulary = ranked_tokens(counts.counts, wanted.vocabulary or SEQUENCE_TOKENS)
        length = wanted.sequence_length or covering_length(lengths)
    else:
        vocabulary, length = ranked_tokens(holders.counts, min(wanted.vocabulary or BAG_TOKENS, BAG_TOKENS)), 0
    return plan_of(counts, vocabulary, length, wanted.tokens)


def plan_of(counts: TokenCounts, vocabulary: tuple[str, ...], length: int, tokens: str) -> TextPlan:
    """The plan with this vocabulary and so many steps for texts of which the tokens were counted."""
    covered = sum(counts.counts[token] for token in vocabulary) / max(1, counts.total)
    return TextPlan(tokens, vocabulary, length, covered, len(counts.counts), counts.lost)


def covering_length(lengths: Iterable[int]) -> int:
    """Steps that `COVERED` per cent of texts do not exceed, in 1 to `MAXIMUM_LENGTH`."""
    covering = int(np.percentile(np.array(list(lengths) or [1]), COVERED, method="inverted_cdf"))
    return min(max(1, covering), MAXIMUM_LENGTH)
