"""Networks that are trained under another name already.

A pooling passes its input through where the plate is smaller than its tile, and IDENTITY always does. Towers that
differ in such blocks alone are one network: training it again would spend a trial on what is known.
"""

from .architecture import Architecture
from .block import blocks
from .network.tower import Tower
from .search_parts import Search
from .study import Suggestion
from .trial_store.contract import Claim, DuplicateSuggestionError


def without_passing(architecture: Architecture, tower: Tower) -> Architecture:
    """The architecture without blocks that passed their input through; as it is where they may count all the same.

    A block to which the order of earlier tensors matters may take one that was passed on for another.
    """
    if not tower.passed or any(blocks[name].create().is_input_order_important for name in architecture):
        return architecture
    left = [name for place, name in enumerate(architecture) if place not in tower.passed]
    return Architecture.of(left or architecture.blocks[:1])


def repeats_another(search: Search, claim: Claim, suggestion: Suggestion, tower: Tower) -> bool:
    """Whether another trial trains the same network; if not, it is remembered that this one does.

    The shorter architecture is stored as refused, so that it and others that come down to it are not proposed.

    Raises:
      LeaseLostError: somebody else has the trial now.
    """
    shorter = without_passing(suggestion.architecture, tower)
    if shorter == suggestion.architecture or suggestion.members:
        return False
    if search.history.has_tried(shorter) or search.history.has_failed(shorter):
        return True
    try:
        search.store.suggest(claim, Suggestion(shorter, suggestion.hyperparameters, suggestion.kind))
    except DuplicateSuggestionError:  # Another trainer was told the shorter one at the same moment.
        search.store.suggest(claim, suggestion)
        return True
    search.store.refuse(claim)
    search.store.suggest(claim, suggestion)
    return False
