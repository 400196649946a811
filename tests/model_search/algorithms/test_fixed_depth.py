import pytest

from model_search.errors import UsageError
from model_search.spec import complete, parse_spec, validate

SPEC = "problem_type: CNN minimum_depth: 2 blocks_to_use: ['CONVOLUTION_3X3', 'FULLY_CONNECTED'] "


@pytest.mark.parametrize("search_type", ["NONADAPTIVE_RANDOM_SEARCH", "HARMONICA_SEARCH"])
@pytest.mark.parametrize("listed", [["CONVOLUTION_3X3"], ["CONVOLUTION_3X3", "CONVOLUTION_3X3", "FULLY_CONNECTED"]])
def test_a_search_of_one_depth_refuses_suggestions_of_another(search_type, listed):
    with pytest.raises(UsageError) as caught:
        validate(parse_spec(f"{SPEC} search_type: {search_type} user_suggestions {{ architecture: {listed} }}", "x"))
    assert str(caught.value) == (
        f"spec field user_suggestions[0].architecture is {listed};"
        f" towers of a {search_type} have exactly minimum_depth blocks, 2"
    )


@pytest.mark.parametrize("search_type", ["NONADAPTIVE_RANDOM_SEARCH", "HARMONICA_SEARCH"])
def test_the_turn_does_not_count(search_type):
    listed = ["CONVOLUTION_3X3", "FLATTEN", "FULLY_CONNECTED"]
    text = f"{SPEC} search_type: {search_type} user_suggestions {{ architecture: {listed} }}"
    validate(complete(parse_spec(text, "x")))
    validate(parse_spec(text.replace(search_type, "ADAPTIVE_COORDINATE_DESCENT").replace("depth: 2", "depth: 1"), "x"))
