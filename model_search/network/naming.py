"""Stable names for the layers of a tower.

Blocks create layers with any names, and two blocks may both call one `dense`. Keras wants names that are unique in a
model, and weights are matched between trials by name. So the engine names the layers that each block made:
`<tower>.<place>_<block>.<layer>`, the layer's own name without the counter that Keras appends, counted anew in each
block. The name of a weight is its layer's name and the weight's path below that layer, which is what a model loaded
from a file has too.
"""

import re
from collections.abc import Sequence
from typing import Any

import keras


def new_operations(output: Any, known: Sequence[Any]) -> list[Any]:
    """Keras operations between `known` tensors and `output`, inputs first, each once."""
    known_ids = {id(tensor) for tensor in known}
    found: dict[int, Any] = {}

    def visit(tensor: Any) -> None:
        if id(tensor) in known_ids:
            return
        operation, node_index, _ = tensor._keras_history
        if id(operation) in found:
            return
        for parent in operation._inbound_nodes[node_index].input_tensors:
            visit(parent)
        found[id(operation)] = operation

    visit(output)
    return list(found.values())


def name_operations(operations: Sequence[Any], prefix: str) -> None:
    """Renames operations to `<prefix>.<own name>`, with `_1`, `_2` ... where a name comes again."""
    seen: dict[str, int] = {}
    for operation in operations:
        own = re.sub(r"_\d+$", "", operation.name).rpartition(".")[2]
        count = seen.get(own, 0)
        seen[own] = count + 1
        operation.name = f"{prefix}.{own}_{count}" if count else f"{prefix}.{own}"


def weight_names(model: keras.Model) -> dict[str, keras.Variable]:
    """The model's weights by stable name: `<layer name>/<path of the weight below its layer>`.

    Random states of dropout and the like are left out: they are no part of the function.
    """
    named = {}
    for layer in model.layers:
        for variable in layer.weights:
            path = variable.path.partition("/")[2] if "/" in variable.path else variable.path
            named[f"{layer.name}/{path}"] = variable
    return named
