"""A provider of texts, in memory or read anew in each pass, whatever their examples are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ..memory import Part
from ..provider import Description, Feature, Provider, Task
from ..tables.csv_file import STREAM_BYTES
from .text_layout import TextLayout
from .text_tokens import TextPlan

if TYPE_CHECKING:
    import tensorflow as tf

TEXT = "text"
"""Name of the input: strings (batch,)."""

BATCH_BYTES = 1 << 20
"""A batch of texts that are streamed has about so many bytes."""

MAXIMUM_BATCH = 1024


class TextSource(Protocol):
    """Examples of one part, which are read when they are asked for."""

    def __len__(self) -> int: ...

    @property
    def nbytes(self) -> int:
        """Bytes of all their texts, about."""
        ...

    def read(self, places: np.ndarray) -> Part:
        """The examples at these places, whose feature is called `TEXT`."""
        ...


@dataclass(frozen=True)
class StreamedPart:
    """Examples that are read anew in each pass."""

    source: TextSource

    def __len__(self) -> int:
        return len(self.source)

    def dataset(self, order: np.ndarray | None = None) -> "tf.data.Dataset":
        """Batches in this order of the examples; by default in theirs."""
        import tensorflow as tf

        order = np.arange(len(self)) if order is None else order
        step = max(1, min(MAXIMUM_BATCH, BATCH_BYTES * len(self) // max(1, self.source.nbytes)))

        def batches() -> Iterator[tuple[Any, ...]]:
            for start in range(0, len(order), step):
                part = self.source.read(order[start : start + step])
                yield dict(part.features), part.labels, part.weights

        labels = self.source.read(order[:1]).labels
        assert isinstance(labels, np.ndarray)
        specs = (
            {TEXT: tf.TensorSpec((None,), tf.string)},
            tf.TensorSpec((None, *labels.shape[1:]), tf.as_dtype(labels.dtype)),
            tf.TensorSpec((None,), tf.float32),
        )
        return tf.data.Dataset.from_generator(batches, output_signature=specs).prefetch(2)


TextPart = Part | StreamedPart


def text_parts(sources: Sequence[TextSource | None], is_streamed: bool) -> list[TextPart | None]:
    """Parts in memory, or that are streamed."""

    def made(source: TextSource) -> TextPart:
        return StreamedPart(source) if is_streamed else source.read(np.arange(len(source)))

    return [made(source) if source is not None else None for source in sources]


def is_large(paths: Sequence[str]) -> bool:
    """Whether texts in these files are streamed, as files of other kinds are."""
    return sum(Path(path).stat().st_size for path in paths) > STREAM_BYTES


class TextProvider(Provider):
    """Texts; those that a recurrent network reads are encoded as ids, others as bags of words.

    Args:
      plan: how texts are encoded.
      task: what is predicted.
      unit: what one example is in a file to predict from, see `TextLayout`.
      parts: training, evaluation and test examples; there may be none of the last.
      description, identity: see `Provider`.
    """

    def __init__(
        self,
        plan: TextPlan,
        task: Task,
        unit: str,
        parts: Sequence[TextPart | None],
        description: Description,
        identity: str,
    ):
        self.task = task
        self.layout = TextLayout(TEXT, unit, plan.tokens)
        self.vocabulary_size = plan.vocabulary_size
        self._plan = plan
        self._encoder: Any = None
        self._parts = parts
        self._description = description
        self._identity = identity

    def signature(self) -> Mapping[str, Feature]:
        """One input, `text`."""
        return {TEXT: Feature("string", ())}

    def encode(self, inputs: Mapping[str, Any]) -> Any:
        """Applies the layers, which are made at the first call."""
        if self._encoder is None:
            from .text_encoder import TextEncoder

            self._encoder = TextEncoder(self._plan)
        return self._encoder(inputs[TEXT])

    def _part(self, place: int) -> TextPart:
        found = self._parts[place]
        assert found is not None
        return found

    def train(self) -> "tf.data.Dataset":
        """Training batches, always in the same order."""
        return self._part(0).dataset()

    def shuffled_train(self, seed: int) -> "tf.data.Dataset":
        """Training batches; where they are streamed, in an order of the seed."""
        part = self._part(0)
        if isinstance(part, Part):
            return part.dataset()
        return part.dataset(np.random.default_rng(seed).permutation(len(part)))

    def evaluation(self) -> "tf.data.Dataset":
        """Batches that trials are ranked by."""
        return self._part(1).dataset()

    def test(self) -> "tf.data.Dataset | None":
        """Batches that are scored once at the end."""
        return self._part(2).dataset() if self._parts[2] is not None else None

    def describe(self) -> Description:
        """What was inferred."""
        return self._description

    def identity(self) -> str:
        """A line that changes with data, split or preprocessing."""
        return self._identity
