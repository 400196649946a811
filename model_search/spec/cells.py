"""Towers of a constrained search: cells of searched blocks, and after each full one a reduction of the plates.

The engine places the reductions, as it places the flatten: no search ever chooses, moves or removes one. What follows
the flatten is in no cell.
"""

from ..architecture import TURNS, Architecture
from ..block import blocks
from ..proto.search_spec_pb2 import SearchSpec, SearchType


def is_constrained(spec: SearchSpec) -> bool:
    """Whether the spec's towers have cells."""
    return spec.search_type == SearchType.CONSTRAINED_ADAPTIVE_COORDINATE_DESCENT


def maximum_searched_depth(spec: SearchSpec) -> int:
    """The largest depth of a searched part: `num_blocks_in_cell` where it is one cell, else `maximum_depth`."""
    return spec.num_blocks_in_cell if is_constrained(spec) and spec.replicate_cell else spec.maximum_depth


def searched_part(spec: SearchSpec, architecture: Architecture) -> Architecture:
    """What is searched of a tower in order: all but the reductions, and of a replicated cell the first.

    A tower without reductions is what is searched. So is every tower of a search that is not constrained.
    """
    if not is_constrained(spec):
        return architecture
    body, rest = _parts(architecture)
    reduction = spec.reduction_block_type
    if spec.replicate_cell and reduction in body:
        body = body[: body.index(reduction)]
    return Architecture((*(name for name in body if name != reduction), *rest))


def with_reductions(spec: SearchSpec, architecture: Architecture) -> Architecture:
    """The tower of a constrained search that has the same searched part; its own reductions are not looked at.

    A reduction stands after each `num_blocks_in_cell` blocks, the last ones too. A replicated cell may have fewer
    blocks: it stands `maximum_depth // num_blocks_in_cell` times, each time with a reduction, so that all towers
    shrink plates alike.
    """
    body, rest = _parts(searched_part(spec, architecture))
    size, reduction = spec.num_blocks_in_cell, (spec.reduction_block_type,)
    if spec.replicate_cell:
        return Architecture(((*body, *reduction) * (spec.maximum_depth // size) if body else ()) + rest)
    cells = [body[start : start + size] for start in range(0, len(body), size)]
    return Architecture(sum((cell + reduction if len(cell) == size else cell for cell in cells), ()) + rest)


def _parts(architecture: Architecture) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The body, and the turn with what follows it."""
    names = architecture.blocks
    turn = next((place for place, name in enumerate(names) if blocks[name].role in TURNS), len(names))
    return names[:turn], names[turn:]
