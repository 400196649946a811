import pytest

from model_search.errors import UsageError
from model_search.spec import canonical_text, complete, parse_spec, validate

DNN = 'problem_type: DNN blocks_to_use: "FULLY_CONNECTED" transfer_learning_spec { %s }'
UNIFORM = "transfer_learning_type: UNIFORM_AVERAGE_TRANSFER_LEARNING "


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (UNIFORM + "inherited_rate_factor: 0", "inherited_rate_factor is 0; it must be above 0 and at most 1"),
        (
            UNIFORM + "previous_trials_discount_factor: 0",
            "previous_trials_discount_factor is 0; it must be above 0 and",
        ),
        (
            UNIFORM + "previous_trials_discount_factor: 1.5",
            "previous_trials_discount_factor is 1.5; it must be above 0",
        ),
        (UNIFORM + "max_completed_trials: 0", "max_completed_trials is 0; it must be 1 or more"),
        ("max_completed_trials: 3", "max_completed_trials is 3; it needs transfer_learning_type UNIFORM_AVERAGE"),
        (
            "transfer_learning_type: SNAPSHOT_TRANSFER_LEARNING previous_trials_discount_factor: 0.5",
            "previous_trials_discount_factor is 0.5; it needs transfer_learning_type UNIFORM_AVERAGE",
        ),
    ],
)
def test_settings_that_are_wrong_or_would_have_no_effect(text, message):
    for spec in (parse_spec(DNN % text, "x"), complete(parse_spec(DNN % text, "x"))):
        with pytest.raises(UsageError) as caught:
            validate(spec)
        assert str(caught.value).startswith(f"spec field transfer_learning_spec.{message}")


def test_settings_that_have_an_effect():
    validate(parse_spec(DNN % (UNIFORM + "previous_trials_discount_factor: 0.5 max_completed_trials: 3"), "x"))
    loss = "transfer_learning_type: LOSS_WEIGHTED_AVERAGE_TRANSFER_LEARNING max_completed_trials: 3"
    validate(complete(parse_spec(DNN % loss, "x")))


def test_a_stored_study_without_weight_sharing_keeps_its_text():
    none = complete(parse_spec(DNN % "transfer_learning_type: NO_TRANSFER_LEARNING", "x"))
    assert "grow_from_identity" not in canonical_text(none) and "inherited_rate" not in canonical_text(none)
    snapshot = complete(parse_spec(DNN % "transfer_learning_type: SNAPSHOT_TRANSFER_LEARNING", "x"))
    assert "grow_from_identity: " in canonical_text(snapshot)
