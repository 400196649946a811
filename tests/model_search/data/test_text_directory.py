import json
import subprocess
import sys

import keras
import numpy as np
import pytest

from model_search.data import builtin
from model_search.data.files.file_labels import Naming
from model_search.data.prediction_input import read_features
from model_search.data.provider import DataOptions, providers
from model_search.data.signature import from_json, to_json
from model_search.data.texts.text_corpus import Corpus
from model_search.data.texts.text_tokens import TextOptions
from model_search.errors import UsageError

assert builtin


def make(root, **options):
    return providers["text_directory"](DataOptions(filename=str(root), **options))


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "texts"
    for number in range(20):
        write(root / "cats" / f"{number}.txt", f"The cat purrs, number {number}.\n")
        write(root / "dogs" / "deep" / f"{number}.txt", f"A dog -- it barks {'loudly ' * (number % 3)}")
    return root


def model_of(made):
    raw = {name: keras.Input(f.shape, dtype=f.dtype, name=name) for name, f in made.signature().items()}
    return keras.Model(raw, made.encode(raw))


def examples(dataset):
    batches = [(x["text"].numpy().tolist(), y.numpy().tolist()) for x, y, _ in dataset]
    return [text.decode() for texts, _ in batches for text in texts], [y for _, labels in batches for y in labels]


def test_each_file_is_an_example_of_its_folders_class(folder):
    made = make(folder, test_fraction=0.1)
    facts = made.describe()
    assert made.task.classes == ("cats", "dogs")
    assert (facts.train_examples, facts.evaluation_examples, facts.test_examples) == (28, 8, 4)
    texts, labels = examples(made.train())
    assert [int("dog" in text) for text in texts] == labels
    everything = sorted(text for part in (made.train(), made.evaluation(), made.test()) for text in examples(part)[0])
    assert len(everything) == 40
    assert everything.count("A dog   it barks ") == 7
    identities = {made.identity(), make(folder).identity(), make(folder, tokens="character").identity()}
    assert len({*identities, make(folder, seed=3).identity(), make(folder, vocabulary=3).identity()}) == 5
    assert make(folder).identity() == make(folder).identity()


def test_sequences_of_ids_and_bags(folder):
    made = make(folder, validation_fraction=0.5)
    # The longest of the texts that 95 of 100 do not exceed has six words: a dog it barks loudly loudly.
    assert made.vocabulary_size == 2 + len({"the", "cat", "purrs", "number", "a", "dog", "it", "barks", "loudly"})
    encoded = model_of(made)({"text": keras.ops.convert_to_tensor(["cat unseen", "", "a " * 9])})
    assert encoded["x"].shape == (3, 6)
    assert encoded["x"].numpy()[0].tolist()[1:] == [1, 0, 0, 0, 0]
    assert encoded["lengths"].numpy().tolist() == [2, 1, 6]
    bags = make(folder, validation_fraction=0.5, problem_type="DNN")
    assert bags.vocabulary_size == 0
    vectors = model_of(bags)({"text": keras.ops.convert_to_tensor(["cat cat unseen", "the cat"])}).numpy()
    assert vectors.shape == (2, 10)
    assert vectors.sum(axis=1).tolist() == [2, 2]
    assert vectors[:, 0].tolist() == [1, 0]


def passages(folder, text, tokens, length):
    """What a corpus makes of a book of its own class."""
    write(folder / "left" / "book.txt", text)
    write(folder / "right" / "book.txt", "x")
    corpus = Corpus(TextOptions(tokens, sequence_length=length), Naming())
    found = corpus.scan(str(folder), None)
    return [corpus.text(name) for name, label in zip(found.paths, found.labels, strict=True) if label == 0]


def test_a_long_file_is_cut_into_passages_that_do_not_overlap(tmp_path):
    text = "One two, three. four five six seven"
    assert passages(tmp_path, text, "word", 3) == ["one two three", "four five six"]
    assert passages(tmp_path, text, "word", 5) == ["one two three four five"]
    assert passages(tmp_path, text, "word", 4) == ["one two three four", "five six seven"]
    assert passages(tmp_path, text, "word", 7) == [text]
    assert passages(tmp_path, "abcdefg", "character", 2) == ["ab", "cd", "ef", "g"]


def test_two_books_are_told_apart_by_their_passages(tmp_path):
    for name in ("left", "right"):
        write(tmp_path / "b" / name / "book.txt", " ".join(f"{name}{number} {name}" for number in range(100)))
    made = make(tmp_path / "b", sequence_length=20, validation_fraction=0.3)
    facts = made.describe()
    assert (facts.train_examples, facts.evaluation_examples) == (14, 6)
    assert facts.label_counts == {"left": 7, "right": 7}
    assert "2 files give 20 passages of up to 20 words" in " ".join(facts.notes)
    parts = [[word for text in examples(p)[0] for word in text.split()] for p in (made.train(), made.evaluation())]
    numbered = [{word for word in part if word[-1].isdigit()} for part in parts]
    assert (len(numbered[0]), len(numbered[1]), len(numbered[0] & numbered[1])) == (140, 60, 0)
    with pytest.raises(UsageError, match="too few"):
        make(tmp_path / "b")


def test_many_files_are_documents_that_are_not_cut_into_passages(folder):
    made = make(folder, sequence_length=3)
    assert made.describe().train_examples + made.describe().evaluation_examples == 40
    assert model_of(made).output["x"].shape == (None, 3)


def test_labels_and_groups_in_names(tmp_path):
    for number in range(30):
        write(tmp_path / "all" / f"{'ham' if number % 2 else 'spam'}_u{number // 3}.{number}.txt", f"w x {number % 2}")
    made = make(tmp_path / "all", label_pattern="^([a-z]+)_", group_pattern=r"_(u\d+)\.")
    assert made.task.classes == ("ham", "spam")
    assert made.describe().evaluation_examples % 3 == 0


def test_odd_files_are_named(folder, tmp_path):
    write(folder / "cats" / "blank.txt", " \n")
    write(folder / "cats" / "picture.png", "x")
    notes = " ".join(make(folder).describe().notes)
    assert "1 unreadable text is skipped" in notes
    assert "blank.txt (empty)" in notes
    assert "picture.png" in notes
    write(folder / "cats" / "latin.txt", "\ufeffna\u00efve ".encode() + b"caf\xe9")
    with pytest.raises(UsageError, match=r"latin\.txt is not UTF-8 \(byte 0xe9 at offset 13\)"):
        make(folder)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"problem_type": "CNN"}, "problem_type CNN has no meaning for text folders"),
        ({"problem_type": "RNN_ALL_ACTIVATIONS"}, "take RNN_LAST_ACTIVATIONS or DNN"),
        ({"problem_type": "DNN", "sequence_length": 5}, "sequence_length 5 has no meaning where texts are bags"),
        ({"tokens": "letter"}, "tokens 'letter' must be word or character"),
        ({"label": "x"}, "label has no meaning for data set"),
        ({"augment": ("flip",)}, "augment has no meaning for data set"),
    ],
)
def test_bad_options(folder, options, message):
    with pytest.raises(UsageError, match=message):
        make(folder, **options)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["", " \n"], "none of the 4 texts can be read"),
        (["...", "--"], "no text has a word in it"),
        (["some words", ""], "class folder 'c1' has no readable text"),
    ],
)
def test_texts_without_words(tmp_path, texts, message):
    for number, text in enumerate(texts):
        for copy in "ab":
            write(tmp_path / "r" / f"c{number}" / f"{copy}.txt", text)
    with pytest.raises(UsageError, match=message):
        make(tmp_path / "r", sequence_length=2, validation_fraction=0.5)


SERVE = """
import json, sys, keras, numpy as np, tensorflow as tf
strings = np.array(["The cat, a dog", "unseen"], dtype=object)
texts = tf.constant(strings)
model = keras.models.load_model(sys.argv[1])
served = tf.saved_model.load(sys.argv[2]).serve({"text": texts})
found = [model({"text": texts}), model.predict({"text": strings}, verbose=0), served]
print(json.dumps([{name: np.asarray(value).tolist() for name, value in one.items()} for one in found]))
assert not any(name.startswith("model_search") for name in sys.modules)
"""


def test_exported_models_read_strings_in_a_process_that_knows_only_keras(folder, tmp_path):
    made = make(folder)
    model = model_of(made)
    model.save(tmp_path / "m.keras")
    model.export(tmp_path / "saved", verbose=False)
    ran = subprocess.run(
        [sys.executable, "-c", SERVE, str(tmp_path / "m.keras"), str(tmp_path / "saved")],
        capture_output=True,
        text=True,
        check=True,
    )
    here = model({"text": keras.ops.convert_to_tensor(["The cat, a dog", "unseen"])})
    expected = {name: value.numpy().tolist() for name, value in here.items()}
    assert expected["lengths"] == [4, 1]
    assert json.loads(ran.stdout) == [expected] * 3


def test_prediction_input(folder, tmp_path):
    signature = from_json(json.loads(json.dumps(to_json(make(folder)))))
    assert signature.layout == make(folder).layout
    ((ids, features),) = read_features(str(folder / "cats" / "3.txt"), signature)
    assert (ids, features["text"].tolist()) == (["3.txt"], ["The cat purrs, number 3.\n"])
    write(folder / "cats" / "blank.txt", "\n")
    write(folder / "dogs" / "latin.txt", b"\xff\xfe")
    skipped = []
    ((ids, features),) = read_features(str(folder), signature, skipped.append)
    assert len(ids) == len(features["text"]) == 40
    assert "dogs/deep/7.txt" in ids
    assert [path.rpartition("/")[2] for path in skipped] == ["blank.txt", "latin.txt"]
    np.savez(tmp_path / "a.npz", text=np.array(["x y", "z"]))
    ((ids, features),) = read_features(str(tmp_path / "a.npz"), signature)
    assert features["text"].tolist() == ["x y", "z"]
