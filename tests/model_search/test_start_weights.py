"""Trials that start from the weights of others, in real searches."""

import json
import threading

import numpy as np
import pytest
from searches import SPEC, open_small

from model_search.architecture import Architecture
from model_search.network.naming import weight_names
from model_search.network.weights_file import StoredWeights
from model_search.prepare_trial import build, seed_of
from model_search.refit import refit_best
from model_search.run_trial import run_trial
from model_search.search_parts import Search
from model_search.start_weights import start_weights
from model_search.study import Suggestion, TrialKind, TrialState
from model_search.training import fit as fitting
from model_search.training.evaluation_labels import read_logits
from model_search.training.fit import InterruptedTraining
from model_search.training.optimizers import build_optimizer
from model_search.transfer.report import read_report

DENSE, LOWRANK = "FIXED_OUTPUT_FULLY_CONNECTED_64", "LOWRANK_2_SKIP"
VALUES = {"learning_rate": 0.0009765625, "optimizer": "adam", "dropout_rate": -1.0}


def sharing(kind: str, **fields) -> str:
    settings = " ".join(f"{name}: {value}" for name, value in fields.items())
    return SPEC + f"transfer_learning_spec {{ transfer_learning_type: {kind}_TRANSFER_LEARNING {settings} }}"


def claimed(search, *names: str, parents=(), **more):
    """A claim of the next trial, which is to train these blocks."""
    claim = search.store.claim(search.study.id, "tester", 60.0)
    if claim.suggestion is None:
        values = VALUES | {"learning_rate": VALUES["learning_rate"] * claim.number}
        search.store.suggest(claim, Suggestion(Architecture(names), values, parents=parents, **more))
        search.store.release(claim)
        claim = search.store.claim(search.study.id, "tester", 60.0)
    return claim


def run(search, *names: str, parents=()):
    claim = claimed(search, *names, parents=parents)
    run_trial(search, claim)
    trial = search.store.trial(search.study.id, claim.number)
    assert trial.state is TrialState.COMPLETED, trial.error
    return trial


def stored(tmp_path, number: int) -> dict[str, np.ndarray]:
    weights = StoredWeights(str(tmp_path / "trials" / str(number) / "weights.npz"))
    return weights.read(weights.forms)


def started(search, number: int, suggestion: Suggestion) -> dict[str, np.ndarray]:
    """The weights that a trial would train from."""
    tower = build(search, suggestion, seed_of(search, number))
    start_weights(search, number, suggestion, tower)
    return {name: np.array(variable) for name, variable in weight_names(tower.model).items()}


def report(tmp_path, number: int):
    return read_report(str(tmp_path / "trials" / str(number)))


def test_a_child_starts_as_its_parent_ended(tmp_path):
    search = open_small(tmp_path, sharing("SNAPSHOT"))
    run(search, DENSE, DENSE)
    child = Suggestion(Architecture((DENSE, LOWRANK, DENSE)), VALUES, parents=(1,))
    ours, parents = started(search, 2, child), stored(tmp_path, 1)
    np.testing.assert_array_equal(ours[f"tower_0.2_{DENSE}.dense/kernel"], parents[f"tower_0.1_{DENSE}.dense/kernel"])
    np.testing.assert_array_equal(ours["tower_0.logits/bias"], parents["tower_0.logits/bias"])
    found = report(tmp_path, 2)
    (origin,) = found.origins
    assert (origin.trial, origin.weight, origin.tensors, origin.error) == (1, 1.0, 6, "")
    assert origin.parameters == found.parameters == (4 + 1) * 64 + (64 + 1) * 64 + (64 + 1) * 2
    assert found.of_parameters == found.parameters + 64 * (2 * 2 + 1)
    assert found.grown == (1,)
    assert found.rate_factor == 1


def test_the_more_is_inherited_the_lower_is_the_learning_rate(tmp_path, monkeypatch):
    rates = []

    def recorded(values, *arguments):
        rates.append(values["learning_rate"])
        return build_optimizer(values, *arguments)

    monkeypatch.setattr(fitting, "build_optimizer", recorded)
    search = open_small(tmp_path, sharing("SNAPSHOT", inherited_rate_factor=0.25))
    run(search, DENSE)
    run(search, DENSE, "FULLY_CONNECTED", parents=(1,))  # an identity: all of it has been learned
    assert rates == pytest.approx([VALUES["learning_rate"], 2 * VALUES["learning_rate"] * 0.25])
    assert report(tmp_path, 2).lines()[-1] == "  learning rate multiplied by 0.25"


@pytest.mark.parametrize("grows", [True, False])
def test_a_deeper_child_is_its_parents_function_where_the_spec_says_so(tmp_path, grows):
    search = open_small(tmp_path, sharing("SNAPSHOT", grow_from_identity=str(grows).lower()))
    run(search, DENSE)
    child = Suggestion(Architecture((DENSE, "FULLY_CONNECTED")), VALUES, parents=(1,))
    kernel = started(search, 2, child)["tower_0.1_FULLY_CONNECTED.dense/kernel"]
    assert np.array_equal(kernel, np.eye(64)) == grows
    assert report(tmp_path, 2).grown == ((1,) if grows else ())


def test_averages_are_of_completed_trials(tmp_path):
    search = open_small(tmp_path, sharing("UNIFORM_AVERAGE", previous_trials_discount_factor=0.5))
    run(search, DENSE)
    run(search, DENSE, LOWRANK)
    name = f"tower_0.0_{DENSE}.dense/kernel"
    child = Suggestion(Architecture((DENSE,)), VALUES)
    expected = (stored(tmp_path, 1)[name].astype(float) + 2 * stored(tmp_path, 2)[name]) / 3
    np.testing.assert_allclose(started(search, 9, child)[name], expected, rtol=1e-6)
    assert [origin.trial for origin in report(tmp_path, 9).origins] == [2, 1]
    # An attempt that was lost before its first checkpoint: again of the same trials, whatever has completed since.
    run(search, LOWRANK)
    np.testing.assert_allclose(started(search, 9, child)[name], expected, rtol=1e-6)
    assert [origin.trial for origin in report(tmp_path, 9).origins] == [2, 1]


@pytest.mark.parametrize("damage", [b"", None])
def test_a_parent_whose_weights_are_lost_is_named_and_the_trial_goes_on_cold(tmp_path, damage):
    search = open_small(tmp_path, sharing("SNAPSHOT"), refit=True)
    run(search, DENSE)
    path = tmp_path / "trials" / "1" / "weights.npz"
    path.write_bytes(damage) if damage is not None else path.unlink()
    run(search, DENSE, LOWRANK, parents=(1,))
    found = report(tmp_path, 2)
    assert found.parameters == 0 and found.origins[0].trial == 1
    assert "are gone" in found.origins[0].error or "are damaged" in found.origins[0].error
    assert refit_best(search) is not None


def test_whoever_has_no_parent_or_no_tower_starts_from_nobody(tmp_path):
    search = open_small(tmp_path, sharing("SNAPSHOT"))
    run(search, DENSE)
    assert report(tmp_path, 1) is None
    tower = build(search, Suggestion(Architecture((DENSE,)), VALUES), 0)
    start_weights(search, 2, Suggestion(Architecture(()), {}, TrialKind.ENSEMBLE, (1,), members=(1,)), tower)
    assert report(tmp_path, 2) is None


def test_a_checkpoint_wins_over_the_weights_of_the_parent(tmp_path):
    logits = []
    for interrupted in (False, True):
        folder = tmp_path / str(interrupted)
        search = open_small(folder, sharing("SNAPSHOT"), train_steps=300)
        run(search, DENSE)
        if interrupted:
            stopping = Search(**{**vars(search), "stop": threading.Event()})
            stopping.stop.set()
            with pytest.raises(InterruptedTraining):
                run_trial(stopping, claimed(search, DENSE, LOWRANK, parents=(1,)))
            assert (folder / "trials" / "2" / "checkpoint.npz").exists()
            (folder / "trials" / "1" / "weights.npz").unlink()
        run(search, DENSE, LOWRANK, parents=(1,))
        logits.append(read_logits(str(folder), 2))
        assert report(folder, 2).origins[0].error == ""
    np.testing.assert_allclose(*logits, rtol=1e-3, atol=1e-4)


def test_the_training_on_all_examples_starts_where_the_trial_did_or_is_left_out(tmp_path):
    search = open_small(tmp_path, sharing("SNAPSHOT"), train_steps=60, refit=True)
    run(search, DENSE)
    run(search, DENSE, "FULLY_CONNECTED", parents=(1,))
    best = search.store.best(search.study.id, 1)[0]
    path = tmp_path / "trials" / "1" / "weights.npz"
    content = path.read_bytes()
    if best.number == 2:
        path.unlink()
        assert refit_best(search) is None
        path.write_bytes(content)
    assert refit_best(search) is not None
    losses = json.loads((tmp_path / "refit" / "refit.json").read_text())["training_loss"]
    assert losses
