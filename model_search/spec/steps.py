"""How long a trial trains."""

from ..architecture import Architecture
from ..proto.search_spec_pb2 import SearchSpec
from .towers import depth_of


def trial_steps(spec: SearchSpec, architecture: Architecture, train_steps: int) -> int:
    """Gradient steps of one trial: all of `train_steps`, or a tower's share by depth where the spec scales them."""
    if not spec.use_parameter_scaled_training or not architecture.blocks:
        return train_steps
    return max(1, min(train_steps, depth_of(spec, architecture) * train_steps // spec.maximum_depth))
