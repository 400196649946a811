"""Which spec is taken where none is named."""

from types import SimpleNamespace

import pytest

from model_search.data.provider import providers
from model_search.plugins import load_plugins
from model_search.proto.search_spec_pb2 import ProblemType
from model_search.trainers import configuration


@pytest.mark.parametrize(
    ("dataset", "spec", "problem"),
    [
        ("csv", "", "DNN"),
        ("parquet", "", "DNN"),
        ("image_directory", "", "CNN"),
        ("audio_directory", "", "RNN_LAST_ACTIVATIONS"),
        ("text_lines", "", "RNN_ALL_ACTIVATIONS"),
        ("text_lines", "dnn", "DNN"),
    ],
)
def test_the_default_fits_the_data_set(dataset, spec, problem, monkeypatch) -> None:
    load_plugins()
    flags = SimpleNamespace(dataset=dataset, spec=spec, hypertuning_method="", early_stopping="")
    monkeypatch.setattr(configuration, "FLAGS", flags)
    assert ProblemType.Name(configuration.spec_from_flags().problem_type) == problem


def test_each_default_is_of_a_data_set_that_there_is() -> None:
    load_plugins()
    assert set(configuration.DEFAULT_SPECS) <= set(providers)
