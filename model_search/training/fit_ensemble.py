"""Trains what is to be trained of an ensemble: its new tower, its members, the layer that weighs their logits."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from ..data.pipeline import EncodedArrays, Pipeline
from ..data.provider import Provider, Task
from ..data.trees import Tree, joined, leaves, mapped, sliced
from ..network.ensemble import Combination, Ensemble
from ..network.tower import Tower
from ..spec.ensembles import is_residual, is_weighted, trains_members
from .fit import Fit, fit
from .inference import logits_of
from .loop import Progress

LOGITS_BYTES = 256 << 20
"""Logits of members over the training data are kept up to this size; else frozen members run in each step."""


@dataclass(frozen=True)
class Through:
    """An ensemble as the training loop calls it: only some of its parts are trained, the others do not move.

    Frozen towers are called as they serve, so that no dropout is drawn and no moving statistic moves.

    Attributes:
      ensemble: the network.
      own, members, combination: whether these are trained.
      has_auxiliary: whether the loss takes auxiliary logits too; where no tower of its own has them, the combined ones.
    """

    ensemble: Ensemble
    own: bool
    members: bool
    combination: bool
    has_auxiliary: bool

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Combined logits of a batch, or a pair of them and auxiliary logits."""
        logits = [member(x, training=training and self.members) for member in self.ensemble.members]
        auxiliary = None
        if self.ensemble.own is not None:
            outputs = self.ensemble.own.training_model(x, training=training and self.own)
            own, auxiliary = outputs if self.has_auxiliary else (outputs, None)
            logits.append(own)
        combined = self.ensemble.combination(logits)
        if not self.has_auxiliary:
            return combined
        return [combined, combined if auxiliary is None else auxiliary]

    @property
    def trainable_variables(self) -> list[keras.Variable]:
        """Of the parts that are trained, each once: towers may share an input layer."""
        return self._of(lambda model: model.trainable_variables)

    @property
    def variables(self) -> list[keras.Variable]:
        """All of the parts that are trained, moving statistics too."""
        return self._of(lambda model: model.variables)

    def _of(self, variables: Callable[[keras.Model], list[keras.Variable]]) -> list[keras.Variable]:
        frozen = [] if self.members else [id(v) for model in self.ensemble.members for v in model.variables]
        models = [*(self.ensemble.members if self.members else ())]
        if self.own and self.ensemble.own is not None:
            models.append(self.ensemble.own.training_model)
        found = [variable for model in models for variable in variables(model) if id(variable) not in frozen]
        found += self.ensemble.combination.variables if self.combination else []
        return list({id(variable): variable for variable in found}.values())


@dataclass(frozen=True)
class Alone:
    """The new tower of an ensemble as the training loop calls it, without what it shares with frozen members."""

    ensemble: Ensemble
    tower: keras.Model

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Outputs of the tower."""
        return self.tower(x, training=training)

    @property
    def trainable_variables(self) -> list[keras.Variable]:
        """Of the tower alone."""
        shared = {id(variable) for member in self.ensemble.members for variable in member.variables}
        return [variable for variable in self.tower.trainable_variables if id(variable) not in shared]

    @property
    def variables(self) -> list[keras.Variable]:
        """All of the tower."""
        return list(self.tower.variables)


@dataclass(frozen=True)
class Weighing:
    """The layer that weighs logits as the training loop calls it: on concatenated logits that are known."""

    combination: Combination
    has_auxiliary: bool

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Combined logits; twice where the loss takes auxiliary ones."""
        combined = self.combination.weighted(x)
        return [combined, combined] if self.has_auxiliary else combined

    @property
    def trainable_variables(self) -> list[keras.Variable]:
        """Of the layer."""
        return self.combination.variables

    variables = trainable_variables


@dataclass(frozen=True)
class KnownLogits:
    """Stands in for a pipeline: its training examples are logits."""

    provider: Provider
    task: Task
    arrays: EncodedArrays

    def train_arrays(self) -> EncodedArrays:
        """Concatenated logits of all towers, with the labels."""
        return self.arrays


def fit_network(plan: Fit, network: Tower, progress: Progress) -> None:
    """Trains a network of one tower, or of several as the spec says, in place.

    - RESIDUAL: the new tower through the loss of the ensemble, with it the weights of the mix, and the members where
      they are not frozen.
    - ADAPTIVE: the new tower on the labels alone; then, where they are not frozen, the members through the loss of
      their own ensemble; then the weights of the mix.
    - Drawn members: the weights of the mix alone, or all of it where the members are not frozen; nothing for a mean of
      frozen members.

    Raises:
      Whatever `fit` raises.
    """
    if not isinstance(network, Ensemble):
        fit(plan, network, progress)
        return
    weighted, unfrozen = is_weighted(plan.spec), trains_members(plan.spec)
    auxiliary = plan.spec.use_auxiliary_head
    if network.own is None or is_residual(plan.spec):
        if network.own is not None or unfrozen:
            fit(plan, _tower(network, Through(network, True, unfrozen, weighted, auxiliary)), progress)
        elif weighted:
            _fit_mix(plan, network, progress)
        return
    fit(plan, _tower(network, Alone(network, network.own.training_model)), progress)
    later = _without_marks(progress)
    if unfrozen:
        previous = replace(network, own=None, combination=Combination({}))
        fit(_again(plan, "members"), _tower(previous, Through(previous, False, True, False, auxiliary)), later)
    if weighted:
        _fit_mix(_again(plan, "mix"), network, later)


def _tower(network: Ensemble, training: Any) -> Tower:
    return Tower(network.model, training)


def _again(plan: Fit, what: str) -> Fit:
    """Another training of the same trial, with a checkpoint of its own and without the penalty of the tower."""
    values = {name: v for name, v in plan.suggestion.hyperparameters.items() if name != "l2_regularization"}
    suggestion = replace(plan.suggestion, hyperparameters=values)
    return replace(plan, suggestion=suggestion, checkpoint=f"{plan.checkpoint}.{what}", rungs=())


def _without_marks(progress: Progress) -> Progress:
    """Progress that ends the training where that is to end, and measures nothing."""
    return lambda step, loss: progress(0, loss)


def _fit_mix(plan: Fit, network: Ensemble, progress: Progress) -> None:
    """Trains the layer that weighs logits, on logits of the towers that are computed once where they fit in memory."""
    auxiliary = plan.spec.use_auxiliary_head
    logits = _training_logits(plan, network)
    if logits is None:
        through = Through(network, False, False, True, auxiliary)
        fit(plan, _tower(network, through), progress)
        return
    known: Any = KnownLogits(plan.pipeline.provider, plan.pipeline.task, logits)
    weighing = Weighing(network.combination, auxiliary)
    fit(replace(plan, pipeline=known), _tower(network, weighing), progress)


def _training_logits(plan: Fit, network: Ensemble) -> EncodedArrays | None:
    """Concatenated logits of all towers over the training data; None where examples change, stream, or are too many."""
    pipeline: Pipeline = plan.pipeline
    arrays = pipeline.train_arrays()
    if arrays is None or pipeline.provider.augmentation() is not None or plan.strategy.num_replicas_in_sync > 1:
        return None
    values = sum(int(np.prod(output.shape[1:])) for tower in network.towers for output in leaves(tower.output))
    if 4 * values * len(arrays) > LOGITS_BYTES:
        return None
    size = pipeline.evaluation_batch_size

    def batches() -> Any:
        for start in range(0, len(arrays), size):
            rows = slice(start, start + size)
            yield sliced(arrays.x, rows), sliced(arrays.y, rows), sliced(arrays.w, rows)

    of_towers: list[Tree] = [joined([logits for logits, _, _ in logits_of(t, batches())]) for t in network.towers]
    whole = mapped(lambda *parts: np.concatenate(parts, axis=-1), *of_towers)
    return EncodedArrays(whole, arrays.y, arrays.w)
