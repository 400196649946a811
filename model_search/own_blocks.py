"""Blocks alone on the data: how each is probed, and how a user's broken one is found before anything trains."""

import keras

from .architecture import Architecture
from .block import Role, blocks
from .data.pipeline import Pipeline
from .errors import OutOfMemoryError, UsageError
from .hyperparameters import default_values, hyperparameter_space
from .network.heads import head_of
from .network.reloading import LIBRARY, check_reloads
from .network.tower import Tower, build_tower
from .registry import place_of
from .spec import SearchSpec
from .spec.cells import is_constrained
from .spec.towers import named_blocks, role_of, tower
from .training.failures import as_trial_error


def is_own(name: str) -> bool:
    """Whether a registered block is not the library's."""
    return not blocks[name].block_class.__module__.startswith(LIBRARY)


def built(spec: SearchSpec, pipeline: Pipeline, architecture: Architecture, train_steps: int = 1) -> Tower:
    """A tower on the data with default hyperparameters, which can be loaded from its file again.

    Raises:
      TrialError: it cannot be built, or not be loaded.
      Exception: whatever a block's `requires_hparams` raises.
    """
    values = default_values(hyperparameter_space(spec, architecture, train_steps))
    found = build_tower(architecture, values, pipeline.encoding, head_of(spec, pipeline.task), spec.embedding_size)
    check_reloads(found.model, architecture)
    return found


def check_own_blocks(spec: SearchSpec, pipeline: Pipeline) -> None:
    """Builds each block that the spec names and that is not the library's once, its shapes alone where that will do.

    What does not fit into memory is no fault of a block: it is left to the trials.

    Raises:
      UsageError: a block can be built neither at a tower's start nor behind another; says which, where it is defined,
        and what is wrong.
    """
    for name in filter(is_own, named_blocks(spec)):
        faults = (_fault(spec, pipeline, name, names) for names in _places(spec, name))
        first = next(faults)
        if first and all(faults):
            raise UsageError(first)


def _places(spec: SearchSpec, name: str) -> list[list[str]]:
    """Towers of which a block must fit into one: alone, and behind a block of the library where towers may be deep."""
    fitting = (role_of(name), Role.ANY)
    others = [other for other in spec.blocks_to_use if not is_own(other) and role_of(other) in fitting]
    if is_constrained(spec) and name == spec.reduction_block_type:
        before = next(other for other in spec.blocks_to_use if role_of(other) in fitting)
        return [[before] * spec.num_blocks_in_cell]
    return [[name], *([other, name] for other in others[:1] if spec.maximum_depth > 1)]


def _has_shapes(spec: SearchSpec, pipeline: Pipeline, names: list[str]) -> bool:
    """Whether a tower is built where variables get shapes but no memory. Some layers want their values at once."""
    try:
        with keras.StatelessScope(initialize_variables=False):
            built(spec, pipeline, tower(spec, names))
    except Exception:  # The tower is built in earnest then, which says what is wrong.
        return False
    finally:
        keras.utils.clear_session()
    return True


def _fault(spec: SearchSpec, pipeline: Pipeline, name: str, names: list[str]) -> str:
    """Why a tower of these blocks, in which one is in question, cannot be built; empty where it can."""
    try:
        if not _has_shapes(spec, pipeline, names):
            built(spec, pipeline, tower(spec, names))
    except Exception as error:  # Whatever a user's block does.
        reason = as_trial_error(error)
        if isinstance(reason, OutOfMemoryError):
            return ""
        is_named = f"block {name!r}" in str(reason)
        return str(reason) if is_named else f"block {name!r} ({place_of(blocks[name].block_class)}): {reason}"
    finally:
        keras.utils.clear_session()
    return ""
