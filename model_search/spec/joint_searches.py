"""Checks of searches that look at hyperparameters too, and of the one that shares trials among others."""

from ..proto.search_spec_pb2 import SearchSpec, SearchType
from .checks import Words, require


def check_joint(spec: SearchSpec) -> None:
    """What holds for a spec that uses TREE_PARZEN or BAYESIAN itself: it needs no oracle that learns."""
    own = SearchType.Name(spec.search_type)
    allowed = f"it must be 'random': search_type {own} proposes hyperparameters itself"
    is_arm = spec.search_type == SearchType.BANDIT
    require(is_arm or spec.hypertuning_method == "random", "hypertuning_method", spec.hypertuning_method, allowed)


def check_bandit(spec: SearchSpec) -> None:
    """What holds for a spec that uses BANDIT."""
    names = [SearchType.Name(arm) for arm in spec.bandit.arms]
    require(len(names) != 1, "bandit.arms", Words(", ".join(names)), "it must name two search types or more, or none")
    for place, name in enumerate(names):
        is_search = name not in ("BANDIT", "UNKNOWN_SEARCH_TYPE")
        require(is_search, "bandit.arms", Words(name), "it must be a search type other than BANDIT")
        require(name not in names[:place], "bandit.arms", Words(name), "it is there twice")
