"""Single edits of a tower that leave it valid, in random order.

Each function yields every architecture that is one edit away, exactly once; callers take the first that suits.
"""

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from ..architecture import TURNS, Architecture
from ..block import Role
from ..spec import SearchSpec
from ..spec.towers import form_of, role_of, turn_of


def searched_blocks(spec: SearchSpec) -> list[str]:
    """The blocks that towers are made of: all but flattens and summaries, which the engine places."""
    return [name for name in spec.blocks_to_use if role_of(name) not in TURNS]


def grown(spec: SearchSpec, architecture: Architecture, rng: np.random.Generator) -> Iterator[Architecture]:
    """Towers with one block more: at the end, or for plates and sequences before the turn to vectors.

    A block for any input is placed at one of the two by chance, and at the other after all else.
    """
    turn = _place_of_turn(architecture)
    ends = [len(architecture)] if turn is None else [turn, len(architecture)]
    second_choices = []
    for name in _shuffled(searched_blocks(spec), rng):
        first, *others = _shuffled([end for end in ends if _fits(spec, name, end, turn)], rng)
        yield architecture.inserted(first, name)
        second_choices += [architecture.inserted(other, name) for other in others]
    yield from second_choices


def mutated(spec: SearchSpec, architecture: Architecture, rng: np.random.Generator) -> Iterator[Architecture]:
    """Towers with another block at one place; all that a random first place takes, then those of a second, ..."""
    turn = _place_of_turn(architecture)
    for place in _shuffled(range(len(architecture)), rng):
        for name in _shuffled(_replacements(spec, place, turn), rng):
            if name != architecture[place]:
                yield architecture.replaced(place, name)


def inserted(spec: SearchSpec, architecture: Architecture, rng: np.random.Generator) -> Iterator[Architecture]:
    """Towers with one block more, wherever it may stand."""
    turn = _place_of_turn(architecture)
    spots = [
        (place, name)
        for place in range(len(architecture) + 1)
        for name in searched_blocks(spec)
        # Beside its like a block would make the same tower twice.
        if _fits(spec, name, place, turn) and architecture.blocks[place : place + 1] != (name,)
    ]
    for place, name in _shuffled(spots, rng):
        yield architecture.inserted(place, name)


def deleted(architecture: Architecture, rng: np.random.Generator) -> Iterator[Architecture]:
    """Towers with one block less; none where only one block besides the turn is there."""
    blocks, turn = architecture.blocks, _place_of_turn(architecture)
    places = [
        place for place in range(len(blocks)) if place != turn and blocks[place] not in blocks[place + 1 : place + 2]
    ]
    if len(blocks) - (turn is not None) > 1:
        for place in _shuffled(places, rng):
            yield Architecture(blocks[:place] + blocks[place + 1 :])


def crossed(first: Architecture, second: Architecture) -> list[Architecture]:
    """Every beginning of one tower before every end of another that fits behind it, without these two themselves.

    Both are cut in their bodies, at the latest before the turn, or both behind it, so that the child has one turn.
    """
    turns = [_place_of_turn(architecture) for architecture in (first, second)]
    children = []
    for cuts in product(range(len(first) + 1), range(len(second) + 1)):
        sides = {turn is not None and cut > turn for cut, turn in zip(cuts, turns, strict=True)}
        child = Architecture(first.blocks[: cuts[0]] + second.blocks[cuts[1] :])
        if len(sides) == 1 and any(role_of(name) not in TURNS for name in child):
            children.append(child)
    return [child for child in dict.fromkeys(children) if child not in (first, second)]


def _replacements(spec: SearchSpec, place: int, turn: int | None) -> list[str]:
    """Blocks that may stand at a place of a tower whose turn to vectors stands at `turn`."""
    if place == turn:
        turns = [name for name in spec.blocks_to_use if role_of(name) in TURNS]
        return turns or [turn_of(spec)]
    return [name for name in searched_blocks(spec) if _fits(spec, name, place, turn)]


def _fits(spec: SearchSpec, name: str, place: int, turn: int | None) -> bool:
    """Whether a searched block may stand at or be inserted at a place: the body up to the turn, vectors behind it."""
    form = form_of(spec)
    if form is None or turn is None or role_of(name) is Role.ANY:
        return True
    return (role_of(name) is form.body) == (place <= turn)


def _place_of_turn(architecture: Architecture) -> int | None:
    return next((place for place, name in enumerate(architecture) if role_of(name) in TURNS), None)


def _shuffled(items: Sequence, rng: np.random.Generator) -> list:
    return [items[index] for index in rng.permutation(len(items))]
