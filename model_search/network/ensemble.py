"""Several towers as one network: their logits averaged, or weighted by a dense layer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from ..architecture import Architecture
from ..data.encoding import Encoding
from ..data.trees import Tree, mapped
from .heads import Head
from .naming import weight_names
from .tower import Inputs, Tower, build_tower, embedded, inputs_of
from .weights_file import StoredWeights, WeightsError, form_of

NAME = "ensemble"
OWN = "tower_0"
"""The trial's own tower. Its members are `tower_1`, `tower_2` ... in their order."""


@dataclass(frozen=True)
class Part:
    """A tower of an ensemble: its name there, its blocks, the hyperparameters of its trial."""

    name: str
    architecture: Architecture
    hyperparameters: Mapping[str, Any]


@dataclass(frozen=True)
class Combination:
    """What makes one prediction of several towers' logits; trees where there are several tasks.

    Attributes:
      layers: a dense layer a task over the concatenated logits, by its name (empty for a single task); empty for the
        mean.
    """

    layers: Mapping[str, keras.layers.Dense]

    def __call__(self, logits: Sequence[Tree]) -> Tree:
        """Combined logits of logits, symbolic or not."""
        if len(logits) == 1 and not self.layers:
            return logits[0]
        if not self.layers:
            return mapped(lambda *of_towers: sum(of_towers[1:], of_towers[0]) / len(of_towers), *logits)
        return self.weighted(mapped(lambda *of_towers: keras.ops.concatenate(of_towers, axis=-1), *logits))

    def weighted(self, joined: Tree) -> Tree:
        """Combined logits of concatenated ones."""
        if isinstance(joined, dict):
            return {name: self.layers[name](part) for name, part in joined.items()}
        return self.layers[""](joined)

    @property
    def variables(self) -> list[keras.Variable]:
        """What is trained."""
        return [variable for layer in self.layers.values() for variable in layer.trainable_variables]


@dataclass(frozen=True, kw_only=True)
class Ensemble(Tower):
    """A network of several towers; `model` gives the combined logits.

    Attributes:
      own: the trial's own tower; None where it has none.
      members: towers of earlier trials, each from the input of `model` to its logits.
      combination: of the logits of the members, and of the own tower behind them.
    """

    own: Tower | None
    members: tuple[keras.Model, ...]
    combination: Combination

    @property
    def towers(self) -> tuple[keras.Model, ...]:
        """All towers, in the order in which they are combined."""
        return self.members if self.own is None else (*self.members, self.own.model)


def own_tower(network: Tower) -> Tower | None:
    """The tower that belongs to the trial itself; None for an ensemble of other trials' towers."""
    return network.own if isinstance(network, Ensemble) else network


def build_ensemble(
    own: Part | None,
    members: Sequence[Part],
    encoding: Encoding,
    head: Head,
    embedding_size: int,
    *,
    is_weighted: bool,
    is_input_shared: bool = False,
) -> Ensemble:
    """Builds all towers on one input, with random weights; a dense layer starts as the mean.

    Args:
      own: the new tower, which alone has the auxiliary part of the head.
      members: the earlier ones.
      encoding: of the input.
      head: of each tower.
      embedding_size: width of the vectors that stand for token ids.
      is_weighted: a dense layer instead of the mean.
      is_input_shared: all towers have the first one's embedding of token ids.

    Raises:
      BuildError: a tower cannot be built.
    """
    inputs = inputs_of(encoding, NAME)
    parts = [*members, *([own] if own else [])]
    if is_input_shared:
        inputs = replace(inputs, embedded=embedded(inputs, encoding, embedding_size, parts[0].name))
    plain = replace(head, has_auxiliary=False)
    towers = [_built(part, encoding, plain, embedding_size, inputs) for part in members]
    own_tower = _built(own, encoding, head, embedding_size, inputs) if own else None
    models = tuple(tower.model for tower in towers)
    logits = [model.output for model in (*models, *([own_tower.model] if own_tower else []))]
    combination = _combination(head, len(logits)) if is_weighted else Combination({})
    model = keras.Model(inputs.of_model, _combined(combination, logits), name=NAME)
    ensemble = Ensemble(model=model, training_model=model, own=own_tower, members=models, combination=combination)
    start_as_mean(combination, len(logits))
    return ensemble


def _built(part: Part, encoding: Encoding, head: Head, embedding_size: int, inputs: Inputs) -> Tower:
    return build_tower(part.architecture, part.hyperparameters, encoding, head, embedding_size, part.name, inputs)


def _combined(combination: Combination, logits: Sequence[Tree]) -> Tree:
    """The same as calling it, made of layers that say what they are."""
    if combination.layers or len(logits) == 1:
        return combination(logits)

    def mean(*of_towers: Any) -> Any:
        return keras.layers.Average(dtype="float32")(list(of_towers))

    return mapped(mean, *logits)


def _combination(head: Head, towers: int) -> Combination:
    widths = {task.name: task.outputs for task in head.tasks} or {"": head.outputs}
    layers = {}
    for name, outputs in widths.items():
        layers[name] = keras.layers.Dense(
            outputs, dtype="float32", name=".".join(filter(None, (NAME, name, "weights")))
        )
    return Combination(layers)


def start_as_mean(combination: Combination, towers: int) -> None:
    """Sets dense layers to the mean of the towers' logits."""
    for layer in combination.layers.values():
        outputs = int(layer.units)
        layer.kernel.assign(np.tile(np.eye(outputs, dtype=np.float32), (towers, 1)) / towers)
        layer.bias.assign(np.zeros(outputs, np.float32))


def shares(network: Ensemble) -> list[float]:
    """How strongly each tower counts, in the order of `towers`: 1 / n each in a mean of n; of a dense layer the mean
    weight of its logits in the same output, of the first task."""
    towers = len(network.towers)
    if not network.combination.layers:
        return [1 / towers] * towers
    kernel = keras.ops.convert_to_numpy(next(iter(network.combination.layers.values())).kernel)
    outputs = kernel.shape[1]
    return [float(np.diagonal(kernel[place * outputs : (place + 1) * outputs]).mean()) for place in range(towers)]


def load_part(network: keras.Model, stored: StoredWeights, rename: Callable[[str], str | None]) -> None:
    """Sets weights of a network from a file.

    Args:
      network: whose weights are set.
      stored: the file.
      rename: from the first part of a weight's name in the network, up to the first dot, to that in the file; None:
        such weights stay as they are.

    Raises:
      WeightsError: a weight is not in the file, is damaged or has another form.
    """
    wanted = {}
    for name, variable in weight_names(network).items():
        first, dot, rest = name.partition(".")
        theirs = rename(first)
        if theirs is not None:
            wanted[f"{theirs}{dot}{rest}"] = variable
    for name, variable in wanted.items():
        if stored.forms.get(name) != form_of(variable):
            raise WeightsError(
                f"weight {name} is {form_of(variable)} in the network and {stored.forms.get(name)} stored"
            )
    for name, value in stored.read(wanted).items():
        wanted[name].assign(value)
