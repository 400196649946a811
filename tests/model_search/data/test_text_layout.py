import pytest

from model_search.data.texts.text_layout import TextLayout
from model_search.errors import UsageError


def read(layout, path, skipped=None):
    batches = list(layout.read(str(path), skipped))
    return [name for names, _ in batches for name in names], [t for _, x in batches for t in x["text"].tolist()]


def test_a_file_is_one_example_or_one_a_line(tmp_path):
    (tmp_path / "t.txt").write_bytes("\ufeffOne \u201ctwo\u201d\r\n\r\nthree--four\n".encode())
    file = TextLayout("text", "file", "word")
    assert read(file, tmp_path / "t.txt") == (["t.txt"], ['One "two"\n\nthree four\n'])
    lines = TextLayout("text", "line", "word")
    assert read(lines, tmp_path / "t.txt") == (["1", "3"], ['One "two"', "three four"])
    characters = TextLayout("text", "line", "character")
    assert read(characters, tmp_path / "t.txt")[1] == ["One \u201ctwo\u201d", "three--four"]
    assert TextLayout.from_json(characters.to_json()) == characters


def test_lines_of_a_folder_are_named_after_their_files(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.txt").write_text("p\nq\n")
    (tmp_path / "b.txt").write_text("\n" * 3 + "r\n" * 300)
    (tmp_path / "c.md").write_text("not read")
    names, texts = read(TextLayout("text", "line", "word"), tmp_path)
    assert names[:3] == ["a/x.txt:1", "a/x.txt:2", "b.txt:4"]
    assert texts == ["p", "q", *["r"] * 300]


def test_what_cannot_be_read(tmp_path):
    layout = TextLayout("text", "file", "word")
    for content, message in (
        (b" \n", r"t\.txt is empty"),
        (b"a\xff", r"t\.txt is not UTF-8 \(byte 0xff at offset 1\)"),
    ):
        (tmp_path / "t.txt").write_bytes(content)
        with pytest.raises(UsageError, match=message):
            layout.read(str(tmp_path / "t.txt"))
        skipped = []
        with pytest.raises(UsageError, match="none of the 1 texts can be read"):
            read(layout, tmp_path, skipped.append)
        assert skipped == [str(tmp_path / "t.txt")]
    with pytest.raises(UsageError, match="does not exist"):
        layout.read(str(tmp_path / "u.txt"))
    with pytest.raises(ValueError, match="page"):
        TextLayout.from_json({"name": "text", "unit": "page", "tokens": "word"})
