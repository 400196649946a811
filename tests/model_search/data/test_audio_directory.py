import json

import keras
import numpy as np
import pytest
from wavs import A_LAW, FLOAT, tone, wav, write

from model_search.data import builtin
from model_search.data.prediction_input import read_features
from model_search.data.provider import DataOptions, providers
from model_search.data.signature import from_json, to_json
from model_search.errors import UsageError

assert builtin


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "sounds"
    for index in range(10):
        write(root / "low" / f"{index}_anna.wav", wav(tone(300 + 10 * index)))
        write(root / "high" / f"{index}_bert.wav", wav(tone(2000 + 10 * index)))
    return root


def make(root, **options):
    return providers["audio_directory"](DataOptions(filename=str(root), **options))


def model_of(provider):
    inputs = {name: keras.Input(f.shape, dtype=f.dtype, name=name) for name, f in provider.signature().items()}
    return keras.Model(inputs, provider.encode(inputs))


def examples(dataset):
    batches = [(x["audio"].numpy(), y.numpy()) for x, y, _ in dataset]
    return np.concatenate([x for x, _ in batches]), np.concatenate([y for _, y in batches])


def test_folders_are_classes_and_sounds_have_one_length(folder):
    made = make(folder, test_fraction=0.1, class_weight="low=3")
    facts = made.describe()
    assert made.task.classes == ("high", "low")
    assert (facts.train_examples, facts.evaluation_examples, facts.test_examples) == (14, 4, 2)
    assert facts.label_counts == {"high": 7, "low": 7}
    assert facts.columns[0].detail == "0.1 s at 8000 Hz, plates of 10 frames of 40 mel bins"
    sounds, labels = examples(made.train())
    assert sounds.shape == (14, 800)
    crossings = (np.diff(np.sign(sounds), axis=1) != 0).sum(axis=1)
    assert ((crossings > 100) == (labels == 0)).all()
    assert {float(w) for _, y, weights in made.train() for w in weights.numpy()[y.numpy() == 1]} == {3.0}
    assert make(folder).identity() == make(folder).identity()
    others = [{"seed": 3}, {"problem_type": "DNN"}, {"seconds": 0.05}, {"sample_rate": 4000}, {"augment": ("noise",)}]
    assert len({make(folder, **other).identity() for other in [{}, *others]}) == 6


def test_each_order_of_training_is_complete(folder):
    made = make(folder)
    first, second, same = (examples(made.shuffled_train(seed)) for seed in (1, 2, 1))
    assert not np.array_equal(first[0], second[0])
    assert np.array_equal(first[0], same[0])
    assert (
        sorted(first[0][:, 5].tolist()) == sorted(second[0][:, 5].tolist()) == sorted(examples(made.train())[0][:, 5])
    )


def test_encodings_of_a_batch_do_not_depend_on_its_padding_and_load_without_us(folder, tmp_path):
    made = make(folder, problem_type="RNN_LAST_ACTIVATIONS")
    model = model_of(made)
    sound = np.zeros((2, 2000), np.float32)
    sound[0, :250] = tone(440, 1)[:250] / 32768
    sound[0, 249] = 0.5
    outputs = model.predict({"audio": sound}, verbose=0)
    assert outputs["x"].shape == (2, 10, 40)
    assert outputs["lengths"].tolist() == [4, 1]
    short = model.predict({"audio": sound[:1, :250]}, verbose=0)
    assert short["x"][0] == pytest.approx(outputs["x"][0], abs=1e-5)
    assert short["lengths"].tolist() == [4]
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert "model_search" not in str(again.get_config())
    assert again.predict({"audio": sound}, verbose=0)["x"] == pytest.approx(outputs["x"], abs=1e-6)


def test_frames_are_standardised_and_hold_the_tone(folder):
    made = make(folder, problem_type="CNN")
    plates = model_of(made).predict({"audio": examples(made.train())[0]}, verbose=0)
    assert plates.shape == (16, 10, 40, 1)
    assert plates.mean(axis=(0, 1)) == pytest.approx(np.zeros((40, 1)), abs=1e-3)
    assert plates.std(axis=(0, 1)) == pytest.approx(np.ones((40, 1)), abs=1e-3)
    # HTK mel of 2,000 Hz, between those of 20 and 4,000 Hz in 41 steps.
    place = (1127 * np.log(1 + 2000 / 700) - 31.75) / ((2146.06 - 31.75) / 41) - 1
    loudest = (plates[:, 5, :, 0] - plates[:, 5, :, 0].min(axis=0)) * (examples(made.train())[1] == 0)[:, None]
    assert abs(int(loudest.mean(axis=0)[15:].argmax()) + 15 - place) <= 2


def test_vectors_are_means_of_quarters_and_the_deviation(folder):
    sounds = examples(make(folder).train())[0]
    sounds[0, 300:] = 0
    frames = model_of(make(folder, problem_type="RNN_ALL_ACTIVATIONS")).predict({"audio": sounds}, verbose=0)
    vectors = model_of(make(folder, problem_type="DNN")).predict({"audio": sounds}, verbose=0)
    assert vectors.shape == (16, 200)
    x, length = frames["x"][0], frames["lengths"][0]
    assert length == 4
    expected = [*(x[place] for place in range(4)), x[:4].std(axis=0)]
    assert vectors[0] == pytest.approx(np.concatenate(expected), abs=2e-3)
    third = frames["x"][1][[5, 6, 7]].mean(axis=0)
    assert vectors[1, 80:120] == pytest.approx(third, abs=1e-4)


def test_rates_and_lengths_are_made_one(folder, tmp_path):
    write(folder / "high" / "z.wav", wav(tone(1000, 0.3, 16000), 16000))
    write(folder / "low" / "z.wav", wav(tone(1000, 0.3, 4000) / 32768, 4000, 4, FLOAT))
    made = make(folder, seconds=0.25, validation_fraction=0.1)
    notes = "; ".join(made.describe().notes)
    assert "2 sounds of 4000 Hz, 16000 Hz are resampled to 8000 Hz" in notes
    expected = tone(1000, 0.25) / 32768
    for name in ("high", "low"):
        sound = made.reader.read(str(folder / name / "z.wav"))
        assert sound.shape == (2000,)
        assert sound[200:-200] == pytest.approx(expected[200:-200], abs=0.01)
    short = made.reader.read_padded([str(folder / "low" / "0_anna.wav")])[0][0]
    assert short[700:800].any()
    assert not short[800:].any()
    assert make(folder, sample_rate=16000).framing.mel_bins == 64


def test_the_length_covers_most_sounds(tmp_path):
    for index in range(40):
        write(tmp_path / "r" / f"{'ab'[index % 2]}{index}.wav", wav(tone(500, 0.9 if index == 7 else 0.2)))
    made = make(tmp_path / "r", label_pattern="^([ab])", validation_filename=str(tmp_path / "r"))
    assert made.framing.samples == 1600
    assert "1 of 40 training sounds are longer than 0.2 s and cut there by default" in "; ".join(made.describe().notes)


def test_speakers_are_in_one_part_and_held_out_folders_share_none(folder, tmp_path):
    root = tmp_path / "named"
    for index in range(24):
        write(root / f"{index % 2}_{'abcdef'[index // 4]}_{index}.wav", wav(tone(300 + index)))
    patterns = {"label_pattern": r"^(\d)_", "group_pattern": "_([a-z])_"}
    made = make(root, test_fraction=0.2, **patterns)
    assert made.task.classes == ("0", "1")
    parts = [made._parts.train, made._parts.evaluation, made._parts.test]
    speakers = [{path.split("_")[-2] for path in part.paths} for part in parts]
    assert sorted(map(len, speakers)) == [1, 1, 4]
    assert len(set.union(*speakers)) == 6
    write(tmp_path / "held" / "0_a_1.wav", wav(tone(300)))
    with pytest.raises(UsageError, match=r"group 'a' is in .*named and in .*held; expected it in one part"):
        make(root, validation_filename=str(tmp_path / "held"), **patterns)
    write(tmp_path / "new" / "7_x_1.wav", wav(tone(300)))
    with pytest.raises(UsageError, match="has a class '7' that the training data have not: 0, 1"):
        make(root, validation_filename=str(tmp_path / "new"), **patterns)


def test_odd_sounds_are_named_skipped_or_kept(folder):
    damaged = {
        "alaw.wav": wav([1, 2], tag=A_LAW, width=1),
        "cut.wav": wav([1, 2, 3])[:-1],
        "empty.wav": wav([]),
        "mp3.wav": b"ID3 and so on",
    }
    for name, content in damaged.items():
        write(folder / "low" / name, content)
    write(folder / "low" / "nan.wav", wav([float("nan")] * 100, width=4, tag=FLOAT))
    write(folder / "low" / "silent.wav", wav([0] * 800))
    (folder / "read.me").write_text("x")
    made = make(folder)
    notes = "; ".join(made.describe().notes)
    assert "4 unreadable sounds are skipped" in notes
    assert "alaw.wav (A-law, expected PCM or float)" in notes
    assert "read.me" in notes
    assert f"1 sound is silent and is kept: {folder / 'low' / 'silent.wav'}" in notes
    total = len(examples(made.train())[1]) + len(examples(made.evaluation())[1])
    assert total == 21
    notes = "; ".join(made.describe().notes)
    assert "1 damaged sound is skipped: " in notes
    plates = model_of(made).predict({"audio": np.zeros((1, 800), np.float32)}, verbose=0)
    assert np.isfinite(plates).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"filename": "nowhere"}, "nowhere does not exist"),
        ({"seconds": -1}, "seconds -1 must be above 0"),
        ({"seconds": 0.02}, "seconds 0.02 is shorter than one frame; at least 0.025"),
        ({"seconds": float("nan")}, "seconds nan must be above 0"),
        ({"sample_rate": 5}, "sample_rate 5 must be 1000 to 384000 Hz"),
        ({"problem_type": "GAN"}, "problem_type 'GAN' cannot learn from sounds"),
        ({"weight": "w"}, "weight 'w' needs labels_filename"),
        ({"tokens": "character"}, "tokens has no meaning for data set"),
        ({"task": "regression"}, "task 'regression' needs labels_filename"),
        ({"validation_fraction": 0.0}, "no evaluation data"),
        ({"augment": ("crop:4",)}, "augment 'crop:4': no augmentation of sounds"),
        ({"augment": ("noise",), "problem_type": "DNN"}, "augment 'noise' has no meaning for vectors"),
        ({"label_pattern": "("}, "is no regular expression"),
    ],
)
def test_unusable_options(folder, options, message):
    with pytest.raises(UsageError, match=message) as error:
        make(**{"root": options.pop("filename", folder), **options})
    assert "\n" not in str(error.value)


def test_nothing_that_can_be_read(tmp_path):
    for name in "ab":
        write(tmp_path / "r" / name / "x.wav", b"")
    with pytest.raises(UsageError, match=r"none of the 2 sounds can be read, such as .*x.wav \(empty\)"):
        make(tmp_path / "r")
    for name in "ab":
        for index in range(3):
            write(tmp_path / "n" / name / f"{index}.wav", wav([float("nan")] * 9, width=4, tag=FLOAT))
    with pytest.raises(UsageError, match="none of 4 training sounds can be decoded"):
        model_of(make(tmp_path / "n"))


def test_prediction_reads_files_and_folders_at_the_rate_of_the_model(folder):
    signature = from_json(json.loads(json.dumps(to_json(make(folder, seconds=0.2)))))
    write(folder / "low" / "z.wav", wav(tone(1000, 0.15, 16000), 16000))
    write(folder / "low" / "bad.wav", b"RIFF")
    skipped = []
    ((names, features),) = read_features(str(folder), signature, on_skipped=skipped.append)
    assert skipped == [str(folder / "low" / "bad.wav")]
    assert len(names) == 21
    assert features["audio"].shape == (21, 1200)
    assert features["audio"].dtype == np.float32
    assert names[-1] == "low/z.wav"
    assert not features["audio"][0, 800:].any()
    ((names, features),) = read_features(str(folder / "low" / "0_anna.wav"), signature)
    assert names == ["0_anna.wav"]
    assert features["audio"][0] == pytest.approx(tone(300) / 32768, abs=1e-6)
    with pytest.raises(UsageError, match="the model reads sounds; give a WAV file"):
        read_features(__file__, signature)
    with pytest.raises(UsageError, match="none of the 1 sounds can be read"):
        list(read_features(str(folder / "low" / "bad.wav"), signature))


def test_augmentation_is_for_the_encoded_form(folder):
    assert make(folder).augmentation() is None
    for problem, shape in (("CNN", (3, 10, 40, 1)), ("RNN_LAST_ACTIVATIONS", (3, 10, 40))):
        layer = make(folder, problem_type=problem, augment=("noise:0.5",)).augmentation()
        x = np.zeros(shape, np.float32)
        if problem == "CNN":
            found = layer(x, training=True)
        else:
            found = layer({"x": x, "lengths": np.array([10, 4, 1], np.int32)}, training=True)["x"]
        assert found.numpy().std() == pytest.approx(0.5, abs=0.1)


def test_folders_of_silence_are_refused(tmp_path):
    for label in ("a", "b"):
        for number in range(6):
            write(tmp_path / label / f"{number}.wav", wav([0] * 800))
    with pytest.raises(UsageError, match="all of 10 training sounds are silent, such as "):
        make(tmp_path)


def test_a_sound_is_silent_when_nothing_is_heard_before_it_is_cut(folder):
    write(folder / "low" / "late.wav", wav([0] * 6000 + [1000] * 2000))
    assert not [note for note in make(folder, seconds=1).describe().notes if "silent" in note]
    (note,) = (note for note in make(folder, seconds=0.75).describe().notes if "silent" in note)
    assert note == f"1 sound is silent and is kept: {folder / 'low' / 'late.wav'}"
