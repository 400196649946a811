"""Options that a provider does not read are refused, whichever they are."""

from dataclasses import fields, replace

import pytest

from model_search.data import builtin  # noqa: F401
from model_search.data.option_checks import ALWAYS
from model_search.data.provider import DataOptions, TaskOptions, providers, register_provider
from model_search.errors import UsageError

OTHERS = {
    "types": {"a": "number"},
    "schema": {"a": "float32"},
    "columns": ("a",),
    "augment": ("flip",),
    "image_size": (3, 3),
    "tasks": (TaskOptions("a", 2),),
    "validation_fraction": 0.3,
    "test_fraction": 0.3,
    "sample_rate": 8000,
    "seconds": 1.0,
    "vocabulary": 7,
    "sequence_length": 7,
    "tokens": "character",
}
NAMES = [field.name for field in fields(DataOptions) if field.name not in ALWAYS]
NOT_READ = {
    "csv": {"schema", "image_size", "augment", "sample_rate", "seconds", "label_pattern", "group_pattern"},
    "digits": set(NAMES) - {"validation_fraction", "test_fraction", "class_weight", "task"},
    "text_lines": {
        "label",
        "columns",
        "types",
        "weight",
        "class_weight",
        "delimiter",
        "image_size",
        "tasks",
        "augment",
    },
    "audio_directory": {
        "columns",
        "types",
        "delimiter",
        "image_size",
        "tokens",
        "vocabulary",
    },
    "image_directory": {
        "columns",
        "types",
        "delimiter",
        "sample_rate",
        "seconds",
        "tokens",
    },
    "tfrecord": {"columns", "delimiter", "tokens", "vocabulary", "sample_rate", "seconds"},
}


def given(name: str) -> DataOptions:
    return replace(DataOptions(), **{name: OTHERS.get(name, "x")})


@pytest.mark.parametrize(("provider", "option"), [(p, o) for p, options in NOT_READ.items() for o in sorted(options)])
def test_what_means_nothing_to_a_provider(provider, option):
    with pytest.raises(UsageError, match=f"^{option} has no meaning for data set '{provider}'; leave it out$"):
        providers[provider](given(option))


@pytest.mark.parametrize("option", NAMES)
def test_each_option_is_read_by_some_provider(option):
    refusals = 0
    for provider in providers:
        try:
            providers[provider](given(option))
        except UsageError as error:
            refusals += "has no meaning for data set" in str(error)
    assert refusals < len(list(providers))


def test_a_providers_own_choice():
    seen = []

    @register_provider("test_options_all")
    def everything(options):
        seen.append(options)

    @register_provider("test_options_label", uses=("label",))
    def only_label(options):
        seen.append(options)

    providers["test_options_all"](DataOptions(weight="w"))
    providers["test_options_label"](DataOptions(label="y", seed=3, problem_type="DNN", lengths="lengths"))
    assert [options.label for options in seen] == ["", "y"]
    with pytest.raises(UsageError, match="weight has no meaning for data set 'test_options_label'"):
        providers["test_options_label"](DataOptions(weight="w"))
