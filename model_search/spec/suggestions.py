"""Checks of the towers that a user wants tried."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from ..architecture import TURNS, Architecture, depth
from ..block import blocks
from ..converters import hyperparameters_from_proto
from ..errors import UsageError
from ..proto.search_spec_pb2 import SearchSpec, SearchType, TowerSuggestion
from ..registry import closest
from ..study import HyperparameterValue
from . import names
from .cells import is_constrained, maximum_searched_depth, searched_part
from .checks import check_block, require
from .search_types import FIXED_DEPTH_SEARCHES
from .towers import role_of, tower


@dataclass(frozen=True)
class Known:
    """A hyperparameter that a suggestion may fix.

    Attributes:
      type: of its values.
      holds: whether a value of that type makes sense.
      allowed: what makes sense, in words.
      switch: the spec field that turns it on, dotted; empty where it is always there.
    """

    type: type
    holds: Callable[[HyperparameterValue], bool]
    allowed: str
    switch: str = ""


def _between(low: float, high: float) -> Callable[[HyperparameterValue], bool]:
    return lambda value: isinstance(value, int | float) and low < value <= high


_DECAY = "learning_spec.apply_exponential_decay"
_KNOWN = {
    names.LEARNING_RATE: Known(float, _between(0, 1e6), "it must be above 0"),
    names.OPTIMIZER: Known(str, lambda value: value in names.OPTIMIZERS, f"known: {', '.join(names.OPTIMIZERS)}"),
    names.DECAY_RATE: Known(float, _between(0, 1), "it must be above 0 and at most 1", _DECAY),
    names.DECAY_STEPS: Known(int, _between(0, math.inf), "it must be 1 or more", _DECAY),
    names.GRADIENT_NORM: Known(
        int, _between(0, math.inf), "it must be 1 or more", "learning_spec.apply_gradient_clipping"
    ),
    names.L2: Known(
        float,
        lambda value: isinstance(value, float) and 0 <= value < math.inf,
        "it must be 0 or more",
        "learning_spec.apply_l2_regularization",
    ),
    names.DROPOUT: Known(
        float,
        lambda value: isinstance(value, float) and (value == names.NO_DROPOUT or 0 <= value < 1),
        "it must be -1 (none), or at least 0 and below 1",
        "apply_dropouts_between_blocks",
    ),
}

_KIND_OF = {float: "float_value", int: "int64_value", str: "bytes_value", bool: "bool_value"}


def check_suggestions(spec: SearchSpec) -> None:
    """Checks every user suggestion: blocks, order, depth, hyperparameters.

    Raises:
      UsageError: the first thing that is wrong.
    """
    for index, suggestion in enumerate(spec.user_suggestions):
        field = f"user_suggestions[{index}]"
        architecture = _checked_tower(spec, f"{field}.architecture", suggestion)
        try:
            values = hyperparameters_from_proto(suggestion.hparams)
        except ValueError as error:
            raise UsageError(f"spec field {field}.hparams: {error}") from None
        for name, value in values.items():
            check_hyperparameter(spec, f"{field}.hparams", architecture, name, value)


def _checked_tower(spec: SearchSpec, field: str, suggestion: TowerSuggestion) -> Architecture:
    listed = list(suggestion.architecture)
    require(bool(listed), field, listed, "it must name at least one block")
    for name in listed:
        check_block(spec, field, name)
    arranged = tower(spec, listed)
    turns = sum(role_of(name) in TURNS for name in listed)
    require(turns <= 1, field, listed, "it must have at most one block that flattens or sums up")
    deep = depth(searched_part(spec, arranged), role_of)
    require(deep >= 1, field, listed, "it must have a block besides those that the engine places")
    # What the engine places may be left out, but not stand elsewhere.
    has_reductions = is_constrained(spec) and spec.reduction_block_type in listed
    whole = arranged if has_reductions else searched_part(spec, arranged)
    in_order = [name for name in whole if turns or role_of(name) not in TURNS]
    order = "a reduction follows each cell" if has_reductions else "vectors come last"
    require(listed == in_order, field, listed, f"{order}, as in {in_order}")
    limit = maximum_searched_depth(spec)
    name = "maximum_depth" if limit == spec.maximum_depth else "num_blocks_in_cell"
    require(deep <= limit, field, listed, f"it is deeper than {name} {limit}")
    fixed = spec.search_type in FIXED_DEPTH_SEARCHES
    require(
        not fixed or deep == spec.minimum_depth,
        field,
        listed,
        f"towers of a {SearchType.Name(spec.search_type)} have exactly minimum_depth blocks, {spec.minimum_depth}",
    )
    return arranged


def check_hyperparameter(
    spec: SearchSpec, field: str, architecture: Architecture, name: str, value: HyperparameterValue
) -> None:
    """Checks one hyperparameter that is fixed for a tower. Raises `UsageError`."""
    if names.is_block_specific(name):
        own = _block_hyperparameters(architecture)
        require(name in own, field, name, f"no block of the suggestion has it; {closest(name, own)}")
        _require_type(field, name, value, own[name])
        return
    require(name in _KNOWN, field, name, f"no hyperparameter has this name; {closest(name, _KNOWN)}")
    known = _KNOWN[name]
    require(_is_on(spec, known.switch), field, name, f"trials have it only with {known.switch}: true")
    _require_type(field, name, value, known.type)
    require(known.holds(value), f"{field}.{name}", value, known.allowed)


def _require_type(field: str, name: str, value: HyperparameterValue, expected: type) -> None:
    given = _KIND_OF[type(value)]
    require(type(value) is expected, f"{field}.{name}", value, f"it is given as {given}, not {_KIND_OF[expected]}")


def _is_on(spec: SearchSpec, switch: str) -> bool:
    holder, _, name = switch.rpartition(".")
    return not switch or bool(getattr(getattr(spec, holder) if holder else spec, name))


def _block_hyperparameters(architecture: Architecture) -> dict[str, type]:
    """Types of the hyperparameters that the blocks of a tower ask for, by full name."""
    types = {}
    for place, name in enumerate(architecture):
        ask = getattr(blocks[name].create(), "requires_hparams", None)
        asked = ask() if ask is not None else None
        for parameter in asked.space if asked is not None else ():
            types[names.block_prefix(place, name) + parameter.name] = type(parameter.random_sample(0))
    return types
