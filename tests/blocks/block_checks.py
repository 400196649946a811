"""The checks that every block passes, a function each; `test_every_block.py` composes them.

A block that someone else wrote can be put through them too: register it and call `check_block(name)`.
"""

import keras
import numpy as np
import tensorflow as tf

from model_search.block import Role, blocks
from model_search.checked_block import build_checked
from model_search.network.naming import name_operations, new_operations, weight_names

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

READS_LENGTHS = (Role.SEQUENCE, Role.SUMMARY)


def shapes_of(name: str) -> list[tuple[int, ...]]:
    """Input shapes, without the batch, that a block of this name must take; the usual one first."""
    return SHAPES[blocks[name].role]


def example(shape: tuple[int, ...], batch: int = 3, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(batch, *shape)).astype("float32")


def default_hparams(name: str) -> dict:
    wanted = blocks[name].create().requires_hparams()
    return dict(wanted.values) if wanted is not None else {}


def reads_lengths(name: str) -> bool:
    return blocks[name].role in READS_LENGTHS


def chain(
    name: str,
    shape: tuple[int | None, ...],
    copies: int = 1,
    with_lengths: bool = False,
    hparams: dict | None = None,
) -> keras.Model:
    """The block as a model, or several of them one after another, named as the engine names them.

    With lengths the model has two inputs: the sequences and how many of their steps are valid.
    """
    entry = blocks[name]
    hparams = default_hparams(name) if hparams is None else hparams
    tensors = [keras.Input(shape)]
    lengths = keras.Input((), dtype="int32", name="lengths") if with_lengths else None
    known = [lengths] if with_lengths else []
    for place in range(copies):
        output = build_checked(entry, entry.create(), tensors, hparams, lengths)
        name_operations(new_operations(output, tensors + known), f"{place}_{name}")
        tensors.append(output)
    return keras.Model([tensors[0], lengths] if with_lengths else tensors[0], tensors[-1])


def inputs_for(model: keras.Model, batch: int) -> np.ndarray | list[np.ndarray]:
    """Examples of the model's input shape; where it takes lengths, one of them 1 and the last one all steps."""
    shape = model.inputs[0].shape[1:]
    features = example(shape, batch)
    if len(model.inputs) == 1:
        return features
    return [features, np.linspace(1, shape[0], batch).round().astype("int32")]


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


def check_runs(name: str, shape: tuple[int, ...], batch: int, with_lengths: bool = False) -> None:
    check_outputs(chain(name, shape, with_lengths=with_lengths), batch)


def check_outputs(model: keras.Model, batch: int) -> None:
    """The output has the promised shape and is finite, in training and after it."""
    inputs = inputs_for(model, batch)
    for training in (True, False):
        output = model(inputs, training=training)
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
    # The second may need other weights than the first, as its input has other features.
    assert copies == 1 or not one.weights or len(two.weights) > len(one.weights)
    assert not {id(weight) for weight in one.weights} & {id(weight) for weight in two.weights}


def check_trains(name: str, shape: tuple[int, ...], with_lengths: bool = False) -> None:
    keras.utils.set_random_seed(1)
    check_step(chain(name, shape, with_lengths=with_lengths))


def check_step(model: keras.Model) -> None:
    """One step: every trainable weight has a finite gradient, and the step changes the function."""
    model = with_head(model)
    inputs, targets = inputs_for(model, 4), np.full((4, 2), 3.0, "float32")
    before = model(inputs, training=False).numpy()
    with tf.GradientTape() as tape:
        loss = keras.ops.mean(keras.ops.square(model(inputs, training=True) - targets))
    gradients = tape.gradient(loss, [weight.value for weight in model.trainable_weights])
    for weight, gradient in zip(model.trainable_weights, gradients, strict=True):
        assert gradient is not None, f"{weight.path} has no part in the output"
        assert np.isfinite(gradient).all(), weight.path
        assert gradient.shape == weight.shape
    keras.optimizers.SGD(0.01).apply(gradients, model.trainable_weights)
    assert not np.array_equal(before, model(inputs, training=False).numpy())


def check_lengths(name: str, shape: tuple[int, int]) -> None:
    """What stands in the padding, and that there is any, changes no valid step; and every length is enough."""
    time, features = shape
    model, plain = (chain(name, (None, features), with_lengths=given) for given in (True, False))
    weights = weight_names(model)
    assert list(weights) == list(weight_names(plain))
    for weight_name, weight in weight_names(plain).items():
        weight.assign(weights[weight_name])

    lengths = np.array(sorted({1, (time + 1) // 2, time}), "int32")
    sequences = example(shape, len(lengths))
    outputs = check_padding(name, model, sequences, lengths)
    for row, length in enumerate(lengths):
        alone = np.asarray(plain(sequences[row : row + 1, :length]))
        np.testing.assert_allclose(valid(name, outputs, row, length), valid(name, alone, 0, length), atol=1e-5)
    full = model([sequences, np.full(len(lengths), time, "int32")])
    np.testing.assert_allclose(full, plain(sequences), atol=1e-5)


def check_padding(name: str, model: keras.Model, sequences: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """What stands in the padding changes no valid step of the outputs, which are returned."""
    outputs = np.asarray(model([sequences, lengths]))
    assert np.isfinite(outputs).all()
    padding = np.arange(sequences.shape[1]) >= lengths[:, None]
    for garbage in (0.0, 1e6):
        noise = garbage * (1.0 + np.abs(example(sequences.shape[1:], len(lengths), seed=2)))
        same = np.asarray(model([np.where(padding[:, :, None], noise, sequences), lengths]))
        for row, length in enumerate(lengths):
            np.testing.assert_array_equal(valid(name, same, row, length), valid(name, outputs, row, length))
    return outputs


def valid(name: str, outputs: np.ndarray, row: int, length: int) -> np.ndarray:
    """One row of a block's outputs without what stands in the padding."""
    return outputs[row] if blocks[name].role is Role.SUMMARY else outputs[row, :length]


def check_causal(name: str, shape: tuple[int, int]) -> None:
    """No step changes the output of one before it, and the last one changes its own."""
    model = chain(name, shape)
    sequences = example(shape)
    before = np.asarray(model(sequences))
    for step in range(shape[0]):
        changed = sequences.copy()
        changed[:, step:] += 1.0 + example((shape[0] - step, shape[1]), seed=3)
        after = np.asarray(model(changed))
        np.testing.assert_allclose(after[:, :step], before[:, :step], atol=1e-6)
        assert not np.allclose(after[:, step], before[:, step], atol=1e-3), step


def sees_later_steps(name: str) -> bool:
    """Whether some output changes with the last step of the input, other than that step's own."""
    model = chain(name, (6, 5))
    features = example((6, 5), 4)
    changed = features.copy()
    changed[:, -1] += 3.0
    before, after = (np.asarray(model(given, training=False)) for given in (features, changed))
    return bool(np.abs(before - after)[:, :-1].max() > 1e-6)


def check_reduced_precision(name: str, shape: tuple[int, ...], policy: str) -> None:
    """The block computes in the policy's type and keeps its weights in float32."""
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = chain(name, shape, with_lengths=reads_lengths(name))
    finally:
        keras.config.set_dtype_policy(previous)
    for training in (False, True):
        output = model(inputs_for(model, 3), training=training)
        assert np.isfinite(keras.ops.cast(output, "float32")).all()
    if len(model.layers) > len(model.inputs):
        assert keras.backend.standardize_dtype(output.dtype) == policy.removeprefix("mixed_")
    assert all(weight.dtype == "float32" for weight in model.trainable_weights)


def save_for_plain_keras(name: str, shape: tuple[int, ...], folder, with_lengths: bool = False) -> None:
    """Writes the model, its inputs and their output, for a process that does not know this library."""
    model = with_head(chain(name, shape, with_lengths=with_lengths))
    inputs = inputs_for(model, 3)
    file = folder / f"{name}{'-lengths' if with_lengths else ''}.keras"
    model.save(file)
    listed = inputs if with_lengths else [inputs]
    arrays = {f"input_{place}": array for place, array in enumerate(listed)}
    np.savez(file.with_suffix(".npz"), outputs=model(inputs, training=False), **arrays)


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
    if reads_lengths(name):
        check_runs(name, usual, batch=3, with_lengths=True)
        check_trains(name, usual, with_lengths=True)
        check_lengths(name, usual)
