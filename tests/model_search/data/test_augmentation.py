import keras
import numpy as np
import pytest
import tensorflow as tf

from model_search.data.augmentation import augmentation_of
from model_search.data.sounds.augment_sounds import sounding_frames
from model_search.errors import UsageError

NAMES = {
    "image": ["flip", "crop", "crop:2", "cutout:3"],
    "sound_plates": ["time_shift:0.3", "noise", "spec_augment:0.4"],
    "sound_sequences": ["time_shift", "noise:0.2", "spec_augment"],
}
SHAPES = {"image": (16, 12, 10, 3), "sound_plates": (16, 12, 10, 1), "sound_sequences": (16, 12, 10)}


LENGTHS = [5, 10, 12, 1] * 4


def batch(kind, dtype="float32"):
    return features(kind, tf.constant(np.random.default_rng(0).normal(size=SHAPES[kind]), dtype))


def features(kind, x, lengths=LENGTHS):
    """What the layers take: sequences come with their lengths."""
    return {"x": x, "lengths": tf.constant(lengths)} if kind == "sound_sequences" else x


def x_of(batch):
    return (batch["x"] if isinstance(batch, dict) else batch).numpy()


def changed(name, kind, x, seed=7):
    keras.utils.set_random_seed(seed)
    return x_of(augmentation_of([name], kind)(x, training=True))


def sequences(name, x, lengths, seed=7):
    """Augmented sequences, and their lengths."""
    keras.utils.set_random_seed(seed)
    given = features("sound_sequences", tf.constant(x, "float32"), lengths)
    found = augmentation_of([name], "sound_sequences")(given, training=True)
    return found["x"].numpy(), found["lengths"].numpy()


def plates_of_ramps(lengths, count=12, bins=3):
    """Frames 1, 2, 3, ... of each sound, and -9 for the silence behind it."""
    places = np.arange(1, count + 1, dtype=np.float32)
    ramps = np.where(places <= np.array(lengths)[:, None], places, -9)
    return np.repeat(ramps[:, :, None], bins, axis=2)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in NAMES.items() for name in names])
def test_each_works_in_a_graph_and_keeps_shape_and_dtype(kind, name, dtype):
    layer = augmentation_of([name], kind)
    spec = tf.TensorSpec((None, *SHAPES[kind][1:]), dtype)
    if kind == "sound_sequences":
        spec = {"x": spec, "lengths": tf.TensorSpec((None,), tf.int32)}
    run = tf.function(lambda x: layer(x, training=True), input_signature=[spec])
    x = batch(kind, dtype)
    first, second = run(x), run(x)
    assert tf.nest.map_structure(lambda t: (t.shape, t.dtype), first) == tf.nest.map_structure(
        lambda t: (t.shape, t.dtype), x
    )
    shapes = run.get_concrete_function().output_shapes
    assert (shapes["x"] if isinstance(shapes, dict) else shapes).as_list() == [None, *SHAPES[kind][1:]]
    assert not np.array_equal(x_of(first), x_of(second))
    assert np.array_equal(x_of(layer(x, training=False)), x_of(x))


@pytest.mark.parametrize(("kind", "name"), [(kind, names[0]) for kind, names in NAMES.items()])
def test_a_seed_says_it_all(kind, name):
    x = batch(kind)
    assert np.array_equal(changed(name, kind, x), changed(name, kind, x))
    assert not np.array_equal(changed(name, kind, x), changed(name, kind, x, seed=8))


def test_flip_turns_some_images_left_to_right():
    x = x_of(batch("image"))
    y = changed("flip", "image", x)
    same = [np.array_equal(a, b) for a, b in zip(x, y, strict=True)]
    turned = [np.array_equal(a[:, ::-1], b) for a, b in zip(x, y, strict=True)]
    assert 0 < sum(same) < 16
    assert sum(same) + sum(turned) == 16


def test_crop_moves_each_image_by_its_own_whole_pixels():
    x = x_of(batch("image"))
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


def test_time_shift_moves_each_sequence_by_a_share_of_its_own_length():
    lengths = [4, 10, 12, 1] * 40
    x, moved = sequences("time_shift:0.3", plates_of_ramps(lengths), lengths)
    shifts = {length: set() for length in lengths}
    for sound, length, new in zip(x[:, :, 0], lengths, moved, strict=True):
        # In a full spectrogram only the last frame tells how far it went.
        shift = int(new) - length if new < 12 else 12 - int(sound[-1])
        shifts[length].add(shift)
        assert new == min(length + shift, 12)
        # Not one frame of padding is within the new length; the first frame is repeated where nothing came from.
        assert sound[:new].tolist() == [max(place - shift, 1) for place in range(1, new + 1)]
    assert shifts == {4: {-1, 0, 1}, 10: set(range(-3, 4)), 12: set(range(-3, 4)), 1: {0}}


def test_time_shift_finds_the_silence_behind_plates():
    lengths = [4, 10] * 40
    plates = plates_of_ramps(lengths)[..., None]
    moved = changed("time_shift:0.3", "sound_plates", tf.constant(plates))[:, :, 0, 0]
    shifts = {4: set(), 10: set()}
    for sound, length in zip(moved, lengths, strict=True):
        last = np.flatnonzero(sound != -9).max() + 1
        shift = int(last) - length if last < 12 else 12 - int(sound[-1])
        shifts[length].add(shift)
        silence = [-9] * (12 - length)
        wanted = [max(place - shift, 1) for place in range(1, length + shift + 1)] + silence
        assert sound.tolist() == (wanted + [-9] * 12)[:12]
    assert shifts == {4: {-1, 0, 1}, 10: set(range(-3, 4))}


def test_sounding_frames_are_those_before_frames_that_are_all_alike():
    plates = plates_of_ramps([4, 10, 11, 12])
    plates[0, :2] = -9  # Silence at the beginning is part of the sound.
    silent = np.zeros((1, 12, 3), np.float32)
    assert sounding_frames(tf.constant(plates)).numpy().tolist() == [4, 10, 12, 12]
    assert sounding_frames(tf.constant(silent)).numpy().tolist() == [1]
    assert sounding_frames(tf.constant(plates[..., None])).numpy().tolist() == [4, 10, 12, 12]


def test_noise_has_the_strength_that_was_asked_for():
    noise = changed("noise:0.5", "sound_plates", tf.zeros(SHAPES["sound_plates"]))
    assert noise.std() == pytest.approx(0.5, abs=0.05)
    assert noise.mean() == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("kind", ["sound_plates", "sound_sequences"])
def test_masks_are_bands_of_bins_and_of_each_sounds_own_frames(kind):
    lengths = [6, 30] * 100
    x = plates_of_ramps(lengths, count=30, bins=10)
    given = tf.constant(x[..., None] if kind == "sound_plates" else x)
    found = changed("spec_augment:0.5", kind, features(kind, given, lengths)).reshape(200, 30, 10)
    # The means of 1 ... 6 and of 1 ... 30 are no frames of theirs.
    means = np.where(np.array(lengths) == 6, 3.5, 15.5)[:, None, None]
    holes = found == means
    assert np.array_equal(found, np.where(holes, means, x))
    # Silence stays as it is.
    inside = np.arange(30) < np.array(lengths)[:, None]
    frames, bins = holes.all(axis=2), (holes | ~inside[:, :, None]).all(axis=1)
    assert np.array_equal(holes, (frames[:, :, None] | bins[:, None, :]) & inside[:, :, None])
    # Two masks of at most half of the bins, and of a sixth of the sound's frames: 1 of 6, 5 of 30.
    assert 5 < bins.sum(axis=1).max() <= 10
    assert set(frames[::2].sum(axis=1).tolist()) == {0, 1, 2}
    assert 5 < frames[1::2].sum(axis=1).max() <= 10
    assert np.flatnonzero(frames[::2].any(axis=0)).tolist() == list(range(6))
    assert np.flatnonzero(frames[1::2].any(axis=0)).tolist() == list(range(30))


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
