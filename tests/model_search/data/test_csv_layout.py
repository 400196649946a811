import pytest

from model_search.data.tables.csv_layout import (
    column_names,
    given_delimiter,
    has_decimal_commas,
    infer_delimiter,
    infer_header,
    split_rows,
)
from model_search.errors import UsageError


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b\n1,2\n3,4\n", ","),
        ("a;b\n1,5;2,5\n3,1;4,2\n", ";"),
        ("a\tb c\n1\t2 3\n", "\t"),
        ("a|b|c\n1|2|3\n", "|"),
        ('"x, y";1\n"z";2\n', ";"),
        ("1, 2\n3, 4\n", ","),
        ("alone\n1\n", ","),
        ("d1;y\n" + "0,5;0\n1,5;1\n" * 100, ";"),
        ("d1;y\n" + "0,5;0,5\n1,5;1,5\n" * 100, ";"),
        ("0,5;0,5\n1,5;-1,5\n" * 100, ";"),
        ("a;b;c\n" + "0,5;1,5;0\n" * 100, ";"),
        ("0,5\t1\n1,5\t2\n", "\t"),
        ("text,y\n" + "so; so,1\nno; no,0\n" * 100, ","),
        ("a,b\n" + "1,2\n" * 50 + "1,2,3\n", ","),
    ],
)
def test_delimiter_is_the_one_that_splits_rows_alike(text, delimiter):
    assert infer_delimiter(text) == delimiter


@pytest.mark.parametrize(
    ("rows", "has_header"),
    [
        (["age,job", "30,cook", "40,clerk"], True),
        (["30,cook", "40,clerk", "50,cook"], False),
        (["39,?,x", "?,4,y", "20,5,x"], False),
        (["0,1,2,3,4,5,label", "1,0,0,2,9,1,a", "4,2,1,1,7,3,b"], True),
        (["0,0,5,13,9,1,a", "0,0,0,12,13,5,b", "0,3,1,1,7,3,a"], False),
        (["colour,shape", "red,round", "red,square", "blue,round", "red,round"], True),
        (["red,round", "red,square", "blue,round", "red,round"], False),
        ([",a,b", "0,1,2", "1,3,4"], True),
        (["1,2", "3,4"], False),
        (["x,y"], False),
    ],
)
def test_header_is_a_row_of_names(rows, has_header):
    assert infer_header([row.split(",") for row in rows]) is has_header


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1,5", "-2", "?", ""], True),
        (["1", "2"], False),
        (["1,5", "x"], False),
        (["1,5", "2.5"], False),
        (["1,2,3"], False),
        ([], False),
    ],
)
def test_decimal_commas(cells, expected):
    assert has_decimal_commas(cells) is expected


def test_names_are_unique_and_never_empty():
    assert column_names(["a", "", "a", "a"]) == ("a", "column_1", "a_2", "a_3")


def test_quotes_protect_delimiters_and_blanks_around_fields_go():
    assert split_rows('a , "b, c" ,"d ""e"""\n\n1,2,3\n', ",") == [["a", "b, c", 'd "e"'], ["1", "2", "3"]]


def test_given_delimiter():
    assert given_delimiter("\\t") == given_delimiter("tab") == "\t"
    with pytest.raises(UsageError, match="delimiter '::' must be one character"):
        given_delimiter("::")
