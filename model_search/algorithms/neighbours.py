"""All towers that are one edit away from a tower."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from ..architecture import TURNS, Architecture, Form, depth, ordered
from ..spec import SearchSpec
from ..spec.towers import form_of, role_of, turn_of
from .edits import searched_blocks


class _Rules(NamedTuple):
    """What a spec says of its towers."""

    searched: tuple[str, ...]
    turns: tuple[str, ...]
    form: Form | None
    turn: str


def neighbours(spec: SearchSpec, architecture: Architecture, deepest: int) -> tuple[tuple[str, Architecture], ...]:
    """Valid towers one edit away, each once, with the edit's name, in an order that only the arguments decide.

    Replaced by another block: `mutate`. Another block at the end: `grow`; at another place: `insert`. One block less:
    `delete`. Two neighbours that change places: `swap`.

    Args:
      spec: completed and valid, of a search without cells; its `minimum_depth` is the least depth.
      architecture: a valid tower.
      deepest: the largest depth.
    """
    deep = depth(architecture, role_of)
    turns = tuple(name for name in spec.blocks_to_use if role_of(name) in TURNS)
    rules = _Rules(tuple(searched_blocks(spec)), turns, form_of(spec), turn_of(spec))
    return _neighbours(rules, architecture, deep < deepest, deep > spec.minimum_depth)


# The trials of a beam stay there for many proposals.
@lru_cache(maxsize=64)
def _neighbours(
    rules: _Rules, architecture: Architecture, may_grow: bool, may_shrink: bool
) -> tuple[tuple[str, Architecture], ...]:
    found = {architecture: ""}
    for edit, child in _edits(rules, architecture, may_grow, may_shrink):
        if child not in found and (rules.form is None or ordered(child, role_of, rules.form, rules.turn) == child):
            found[child] = edit
    del found[architecture]
    return tuple((edit, child) for child, edit in found.items())


def _edits(
    rules: _Rules, architecture: Architecture, may_grow: bool, may_shrink: bool
) -> Iterator[tuple[str, Architecture]]:
    """Edits that may be out of order, or there twice."""
    is_turn = [role_of(name) in TURNS for name in architecture]
    last = len(architecture)
    for place, block in enumerate(architecture):
        for name in rules.turns if is_turn[place] else rules.searched:
            if name != block:
                yield "mutate", architecture.replaced(place, name)
    if may_grow:
        ends = {last, *(place for place, turn in enumerate(is_turn) if turn)}
        for place in range(last, -1, -1):
            for name in rules.searched:
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
