"""Real training of one architecture of the search benchmarks, from several seeds."""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from benchmarks.search.data import Data, Part
from model_search.architecture import Architecture
from model_search.data.encoding import Encoding
from model_search.network.heads import Head
from model_search.network.tower import build_tower

BATCH, RATE, BETAS = 16, 4e-3, (0.9, 0.999)


class Trainer:
    """One compiled network that is trained again from each seed's weights: tracing costs more than a training."""

    def __init__(self, architecture: Architecture, data: Data, seeds: Sequence[int]):
        self._data = data
        encoding = Encoding(data.train.x.shape[1:])
        models = {}
        for seed in seeds:
            keras.utils.set_random_seed(seed)
            models[seed] = build_tower(architecture, {}, encoding, Head(10)).model
        self._starts = {seed: model.get_weights() for seed, model in models.items()}
        self._model = models[seeds[0]]
        self._adam = FusedAdam(self._model.trainable_variables)
        self._train = self._compiled(tf.constant(data.train.x), tf.constant(data.train.y))
        self._logits = tf.function(lambda x: self._model(x, training=False))

    def _compiled(self, x: tf.Tensor, y: tf.Tensor) -> tf.types.experimental.GenericFunction:
        model, adam = self._model, self._adam
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

        def step(rows: tf.Tensor) -> None:
            with tf.GradientTape() as tape:
                value = loss(tf.gather(y, rows), model(tf.gather(x, rows), training=True))
            adam.apply(tape.gradient(value, [variable.value for variable in model.trainable_variables]))

        def body(index: tf.Tensor, order: tf.Tensor) -> tf.Tensor:
            step(order[index])
            return index + 1

        @tf.function(autograph=False)
        def train(order: tf.Tensor) -> None:
            tf.while_loop(lambda i: i < tf.shape(order)[0], lambda i: [body(i, order)], [tf.constant(0)])

        return train

    def run(self, seed: int) -> tuple[float, float]:
        """Trains from a seed's weights, in a seed's order; accuracy of validation and test part."""
        self._model.set_weights(self._starts[seed])
        self._adam.reset()
        self._train(tf.constant(_order(len(self._data.train.y), self._data.steps, seed)))
        return self._accuracy(self._data.validation), self._accuracy(self._data.test)

    def _accuracy(self, part: Part) -> float:
        return float((self._logits(part.x).numpy().argmax(1) == part.y).mean())

    @property
    def parameters(self) -> int:
        """Number of weights."""
        return int(self._model.count_params())


class FusedAdam:
    """Adam (Kingma and Ba 2015) as one operation a variable: that of Keras has a dozen, most of the time of so small
    networks, traced and run."""

    def __init__(self, variables: Sequence[keras.Variable]):
        self._variables = [variable.value for variable in variables]
        self._moments = [(tf.Variable(tf.zeros_like(one)), tf.Variable(tf.zeros_like(one))) for one in self._variables]
        self._powers = tf.Variable(BETAS)

    def reset(self) -> None:
        """As before the first step."""
        for variable in (moment for pair in self._moments for moment in pair):
            variable.assign(tf.zeros_like(variable))
        self._powers.assign(BETAS)

    def apply(self, gradients: Sequence[tf.Tensor]) -> None:
        """One step."""
        powers = tf.identity(self._powers)
        for variable, (first, second), gradient in zip(self._variables, self._moments, gradients, strict=True):
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle, m=first.handle, v=second.handle, beta1_power=powers[0], beta2_power=powers[1],
                lr=RATE, beta1=BETAS[0], beta2=BETAS[1], epsilon=1e-7, grad=gradient,
            )  # fmt: skip
        self._powers.assign(powers * BETAS)


def _order(examples: int, steps: int, seed: int) -> np.ndarray:
    """Rows of each batch, (steps, batch): each pass in another order."""
    rng = np.random.default_rng([seed, 1])
    passes = [rng.permutation(examples) for _ in range(-(-steps * BATCH // examples))]
    return np.concatenate(passes)[: steps * BATCH].reshape(steps, BATCH).astype(np.int32)
