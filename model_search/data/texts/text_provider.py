"""A provider of texts in memory, whatever their examples are."""

from collections.abc import Callable, Mapping
from typing import Any

from ..memory import MemoryProvider, Parts
from ..provider import Description, Feature, Task
from .text_layout import TextLayout
from .text_tokens import TextPlan

TEXT = "text"
"""Name of the input: strings (batch,)."""


class TextProvider(MemoryProvider):
    """Texts in memory; those that a recurrent network reads are encoded as ids, others as bags of words.

    Args:
      plan: how texts are encoded.
      task: what is predicted.
      unit: what one example is in a file to predict from, see `TextLayout`.
      parts: the examples; their feature is called `TEXT`.
      description, identity: see `Provider`.
    """

    def __init__(self, plan: TextPlan, task: Task, unit: str, parts: Parts, description: Description, identity: str):
        super().__init__(task, {TEXT: Feature("string", ())}, _encoder_of(plan), parts, description, identity)
        self.layout = TextLayout(TEXT, unit, plan.tokens)
        self.vocabulary_size = plan.vocabulary_size


def _encoder_of(plan: TextPlan) -> Callable[[], Callable[[Mapping[str, Any]], Any]]:
    def make() -> Callable[[Mapping[str, Any]], Any]:
        from .text_encoder import TextEncoder

        encoder = TextEncoder(plan)
        return lambda inputs: encoder(inputs[TEXT])

    return make
