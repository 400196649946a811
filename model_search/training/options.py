"""How trials train: what is the same for all trials of a study."""

from collections.abc import Mapping
from dataclasses import dataclass

KEEP_MODELS = 50
"""So many of the best trials keep theirs where nothing else is said."""


@dataclass(frozen=True)
class TrainingOptions:
    """Settings of every trial's training.

    Attributes:
      train_steps: gradient steps of a trial.
      batch_size: examples of a step.
      eval_steps: evaluation batches of `batch_size` that rank a trial; 0 for all evaluation data.
      mixed_precision: Keras dtype policy: empty for float32, `mixed_float16` or `mixed_bfloat16`.
      checkpoint_seconds: time between mid-trial checkpoints, from which a trial taken up again goes on.
      max_parameters, max_flops, max_latency_ms: weights, multiply-adds and milliseconds of one example; a network with
        more is not trained, another one is proposed instead; 0 for no limit.
    """

    train_steps: int = 1000
    batch_size: int = 32
    eval_steps: int = 0
    mixed_precision: str = ""
    checkpoint_seconds: float = 30.0
    max_parameters: int = 0
    max_flops: int = 0
    max_latency_ms: float = 0.0

    def comparable(self) -> Mapping[str, str]:
        """What must not change while a study goes on, as text by flag name."""
        always = {
            "train_steps": str(self.train_steps),
            "batch_size": str(self.batch_size),
            "eval_steps": str(self.eval_steps),
            "mixed_precision": self.mixed_precision,
            "max_parameters": str(self.max_parameters),
        }
        # Studies of versions that had no other limits know nothing of them.
        return always | {name: str(limit) for name, limit in self.limits().items()}

    def limits(self) -> Mapping[str, float]:
        """The limits on costs that are set, by flag name."""
        limits = {
            "max_parameters": self.max_parameters,
            "max_flops": self.max_flops,
            "max_latency_ms": self.max_latency_ms,
        }
        return {name: limit for name, limit in limits.items() if limit}
