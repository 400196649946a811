import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from model_search.data.tables import csv_cells
from model_search.data.tables.csv_cells import RaggedRow, cell_blocks


def split(content, delimiter=",", expected=2, has_header=False):
    """Rows by number, from blocks."""
    found = {}
    for numbers, cells in cell_blocks(io.BytesIO(content), delimiter, expected, has_header):
        assert len(cells) == len(numbers) * expected
        for place, number in enumerate(numbers):
            found[number] = cells[place * expected : (place + 1) * expected]
    return found


def reference(content, delimiter, expected, has_header):
    """The same by the `csv` module alone, or that a row is ragged."""
    rows = list(enumerate(csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, skipinitialspace=True), 1))
    rows = [(number, [cell.strip() for cell in row]) for number, row in rows if row][int(has_header) :]
    return None if any(len(row) != expected for _, row in rows) else dict(rows)


CELL = st.sampled_from(
    ["", "1", "-2.5", " x", "y\t", "\u00a0z", "\u00e9", '"q"', '"a,b"', '"two\nlines"', 'mid"dle', "\f"]
)
LINES = st.lists(st.tuples(CELL, CELL), max_size=12)


@given(
    LINES,
    st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
    st.sampled_from([",", ";"]),
    st.booleans(),
    st.booleans(),
    st.integers(1, 40),
)
@example([("1", "2"), ("3", '"4"')], "\n", ",", True, True, 4)
@example([('"a"', '"b"'), ("3", "4")], "\n", ",", True, True, 4)
def test_blocks_hold_the_rows_that_the_csv_module_reads(lines, newline, delimiter, ends, has_header, size):
    content = newline.join(delimiter.join(row) for row in lines) + newline * ends
    expected = reference(content, delimiter, 2, has_header)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_cells, "BLOCK_BYTES", size)
        if expected is None:
            with pytest.raises(RaggedRow, match="expected 2 fields"):
                split(content.encode(), delimiter, 2, has_header)
        else:
            assert split(content.encode(), delimiter, 2, has_header) == expected


def test_simple_blocks_are_not_parsed_row_by_row(monkeypatch):
    monkeypatch.setattr(csv_cells, "_parsed", None)
    assert split(b"\xef\xbb\xbfa,b\r\n1, 2\r\n3,", has_header=True) == {2: ["1", "2"], 3: ["3", ""]}
    assert split(b'"a","b"\n1,2\n', has_header=True) == {2: ["1", "2"]}
    # The last line needs no end.
    assert list(cell_blocks(io.BytesIO(b"1,2\n3,4"), ",", 2, False)) == [(range(1, 3), ["1", "2", "3", "4"])]


def test_the_row_of_a_wrong_width_is_named_after_simple_blocks(monkeypatch):
    monkeypatch.setattr(csv_cells, "BLOCK_BYTES", 8)
    with pytest.raises(RaggedRow, match="row 6: expected 2 fields, found 3"):
        split(b"a,b\n1,2\n\n1,2\n1,2\n1,2,3\n", has_header=True)
