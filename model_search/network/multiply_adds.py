"""Multiply-adds of a TensorFlow graph, counted from the shapes of its operations."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import tensorflow as tf

from ..errors import TrialError


class UncountableError(TrialError):
    """The multiply-adds of a network cannot be counted: a shape or a loop's number of steps is not known."""


def multiply_adds(graph: Any) -> int:
    """Multiply-adds of one run of a graph.

    Matrix products, convolutions and einsums are counted, also inside of loops (times their steps), functions and
    branches (the most expensive one); what works element by element is not. TensorFlow's own profiler leaves out
    einsums, and counts a loop's body once however often it runs.

    Args:
      graph: of a concrete function, with all shapes known. What no output of it needs does not run and is not counted:
        Keras' recurrent layers leave a step behind that they only took to know its form.

    Raises:
      UncountableError: a shape or a loop's number of steps is not known.
    """
    return sum(_of(operation) for operation in _needed(graph))


def _needed(graph: Any) -> Iterator[Any]:
    """Operations that the outputs of a graph depend on."""
    ahead = [output.op for output in graph.outputs]
    seen = set()
    while ahead:
        operation = ahead.pop()
        if operation.name not in seen:
            seen.add(operation.name)
            ahead += [*(given.op for given in operation.inputs), *operation.control_inputs]
            yield operation


def _of(operation: Any) -> int:
    count = _COUNTS.get(operation.type)
    if count is not None:
        return count(operation)
    each = [multiply_adds(inner) for inner in _inner_graphs(operation)]
    if not any(each):
        return 0
    return _loop_steps(operation) * sum(each) if operation.type in ("While", "StatelessWhile") else max(each)


def _inner_graphs(operation: Any) -> Iterator[Any]:
    """Graphs of the functions that an operation calls."""
    for name in operation.node_def.attr:
        value = operation.node_def.attr[name]
        for called in (value.func, *value.list.func):
            if called.name:
                yield operation.graph._functions[called.name].graph


def _loop_steps(loop: Any) -> int:
    """Steps of a loop: its fixed number, or those of the sequence that it walks along."""
    # The first inputs are the counter and its limit; Keras computes the latter for recurrent layers.
    limit = tf.get_static_value(loop.inputs[1])
    if limit is not None and limit >= 0:
        return int(limit)
    walked = [_sizes(given.op.inputs[0])[0] for given in loop.inputs if given.op.type == "TensorListFromTensor"]
    if not walked:
        raise UncountableError(f"the number of steps of the loop {loop.name} is not known")
    return max(walked)


def _sizes(tensor: Any) -> list[int]:
    if not tensor.shape.is_fully_defined():
        raise UncountableError(f"the shape of {tensor.name} is not known")
    return list(tensor.shape)


def _elements(tensor: Any) -> int:
    return math.prod(_sizes(tensor))


def _matrix_product(operation: Any, transposed: str) -> int:
    inner = _sizes(operation.inputs[0])[-2 if operation.get_attr(transposed) else -1]
    return _elements(operation.outputs[0]) * inner


def _convolution(operation: Any) -> int:
    # The kernel has the input channels of one group.
    return _elements(operation.outputs[0]) * math.prod(_sizes(operation.inputs[1])[:-1])


def _depthwise(operation: Any) -> int:
    return _elements(operation.outputs[0]) * math.prod(_sizes(operation.inputs[1])[:-2])


def _transposed_convolution(operation: Any) -> int:
    # Each input element is multiplied with the kernel once.
    return _elements(operation.inputs[2]) * math.prod(_sizes(operation.inputs[1])[:-1])


def _einsum(operation: Any) -> int:
    terms = operation.get_attr("equation").decode().partition("->")[0].split(",")
    if len(terms) == 1:
        return 0
    sizes: dict[Any, int] = {}
    for term, tensor in zip(terms, operation.inputs, strict=True):
        shape = _sizes(tensor)
        before, dots, after = term.partition("...")
        # The axes behind an ellipsis are told apart by their distance from its end.
        hidden = range(len(shape) - len(before) - len(after), 0, -1) if dots else ()
        for label, size in zip([*before, *hidden, *after], shape, strict=True):
            sizes[label] = max(size, sizes.get(label, 1))
    return math.prod(sizes.values())


_COUNTS: Mapping[str, Callable[[Any], int]] = {
    "MatMul": lambda operation: _matrix_product(operation, "transpose_a"),
    "BatchMatMul": lambda operation: _matrix_product(operation, "adj_x"),
    "BatchMatMulV2": lambda operation: _matrix_product(operation, "adj_x"),
    "BatchMatMulV3": lambda operation: _matrix_product(operation, "adj_x"),
    "Conv2D": _convolution,
    "Conv3D": _convolution,
    "DepthwiseConv2dNative": _depthwise,
    "Conv2DBackpropInput": _transposed_convolution,
    "Conv3DBackpropInputV2": _transposed_convolution,
    "Einsum": _einsum,
}
