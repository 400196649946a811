import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_search.architecture import Architecture
from model_search.converters import (
    hyperparameters_from_proto,
    hyperparameters_to_proto,
    suggestion_from_proto,
    suggestion_from_text,
    suggestion_text,
    suggestion_to_proto,
)
from model_search.proto.search_spec_pb2 import HParamDef
from model_search.study import Suggestion, TrialKind

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
values = (
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(width=32, allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
suggestions = st.builds(
    Suggestion,
    architecture=st.lists(names).map(Architecture.of),
    hyperparameters=st.dictionaries(names, values, max_size=5),
    parents=st.lists(st.integers(1, 2**40), max_size=3).map(tuple),
    origin=names,
    kind=st.sampled_from(TrialKind),
    members=st.lists(st.integers(1, 2**40), max_size=3).map(tuple),
    teacher=st.none() | st.integers(1, 2**40),
)


@given(suggestions, st.integers(1, 2**40))
def test_round_trips_are_exact(suggestion, number):
    for back in (
        suggestion_from_proto(suggestion_to_proto(number, suggestion)),
        suggestion_from_text(suggestion_text(number, suggestion)),
    ):
        assert back == (number, suggestion)
        assert back[1].fingerprint == suggestion.fingerprint
        types = {name: type(value) for name, value in suggestion.hyperparameters.items()}
        assert {name: type(value) for name, value in back[1].hyperparameters.items()} == types


def test_the_text():
    suggestion = Suggestion(
        Architecture.of(["A", "B"]), {"rate": 0.5, "optimizer": "adam"}, parents=(3,), origin="grow"
    )
    assert suggestion_text(7, suggestion) == (
        'trial: 7\nkind: "search"\norigin: "grow"\narchitecture: "A"\narchitecture: "B"\n'
        'hyperparameters {\n  hparam {\n    key: "optimizer"\n    value {\n      bytes_value: "adam"\n    }\n  }\n'
        '  hparam {\n    key: "rate"\n    value {\n      float_value: 0.5\n    }\n  }\n}\nparents: 3\n'
    )


def test_what_cannot_be_kept_exactly_is_refused():
    with pytest.raises(ValueError, match=r"'rate' is 0\.1, which float32"):
        hyperparameters_to_proto({"rate": 0.1})
    with pytest.raises(ValueError, match=r"(?i)range"):
        hyperparameters_to_proto({"n": 2**63})
    with pytest.raises(TypeError, match="'n' is a list"):
        hyperparameters_to_proto({"n": [1]})


def test_what_is_no_single_value_is_refused():
    message = HParamDef()
    entry = message.hparam.add(key="a")
    with pytest.raises(ValueError, match="'a' has no value"):
        hyperparameters_from_proto(message)
    entry.value.int64_list.value.append(3)
    with pytest.raises(ValueError, match="'a' has int64_list"):
        hyperparameters_from_proto(message)
    entry.value.int64_value = 3
    message.hparam.add(key="a").value.int64_value = 4
    with pytest.raises(ValueError, match="'a' is there twice"):
        hyperparameters_from_proto(message)
