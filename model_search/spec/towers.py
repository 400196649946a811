"""Towers in the order that a spec's networks have."""

from collections.abc import Iterable

from ..architecture import PLATES, SEQUENCES, Architecture, Form, depth, ordered
from ..block import Role, blocks
from ..proto.search_spec_pb2 import ProblemType, SearchSpec
from .cells import is_constrained, with_reductions

_FORMS = {ProblemType.CNN: PLATES, ProblemType.RNN_LAST_ACTIVATIONS: SEQUENCES}


def role_of(name: str) -> Role:
    """Role of a registered block."""
    return blocks[name].role


def form_of(spec: SearchSpec) -> Form | None:
    """What the spec's towers look like; None where all blocks are of one kind."""
    return _FORMS.get(spec.problem_type)


def turn_of(spec: SearchSpec) -> str:
    """The flatten or summary that new towers get: the first one in `blocks_to_use`, else the form's; empty for none."""
    form = form_of(spec)
    if form is None:
        return ""
    return next((name for name in spec.blocks_to_use if role_of(name) is form.turn), form.default)


def named_blocks(spec: SearchSpec) -> list[str]:
    """Every block that the spec names anywhere, each once."""
    named = [*spec.blocks_to_use, *([spec.reduction_block_type] if is_constrained(spec) else [])]
    named += [name for suggestion in spec.user_suggestions for name in suggestion.architecture]
    named += [name for replayed in spec.replay.towers for name in replayed.architecture]
    named += [name for replayed in spec.replay.trials for name in replayed.architecture]
    named += [name for entry in spec.multi_task_spec for name in entry.architecture]
    return list(dict.fromkeys(named))


def tower(spec: SearchSpec, names: Iterable[str]) -> Architecture:
    """The tower of these blocks: as they are, or in the order of the spec's form, with one turn and its reductions.

    The tower of a tower's own blocks is that tower.
    """
    form = form_of(spec)
    architecture = Architecture.of(names)
    arranged = architecture if form is None else ordered(architecture, role_of, form, turn_of(spec))
    return with_reductions(spec, arranged) if is_constrained(spec) else arranged


def depth_of(spec: SearchSpec, architecture: Architecture) -> int:
    """Number of blocks of a tower that the engine did not place: its turn and reductions do not count."""
    reductions = architecture.blocks.count(spec.reduction_block_type) if is_constrained(spec) else 0
    return depth(architecture, role_of) - reductions
