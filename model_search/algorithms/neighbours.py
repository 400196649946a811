"""All towers that are one edit away from a tower."""

from collections.abc import Iterator

from ..architecture import TURNS, Architecture, depth
from ..spec import SearchSpec
from ..spec.towers import role_of, tower
from .edits import searched_blocks


def neighbours(spec: SearchSpec, architecture: Architecture, deepest: int) -> Iterator[tuple[str, Architecture]]:
    """Valid towers one edit away, each once, with the edit's name, in an order that only the arguments decide.

    Replaced by another block: `mutate`. Another block at the end: `grow`; at another place: `insert`. One block less:
    `delete`. Two neighbours that change places: `swap`.

    Args:
      spec: completed and valid; its `minimum_depth` is the least depth.
      architecture: a valid tower.
      deepest: the largest depth.
    """
    deep = depth(architecture, role_of)
    seen = {architecture}
    for edit, child in _edits(spec, architecture, deep < deepest, deep > spec.minimum_depth):
        if child not in seen and tower(spec, child) == child:
            seen.add(child)
            yield edit, child


def _edits(
    spec: SearchSpec, architecture: Architecture, may_grow: bool, may_shrink: bool
) -> Iterator[tuple[str, Architecture]]:
    """Edits that may be out of order, or there twice."""
    searched = searched_blocks(spec)
    turns = [name for name in spec.blocks_to_use if role_of(name) in TURNS]
    is_turn = [role_of(name) in TURNS for name in architecture]
    last = len(architecture)
    for place, block in enumerate(architecture):
        for name in turns if is_turn[place] else searched:
            if name != block:
                yield "mutate", architecture.replaced(place, name)
    if may_grow:
        ends = {last, *(place for place, turn in enumerate(is_turn) if turn)}
        for place in range(last, -1, -1):
            for name in searched:
                yield "grow" if place in ends else "insert", architecture.inserted(place, name)
    blocks = architecture.blocks
    if may_shrink:
        for place in range(last):
            if not is_turn[place]:
                yield "delete", Architecture((*blocks[:place], *blocks[place + 1 :]))
    for place in range(last - 1):
        if not (is_turn[place] or is_turn[place + 1]):
            swapped = (*blocks[:place], blocks[place + 1], blocks[place], *blocks[place + 2 :])
            yield "swap", Architecture(swapped)
