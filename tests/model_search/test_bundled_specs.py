"""The specs that come with the package: each is valid, and its known good starts can be built."""

import pytest

import model_search.blocks  # noqa: F401
from model_search.block import blocks
from model_search.converters import hyperparameters_from_proto
from model_search.data.encoding import Encoding
from model_search.hyperparameters import default_values, hyperparameter_space
from model_search.network.heads import Head
from model_search.network.tower import build_tower
from model_search.proto.search_spec_pb2 import ProblemType, SearchSpec, SearchType
from model_search.spec import bundled_specs, complete, load_spec, validate
from model_search.spec.towers import role_of, tower

ENCODINGS = {
    "CNN": Encoding((32, 32, 3)),
    "DNN": Encoding((6,)),
    "RNN_LAST_ACTIVATIONS": Encoding((12, 5), has_lengths=True),
    "RNN_ALL_ACTIVATIONS": Encoding((12, 5), has_lengths=True),
}
TEXTS = ("text_last", "text_all")
SUGGESTIONS = [(name, place) for name in bundled_specs() for place in range(len(load_spec(name).user_suggestions))]


def encoding_of(name):
    return Encoding((12,), True, 9) if name in TEXTS else ENCODINGS[ProblemType.Name(load_spec(name).problem_type)]


def test_the_names():
    assert set(bundled_specs()) >= {"audio", "cnn", "dnn", "rnn_all", "rnn_last", "small_dnn", "text_all", "text_last"}


@pytest.mark.parametrize("name", bundled_specs())
def test_a_spec_is_valid(name):
    spec = complete(load_spec(name))
    validate(spec)
    growth = spec.increase_complexity_minimum_trials
    assert not growth or len(growth) == spec.maximum_depth


@pytest.mark.parametrize("name", bundled_specs())
def test_the_search_is_the_one_that_won_the_comparison(name):
    spec = complete(load_spec(name))
    assert (spec.search_type, spec.beam_size) == (SearchType.GUIDED_MUTATION, 5)


def test_a_spec_that_names_no_search_keeps_descent():
    assert complete(SearchSpec(problem_type=ProblemType.DNN)).search_type == SearchType.ADAPTIVE_COORDINATE_DESCENT


@pytest.mark.parametrize(("name", "place"), SUGGESTIONS)
def test_a_start_is_of_the_pool_and_its_values_of_the_ranges(name, place):
    spec = complete(load_spec(name))
    start = spec.user_suggestions[place]
    assert set(start.architecture) <= set(spec.blocks_to_use)
    values = hyperparameters_from_proto(start.hparams)
    learning = spec.learning_spec
    ranges = {
        "learning_rate": (learning.min_learning_rate, learning.max_learning_rate),
        "dropout_rate": (learning.min_dropout, learning.max_dropout),
        "l2_regularization": (learning.min_l2_regularization, learning.max_l2_regularization),
    }
    for key, (low, high) in ranges.items():
        assert key not in values or low <= values[key] <= high
    assert values.get("optimizer", learning.optimizers[0]) in learning.optimizers


@pytest.mark.parametrize(("name", "place"), SUGGESTIONS)
def test_a_start_is_built(name, place):
    spec = complete(load_spec(name))
    start = spec.user_suggestions[place]
    architecture = tower(spec, start.architecture)
    values = default_values(hyperparameter_space(spec, architecture, 100)) | hyperparameters_from_proto(start.hparams)
    is_per_step = spec.problem_type == ProblemType.RNN_ALL_ACTIVATIONS
    built = build_tower(
        architecture, values, encoding_of(name), Head(7, is_per_step=is_per_step), spec.embedding_size
    ).model
    assert built.output_shape == ((None, 12, 7) if is_per_step else (None, 7))


def test_where_the_next_token_is_predicted_no_block_sees_it():
    spec = load_spec("text_all")
    named = {*spec.blocks_to_use, *(block for start in spec.user_suggestions for block in start.architecture)}
    assert [name for name in sorted(named) if not blocks[name].create().is_causal] == []


@pytest.mark.parametrize("name", ["audio", "rnn_last", "text_last"])
def test_sequences_are_summed_up_in_more_than_one_way(name):
    assert sum(role_of(block).value == "summary" for block in load_spec(name).blocks_to_use) > 1
