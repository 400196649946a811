import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_search.data.texts import text_blocks as blocks_module
from model_search.data.texts.text_blocks import PLAIN_CHARACTER, Book, read_spans, text_blocks, token_starts, tokens_of
from model_search.data.texts.text_files import read_text
from model_search.data.texts.text_tokens import TOKENS, plain, tokenize
from model_search.errors import UsageError

PIECES = st.sampled_from(
    [*"aBz-' \n\t\r,.\u2018\u201d\u00ab\u2014\u2026\u2020\u00e9\u00a0\u65e5\U0001f600", "--", "\r\n", " - ", "don't"]
)
TEXTS = st.lists(PIECES, min_size=1, max_size=40).map("".join)


def whole_tokens(text, tokens):
    """Tokens of a text that is held in memory."""
    text = text.replace("\r\n", "\n")
    if tokens == PLAIN_CHARACTER:
        return list(plain(text))
    return tokenize(plain(text) if tokens == "word" else text, tokens)


@given(TEXTS, st.sampled_from([*TOKENS, PLAIN_CHARACTER]), st.integers(1, 20), st.booleans())
def test_blocks_and_spans_hold_the_tokens_of_the_whole_text(tmp_path_factory, text, tokens, size, has_mark):
    path = tmp_path_factory.mktemp("b") / "t.txt"
    path.write_bytes(b"\xef\xbb\xbf" * has_mark + text.encode())
    expected = whole_tokens(text, tokens)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks_module, "BLOCK_BYTES", size)
        blocks = list(text_blocks(str(path), tokens))
        assert b"".join(block for _, block in blocks).decode() == text
        assert [token for _, block in blocks for token in tokens_of(block, tokens)] == expected
        book = Book.of(str(path), tokens)
        assert len(book) == len(expected)
        assert read_text(str(path)) == text.replace("\r\n", "\n")
        numbers = np.arange(len(expected) + 1)
        starts = book.starts(0, len(expected), numbers)
        spans = read_spans(str(path), starts[:-1], starts[1:])
        assert [tokens_of(span, tokens) for span in spans] == [[token] for token in expected]
        some = numbers[1::3]
        assert book.starts(1, len(expected), some).tolist() == starts[1::3].tolist()


def test_starts_of_words_by_hand():
    # Punctuation alone is no word, a dash of two parts words, one does not.
    text = "\u201cOne -- two-three\u2014four, - five--\u00abSix\u00bb"
    starts = token_starts(text.encode(), "word").tolist()
    assert [text.encode()[start : start + 3].decode() for start in starts] == ["One", "two", "fou", "fiv", "Six"]
    assert token_starts("a\r\n\u00e9\r".encode(), "character").tolist() == [0, 1, 3, 5]


def test_the_place_of_a_byte_that_is_no_utf8(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks_module, "BLOCK_BYTES", 4)
    (tmp_path / "t.txt").write_bytes(b"ab cd ef \xff gh")
    for tokens in TOKENS:
        with pytest.raises(UsageError, match=r"t\.txt is not UTF-8 \(byte 0xff at offset 9\)"):
            list(text_blocks(str(tmp_path / "t.txt"), tokens))
