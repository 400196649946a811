"""Optimizers and learning-rate schedules from a trial's hyperparameters."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import keras

from ..proto import search_spec_pb2

OPTIMIZERS: dict[str, Callable[..., keras.optimizers.Optimizer]] = {
    "momentum": lambda **keywords: keras.optimizers.SGD(momentum=0.9, **keywords),
    "sgd": keras.optimizers.SGD,
    "adagrad": keras.optimizers.Adagrad,
    "adam": keras.optimizers.Adam,
    "rmsprop": keras.optimizers.RMSprop,
    "adamw": keras.optimizers.AdamW,
    "nadam": keras.optimizers.Nadam,
    "lion": keras.optimizers.Lion,
}


class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up from 0, then constant, exponential or cosine decay.

    The decay counts steps from the start of training, so warm-up does not shift it. Cosine: Loshchilov and Hutter
    2017, equation 5, one cycle down to 0.
    """

    def __init__(
        self,
        learning_rate: float,
        warmup_steps: int = 0,
        decay_steps: int = 0,
        decay_rate: float = 1.0,
        cosine_steps: int = 0,
    ):
        self.learning_rate = learning_rate
        self.warmup_steps = warmup_steps
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.cosine_steps = cosine_steps

    def __call__(self, step: Any) -> Any:
        """The learning rate at a step, counted from 0."""
        ops = keras.ops
        step = ops.cast(step, "float32")
        rate = ops.cast(self.learning_rate, "float32")
        if self.decay_steps:
            rate = rate * ops.power(ops.cast(self.decay_rate, "float32"), step / self.decay_steps)
        if self.cosine_steps:
            rate = rate * 0.5 * (1.0 + ops.cos(math.pi * ops.minimum(step / self.cosine_steps, 1.0)))
        if self.warmup_steps:
            rate = rate * ops.minimum((step + 1.0) / self.warmup_steps, 1.0)
        return rate

    def get_config(self) -> dict[str, Any]:
        """Constructor arguments."""
        return dict(vars(self))


def schedule(hyperparameters: Mapping[str, Any], spec: search_spec_pb2.LearningSpec, steps: int) -> Schedule | float:
    """The trial's learning rate: a number where nothing changes it, else a schedule over `steps` steps."""
    rate = float(hyperparameters["learning_rate"])
    decays = spec.apply_exponential_decay
    if not (decays or spec.apply_cosine_decay or spec.lr_warmup_steps):
        return rate
    return Schedule(
        rate,
        warmup_steps=spec.lr_warmup_steps,
        decay_steps=int(hyperparameters["exponential_decay_steps"]) if decays else 0,
        decay_rate=float(hyperparameters["exponential_decay_rate"]) if decays else 1.0,
        cosine_steps=steps if spec.apply_cosine_decay else 0,
    )


def build_optimizer(
    hyperparameters: Mapping[str, Any],
    spec: search_spec_pb2.LearningSpec,
    steps: int,
    replicas: int = 1,
    scales_loss: bool = False,
) -> keras.optimizers.Optimizer:
    """The trial's optimizer.

    Args:
      hyperparameters: `optimizer`, `learning_rate`, and where the spec asks for them `exponential_decay_steps`,
        `exponential_decay_rate`, `gradient_max_norm` (of all gradients together).
      spec: what is turned on.
      steps: length of the training.
      replicas: devices that train one network; their gradients are summed.
      scales_loss: wrap it for float16, whose gradients underflow unscaled.
    """
    keywords: dict[str, Any] = {"learning_rate": schedule(hyperparameters, spec, steps)}
    if spec.apply_gradient_clipping:
        keywords["global_clipnorm"] = float(hyperparameters["gradient_max_norm"])
    optimizer = OPTIMIZERS[str(hyperparameters["optimizer"])](**keywords)
    if replicas == 1:
        # Keras reduces gradients over the replicas even where there is one, through an operation of TensorFlow that
        # keeps every graph it was traced in: hundreds of trials in one process would fill the memory.
        optimizer._all_reduce_sum_gradients = list
    return keras.optimizers.LossScaleOptimizer(optimizer) if scales_loss else optimizer
