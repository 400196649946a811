"""What a spec may say of ensembles."""

import pytest

from model_search.errors import UsageError
from model_search.spec import complete, parse_spec, validate

DNN = 'problem_type: DNN blocks_to_use: "FULLY_CONNECTED" '
NON = "ensemble_search_type: NONADAPTIVE_ENSEMBLE_SEARCH "
MIX = "ensemble_search_type: INTERMIXED_NONADAPTIVE_ENSEMBLE_SEARCH "
GROW = "ensemble_search_type: ADAPTIVE_ENSEMBLE_SEARCH "

WRONG = [
    ("freeze_previous: true", "ensemble_search_type is UNKNOWN_ENSEMBLE_SEARCH; it must be ADAPTIVE_ENSEMBLE_SEARCH, "),
    (NON + "combining_type: UNKNOWN_ENSEMBLING_TYPE", "combining_type is UNKNOWN_ENSEMBLING_TYPE; it must be WEIGHTED"),
    (NON + "adaptive_search {}", "adaptive_search is set; the settings of NONADAPTIVE_ENSEMBLE_SEARCH are in "),
    (GROW + "intermixed_search { width: 3 }", "intermixed_search is set; the settings of ADAPTIVE_ENSEMBLE_SEARCH are"),
    (NON + "nonadaptive_search { width: 1 }", "nonadaptive_search.width is 1; it must be 2 or more"),
    (MIX + "intermixed_search { width: 11 }", "width is 11; it must not be above num_trials_to_consider, which is 10"),
    (MIX + "intermixed_search { try_ensembling_every: 1 }", "try_ensembling_every is 1; it must be 2 or more"),
    (NON + "nonadaptive_search { minimal_pool_size: 0 }", "minimal_pool_size is 0; it must be 1 or more"),
    (GROW + "adaptive_search { increase_width_every: 0 }", "increase_width_every is 0; it must be 1 or more"),
    (NON + "no_train_speedup: 10", "no_train_speedup is 10; ensembles of trained towers take no step at all"),
]


@pytest.mark.parametrize(("own", "message"), WRONG)
def test_what_makes_no_sense_is_said_in_one_line(own, message) -> None:
    spec = parse_spec(DNN + f"ensemble_spec {{ {own} }}", "x")
    for given in (spec, complete(spec)):
        with pytest.raises(UsageError) as caught:
            validate(given)
        assert message in str(caught.value) and "\n" not in str(caught.value)
        assert str(caught.value).startswith("spec field ensemble_spec.")


def test_stages_and_rungs_exclude_each_other() -> None:
    spec = parse_spec(DNN + f"ensemble_spec {{ {GROW} }} early_stopping {{ rule: MEDIAN_RULE }}", "x")
    with pytest.raises(UsageError, match="ensembles of different sizes: remove one"):
        validate(complete(spec))


@pytest.mark.parametrize("own", [NON, MIX, GROW, GROW.replace("ADAPTIVE", "RESIDUAL")])
def test_each_way_is_valid_by_its_name_alone(own) -> None:
    spec = complete(parse_spec(DNN + f"ensemble_spec {{ {own} }}", "x"))
    validate(spec)
    assert spec.ensemble_spec.WhichOneof("search_spec") is not None
    # Written out and read again, it is the same.
    assert complete(spec) == spec


def test_settings_that_are_there_stay_as_they_are() -> None:
    spec = complete(parse_spec(DNN + f"ensemble_spec {{ {MIX} intermixed_search {{ width: 4 }} }}", "x"))
    own = spec.ensemble_spec.intermixed_search
    assert (own.width, own.try_ensembling_every, own.num_trials_to_consider) == (4, 5, 10)
