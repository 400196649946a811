"""The checks that every block passes, a function each; `test_every_block.py` composes them.

A block that someone else wrote can be put through them too: register it and call `check_block(name)`.
"""

import keras
import numpy as np
import tensorflow as tf

from model_search.block import Role, blocks
from model_search.checked_block import build_checked
from model_search.network.naming import name_operations, new_operations

# The first shape is the usual one, the others are odd: single cells, single channels, prime sizes, wide vectors.
PLATES = [(8, 8, 4), (1, 1, 1), (3, 5, 1), (5, 3, 7), (1, 7, 6)]
VECTORS = [(16,), (1,), (7,), (130,)]
SEQUENCES = [(6, 5), (1, 1), (1, 7), (9, 1)]
SHAPES = {
    Role.PLATE: PLATES,
    Role.FLATTEN: PLATES,
    Role.VECTOR: VECTORS,
    Role.SEQUENCE: SEQUENCES,
    Role.SUMMARY: SEQUENCES,
    Role.ANY: [PLATES[0], VECTORS[0], SEQUENCES[0], (1, 1, 1), (1,), (1, 1)],
}


def shapes_of(name: str) -> list[tuple[int, ...]]:
    """Input shapes, without the batch, that a block of this name must take; the usual one first."""
    return SHAPES[blocks[name].role]


def example(shape: tuple[int, ...], batch: int = 3, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(batch, *shape)).astype("float32")


def default_hparams(name: str) -> dict:
    wanted = blocks[name].create().requires_hparams()
    return dict(wanted.values) if wanted is not None else {}


def chain(name: str, shape: tuple[int, ...], copies: int = 1) -> keras.Model:
    """The block as a model, or several of them one after another, named as the engine names them."""
    entry = blocks[name]
    tensors = [keras.Input(shape)]
    for place in range(copies):
        output = build_checked(entry, entry.create(), tensors, default_hparams(name))
        name_operations(new_operations(output, tensors), f"{place}_{name}")
        tensors.append(output)
    return keras.Model(tensors[0], tensors[-1])


def with_head(model: keras.Model) -> keras.Model:
    flat = keras.layers.Flatten(name="head_flatten")(model.output)
    return keras.Model(model.input, keras.layers.Dense(2, name="logits", dtype="float32")(flat))


def check_builds(name: str, shape: tuple[int, ...]) -> None:
    entry = blocks[name]
    earlier = [keras.Input(shape), keras.Input(shape)]
    given = list(earlier)
    result = entry.create().build(given, default_hparams(name), None)
    assert isinstance(result, list)
    assert len(result) == 3
    assert all(kept is tensor for kept, tensor in zip(result, earlier, strict=False))
    output = result[-1]
    rank = 2 if entry.role in (Role.FLATTEN, Role.SUMMARY) else len(shape) + 1
    assert len(output.shape) == rank
    assert output.shape[0] is None
    assert all(isinstance(size, int) and size > 0 for size in output.shape[1:]), output.shape


def check_runs(name: str, shape: tuple[int, ...], batch: int) -> None:
    """The output has the promised shape and is finite, in training and after it."""
    model = chain(name, shape)
    for training in (True, False):
        output = model(example(shape, batch), training=training)
        assert tuple(output.shape) == (batch, *model.output.shape[1:])
        assert np.isfinite(output).all()


def check_local_names_are_unique(name: str, shape: tuple[int, ...]) -> None:
    tensors = [keras.Input(shape)]
    output = build_checked(blocks[name], blocks[name].create(), tensors, default_hparams(name))
    names = [operation.name for operation in new_operations(output, tensors)]
    assert len(names) == len(set(names)), names


def check_two_of_a_name_stand_in_one_model(name: str, shape: tuple[int, ...]) -> None:
    copies = 1 if blocks[name].role in (Role.FLATTEN, Role.SUMMARY) else 2
    one, two = chain(name, shape), chain(name, shape, copies)
    assert len(two.weights) == copies * len(one.weights)
    assert not {id(weight) for weight in one.weights} & {id(weight) for weight in two.weights}


def check_trains(name: str, shape: tuple[int, ...]) -> None:
    """One step: every trainable weight has a finite gradient, and the step changes the function."""
    keras.utils.set_random_seed(1)
    model = with_head(chain(name, shape))
    features, targets = example(shape, 4), np.full((4, 2), 3.0, "float32")
    before = model(features, training=False).numpy()
    with tf.GradientTape() as tape:
        loss = keras.ops.mean(keras.ops.square(model(features, training=True) - targets))
    gradients = tape.gradient(loss, [weight.value for weight in model.trainable_weights])
    for weight, gradient in zip(model.trainable_weights, gradients, strict=True):
        assert gradient is not None, f"{weight.path} has no part in the output"
        assert np.isfinite(gradient).all(), weight.path
        assert gradient.shape == weight.shape
    keras.optimizers.SGD(0.01).apply(gradients, model.trainable_weights)
    assert not np.array_equal(before, model(features, training=False).numpy())


def check_reduced_precision(name: str, shape: tuple[int, ...], policy: str) -> None:
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = chain(name, shape)
    finally:
        keras.config.set_dtype_policy(previous)
    for training in (False, True):
        output = model(example(shape), training=training)
        assert np.isfinite(keras.ops.cast(output, "float32")).all()
    if len(model.layers) > 1:
        assert keras.backend.standardize_dtype(output.dtype) == policy.removeprefix("mixed_")
    assert all(weight.dtype == "float32" for weight in model.trainable_weights)


def save_for_plain_keras(name: str, shape: tuple[int, ...], folder) -> None:
    """Writes the model, an input and its output, for a process that does not know this library."""
    model = with_head(chain(name, shape))
    features = example(shape)
    model.save(folder / f"{name}.keras")
    np.savez(folder / f"{name}.npz", features=features, outputs=model(features, training=False))


def check_block(name: str) -> None:
    """All checks that need no folder."""
    usual, *odd = shapes_of(name)
    check_builds(name, usual)
    check_runs(name, usual, batch=3)
    for shape in odd:
        check_runs(name, shape, batch=1)
    check_local_names_are_unique(name, usual)
    check_two_of_a_name_stand_in_one_model(name, usual)
    check_trains(name, usual)
    check_reduced_precision(name, usual, "mixed_float16")
    check_reduced_precision(name, usual, "mixed_bfloat16")
