"""Which weights of a tower an earlier trial has too."""

from collections.abc import Mapping

from ..architecture import Architecture
from ..network.weights_file import WeightForm
from .alignment import aligned

TOWER = "tower_0"
"""What the names of all weights of a trial's own tower begin with: towers of members have other names."""


def matched(
    child: Architecture,
    forms: Mapping[str, WeightForm],
    parent: Architecture,
    stored: Mapping[str, WeightForm],
    tower: str = TOWER,
) -> dict[str, str]:
    """Name of the parent's weight by name of the child's, of those that agree.

    They agree by block, place in the tower (see `aligned`), name below the block, shape and dtype. What belongs to no
    block of the tower (embedding, logits, blocks of tasks) agrees by its whole name, shape and dtype.

    Args:
      child, forms: the new tower and its weights, by their `network.naming.weight_names`.
      parent, stored: the same of the earlier trial.
      tower: what the names of both begin with.
    """
    places = aligned(parent.blocks, child.blocks)
    renamed = {
        block_prefix(tower, child, place): block_prefix(tower, parent, places[place]) if place in places else None
        for place in range(len(child))
    }
    found = {}
    for name, form in forms.items():
        own = next((prefix for prefix in renamed if name.startswith(prefix)), "")
        theirs = renamed.get(own, "")
        if theirs is not None and stored.get(theirs + name[len(own) :]) == form:
            found[name] = theirs + name[len(own) :]
    return found


def block_prefix(tower: str, architecture: Architecture, place: int) -> str:
    """What the names of all weights of one block begin with."""
    return f"{tower}.{place}_{architecture[place]}."
