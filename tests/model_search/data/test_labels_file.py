"""Labels of images and sounds in a table beside them."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from wavs import wav, write

from model_search.data import builtin
from model_search.data.provider import DataOptions, TaskKind, TaskOptions, providers
from model_search.errors import UsageError

assert builtin
COUNT = 24


def images(root, numbers=range(COUNT)):
    """Images whose grey value is their number."""
    (root / "deep").mkdir(parents=True)
    for number in numbers:
        place = root / ("deep" if number % 2 else ".") / f"{number}.png"
        Image.fromarray(np.full((4, 4, 3), number, np.uint8)).save(place)
    return root


def table(path, rows, header="file,kind,old,tall,size,w"):
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def row(number):
    name = f"deep/{number}.png" if number % 2 else f"{number}.png"
    return f"{name},{'ab'[number % 2]},{int(number > 9)},{number % 3 // 2},{number * 1.5},{1 + number % 2}"


@pytest.fixture
def folder(tmp_path):
    """Files 0 to 23."""
    return images(tmp_path / "images")


def make(root, labels="labels.csv", **options):
    chosen = {"filename": str(root), "labels_filename": str(labels), "image_size": (4, 4)} | options
    return providers["image_directory"](DataOptions(**chosen))


def part_of(dataset):
    """Numbers of the images, labels and weights of all examples."""
    (batch,) = list(dataset.rebatch(1000).as_numpy_iterator())
    return batch[0]["image"][:, 0, 0, 0].astype(int), batch[1], batch[2]


def test_each_kind_of_label(folder):
    table(folder / "labels.csv", map(row, range(COUNT)))
    one = make(folder, label="kind", test_fraction=0.25)
    assert (one.task.kind, one.task.classes) == (TaskKind.CLASSIFICATION, ("a", "b"))
    parts = [part_of(part) for part in (one.train(), one.evaluation(), one.test())]
    assert [len(numbers) for numbers, _, _ in parts] == [14, 4, 6]
    assert sorted(np.concatenate([numbers for numbers, _, _ in parts])) == list(range(COUNT))
    assert all(np.array_equal(labels, numbers % 2) for numbers, labels, _ in parts)
    assert one.describe().label_counts == {"a": 7, "b": 7}

    values = make(folder, label="size", task="regression", weight="w")
    numbers, labels, weights = part_of(values.train())
    assert np.array_equal(labels, numbers * 1.5)
    np.testing.assert_allclose(weights, (1 + numbers % 2) / np.mean(1 + numbers % 2), rtol=1e-6)
    assert values.task.target_mean == pytest.approx(np.mean(numbers * 1.5))

    several = make(folder, label="old,tall", task="multi_label")
    assert several.task.classes == ("old", "tall")
    numbers, labels, _ = part_of(several.train())
    assert np.array_equal(labels, np.stack([numbers > 9, numbers % 3 == 2], axis=1))
    assert len({made.identity() for made in (one, values, several)}) == 3


def test_several_tasks_some_without_label(folder):
    rows = [row(number) if number != 5 else "deep/5.png,,0,0,7.5,2" for number in range(COUNT)]
    table(folder / "labels.csv", rows)
    made = make(folder, tasks=(TaskOptions("kind", 2), TaskOptions("size", 1, weight="w")))
    parts = [part_of(made.train()), part_of(made.evaluation())]
    assert sorted(np.concatenate([numbers for numbers, _, _ in parts])) == list(range(COUNT))
    for numbers, labels, weights in parts:
        known = numbers != 5
        assert np.array_equal(labels["kind"][known], numbers[known] % 2)
        assert np.array_equal(labels["size"], numbers * 1.5)
        assert np.array_equal(weights["kind"] > 0, known)
    orders = [part_of(made.shuffled_train(seed)) for seed in (1, 2)]
    assert not np.array_equal(orders[0][0], orders[1][0])
    assert all(np.array_equal(labels["size"], numbers * 1.5) for numbers, labels, _ in orders)


def test_names_without_extension_rows_without_file_and_files_without_row(folder):
    rows = [row(number).replace(".png", "") for number in range(COUNT - 2)]
    table(folder / "labels.csv", [*rows, "gone.png,a,0,0,1,1"], header="id,kind,old,tall,size,w")
    (folder / "notes.txt").write_text("x")
    (folder / "0.png").write_text("no image")
    made = make(folder, label="kind")
    facts = made.describe()
    assert facts.train_examples + facts.evaluation_examples == COUNT - 3
    notes = "\n".join(facts.notes)
    assert "2 images have no label and are skipped" in notes
    assert "1 unreadable image is skipped" in notes
    assert "2 rows name no file that can be read: 0, gone.png" in notes
    assert notes.partition(" ignored: ")[2].splitlines()[0] == str(folder / "notes.txt")


def test_held_out_folders_with_a_table_each_or_one_for_all(folder, tmp_path):
    table(folder / "labels.csv", map(row, range(COUNT)))
    held_out = images(tmp_path / "held", range(6))
    table(held_out / "labels.csv", ["deep/1.png,a,1", "2.png,b,0"], header="file,kind,old")
    made = make(folder, label="kind", weight="w", validation_filename=str(held_out))
    numbers, labels, weights = part_of(made.evaluation())
    assert dict(zip(numbers.tolist(), labels.tolist(), strict=True)) == {1: 0, 2: 1}
    assert weights.tolist() == [1.0, 1.0]
    assert made.describe().train_examples == COUNT
    both = table(tmp_path / "all.csv", map(row, range(40)))
    with pytest.raises(UsageError, match=r"all\.csv names .*\.png, which is in .*images and in .*held; put a all\.csv"):
        make(folder, both, label="kind", validation_filename=str(held_out))
    others = images(tmp_path / "others", range(30, 40))
    made = make(folder, both, label="kind", validation_filename=str(others))
    assert sorted(part_of(made.evaluation())[0]) == list(range(30, 40))
    assert "24.png" in "".join(made.describe().notes)


def test_groups_stay_together(folder):
    table(folder / "labels.csv", map(row, range(COUNT)))
    made = make(folder, label="old", task="classification", group_pattern=r"^(\d)")
    train, held_out = (part_of(part)[0] for part in (made.train(), made.evaluation()))
    assert not {str(number)[0] for number in train} & {str(number)[0] for number in held_out}
    assert "group" in {column.name for column in made.describe().columns}


def test_sounds(tmp_path):
    root = tmp_path / "sounds"
    root.mkdir()
    rows = []
    for number in range(12):
        write(root / f"{number}.wav", wav(np.full(800, 1000 * (number + 1))))
        rows.append(f"{number}.wav,{number % 2},{int(number > 5)},{number}")
    labels = table(tmp_path / "of_sounds.csv", rows, header="path,low,late,place")
    options = DataOptions(filename=str(root), labels_filename=str(labels), problem_type="CNN")
    tasks = (TaskOptions("late", 2), TaskOptions("place", 1))
    for made, columns in (
        (providers["audio_directory"](replace(options, tasks=tasks)), lambda n: {"late": n > 5, "place": n}),
        (
            providers["audio_directory"](replace(options, label="low,late", task="multi_label")),
            lambda n: np.stack([n % 2, n > 5], axis=1),
        ),
    ):
        (x, labels, weights), *more = list(made.train().as_numpy_iterator())
        assert not more
        number = np.round(x["audio"][:, 0] * 32.768 - 1).astype(int)
        expected = columns(number)
        if isinstance(labels, dict):
            assert all(np.array_equal(labels[name], expected[name]) for name in expected)
            assert set(weights) == set(labels)
        else:
            assert np.array_equal(labels, expected)


@pytest.mark.parametrize(
    ("rows", "header", "options", "message"),
    [
        ([row(1)], "file,kind,old,tall,size,w", {"label": "kin"}, "has no label column 'kin'; did you mean kind"),
        ([row(1)], "file,kind,old,tall,size,w", {"label": "kind"}, "label 'kind' has one class, 'b'"),
        ([row(1), row(1)], "file,kind,old,tall,size,w", {}, "row 3: file 'deep/1.png' is there twice"),
        (["x"], "file", {}, "has one column, 'file'; expected one of file names and one for each label"),
        (["9.jpg,a"], "file,kind", {}, r"no row names one of the 24 images below .*, such as .*png; column 'file'"),
        (["2.png,a"], "0.png,b", {}, "has no header; its first row must name the columns, such as file,label"),
        (["2.png,a"], "file,kind", {"label_pattern": "(a)"}, r"label_pattern .* has no meaning beside labels_filename"),
        (["2.png,3", "4.png,0"], "file,old", {"label": "old", "task": "multi_label"}, "label 'old' names one"),
        (["2.png,3,1"], "file,old,x", {"label": "old,x", "task": "multi_label"}, "row 2: label 'old' is '3'; several"),
        (["2.png,3"], "file,old", {"tasks": (TaskOptions("z", 2),)}, "has no label column 'z', which multi_task"),
    ],
)
def test_unusable_tables(folder, rows, header, options, message):
    table(folder / "labels.csv", rows, header)
    with pytest.raises(UsageError, match=message) as error:
        make(folder, **options)
    assert "\n" not in str(error.value)


def test_labels_without_a_table(folder):
    with pytest.raises(UsageError, match="multi_task_spec needs labels_filename, a CSV file with the names of images"):
        make(folder, "", tasks=(TaskOptions("z", 2),))
    with pytest.raises(UsageError, match=r"nowhere\.csv does not exist"):
        make(folder, "nowhere.csv")
