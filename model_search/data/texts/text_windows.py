"""Windows of a text, of which each step is labelled with the token after it; read from the file by their offsets."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..memory import Part
from .text_blocks import Book, read_spans, tokens_of
from .text_provider import TEXT
from .text_tokens import TextPlan, untokenized


@dataclass(frozen=True)
class Stretch:
    """A part of a text, whose windows are predicted from one another: the tokens from `begin` up to `end`."""

    book: Book
    begin: int
    end: int

    def __len__(self) -> int:
        return max(0, self.end - self.begin)

    def pieces(self) -> Iterator[list[str]]:
        """The tokens, block by block."""
        for first, _, block in self.book.blocks(self.begin, self.end):
            yield tokens_of(block, self.book.tokens)[max(0, self.begin - first) : self.end - first]

    def class_counts(self, plan: TextPlan) -> np.ndarray:
        """How often each class is to be predicted, (classes,) int64; the first token is not."""
        counts = np.zeros(len(plan.vocabulary) + 1, dtype=np.int64)
        first = None
        for pieces in self.pieces():
            classes = np.array(plan.ids(pieces), dtype=np.int64) - 1
            counts += np.bincount(classes, minlength=len(counts))
            first = int(classes[0]) if first is None and len(classes) else first
        if first is not None:
            counts[first] -= 1
        return counts


@dataclass(frozen=True)
class Windows:
    """Windows of a stretch that follow each other without overlap; the label of a step is the class of the next token.

    The window after one begins with the token that the last step of it predicts. The last may be shorter; its labels
    are padded with 0.

    Attributes:
      path: of the file.
      plan: how texts are encoded.
      begins, ends: offsets of each window and the token after it, (windows,) int64.
    """

    path: str
    plan: TextPlan
    begins: np.ndarray
    ends: np.ndarray

    @classmethod
    def of(cls, stretch: Stretch, plan: TextPlan) -> "Windows":
        """Finds the windows of a stretch of two tokens or more."""
        steps = plan.sequence_length
        begins = np.arange(stretch.begin, stretch.end - 1, steps)
        ends = np.minimum(begins + steps + 1, stretch.end)
        wanted = np.union1d(begins, ends)
        starts = stretch.book.starts(stretch.begin, stretch.end, wanted)
        places = np.searchsorted(wanted, [begins, ends])
        return cls(stretch.book.path, plan, *starts[places])

    def __len__(self) -> int:
        return len(self.begins)

    @property
    def nbytes(self) -> int:
        """Bytes of all windows."""
        return int((self.ends - self.begins).sum())

    def read(self, places: np.ndarray) -> Part:
        """The windows at these places."""
        labels = np.zeros((len(places), self.plan.sequence_length), dtype=np.int32)
        texts = []
        for row, span in enumerate(read_spans(self.path, self.begins[places], self.ends[places])):
            pieces = tokens_of(span, self.plan.tokens)
            texts.append(untokenized(pieces[:-1], self.plan.tokens))
            labels[row, : len(pieces) - 1] = np.array(self.plan.ids(pieces[1:])) - 1
        return Part({TEXT: np.array(texts, dtype=object)}, labels, np.ones(len(texts), dtype=np.float32))
