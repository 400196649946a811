import keras
import numpy as np
import pytest
import tensorflow as tf

from model_search.data.augmentation import augmentation_of
from model_search.errors import UsageError

NAMES = {
    "image": ["flip", "crop", "crop:2", "cutout:3"],
    "sound_plates": ["time_shift:0.3", "noise", "spec_augment:0.4"],
    "sound_sequences": ["time_shift", "noise:0.2", "spec_augment"],
}
SHAPES = {"image": (16, 12, 10, 3), "sound_plates": (16, 12, 10, 1), "sound_sequences": (16, 12, 10)}


def batch(kind, dtype="float32"):
    return tf.constant(np.random.default_rng(0).normal(size=SHAPES[kind]), dtype)


def changed(name, kind, x, seed=7):
    keras.utils.set_random_seed(seed)
    return augmentation_of([name], kind)(x, training=True).numpy()


def ramp(kind):
    """Each value tells its place on axis 1."""
    shape = SHAPES[kind]
    places = np.arange(1, shape[1] + 1, dtype=np.float32).reshape(1, -1, *[1] * (len(shape) - 2))
    return tf.constant(np.broadcast_to(places, shape))


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in NAMES.items() for name in names])
def test_each_works_in_a_graph_and_keeps_shape_and_dtype(kind, name, dtype):
    layer = augmentation_of([name], kind)
    spec = tf.TensorSpec((None, *SHAPES[kind][1:]), dtype)
    run = tf.function(lambda x: layer(x, training=True), input_signature=[spec])
    x = batch(kind, dtype)
    first, second = run(x), run(x)
    assert (first.shape, first.dtype) == (x.shape, x.dtype)
    assert run.get_concrete_function().output_shapes.as_list() == [None, *SHAPES[kind][1:]]
    assert not np.array_equal(first.numpy(), second.numpy())
    assert np.array_equal(layer(x, training=False).numpy(), x.numpy())


@pytest.mark.parametrize(("kind", "name"), [(kind, names[0]) for kind, names in NAMES.items()])
def test_a_seed_says_it_all(kind, name):
    x = batch(kind)
    assert np.array_equal(changed(name, kind, x), changed(name, kind, x))
    assert not np.array_equal(changed(name, kind, x), changed(name, kind, x, seed=8))


def test_flip_turns_some_images_left_to_right():
    x = batch("image").numpy()
    y = changed("flip", "image", x)
    same = [np.array_equal(a, b) for a, b in zip(x, y, strict=True)]
    turned = [np.array_equal(a[:, ::-1], b) for a, b in zip(x, y, strict=True)]
    assert 0 < sum(same) < 16
    assert sum(same) + sum(turned) == 16


def test_crop_moves_each_image_by_its_own_whole_pixels():
    x = batch("image").numpy()
    padded = np.pad(x, [(0, 0), (2, 2), (2, 2), (0, 0)])
    found = set()
    for image, wide in zip(changed("crop:2", "image", x), padded, strict=True):
        places = [(i, j) for i in range(5) for j in range(5) if np.array_equal(wide[i : i + 12, j : j + 10], image)]
        assert len(places) == 1
        found.add(places[0])
    assert len(found) > 5
    assert {0, 4} & {i for i, _ in found}


def test_cutout_is_a_square_that_may_lie_over_the_edge():
    holes = changed("cutout:3", "image", tf.ones(SHAPES["image"])) == 0
    assert (holes.all(axis=-1) == holes.any(axis=-1)).all()
    sizes = set()
    for hole in holes[..., 0]:
        rows, columns = np.flatnonzero(hole.any(axis=1)), np.flatnonzero(hole.any(axis=0))
        assert hole.sum() == len(rows) * len(columns)
        assert set(np.diff(rows)) | set(np.diff(columns)) <= {1}
        sizes.add((len(rows), len(columns)))
    assert (3, 3) in sizes
    assert max(max(size) for size in sizes) == 3


@pytest.mark.parametrize("kind", ["sound_plates", "sound_sequences"])
def test_time_shift_repeats_the_frames_at_the_ends(kind):
    shifts = set()
    for sound in changed("time_shift:0.3", kind, ramp(kind)):
        places = sound.reshape(12, -1)
        assert (places == places[:, :1]).all()
        shift = int(places[5, 0]) - 6
        assert np.array_equal(places[:, 0], np.clip(np.arange(1, 13) + shift, 1, 12))
        shifts.add(shift)
    assert min(shifts) < 0 < max(shifts)
    assert max(map(abs, shifts)) <= 3


def test_noise_has_the_strength_that_was_asked_for():
    noise = changed("noise:0.5", "sound_plates", tf.zeros(SHAPES["sound_plates"]))
    assert noise.std() == pytest.approx(0.5, abs=0.05)
    assert noise.mean() == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("kind", ["sound_plates", "sound_sequences"])
def test_masks_are_bands_of_frames_and_of_bins(kind):
    holes = changed("spec_augment:0.4", kind, tf.ones(SHAPES[kind])).reshape(16, 12, 10) == 0
    frames, bins = holes.all(axis=2), holes.all(axis=1)
    assert np.array_equal(holes, frames[:, :, None] | bins[:, None, :])
    assert frames.any()
    assert bins.any()
    assert frames.sum(axis=1).max() <= 2 * int(0.4 * 12)
    assert bins.sum(axis=1).max() <= 2 * int(0.4 * 10)
    assert len(np.unique(frames, axis=0)) > 4


def test_several_are_applied_in_order():
    layer = augmentation_of(["cutout:3", "flip"], "image")
    assert [type(part).__name__ for part in layer.layers] == ["Cutout", "RandomFlip"]
    assert augmentation_of([], "image") is None


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("flp", "image", r"augment 'flp': no augmentation of images; did you mean flip\?"),
        ("flip", "sound_plates", "no augmentation of sounds"),
        ("flip:2", "image", "augment 'flip:2': flip takes no strength"),
        ("crop:", "image", "augment 'crop:': the strength must be a whole number of pixels above 0"),
        ("crop:1.5", "image", "must be a whole number"),
        ("cutout:0", "image", "above 0"),
        ("noise:x", "sound_plates", "augment 'noise:x': the strength must be a number above 0"),
        ("noise:inf", "sound_plates", "must be a number above 0"),
        ("noise:nan", "sound_plates", "must be a number above 0"),
        ("time_shift:1", "sound_plates", "above 0 and below 1"),
        ("spec_augment:-1", "sound_sequences", "above 0 and below 1"),
    ],
)
def test_names_and_strengths_that_are_none(name, kind, message):
    with pytest.raises(UsageError, match=message) as error:
        augmentation_of([name], kind)
    assert "\n" not in str(error.value)


def test_sizes_are_held_against_the_image():
    with pytest.raises(UsageError, match=r"augment 'crop:8': .* above 0 and below 8$"):
        augmentation_of(["crop:8"], "image", (8, 9, 3))
    with pytest.raises(UsageError, match=r"augment 'cutout': .* and below 8, not its default 8"):
        augmentation_of(["cutout"], "image", (8, 9, 3))
    with pytest.raises(UsageError, match="flip is given twice"):
        augmentation_of(["flip", "flip"], "image")
