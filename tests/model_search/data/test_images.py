import json

import numpy as np
import pytest
from PIL import Image

from model_search.data import builtin
from model_search.data.files.file_labels import Naming
from model_search.data.files.file_scan import scan_files
from model_search.data.images.image_files import IMAGES
from model_search.data.pipeline import Pipeline
from model_search.data.prediction_input import read_features
from model_search.data.provider import DataOptions, providers
from model_search.data.signature import from_json, to_json
from model_search.errors import UsageError

assert builtin


def save(path, value, size=(8, 8)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((*size, 3), value, np.uint8)).save(path)


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "images"
    for index in range(20):
        save(root / "dark" / f"{index}.png", 10 + index)
        save(root / "light" / f"{index}.{('jpg', 'bmp', 'gif')[index % 3]}", 200 + index, (16, 12))
    return root


def make(root, **options):
    return providers["image_directory"](DataOptions(filename=str(root), image_size=(8, 8), **options))


def examples(dataset):
    batches = [(x["image"].numpy(), y.numpy()) for x, y, _ in dataset]
    return np.concatenate([x for x, _ in batches]), np.concatenate([y for _, y in batches])


def test_folders_are_classes_and_images_are_resized(folder):
    made = make(folder, test_fraction=0.1)
    facts = made.describe()
    assert made.task.classes == ("dark", "light")
    assert (facts.train_examples, facts.evaluation_examples, facts.test_examples) == (28, 8, 4)
    images, labels = examples(made.train())
    assert images.shape == (28, 8, 8, 3)
    assert ((images.mean(axis=(1, 2, 3)) > 100) == (labels == 1)).all()
    pipeline = Pipeline(made, 4)
    x = pipeline.train_arrays().x
    assert x == pytest.approx(images / 127.5 - 1, abs=1e-5)
    assert make(folder).identity() == make(folder).identity() != make(folder, seed=3).identity()


def test_parts_do_not_overlap_and_each_order_of_training_is_complete(folder):
    made = make(folder)
    seen = [set(part.paths.tolist()) for part in (made._parts.train, made._parts.evaluation)]
    assert not seen[0] & seen[1]
    first, second = (examples(made.shuffled_train(seed))[0] for seed in (1, 2))
    assert sorted(first.mean(axis=(1, 2, 3))) == sorted(second.mean(axis=(1, 2, 3)))
    assert not np.array_equal(first, second)


def test_damaged_images_are_named_and_skipped_at_scan_and_in_decoding(folder):
    (folder / "dark" / "no.jpg").write_bytes(b"not an image")
    (folder / "dark" / "cut.png").write_bytes((folder / "dark" / "0.png").read_bytes()[:40])
    (folder / "light" / "zcut.jpg").write_bytes((folder / "light" / "0.jpg").read_bytes()[:200])
    (folder / "notes.txt").write_text("x")
    made = make(folder)
    notes = " ".join(made.describe().notes)
    assert "1 unreadable image is skipped" in notes
    assert "no.jpg" in notes
    assert "notes.txt" in notes
    total = len(examples(made.train())[1]) + len(examples(made.evaluation())[1])
    assert total == 40
    assert {path.rpartition("/")[2] for path in made.damaged} == {"cut.png", "zcut.jpg"}
    assert "2 damaged images are skipped" in " ".join(made.describe().notes)


def test_streamed_batches_never_end_and_hold_encoded_images(folder):
    pipeline = Pipeline(make(folder), 8, cache_bytes=100)
    assert pipeline.train_arrays() is None
    stream = pipeline.train_stream(seed=1).as_numpy_iterator()
    batches = [next(stream) for _ in range(10)]
    assert {x.shape for x, _, _ in batches} == {(8, 8, 8, 3)}
    again = next(pipeline.train_stream(seed=1).as_numpy_iterator())
    assert np.array_equal(again[0], batches[0][0])
    assert sum(len(y) for _, y, _ in pipeline.evaluation()) == 8


@pytest.mark.parametrize(
    ("arrange", "message"),
    [
        (lambda root: None, "does not exist"),
        (lambda root: root.mkdir(), "has no sub-folders"),
        (lambda root: save(root / "a" / "x.png", 3), "has one class folder, 'a'"),
        (lambda root: [(root / c).mkdir(parents=True) for c in "ab"], "has no images in its 2 folders"),
        (
            lambda root: [(root / c).mkdir(parents=True) or (root / c / "x.png").write_text("") for c in "ab"],
            "none of the 2",
        ),
        (lambda root: [save(root / "a" / "x.png", 3), (root / "b").mkdir()], "class folder 'b' has no readable image"),
        (lambda root: root.write_text(""), "is a file; expected a folder"),
    ],
)
def test_unusable_folders(tmp_path, arrange, message):
    arrange(tmp_path / "root")
    with pytest.raises(UsageError, match=message):
        scan_files(str(tmp_path / "root"), IMAGES, Naming())


def test_held_out_folder_with_another_class(folder, tmp_path):
    save(tmp_path / "held" / "green" / "1.png", 3)
    with pytest.raises(UsageError, match="class folder 'green' that the training data have not"):
        make(folder, validation_filename=str(tmp_path / "held"))
    with pytest.raises(UsageError, match="weight 'w' needs labels_filename, a CSV file with the names of images"):
        make(folder, weight="w")


def test_prediction_input_names_files_and_skips_damaged_ones(folder, capfd):
    signature = from_json(json.loads(json.dumps(to_json(make(folder)))))
    whole = (folder / "light" / "0.jpg").read_bytes()
    damaged = {"dark/cut.png": (folder / "dark" / "0.png").read_bytes()[:40], "light/zempty.png": b""}
    damaged |= {f"light/zcut{size}.jpg": whole[:size] for size in (2, 20, 200, len(whole) - 2)}
    for name, content in damaged.items():
        (folder / name).write_bytes(content)
    skipped = []
    batches = list(read_features(str(folder), signature, on_skipped=skipped.append))
    assert sorted(skipped) == sorted(str(folder / name) for name in damaged)
    assert sum(len(names) for names, _ in read_features(str(folder), signature)) == 40
    said = capfd.readouterr().err
    assert "JPEG" not in said
    assert "read error" not in said
    ids = [name for names, _ in batches for name in names]
    assert len(ids) == 40
    assert "dark/cut.png" not in ids
    assert all(features["image"].shape[1:] == (8, 8, 3) for _, features in batches)
    ((one, _),) = read_features(str(folder / "light" / "0.jpg"), signature)
    assert one == ["0.jpg"]
    with pytest.raises(UsageError, match="the model reads images; give an image"):
        read_features(__file__, signature)
    skipped.clear()
    with pytest.raises(UsageError, match="none of the 1 images can be read"):
        list(read_features(str(folder / "light" / "zcut200.jpg"), signature, on_skipped=skipped.append))
    assert skipped == [str(folder / "light" / "zcut200.jpg")]


def test_labels_and_groups_in_names_and_augmentation(tmp_path):
    for index in range(12):
        save(tmp_path / "all" / "deep" / f"{('cat', 'dog')[index % 2]}_{'xyz'[index // 4]}_{index}.png", index)
    options = {"label_pattern": "^([a-z]+)_", "group_pattern": "_([xyz])_"}
    made = make(tmp_path / "all", augment=("flip", "crop:2"), **options)
    assert made.task.classes == ("cat", "dog")
    parts = (made._parts.train, made._parts.evaluation)
    assert [len({path.split("_")[-2] for path in part.paths}) for part in parts] == [2, 1]
    assert [column.name for column in made.describe().columns] == ["image", "class", "group"]
    images = np.random.default_rng(0).normal(size=(5, 8, 8, 3)).astype("float32")
    assert made.augmentation()(images, training=True).shape == images.shape
    assert make(tmp_path / "all", **options).augmentation() is None
    identities = [make(tmp_path / "all", **{**options, **more}).identity() for more in ({}, {"augment": ("flip",)})]
    assert identities[0] != identities[1]
    with pytest.raises(UsageError, match="augment 'noise:1': no augmentation of images"):
        make(tmp_path / "all", augment=("noise:1",), **options)
