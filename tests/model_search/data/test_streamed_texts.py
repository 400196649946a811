"""Streamed texts give the same vocabulary, parts and examples as texts in memory."""

from collections import Counter

import numpy as np
import pytest

from model_search.data import builtin
from model_search.data.pipeline import Pipeline
from model_search.data.provider import DataOptions, providers
from model_search.data.texts import text_blocks, text_provider, text_tokens
from model_search.data.texts.text_tokens import TokenCounts

assert builtin

WORDS = ["One,", "two", "three\r\n", "four--five", "\u201csix\u201d", "na\u00efve", "seven.", "-", "eight", "nine"]


def book(seed, words=900):
    rng = np.random.default_rng(seed)
    return " ".join(WORDS[place] + str(rng.integers(9)) * (place % 2) for place in rng.integers(10, size=words))


@pytest.fixture
def both(monkeypatch):
    """A provider in memory and one that streams, in small blocks and batches."""

    def make(name, path, **options):
        given = DataOptions(filename=str(path), **options)
        whole = providers[name](given)
        monkeypatch.setattr(text_provider, "STREAM_BYTES", 10)
        monkeypatch.setattr(text_provider, "MAXIMUM_BATCH", 7)
        monkeypatch.setattr(text_blocks, "BLOCK_BYTES", 100)
        streamed = providers[name](given)
        assert "is streamed" in streamed.describe().notes[0]
        return whole, streamed

    return make


def examples(dataset):
    batches = [(x["text"].numpy(), y.numpy(), w.numpy()) for x, y, w in dataset]
    return [np.concatenate(parts).tolist() for parts in zip(*batches, strict=True)]


def require_same(whole, streamed):
    assert whole.task == streamed.task
    assert whole.identity() == streamed.identity()
    facts = [made.describe() for made in (whole, streamed)]
    assert facts[0].columns == facts[1].columns
    assert facts[0].notes == facts[1].notes[1:]
    assert facts[0].label_counts == facts[1].label_counts
    for part, size in (("train", 0), ("evaluation", 1), ("test", 2)):
        expected, found = getattr(whole, part)(), getattr(streamed, part)()
        assert expected.element_spec == found.element_spec
        texts, labels, weights = examples(found)
        assert [texts, labels, weights] == examples(expected)
        assert len(texts) == [facts[1].train_examples, facts[1].evaluation_examples, facts[1].test_examples][size]


@pytest.mark.parametrize("tokens", ["word", "character"])
def test_lines(tmp_path, both, tokens):
    path = tmp_path / "t.txt"
    path.write_bytes(b"\xef\xbb\xbf" + book(0).encode())
    whole, streamed = both("text_lines", path, tokens=tokens, sequence_length=9, test_fraction=0.1)
    require_same(whole, streamed)
    texts, labels, _ = examples(streamed.train())
    shuffled = [examples(streamed.shuffled_train(seed)) for seed in (1, 1, 2)]
    pairs = sorted(zip(texts, labels, strict=True))
    assert all(sorted(zip(found[0], found[1], strict=True)) == pairs for found in shuffled)
    assert shuffled[0] == shuffled[1] != shuffled[2]
    assert shuffled[0][0] != texts


def test_lines_with_files_of_their_own_and_one_step(tmp_path, both):
    for name in ("t", "v", "e"):
        (tmp_path / f"{name}.txt").write_text(book(ord(name), 80))
    held_out = {"validation_filename": str(tmp_path / "v.txt"), "test_filename": str(tmp_path / "e.txt")}
    require_same(*both("text_lines", tmp_path / "t.txt", sequence_length=1, **held_out))


@pytest.mark.parametrize("options", [{}, {"problem_type": "DNN"}, {"sequence_length": 4}, {"tokens": "character"}])
def test_documents(tmp_path, both, options):
    for number in range(60):
        path = tmp_path / "r" / f"class{number % 2}" / f"{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(book(number, 5 + number).encode())
    whole, streamed = both("text_directory", tmp_path / "r", test_fraction=0.1, class_weight="class1=2", **options)
    require_same(whole, streamed)
    assert sorted(examples(streamed.shuffled_train(3))[0]) == sorted(examples(whole.train())[0])


@pytest.mark.parametrize("tokens", ["word", "character"])
def test_books(tmp_path, both, tokens):
    for name in ("left", "right"):
        for number in range(2):
            path = tmp_path / "r" / name / f"{number}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(book(number, 300 - 299 * number).encode())
    whole, streamed = both("text_directory", tmp_path / "r", sequence_length=20, tokens=tokens, test_fraction=0.1)
    require_same(whole, streamed)
    assert sum("passages of up to 20" in note for note in streamed.describe().notes) == 1


def test_streamed_batches_are_encoded_before_they_are_shuffled(tmp_path, both):
    path = tmp_path / "t.txt"
    path.write_text(book(0))
    whole, streamed = both("text_lines", path, sequence_length=9)
    every = Pipeline(whole, 4).train_arrays().x["x"]
    rows = {tuple(row) for row in every.tolist()}
    pipeline = Pipeline(streamed, 4, cache_bytes=100)
    assert pipeline.train_arrays() is None
    seen = [batch[0]["x"].numpy() for batch in pipeline.train_stream(1).take(2 * len(every) // 4)]
    assert {tuple(row) for row in np.concatenate(seen).tolist()} == rows


def test_counts_of_many_different_tokens_are_bounded(monkeypatch):
    monkeypatch.setattr(text_tokens, "MAXIMUM_COUNTED", 20)
    rng = np.random.default_rng(0)
    exact, found = Counter(), TokenCounts()
    for _ in range(300):
        tokens = [f"t{min(place, 400)}" for place in rng.geometric(0.2, size=20)] + [f"r{rng.integers(10**6)}"]
        exact.update(tokens)
        found.add(tokens)
        assert len(found.counts) <= 20
    assert found.total == exact.total()
    assert 0 < found.lost < 300
    assert all(exact[token] - found.lost <= found.counts[token] <= exact[token] for token in exact)
    assert [token for token, _ in found.counts.most_common(5)] == [token for token, _ in exact.most_common(5)]
