"""Arrays, or dicts of them: what features, labels and weights come as."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Tree = Any
"""An array, or a dict of arrays by name."""


def mapped(function: Callable[..., Any], *trees: Tree) -> Tree:
    """The function applied to the arrays that stand at the same place of each tree."""
    if isinstance(trees[0], dict):
        return {key: mapped(function, *(tree[key] for tree in trees)) for key in trees[0]}
    return function(*trees)


def leaves(tree: Tree) -> list[Any]:
    """The arrays of a tree."""
    return [leaf for part in tree.values() for leaf in leaves(part)] if isinstance(tree, dict) else [tree]


def joined(trees: Sequence[Tree]) -> Tree:
    """Trees of batches as one tree of all examples."""
    return mapped(lambda *arrays: np.concatenate(arrays), *trees)


def sliced(tree: Tree, rows: slice) -> Tree:
    """Some of the examples."""
    return mapped(lambda array: array[rows], tree)


def count(tree: Tree) -> int:
    """Examples in a tree."""
    return len(leaves(tree)[0])
