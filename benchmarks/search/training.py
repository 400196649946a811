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

BATCH, RATE = 16, 4e-3


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
        self._optimizer = keras.optimizers.Adam(RATE)
        self._optimizer.build(self._model.trainable_variables)
        self._fresh = [variable.numpy() for variable in self._optimizer.variables]
        self._train = self._compiled(tf.constant(data.train.x), tf.constant(data.train.y))
        self._logits = tf.function(lambda x: self._model(x, training=False))

    def _compiled(self, x: tf.Tensor, y: tf.Tensor) -> tf.types.experimental.GenericFunction:
        model, optimizer = self._model, self._optimizer
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

        def step(rows: tf.Tensor) -> None:
            with tf.GradientTape() as tape:
                value = loss(tf.gather(y, rows), model(tf.gather(x, rows), training=True))
            optimizer.apply(tape.gradient(value, model.trainable_variables), model.trainable_variables)

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
        for variable, value in zip(self._optimizer.variables, self._fresh, strict=True):
            variable.assign(value)
        self._train(tf.constant(_order(len(self._data.train.y), self._data.steps, seed)))
        return self._accuracy(self._data.validation), self._accuracy(self._data.test)

    def _accuracy(self, part: Part) -> float:
        return float((self._logits(part.x).numpy().argmax(1) == part.y).mean())

    @property
    def parameters(self) -> int:
        """Number of weights."""
        return int(self._model.count_params())


def _order(examples: int, steps: int, seed: int) -> np.ndarray:
    """Rows of each batch, (steps, batch): each pass in another order."""
    rng = np.random.default_rng([seed, 1])
    passes = [rng.permutation(examples) for _ in range(-(-steps * BATCH // examples))]
    return np.concatenate(passes)[: steps * BATCH].reshape(steps, BATCH).astype(np.int32)
