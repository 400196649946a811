"""What is stored beside an exported model so that raw input can be read for it: plain JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..errors import UsageError
from .provider import Feature, Provider, Task, TaskKind
from .table_inputs import TableInputs
from .tabular import TableLayout

VERSION = 1


@dataclass(frozen=True)
class ModelSignature:
    """A model's raw inputs, its task, and the table or image size that the inputs come from.

    Attributes:
      inputs: raw inputs by name.
      task: with the class names in the order of the model's outputs.
      table: of models of tables.
      image_size: (height, width) of models of image folders.
    """

    inputs: Mapping[str, Feature]
    task: Task
    table: TableLayout | None = None
    image_size: tuple[int, int] | None = None


def signature_of(provider: Provider) -> ModelSignature:
    """The signature of models trained on a provider's data."""
    return ModelSignature(
        dict(provider.signature()),
        provider.task,
        getattr(provider, "layout", None),
        getattr(provider, "image_size", None),
    )


def to_json(provider: Provider) -> dict[str, Any]:
    """The signature as JSON values: objects, lists, strings, numbers and null."""
    signature = signature_of(provider)
    task = asdict(signature.task) | {"kind": signature.task.kind.value, "classes": list(signature.task.classes)}
    table = signature.table and asdict(signature.table)
    inputs = {name: {"dtype": f.dtype, "shape": list(f.shape)} for name, f in signature.inputs.items()}
    size = list(signature.image_size) if signature.image_size else None
    return _plain({"version": VERSION, "inputs": inputs, "task": task, "table": table, "image_size": size})


def _plain(value: Any) -> Any:
    """Tuples as lists, as they come back from a file."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
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
        t = value["task"]
        task = Task(TaskKind(t["kind"]), t["target"], tuple(t["classes"]), t["target_mean"], t["target_scale"])
        size = value["image_size"]
        image_size = (int(size[0]), int(size[1])) if size else None
        return ModelSignature(inputs, task, _table(value["table"]), image_size)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise UsageError(f"not a model signature: {type(error).__name__} at {error}") from None


def _table(value: Mapping[str, Any] | None) -> TableLayout | None:
    if value is None:
        return None
    i = value["inputs"]
    inputs = TableInputs(tuple(i["numbers"]), tuple(i["categories"]), tuple(i["lenient"]), bool(i["is_grouped"]))
    columns = tuple(value["columns"])
    return TableLayout(columns, value["label"], value["weight"], value["delimiter"], value["has_header"], inputs)
