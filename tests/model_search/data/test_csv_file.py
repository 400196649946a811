import pytest

from model_search.data.tables import csv_file
from model_search.data.tables.csv_file import CsvFile
from model_search.data.tables.csv_layout import Layout
from model_search.errors import UsageError


def write(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def test_rows_keep_their_line_numbers_across_empty_lines_and_chunks(tmp_path):
    file = CsvFile.open(write(tmp_path / "t.csv", "a,b\n1,x\n\n2, y \n3,z\n"))
    frames = list(file.chunks(2))
    assert [list(frame.index) for frame in frames] == [[2, 4], [5]]
    assert [frame["b"].tolist() for frame in frames] == [["x", "y"], ["z"]]


def test_columns_name_a_file_without_header_and_recognise_one(tmp_path):
    plain = CsvFile.open(write(tmp_path / "p.csv", "1,x\n2,y\n"), columns=("n", "c"))
    headed = CsvFile.open(write(tmp_path / "h.csv", "n,c\n1,x\n2,y\n"), columns=("n", "c"))
    assert not plain.layout.has_header
    assert headed.layout.has_header
    assert plain.read()["c"].tolist() == headed.read()["c"].tolist() == ["x", "y"]
    with pytest.raises(UsageError, match="has 2 columns, but 3 column names"):
        CsvFile.open(plain.filename, columns=("n", "c", "d"))


def test_a_named_label_in_the_first_row_proves_a_header(tmp_path):
    text = "text,label\nalpha,good\nbeta,bad\n"
    assert not CsvFile.open(write(tmp_path / "t.csv", text)).layout.has_header
    assert CsvFile.open(str(tmp_path / "t.csv"), label="label").layout.has_header


def test_byte_order_mark_is_no_part_of_a_name(tmp_path):
    assert CsvFile.open(write(tmp_path / "t.csv", b"\xef\xbb\xbfa,b\n1,2\n3,4\n")).layout.columns == ("a", "b")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("a,b\n1,2\n3\n", "row 3: expected 2 fields, found 1"),
        ("a,b\n1,2\n\n3,4,5\n", "row 4: expected 2 fields, found 3"),
        (b"a,b\n1,\xff\n", "is not UTF-8"),
        (b"a,b\n" + b"1,2\n" * 100_000 + b"1,\xe9\n", "is not UTF-8"),
    ],
)
def test_malformed_files_are_named_in_one_line(tmp_path, content, message):
    name = write(tmp_path / "bad.csv", content)
    with pytest.raises(UsageError, match=message) as error:
        CsvFile.open(name).read()
    assert name in str(error.value)
    assert "\n" not in str(error.value)


def test_header_without_rows(tmp_path):
    with pytest.raises(UsageError, match="no rows"):
        CsvFile.open(write(tmp_path / "t.csv", "a,b\n"), columns=("a", "b")).read()


def test_missing_file_directory_and_no_name(tmp_path):
    with pytest.raises(UsageError, match=r"gone\.csv does not exist"):
        CsvFile.open(str(tmp_path / "gone.csv"))
    with pytest.raises(UsageError, match="is a directory"):
        CsvFile.open(str(tmp_path))
    with pytest.raises(UsageError, match="no file was given"):
        CsvFile.open("")


def test_a_sample_ends_with_a_whole_line(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_file, "SAMPLE_CHARACTERS", 10)
    name = write(tmp_path / "t.csv", "aa,bb\n11,22\n33,44\n")
    assert csv_file.read_sample(name) == "aa,bb\n"


LAYOUT = Layout(",", True, ("a", "b", "label"))


def test_held_out_columns_are_matched_by_name_in_any_order(tmp_path):
    file = CsvFile.open_like(write(tmp_path / "t.csv", "label,extra,b,a\nx,9,2,1\n"), LAYOUT)
    assert file.read()["a"].tolist() == ["1"]


def test_held_out_file_without_header_is_matched_by_position(tmp_path):
    file = CsvFile.open_like(write(tmp_path / "t.csv", "1,2,x\n3,4,y\n"), LAYOUT)
    assert file.read()["label"].tolist() == ["x", "y"]


def test_label_may_be_left_out_for_predictions(tmp_path):
    for text in ("a,b\n1,2\n3,4\n", "1,2\n3,4\n"):
        file = CsvFile.open_like(write(tmp_path / "t.csv", text), LAYOUT, ["label"], [["label"]])
        assert file.read()["b"].tolist() == ["2", "4"]


def test_missing_columns_and_wrong_counts(tmp_path):
    with pytest.raises(UsageError, match="no column 'b'"):
        CsvFile.open_like(write(tmp_path / "t.csv", "a,label\n1,x\n2,y\n"), LAYOUT)
    with pytest.raises(UsageError, match="has 2 columns; expected 3"):
        CsvFile.open_like(write(tmp_path / "u.csv", "1,2\n3,4\n"), LAYOUT)
