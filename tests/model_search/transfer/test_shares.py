import math

import pytest
from studies import MemoryHistory

from model_search.architecture import Architecture
from model_search.proto.search_spec_pb2 import TransferLearningSpec
from model_search.study import Result, Suggestion, Trial, TrialState
from model_search.transfer.shares import shares

CHILD = Suggestion(Architecture(("A", "B")), {}, parents=(7, 3))


def study(*losses: float, pruned: tuple[int, ...] = ()) -> MemoryHistory:
    """Completed trials of these losses, the accuracies in the same order."""
    trials = []
    for number, loss in enumerate(losses, 1):
        model = "" if number in pruned else f"trials/{number}/model.keras"
        result = Result(1 - loss / 10, loss, {}, 10, 1.0, model)
        trials.append(Trial(number, TrialState.COMPLETED, 1, "", CHILD, result, "", number))
    return MemoryHistory(trials)


def parts(history: MemoryHistory, kind: str, **fields) -> dict[int, float]:
    names = TransferLearningSpec.TransferLearningType
    spec = TransferLearningSpec(transfer_learning_type=names.Value(f"{kind}_LEARNING"), **fields)
    found = shares(spec, CHILD, history)
    if found:
        assert math.fsum(share.weight for share in found) == pytest.approx(1, abs=1e-15)
    return {share.number: share.weight for share in found}


def test_no_sharing_and_the_first_parent():
    assert parts(study(1, 2), "NO_TRANSFER") == {}
    assert parts(study(), "SNAPSHOT_TRANSFER") == {7: 1.0}
    orphan = Suggestion(Architecture(("A",)), {})
    snapshot = TransferLearningSpec(transfer_learning_type=TransferLearningSpec.SNAPSHOT_TRANSFER_LEARNING)
    assert shares(snapshot, orphan, study(1)) == ()


def test_the_uniform_average_is_of_the_newest_and_discounted_by_age():
    assert parts(study(1, 2, 3, 4), "UNIFORM_AVERAGE_TRANSFER") == {1: 0.25, 2: 0.25, 3: 0.25, 4: 0.25}
    assert parts(study(1, 2, 3, 4), "UNIFORM_AVERAGE_TRANSFER", max_completed_trials=2) == {3: 0.5, 4: 0.5}
    # 1/4, 1/2 and 1 of the newest.
    discounted = parts(study(9, 9, 9), "UNIFORM_AVERAGE_TRANSFER", previous_trials_discount_factor=0.5)
    assert discounted == pytest.approx({1: 1 / 7, 2: 2 / 7, 3: 4 / 7}, abs=1e-12)
    assert parts(study(), "UNIFORM_AVERAGE_TRANSFER") == {}


def test_age_is_counted_in_trial_numbers_and_trials_without_files_are_left_out():
    history = study(1, 2, 3, pruned=(2,))
    discounted = parts(history, "UNIFORM_AVERAGE_TRANSFER", previous_trials_discount_factor=0.5, max_completed_trials=2)
    assert discounted == pytest.approx({1: 0.2, 3: 0.8}, abs=1e-12)


def test_the_loss_weighted_average_is_of_the_best_by_softmax_and_sums_up_to_one():
    losses = [math.log(2), math.log(8), math.log(4)]  # exp(-loss): 1/2, 1/8, 1/4
    expected = {1: 4 / 7, 3: 2 / 7, 2: 1 / 7}
    assert parts(study(*losses), "LOSS_WEIGHTED_AVERAGE_TRANSFER") == pytest.approx(expected, abs=1e-12)
    best = parts(study(*losses), "LOSS_WEIGHTED_AVERAGE_TRANSFER", max_completed_trials=2)
    assert best == pytest.approx({1: 2 / 3, 3: 1 / 3}, abs=1e-12)
    discounted = parts(study(*losses), "LOSS_WEIGHTED_AVERAGE_TRANSFER", previous_trials_discount_factor=0.5)
    assert discounted == pytest.approx({1: 2 / 7, 3: 4 / 7, 2: 1 / 7}, abs=1e-12)  # 1/8, 1/16, 1/4


def test_losses_beyond_what_exp_can_hold():
    assert parts(study(2000.0, 2000.0), "LOSS_WEIGHTED_AVERAGE_TRANSFER") == {1: 0.5, 2: 0.5}
    assert parts(study(0.0, 2000.0), "LOSS_WEIGHTED_AVERAGE_TRANSFER") == {1: 1.0}
