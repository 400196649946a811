"""What a spec may say of distillation, and the ramp of lambda."""

import pytest

from model_search.errors import UsageError
from model_search.proto.search_spec_pb2 import DistillationSpec
from model_search.spec import complete, parse_spec, validate
from model_search.spec.distillation import lambda_of, lesson_of

DNN = 'problem_type: DNN blocks_to_use: "FULLY_CONNECTED" '
RAMP = "num_ramp_trials: 10 minimum_lambda: 0.5 maximum_lambda: 2.5"


def spec_of(distillation: str):
    spec = complete(parse_spec(f"{DNN} distillation_spec {{ {distillation} }}", "test"))
    validate(spec)
    return spec


def balanced(ramp: str) -> str:
    return f"distillation_type: ADAPTIVELY_BALANCE_LOSSES minimal_pool_size: 20 balance_losses_spec {{ {ramp} }}"


def test_lambda_rises_from_the_pool_on_by_trial_number():
    spec = spec_of(balanced(RAMP))
    assert [lambda_of(spec, number) for number in (1, 20, 21, 25, 30, 31, 500)] == pytest.approx(
        [0.5, 0.5, 0.7, 1.5, 2.5, 2.5, 2.5]
    )
    # As the published dnn spec has it.
    bare = spec_of("distillation_type: ADAPTIVELY_BALANCE_LOSSES")
    assert [lambda_of(bare, number) for number in (1, 101, 500)] == [1.0, 1.0, 1.0]
    flat = spec_of(balanced("num_ramp_trials: 1"))
    assert [lambda_of(flat, number) for number in (1, 21, 22)] == [1.0, 1.0, 1.0]


def test_a_lesson_is_the_spec_s():
    lesson = lesson_of(spec_of("distillation_type: MSE_SOFTMAX temperature: 3"), 7)
    assert (lesson.kind, lesson.temperature, lesson.has_labels) == (DistillationSpec.MSE_SOFTMAX, 3.0, False)
    assert lambda_of(spec_of("distillation_type: MSE_LOGITS"), 7) is None
    assert lesson_of(spec_of(balanced(RAMP)), 25).weight == pytest.approx(1.5)


def test_a_replay_s_trial_has_the_lambda_of_its_first_number():
    spec = spec_of(balanced(RAMP))
    spec.replay.trials.add(original=1)
    spec.replay.trials.add(original=25)
    assert [lambda_of(spec, number) for number in (1, 2)] == pytest.approx([0.5, 1.5])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "minimal_pool_size: 3",
            "distillation_spec.distillation_type is UNKNOWN_DISTILLATION_TYPE; it must be MSE_LOG",
        ),
        (
            "distillation_type: MSE_LOGITS minimal_pool_size: -1",
            "distillation_spec.minimal_pool_size is -1; it must be",
        ),
        ("distillation_type: MSE_LOGITS temperature: 0", "distillation_spec.temperature is 0; it must be a finite num"),
        ("distillation_type: MSE_LOGITS temperature: -2", "distillation_spec.temperature is -2; it must be a finite n"),
        ("distillation_type: CROSS_ENTROPY temperature: inf", "distillation_spec.temperature is inf; it must be"),
        (
            balanced("minimum_lambda: 0.25"),
            "distillation_spec.balance_losses_spec.num_ramp_trials is 0; lambda rises from 0.25 to 1 in 1 or more",
        ),
        (balanced("num_ramp_trials: -3"), "distillation_spec.balance_losses_spec.num_ramp_trials is -3; lambda rises"),
        (
            balanced("num_ramp_trials: 5 minimum_lambda: 2 maximum_lambda: 1.5"),
            "distillation_spec.balance_losses_spec.minimum_lambda is 2; it must not be above maximum_lambda, which is",
        ),
        (
            balanced("num_ramp_trials: 5 minimum_lambda: -1"),
            "distillation_spec.balance_losses_spec.minimum_lambda is -1; it must be a finite number from 0",
        ),
        (
            balanced("num_ramp_trials: 5 maximum_lambda: nan"),
            "distillation_spec.balance_losses_spec.maximum_lambda is nan; it must be a finite number from 0",
        ),
        (
            f"distillation_type: CROSS_ENTROPY balance_losses_spec {{ {RAMP} }}",
            "distillation_spec.distillation_type is CROSS_ENTROPY; distillation_spec.balance_losses_spec belongs to",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(text, message):
    with pytest.raises(UsageError) as caught:
        spec_of(text)
    assert str(caught.value).startswith(f"spec field {message}")
    assert "\n" not in str(caught.value)
