"""What is stored beside an exported model so that raw input can be read for it: plain JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..errors import UsageError
from .layout import Layout, layout_class
from .provider import Feature, Provider, Task, TaskKind

VERSION = 2


@dataclass(frozen=True)
class ModelSignature:
    """A model's raw inputs, its task, and how the inputs lie in files.

    Attributes:
      inputs: raw inputs by name.
      task: with the class names in the order of the model's outputs.
      layout: of files; None where only arrays fit.
    """

    inputs: Mapping[str, Feature]
    task: Task
    layout: Layout | None = None


def signature_of(provider: Provider) -> ModelSignature:
    """The signature of models trained on a provider's data."""
    return ModelSignature(dict(provider.signature()), provider.task, provider.layout)


def to_json(provider: Provider) -> dict[str, Any]:
    """The signature as JSON values: objects, lists, strings, numbers and null."""
    signature = signature_of(provider)
    layout = signature.layout and {"kind": signature.layout.kind, **signature.layout.to_json()}
    inputs = {name: {"dtype": f.dtype, "shape": list(f.shape)} for name, f in signature.inputs.items()}
    return _plain({"version": VERSION, "inputs": inputs, "task": asdict(signature.task), "layout": layout})


def _plain(value: Any) -> Any:
    """Tuples as lists and kinds as words, as they come back from a file."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, TaskKind):
        return value.value
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value


def from_json(value: Mapping[str, Any]) -> ModelSignature:
    """The signature that `to_json` wrote.

    Raises:
      UsageError: it is another version, or not a signature.
    """
    try:
        if value["version"] != VERSION:
            raise UsageError(f"model signature has version {value['version']!r}; this program reads version {VERSION}")
        inputs = {name: Feature(f["dtype"], tuple(f["shape"])) for name, f in value["inputs"].items()}
        layout = value["layout"] and layout_class(value["layout"]["kind"]).from_json(value["layout"])
        return ModelSignature(inputs, _task(value["task"]), layout)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise UsageError(f"not a model signature: {type(error).__name__} at {error}") from None


def _task(value: Mapping[str, Any]) -> Task:
    return Task(
        TaskKind(value["kind"]),
        value["target"],
        tuple(value["classes"]),
        float(value["target_mean"]),
        float(value["target_scale"]),
        bool(value["is_per_step"]),
        bool(value["predicts_ahead"]),
        tuple(_task(task) for task in value["tasks"]),
    )
