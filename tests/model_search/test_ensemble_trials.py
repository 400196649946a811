"""Trials of ensembles, on real stores, networks and files."""

import json
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from searches import SPEC, open_small
from sklearn.datasets import load_digits

from model_search.conclusion import conclude
from model_search.ensemble_networks import trained_ensemble, weights_of
from model_search.ensemble_selection import halves
from model_search.errors import UsageError
from model_search.handle import StudyHandle
from model_search.model_dir import notes_of
from model_search.model_file import load_model
from model_search.report.leaderboard import leaderboard_rows, members_text
from model_search.report.trial_page import trial_page
from model_search.run_trial import run_trial
from model_search.study import TrialKind, TrialState
from model_search.trainer import work
from model_search.training.evaluation_labels import read_labels, read_logits
from model_search.training.inference import logits_of

INTERMIXED = """
ensemble_spec {
  ensemble_search_type: INTERMIXED_NONADAPTIVE_ENSEMBLE_SEARCH
  intermixed_search { width: 2 try_ensembling_every: 3 num_trials_to_consider: 4 }
  %s
}
"""
GROWING = """
ensemble_spec {
  ensemble_search_type: %s_ENSEMBLE_SEARCH
  adaptive_search { minimal_pool_size: 1 increase_width_every: 1 }
  %s
}
"""


def finished(folder, ensembles: str, trials: int = 3, spec: str = SPEC, **options):
    search = open_small(folder, spec + ensembles, trials, **options)
    work(search, "tester", 60.0)
    return search


def trials_of(search):
    found = search.store.trials(search.study.id)
    assert [trial.error for trial in found] == [""] * len(found)
    return found


def logits_now(search, number: int):
    """Evaluation logits of a finished ensemble's network, put together from files."""
    network = trained_ensemble(search, number, search.store.trial(search.study.id, number).suggestion)
    return np.concatenate([logits for logits, _, _ in logits_of(network, search.pipeline.evaluation())])


def stored(search, number: int) -> dict[str, np.ndarray]:
    weights = weights_of(search, number)
    return weights.read(weights.forms)


def tower(weights: dict[str, np.ndarray], name: str) -> dict[str, np.ndarray]:
    prefix = f"{name}."
    return {key.removeprefix(prefix): value for key, value in weights.items() if key.startswith(prefix)}


def assert_equal_bits(one, other) -> None:
    assert one.keys() == other.keys() and one
    for name in one:
        assert one[name].tobytes() == other[name].tobytes(), name


def differs(one, other) -> bool:
    return any(one[name].tobytes() != other[name].tobytes() for name in one)


@pytest.fixture(scope="module")
def averaged(tmp_path_factory):
    return finished(tmp_path_factory.mktemp("average"), INTERMIXED % "", trials=6, test_fraction=0.2)


def test_an_average_is_the_mean_of_stored_logits_and_scored_like_it(averaged) -> None:
    trials = trials_of(averaged)
    assert [trial.suggestion.kind for trial in trials] == [
        TrialKind.SEARCH, TrialKind.SEARCH, TrialKind.ENSEMBLE, TrialKind.SEARCH, TrialKind.SEARCH, TrialKind.ENSEMBLE,
    ]  # fmt: skip
    ensemble = trials[2]
    assert ensemble.suggestion.members == (1, 2)
    logits = read_logits(averaged.model_dir, 3)
    mean = (read_logits(averaged.model_dir, 1) + read_logits(averaged.model_dir, 2)) / 2
    np.testing.assert_array_equal(logits, mean)
    labels = read_labels(averaged.model_dir).labels
    assert ensemble.result.objective == pytest.approx((mean.argmax(axis=1) == labels).mean())
    assert ensemble.result.parameters == trials[0].result.parameters + trials[1].result.parameters
    assert set(trials[5].suggestion.members) <= {1, 2, 4, 5}


LOADS = """
import sys, json, numpy as np, keras
model = keras.models.load_model(sys.argv[1], compile=False)
data = np.load(sys.argv[2])
p = model.predict({name: data[name] for name in data if name != "labels"}, verbose=0)
assert not any(name.startswith("model_search") for name in sys.modules)
print(float((p.argmax(axis=1) == data["labels"]).mean()))
np.save(sys.argv[3], p)
"""


def test_the_exported_ensemble_gives_the_stored_score_with_keras_alone(averaged, tmp_path) -> None:
    handle = StudyHandle(averaged.store, averaged.study, averaged.model_dir)
    path = handle.export(str(tmp_path / "ensemble.keras"), 3)
    parts = [(x, y.numpy()) for x, y, _ in averaged.pipeline.provider.evaluation()]
    features = {name: np.concatenate([x[name].numpy() for x, _ in parts]) for name in parts[0][0]}
    np.savez(tmp_path / "raw.npz", labels=np.concatenate([y for _, y in parts]), **features)
    command = [sys.executable, "-P", "-c", LOADS, path, str(tmp_path / "raw.npz"), str(tmp_path / "out.npy")]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout
    assert float(printed) == pytest.approx(trials_of(averaged)[2].result.objective)
    logits = read_logits(averaged.model_dir, 3).astype(np.float64)
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(np.load(tmp_path / "out.npy"), probabilities, atol=1e-5)


def test_an_ensemble_of_trained_towers_builds_no_network(averaged, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("model_search.prepare_trial.build", None)
    search = averaged
    from model_search.combine_trial import combined

    begin = time.perf_counter()
    found = combined(search, trials_of(search)[5].suggestion)
    assert time.perf_counter() - begin < 1.0
    np.testing.assert_array_equal(found.logits, read_logits(search.model_dir, 6))


def test_weights_of_the_mix_are_trained_and_members_do_not_move(tmp_path) -> None:
    search = finished(tmp_path, INTERMIXED % "combining_type: WEIGHTED_ENSEMBLE", train_steps=100)
    assert trials_of(search)[2].suggestion.members == (1, 2)
    weights = stored(search, 3)
    for place in (1, 2):
        assert_equal_bits(tower(weights, f"tower_{place}"), tower(stored(search, place), "tower_0"))
    kernel, bias = weights["ensemble.weights/kernel"], weights["ensemble.weights/bias"]
    mean = np.tile(np.eye(2), (2, 1)) / 2
    assert kernel.shape == (4, 2) and np.abs(kernel - mean).max() > 1e-3
    joined = np.concatenate([read_logits(search.model_dir, number) for number in (1, 2)], axis=1)
    np.testing.assert_allclose(read_logits(search.model_dir, 3), joined @ kernel + bias, atol=1e-5)
    np.testing.assert_allclose(logits_now(search, 3), read_logits(search.model_dir, 3), atol=1e-5)


@pytest.mark.parametrize("combining", ["AVERAGE_ENSEMBLE", "WEIGHTED_ENSEMBLE"])
def test_members_that_are_not_frozen_train_on(tmp_path, combining) -> None:
    search = finished(tmp_path, INTERMIXED % f"freeze_previous: false combining_type: {combining}")
    trials_of(search)
    weights = stored(search, 3)
    for place in (1, 2):
        assert differs(tower(weights, f"tower_{place}"), tower(stored(search, place), "tower_0"))
    np.testing.assert_allclose(logits_now(search, 3), read_logits(search.model_dir, 3), atol=1e-5)


NORMALISED = (
    SPEC.replace("FULLY_CONNECTED", "FULLY_CONNECTED_RESIDUAL_CONCAT_BATCHNORM", 1)
    + """
user_suggestions {
  architecture: ["FULLY_CONNECTED_RESIDUAL_CONCAT_BATCHNORM", "FIXED_OUTPUT_FULLY_CONNECTED_64"]
  hparams { hparam { key: "dropout_rate" value { float_value: 0.5 } } }
}
"""
)


def with_trials_of(other, folder, count: int, ensembles: str, trials: int, **options):
    """A search that has the first trials of another, and runs the others itself."""
    search = open_small(folder, ensembles, trials, **options)
    for trial in trials_of(other)[:count]:
        claim = search.store.claim(search.study.id, "tester", 60.0)
        assert claim.number == trial.number
        search.store.suggest(claim, trial.suggestion)
        of_trial = Path("trials", str(trial.number))
        shutil.copytree(other.model_dir / of_trial, folder / of_trial)
        search.store.complete(claim, trial.result)
    work(search, "tester", 60.0)
    return search


@pytest.fixture(scope="module")
def first_tower(tmp_path_factory):
    """A search with one tower, where every way to grow ensembles from it begins."""
    return finished(tmp_path_factory.mktemp("first"), GROWING % ("ADAPTIVE", ""), trials=1, spec=NORMALISED)


@pytest.mark.parametrize("mode", ["ADAPTIVE", "RESIDUAL"])
@pytest.mark.parametrize("combining", ["AVERAGE_ENSEMBLE", "WEIGHTED_ENSEMBLE"])
@pytest.mark.parametrize("freeze", [True, False])
def test_an_ensemble_that_grows(first_tower, tmp_path, mode, combining, freeze) -> None:
    own = GROWING % (mode, f"combining_type: {combining} freeze_previous: {str(freeze).lower()}")
    search = with_trials_of(first_tower, tmp_path, 1, NORMALISED + own, 3)
    trials = trials_of(search)
    assert [trial.suggestion.members for trial in trials[:2]] == [(), (1,)]
    first, second = stored(search, 1), stored(search, 2)
    assert any("moving_variance" in name for name in first)
    if freeze:
        assert_equal_bits(tower(second, "tower_1"), tower(first, "tower_0"))
    else:
        assert differs(tower(second, "tower_1"), tower(first, "tower_0"))
    assert ("ensemble.weights/kernel" in second) == (combining == "WEIGHTED_ENSEMBLE")
    for number in (2, 3):
        np.testing.assert_allclose(logits_now(search, number), read_logits(search.model_dir, number), atol=1e-5)
    if trials[2].suggestion.members == (1, 2) and freeze:
        third = stored(search, 3)
        assert_equal_bits(tower(third, "tower_1"), tower(second, "tower_1"))
        assert_equal_bits(tower(third, "tower_2"), tower(second, "tower_0"))


NONADAPTIVE = """
problem_type: DNN minimum_depth: 1 maximum_depth: 2
blocks_to_use: "FULLY_CONNECTED" blocks_to_use: "FIXED_OUTPUT_FULLY_CONNECTED_64"
learning_spec { min_learning_rate: 1e-3 max_learning_rate: 1e-2 optimizers: "adam" }
ensemble_spec {
  ensemble_search_type: NONADAPTIVE_ENSEMBLE_SEARCH
  nonadaptive_search { width: 2 minimal_pool_size: 3 num_trials_to_consider: 3 }
  combining_type: %s
}
"""
ON_DIGITS = {"train_steps": 30, "batch_size": 32}


@pytest.fixture(scope="module")
def digits():
    return load_digits(return_X_y=True)


@pytest.fixture(scope="module")
def pool(tmp_path_factory, digits):
    """Three towers, trained apart, from which ensembles are drawn."""
    folder = tmp_path_factory.mktemp("pool")
    search = open_small(folder, NONADAPTIVE % "AVERAGE_ENSEMBLE", 3, data=digits, **ON_DIGITS)
    work(search, "tester", 60.0)
    return search


@pytest.mark.parametrize("combining", ["AVERAGE_ENSEMBLE", "WEIGHTED_ENSEMBLE"])
def test_ensembles_after_a_pool_of_towers(pool, digits, tmp_path, combining) -> None:
    search = with_trials_of(pool, tmp_path, 3, NONADAPTIVE % combining, 5, data=digits, **ON_DIGITS)
    trials = trials_of(search)
    assert [trial.suggestion.kind for trial in trials] == [TrialKind.SEARCH] * 3 + [TrialKind.ENSEMBLE] * 2
    drawn = [trial.suggestion.members for trial in trials[3:]]
    assert drawn[0] != drawn[1] and {*drawn} <= {(1, 2), (1, 3), (2, 3)}
    labels = read_labels(search.model_dir).labels
    handle = StudyHandle(search.store, search.study, search.model_dir)
    raw = [x for x, _, _ in search.pipeline.provider.evaluation()]
    features = {name: np.concatenate([x[name].numpy() for x in raw]) for name in raw[0]}
    for trial in trials[3:]:
        parts = [read_logits(search.model_dir, number) for number in trial.suggestion.members]
        if combining == "AVERAGE_ENSEMBLE":
            expected = (parts[0] + parts[1]) / 2
        else:
            weights = stored(search, trial.number)
            kernel, bias = weights["ensemble.weights/kernel"], weights["ensemble.weights/bias"]
            assert np.abs(kernel - np.tile(np.eye(10), (2, 1)) / 2).max() > 1e-3, "the mix was trained"
            expected = np.concatenate(parts, axis=1) @ kernel + bias
        np.testing.assert_allclose(read_logits(search.model_dir, trial.number), expected, rtol=1e-5, atol=1e-5)
        assert trial.result.objective == pytest.approx((expected.argmax(axis=1) == labels).mean())
        path = handle.export(str(tmp_path / f"{trial.number}.keras"), trial.number)
        predicted = load_model(path).predict(features, verbose=0).argmax(axis=1)
        assert (predicted == labels).mean() == pytest.approx(trial.result.objective)


def test_a_member_without_files_makes_its_ensemble_infeasible_and_the_search_goes_on(tmp_path) -> None:
    search = open_small(tmp_path, SPEC + INTERMIXED % "", 4)
    for _ in range(2):
        run_trial(search, search.store.claim(search.study.id, "tester", 60.0))
    for name in ("weights.npz", "evaluation_logits.npz"):
        (tmp_path / "trials" / "2" / name).unlink()
    work(search, "tester", 60.0)
    states = [trial.state for trial in search.store.trials(search.study.id)]
    assert states == [TrialState.COMPLETED] * 2 + [TrialState.INFEASIBLE, TrialState.COMPLETED]
    error = search.store.trial(search.study.id, 3).error
    assert "trials/2/weights.npz are gone" in error and "\n" not in error


def test_a_stage_goes_on_without_a_model_whose_files_are_gone(tmp_path) -> None:
    own = (GROWING % ("ADAPTIVE", "")).replace("increase_width_every: 1", "increase_width_every: 2")
    search = open_small(tmp_path, SPEC + own, 3)
    run_trial(search, search.store.claim(search.study.id, "tester", 60.0))
    (tmp_path / "trials" / "1" / "weights.npz").unlink()
    work(search, "tester", 60.0)
    second, third = search.store.trials(search.study.id)[1:]
    assert (second.state, second.suggestion.members) == (TrialState.INFEASIBLE, (1,))
    assert "trials/1/weights.npz are gone" in second.error
    assert (third.state, third.suggestion.members) == (TrialState.COMPLETED, ())


def test_where_no_members_fit_together_the_trial_searches_and_says_so(averaged, tmp_path) -> None:
    sizes = [trial.result.parameters for trial in trials_of(averaged)[:2]]
    limits = {"fits": sum(sizes), "large": sum(sizes) - 1}
    found = {}
    for name, limit in limits.items():
        search = finished(tmp_path / name, INTERMIXED % "", test_fraction=0.2, max_parameters=limit)
        found[name] = trials_of(search)[2].suggestion
        notes = notes_of(search.model_dir, 3)
        searched = "searched, since there was no new ensemble of completed trials to make"
        assert notes == ([] if name == "fits" else [f"{searched} within --max_parameters={limit}"])
    assert (found["fits"].kind, found["fits"].members) == (TrialKind.ENSEMBLE, (1, 2))
    assert (found["large"].kind, found["large"].members) == (TrialKind.SEARCH, ())


def _junk(content: bytes) -> bytes:
    return b"no numbers"


def _one_bit(content: bytes) -> bytes:
    place = len(content) // 2
    return content[:place] + bytes([content[place] ^ 8]) + content[place + 1 :]


def _cut(content: bytes) -> bytes:
    return content[:500]


@pytest.mark.parametrize(
    ("name", "damaged"),
    [("evaluation_logits.npz", _junk), ("evaluation_logits.npz", _one_bit), ("model.keras", _cut)],
)
def test_a_member_with_a_damaged_file_is_run_again(tmp_path, name, damaged) -> None:
    search = open_small(tmp_path, SPEC + INTERMIXED % "", 3)
    for _ in range(2):
        run_trial(search, search.store.claim(search.study.id, "tester", 60.0))
    logits = [read_logits(str(tmp_path), number) for number in (1, 2)]
    path = tmp_path / "trials" / "2" / name
    path.write_bytes(damaged(path.read_bytes()))
    work(search, "tester", 60.0)
    trials_of(search)
    np.testing.assert_allclose(read_logits(str(tmp_path), 3), np.mean(logits, axis=0), atol=1e-5)
    assert (tmp_path / "trials" / "3" / "model.keras").exists()


def test_the_best_ensemble_of_all_trials(averaged, tmp_path) -> None:
    handle = StudyHandle(averaged.store, averaged.study, averaged.model_dir)
    together = handle.best_ensemble(5)
    assert set(together.members) <= {1, 2, 4, 5} and sum(together.members.values()) <= 5
    path = handle.export_ensemble(str(tmp_path / "together.keras"), together)
    labels = read_labels(averaged.model_dir).labels
    raw = [(x, y.numpy()) for x, y, _ in averaged.pipeline.provider.evaluation()]
    features = {name: np.concatenate([x[name].numpy() for x, _ in raw]) for name in raw[0][0]}
    predictions = load_model(path).predict(features, verbose=0)
    _, judge = halves(len(labels), averaged.study.config.seed)
    accuracy = (predictions.argmax(axis=1) == labels)[judge].mean()
    assert accuracy == pytest.approx(together.metrics["accuracy"])
    total = sum(together.members.values())
    mean = sum(read_logits(averaged.model_dir, n) * (count / total) for n, count in together.members.items())
    probabilities = np.exp(mean) / np.exp(mean).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(predictions, probabilities, atol=1e-5)


def test_the_best_ensemble_is_made_of_what_is_whole(averaged, tmp_path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(averaged.model_dir, folder)
    handle = StudyHandle(averaged.store, averaged.study, str(folder))
    (damaged, *_) = handle.best_ensemble(1).members
    path = folder / "trials" / str(damaged) / "model.keras"
    path.write_bytes(_one_bit(path.read_bytes()))
    together = handle.best_ensemble(5)
    assert damaged not in together.members
    handle.export_ensemble(str(tmp_path / "together.keras"), together)
    for number in {1, 2, 4, 5} - {damaged}:
        path = folder / "trials" / str(number) / "model.keras"
        path.write_bytes(_cut(path.read_bytes()))
    with pytest.raises(UsageError, match=r"an ensemble needs two undamaged models, .* has [01]"):
        handle.best_ensemble(5)


def test_the_best_stack_predicts_what_it_was_judged_by(averaged) -> None:
    handle = StudyHandle(averaged.store, averaged.study, averaged.model_dir)
    together = handle.best_ensemble(5, "stacking")
    labels = read_labels(averaged.model_dir).labels
    raw = [x for x, _, _ in averaged.pipeline.provider.evaluation()]
    features = {name: np.concatenate([x[name].numpy() for x in raw]) for name in raw[0]}
    _, judge = halves(len(labels), averaged.study.config.seed)
    predictions = together.model().predict(features, verbose=0)
    accuracy = (predictions.argmax(axis=1) == labels)[judge].mean()
    assert accuracy == pytest.approx(together.metrics["accuracy"])
    # Whether better weights were found is chance of these few examples; what is said of it is not.
    said = ", their mean, since no other weights are clearly better,"
    assert [replace(together, is_plain=plain).text.endswith(said) for plain in (True, False)] == [True, False]


@pytest.mark.parametrize(
    ("size", "method", "message"), [(0, "greedy", "size=0"), (3, "mean", "method=mean is not known")]
)
def test_wrong_wishes_for_an_ensemble(averaged, size, method, message) -> None:
    handle = StudyHandle(averaged.store, averaged.study, averaged.model_dir)
    with pytest.raises(UsageError, match=message):
        handle.best_ensemble(size, method)


def test_members_are_shown(averaged) -> None:
    trials = trials_of(averaged)
    row = next(row for row in leaderboard_rows(trials, averaged.study.config) if row["number"] == 3)
    assert (row["kind"], row["members"], members_text(row)) == ("ensemble", [1, 2], "members=1+2")
    page = trial_page(trials[2], [])
    assert "members: trials 1, 2" in page and "chosen by: members drawn from the best trials; parents: none" in page


def test_the_winner_has_its_model_when_the_search_is_over(averaged, monkeypatch) -> None:
    ensemble = trials_of(averaged)[5]
    path = Path(averaged.model_dir) / ensemble.result.model
    assert not path.exists(), "nobody has asked for it"
    monkeypatch.setattr(type(averaged.store), "best", lambda *_: [ensemble])
    conclude(averaged)
    assert path.exists()
    metrics = json.loads((Path(averaged.model_dir) / "test_metrics.json").read_text())
    assert metrics["trial"] == 6 and 0 <= metrics["metrics"]["accuracy"] <= 1


def test_an_ensemble_is_trained_again_from_its_replay(averaged, tmp_path) -> None:
    text = (Path(averaged.model_dir) / "trials" / "3" / "replay.pbtxt").read_text()
    again = open_small(tmp_path, text, test_fraction=0.2)
    work(again, "tester", 60.0)
    assert [trial.suggestion.kind for trial in trials_of(again)] == [TrialKind.SEARCH] * 2 + [TrialKind.ENSEMBLE]
    np.testing.assert_allclose(
        read_logits(again.model_dir, 3), read_logits(averaged.model_dir, 3), rtol=1e-3, atol=1e-4
    )
