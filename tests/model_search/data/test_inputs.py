import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from encoders import encoded, encoder_of

from model_search.data.arrays.arrays import provider_from
from model_search.data.provider import DataOptions
from model_search.errors import UsageError

RNG = np.random.default_rng(0)
Y = np.arange(40) % 2
STEPS = RNG.normal(3, 2, (40, 5, 2)).astype(np.float32)
IDS = RNG.integers(1, 9, (40, 5))
IMAGES = RNG.integers(0, 256, (40, 3, 4), dtype=np.uint8)


def make(features, problem, labels=Y, **options):
    return provider_from((features, labels), options=DataOptions(problem_type=problem, **options))


def rows_of(made):
    return np.sort(made._coded.parts[0].numbers)


def test_sequences_are_standardised_and_zero_behind_their_end(tmp_path):
    lengths = 1 + np.arange(40) % 5
    padded = np.where(np.arange(5)[:, None] < lengths[:, None, None], STEPS, 1e6)
    made = make({"x": padded, "n": lengths}, "RNN_LAST_ACTIVATIONS", lengths="n")
    assert {n: (f.dtype, f.shape) for n, f in made.signature().items()} == {
        "x": ("float32", (5, 2)),
        "lengths": ("int32", (1,)),
    }
    out, labels = encoded(made, tmp_path)
    rows = rows_of(made)
    assert labels.tolist() == Y[rows].tolist()
    assert out["lengths"].tolist() == lengths[rows].tolist()
    valid = np.arange(5) < lengths[rows][:, None]
    kept = STEPS[rows][valid]
    expected = np.zeros((len(rows), 5, 2))
    expected[valid] = (kept - kept.mean(axis=0)) / kept.std(axis=0)
    np.testing.assert_allclose(out["x"], expected, atol=1e-4)
    assert made.vocabulary_size == 0


def test_sequences_without_lengths_are_valid_to_their_last_step_or_to_where_they_are_cut(tmp_path):
    out, _ = encoded(make(STEPS, "RNN_LAST_ACTIVATIONS"), tmp_path)
    assert set(out["lengths"]) == {5}
    out, _ = encoded(
        make({"x": STEPS, "n": IDS[:, 0] * 0 + 4}, "RNN_LAST_ACTIVATIONS", lengths="n", sequence_length=3), tmp_path
    )
    assert out["x"].shape[1:] == (3, 2)
    assert set(out["lengths"]) == {3}
    series, _ = encoded(make(STEPS[:, :, 0], "RNN_LAST_ACTIVATIONS"), tmp_path)
    assert series["x"].shape[1:] == (5, 1)


def test_missing_numbers_of_sequences_are_the_mean(tmp_path):
    holes = STEPS.copy()
    holes[0, 0, 0] = np.nan
    made = make(holes, "RNN_LAST_ACTIVATIONS")
    out = encoder_of(made, tmp_path)({"features": holes[:1]})
    assert float(out["x"][0, 0, 0]) == 0.0
    assert np.isfinite(out["x"]).all()


def test_missing_numbers_are_counted_in_the_notes():
    holes, bare = STEPS.copy(), STEPS.copy()
    holes[3, 0, 1], holes[7, :, 0], bare[0, 0, 0] = np.inf, np.nan, np.nan
    replaced = "the mean of the training values takes their place"
    lengths = np.full(40, 3)
    options = DataOptions(problem_type="RNN_LAST_ACTIVATIONS", lengths="n", task="classification")
    given = ({"x": holes, "whole": STEPS, "n": lengths}, Y), ({"x": STEPS, "whole": bare, "n": lengths}, Y)
    assert provider_from(given[0], validation_data=given[1], options=options).describe().notes == (
        f"data: 4 values are missing or infinite in input 'x' of 400; {replaced}",
        f"validation_data: 1 value is missing or infinite in input 'whole' of 400; {replaced}",
    )
    (note,) = make({"x": holes, "age": np.arange(40)}, "DNN", task="classification").describe().notes
    assert note == f"data: 6 values are missing or infinite in input 'x' of 400; {replaced}"
    assert make(STEPS, "RNN_LAST_ACTIVATIONS", task="classification").describe().notes == ()


def test_missing_numbers_of_vectors_are_counted_in_the_notes():
    vectors = STEPS[:, 0].copy()
    made = provider_from((vectors, Y), options=DataOptions(task="classification"))
    assert made.describe().notes == ()
    vectors[:, 1] = np.where(np.arange(40) % 2, np.nan, 1.0)
    given = (vectors, Y)
    (note,) = provider_from(given, validation_data=given, options=DataOptions(task="classification")).describe().notes
    assert note == (
        "data: 20 values are missing or infinite of 80 in the training vectors;"
        " the mean of their column takes their place, and whether one is missing is told beside it"
    )


def test_token_ids_pass_and_unknown_ones_are_padding(tmp_path):
    ids = np.where(np.arange(5) < 3, IDS, 0)
    ids[0] = 0
    made = make(ids, "RNN_LAST_ACTIVATIONS")
    assert made.vocabulary_size == 9
    out, _ = encoded(made, tmp_path)
    rows = rows_of(made)
    assert out["x"].dtype == np.int32
    assert np.array_equal(out["x"], ids[rows])
    assert out["lengths"].tolist() == [1 if row == 0 else 3 for row in rows]
    served = encoder_of(made, tmp_path)({"tokens": np.array([[1, 99, -3, 8, 0]], np.int32)})
    assert np.array(served["x"]).tolist() == [[1, 0, 0, 8, 0]]
    assert np.array(served["lengths"]).tolist() == [4]


def test_grey_images_get_a_channel(tmp_path):
    made = make(IMAGES, "CNN")
    assert made.signature()["image"].shape == (3, 4)
    out, _ = encoded(made, tmp_path)
    np.testing.assert_allclose(out, IMAGES[rows_of(made)][..., None] / 127.5 - 1, atol=1e-6)


def test_a_dnn_gets_everything_flat(tmp_path):
    made = make({"steps": STEPS, "age": np.arange(40.0)}, "DNN")
    out, _ = encoded(made, tmp_path)
    assert out.shape[1] == 11
    flat = STEPS[rows_of(made)]
    np.testing.assert_allclose(
        out[:, 1:], ((flat - flat.mean(axis=(0, 1))) / flat.std(axis=(0, 1))).reshape(len(flat), 10), atol=1e-4
    )
    assert encoded(make(IMAGES[..., None], "DNN"), tmp_path)[0].shape[1:] == (12,)


def test_values_beside_images_are_channels_all_over_the_plate(tmp_path):
    features = {"scan": IMAGES, "depth": IMAGES[..., None] / 9.0, "kind": np.array(["a", "b"] * 20), "v": STEPS[:, 0]}
    made = make(features, "CNN", sequence_length=0)
    assert set(made.signature()) == {"scan", "depth", "kind", "v"}
    out, _ = encoded(made, tmp_path)
    assert out.shape[1:] == (3, 4, 2 + 1 + 1 + 2)
    assert (out[:, :1, :1, :2] == out[..., :2]).all()
    assert set(out[:, 0, 0, :2].sum(axis=1)) == {1.0}
    assert (out[:, :1, :1, 4:] == out[..., 4:]).all()
    np.testing.assert_allclose(out[..., 2], IMAGES[rows_of(made)] / 127.5 - 1, atol=1e-6)


def test_values_and_ids_beside_sequences_are_repeated_at_each_step(tmp_path):
    lengths = np.full(40, 4)
    features = {"x": STEPS, "ids": IDS, "weight": RNG.normal(size=(40, 3)), "n": lengths}
    made = make(features, "RNN_LAST_ACTIVATIONS", lengths="n")
    assert made.vocabulary_size == 0
    out, _ = encoded(made, tmp_path)
    rows = rows_of(made)
    x = out["x"]
    assert x.shape[1:] == (5, 2 + 9 + 3)
    assert (x[:, 4] == 0).all()
    assert np.array_equal(x[:, :4, 2:11].argmax(axis=2), IDS[rows][:, :4])
    assert (x[:, :4, 11:] == x[:, :1, 11:]).all()


def test_identity_changes_with_values_lengths_and_problem():
    changed = STEPS.copy()
    changed[3, 2, 1] += 1
    names = [make(STEPS, "RNN_LAST_ACTIVATIONS").identity(), make(changed, "RNN_LAST_ACTIVATIONS").identity()]
    names += [make(STEPS, "DNN").identity(), make(STEPS, "RNN_LAST_ACTIVATIONS", sequence_length=4).identity()]
    assert len(set(names)) == 4
    assert names[0] == make(STEPS.copy(), "RNN_LAST_ACTIVATIONS").identity()


def test_each_order_of_training_is_complete():
    made = make({"x": np.arange(80.0).reshape(40, 2, 1), "v": np.zeros((40, 3))}, "RNN_LAST_ACTIVATIONS")
    first = np.concatenate([x["x"][:, 0, 0] for x, _, _ in made.shuffled_train(1)])
    assert sorted(first) == (2.0 * rows_of(made)).tolist()


@pytest.mark.parametrize(
    ("features", "problem", "options", "message"),
    [
        (
            {"x": STEPS, "n": np.full(40, 6)},
            "RNN_LAST_ACTIVATIONS",
            {"lengths": "n"},
            "data, row 0: length 6 is not from 1 to 5",
        ),
        ({"x": STEPS, "n": np.arange(40)}, "RNN_LAST_ACTIVATIONS", {"lengths": "n"}, "data, row 0: length 0 is not"),
        ({"x": STEPS, "n": np.ones(40)}, "RNN_LAST_ACTIVATIONS", {"lengths": "n"}, "lengths are float64 of shape"),
        ({"x": STEPS}, "RNN_LAST_ACTIVATIONS", {"lengths": "n"}, "data has no lengths 'n'; it has x"),
        (IDS - 2, "RNN_LAST_ACTIVATIONS", {}, r"data, row \d+: token id -1 in 'tokens' is not from 0"),
        ({"a": IMAGES, "b": IMAGES[:, :2]}, "CNN", {}, "images differ in height and width"),
        ({"a": STEPS, "b": STEPS[:, :2]}, "RNN_LAST_ACTIVATIONS", {}, "sequences differ in steps"),
        (IMAGES[..., None], "RNN_LAST_ACTIVATIONS", {}, "'image' has rank 4; RNN_LAST_ACTIVATIONS takes sequences"),
        ({"a": IMAGES[..., None], "b": STEPS}, "", {}, "'a' is an image and 'b' a sequence"),
        ({"a": STEPS, "b": IDS * 100}, "RNN_LAST_ACTIVATIONS", {}, "ids 'b' go up to 800; beside other inputs"),
        ({"a b": STEPS, "a_b": STEPS[:, 0, 0]}, "RNN_LAST_ACTIVATIONS", {}, "two inputs would both be called 'a_b'"),
        ({"a": IMAGES, "n": np.ones(40, int)}, "CNN", {"lengths": "n"}, "no input is a sequence"),
        (STEPS, "RNN_LAST_ACTIVATIONS", {"types": {"a": "number"}}, "types name the column 'a'"),
        (STEPS[:, None, None], "DNN", {}, "expected rank 2, 3 or 4"),
    ],
)
def test_inputs_that_do_not_fit_are_one_line(features, problem, options, message):
    with pytest.raises(UsageError, match=message) as error:
        make(features, problem, **options)
    assert "\n" not in str(error.value)


def test_held_out_data_must_have_the_same_inputs():
    with pytest.raises(UsageError, match=r"validation_data: input 'features' is float32 of shape \(4, 2\)"):
        provider_from((STEPS, Y), validation_data=(STEPS[:, :4], Y))
    with pytest.raises(UsageError, match="validation_data has no input 'b', which data has"):
        provider_from(({"a": STEPS, "b": STEPS}, Y), validation_data=({"a": STEPS}, Y))
    made = provider_from((STEPS, Y), validation_data=(STEPS[:4], Y[:4]), test_data=(STEPS[:3], Y[:3]))
    assert [sum(len(y) for _, y, _ in part) for part in (made.train(), made.evaluation(), made.test())] == [40, 4, 3]


LOAD = """
import sys, numpy as np, keras
model = keras.models.load_model(sys.argv[1])
out = model({name: keras.ops.convert_to_tensor(array) for name, array in np.load(sys.argv[2]).items()})
np.save(sys.argv[3], out["x"])
assert not any(name.startswith("model_search") for name in sys.modules)
"""


def test_the_encoder_loads_in_a_process_that_knows_only_keras(tmp_path):
    features = {"x": STEPS, "ids": IDS, "weight": RNG.normal(size=(40, 3)), "n": np.full(40, 4), "age": Y + 1.5}
    made = make(features, "RNN_LAST_ACTIVATIONS", lengths="n", sequence_length=4)
    (raw, _, _) = next(iter(made.train()))
    here = encoder_of(made, tmp_path)(raw)["x"]
    np.savez(tmp_path / "raw.npz", **{name: tensor.numpy() for name, tensor in raw.items()})
    paths = [str(tmp_path / name) for name in ("encoder.keras", "raw.npz", "out.npy")]
    subprocess.run([sys.executable, "-c", LOAD, *paths], check=True, cwd=tmp_path)
    np.testing.assert_allclose(np.load(tmp_path / "out.npy"), here, rtol=1e-6)


def test_datasets_of_sequences():
    ids = [[1, 2], [3], [4, 5, 6], [7]] * 10
    rows = tf.data.Dataset.from_generator(
        lambda: ((row, i % 2) for i, row in enumerate(ids)),
        output_signature=(tf.TensorSpec((None,), tf.int32), tf.TensorSpec((), tf.int32)),
    )
    made = provider_from(rows.padded_batch(2), options=DataOptions(problem_type="RNN_LAST_ACTIVATIONS"))
    assert made.signature()["tokens"].shape == (3,)
    assert made.vocabulary_size == 8
    ragged = tf.data.Dataset.from_tensor_slices((tf.ragged.constant(ids), Y))
    with pytest.raises(UsageError, match="yields ragged or sparse tensors; pad"):
        provider_from(ragged)
    floats = rows.map(lambda x, y: (tf.cast(x, tf.float32)[:, None], y))
    with pytest.raises(UsageError, match="batches differ in shape"):
        provider_from(floats.padded_batch(2))


def test_bytes_are_text():
    made = make(
        {"x": STEPS, "kind": np.array([b"u", b"v"] * 20)}, "RNN_LAST_ACTIVATIONS", labels=np.array([b"p", b"q"] * 20)
    )
    assert {text for x, _, _ in made.train() for text in x["kind"].numpy().ravel()} == {b"u", b"v"}


def test_images_are_augmented():
    made = make(IMAGES, "CNN", augment=("flip",))
    assert made.identity() != make(IMAGES, "CNN").identity()
    assert make(IMAGES, "CNN").augmentation() is None
    plates = np.arange(40 * 12, dtype=np.float32).reshape(40, 3, 4, 1)
    changed = made.augmentation()(plates, training=True).numpy()
    mirrored = [bool((new == old[:, ::-1]).all()) for new, old in zip(changed, plates, strict=True)]
    assert [bool((new == old).all()) for new, old in zip(changed, plates, strict=True)] == [not m for m in mirrored]
    assert 0 < sum(mirrored) < 40


@pytest.mark.parametrize(
    ("features", "problem", "augment", "message"),
    [
        ({"photo": IMAGES, "age": Y * 1.5}, "CNN", "flip", "augment 'flip' changes images; 'age' is none"),
        ({"photo": IMAGES, "v": STEPS[:, 0]}, "CNN", "flip", "augment 'flip' changes images; 'v' is none"),
        (IMAGES, "DNN", "flip", "augment 'flip' changes images of a CNN spec; here inputs become vectors"),
        (STEPS[:, 0], "DNN", "flip", "augment 'flip' changes images; the data are a table"),
        (STEPS, "RNN_LAST_ACTIVATIONS", "flip", "augment 'flip' .*; here inputs become sequences"),
        (IMAGES, "CNN", "crop:3", "augment 'crop:3': .* above 0 and below 3"),
        (IMAGES, "CNN", "flp", "augment 'flp': no augmentation of images; did you mean flip"),
    ],
)
def test_what_cannot_be_augmented(features, problem, augment, message):
    with pytest.raises(UsageError, match=message):
        make(features, problem, augment=(augment,))
