"""The way of one trial, on real stores, networks and files."""

import gc
import json
import subprocess
import sys
import threading
from collections import Counter

import numpy as np
import pytest
import tensorflow as tf
from searches import SPEC, open_small, vectors

from model_search import prepare_trial
from model_search import run_trial as way
from model_search.architecture import Architecture
from model_search.converters import suggestion_from_text
from model_search.errors import StudyError
from model_search.final_test import score_best_on_test
from model_search.model_file import load_model
from model_search.network.costs import Costs
from model_search.search_parts import Search
from model_search.stop_after import StopAfter
from model_search.study import Suggestion, TrialState
from model_search.trainer import work
from model_search.training import fit as fitting
from model_search.training.artifacts import trial_folder
from model_search.training.checkpoint import load_checkpoint
from model_search.training.evaluation_labels import read_logits
from model_search.training.fit import InterruptedTraining
from model_search.trial_store.contract import LeaseLostError


def claim(search):
    return search.store.claim(search.study.id, "tester", 60.0)


def the_trial(search, number: int = 1):
    return search.store.trial(search.study.id, number)


def test_a_trial_leaves_result_measurements_and_files(tmp_path) -> None:
    search = open_small(tmp_path)
    way.run_trial(search, claim(search))
    trial = the_trial(search)
    assert trial.state is TrialState.COMPLETED
    assert trial.result.objective == trial.result.metrics["accuracy"]
    steps = [measurement.step for measurement in search.store.measurements(search.study.id, 1)]
    assert steps == [2, 4, 6, 8, 10, 12, 14, 16, 18, 20]
    folder = tmp_path / "trials" / "1"
    assert {path.name for path in folder.iterdir()} == {
        "model.keras", "suggestion.pbtxt", "replay.pbtxt", "measurements.json", "evaluation_logits.npz",
        "events.out.tfevents.model_search", "weights.npz",
    }  # fmt: skip
    assert suggestion_from_text((folder / "suggestion.pbtxt").read_text()) == (1, trial.suggestion)
    assert json.loads((folder / "measurements.json").read_text())[-1]["metrics"] == trial.result.metrics
    events = [
        tf.compat.v1.Event.FromString(record.numpy())
        for record in tf.data.TFRecordDataset(str(folder / "events.out.tfevents.model_search"))
    ]
    assert [event.step for event in events[1:]] == [*steps, 20]


def test_the_exported_model_gives_the_stored_score_on_raw_input(tmp_path) -> None:
    search = open_small(tmp_path)
    way.run_trial(search, claim(search))
    trial = the_trial(search)
    model = load_model(str(tmp_path / trial.result.model))
    right = total = 0
    for features, labels, _ in search.pipeline.provider.evaluation():
        right += int((model.predict_on_batch(features).argmax(axis=1) == labels.numpy()).sum())
        total += len(labels)
    assert right / total == pytest.approx(trial.result.objective)
    logits = read_logits(str(tmp_path), 1)
    assert logits.shape == (total, 2)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_trains_and_exports(tmp_path, policy) -> None:
    search = open_small(tmp_path, mixed_precision=policy, train_steps=60)
    way.run_trial(search, claim(search))
    assert the_trial(search).error == ""
    assert the_trial(search).result.objective > 0.6
    assert load_model(str(tmp_path / the_trial(search).result.model)).output.dtype == "float32"


def test_several_devices_train_one_network(tmp_path) -> None:
    search = open_small(tmp_path, train_steps=60)
    devices = [device.name for device in tf.config.list_logical_devices("CPU")]
    assert len(devices) == 2
    several = Search(**{**vars(search), "strategy": tf.distribute.MirroredStrategy(devices)})
    way.run_trial(several, claim(search))
    assert the_trial(search).error == ""
    assert the_trial(search).result.objective > 0.6


def test_an_interrupted_trial_is_given_back_and_goes_on_from_its_checkpoint(tmp_path, monkeypatch) -> None:
    starts = []

    def recorded(*arguments) -> int:
        starts.append(load_checkpoint(*arguments))
        return starts[-1]

    monkeypatch.setattr(fitting, "load_checkpoint", recorded)
    search = open_small(tmp_path, train_steps=400)
    stopping = Search(**{**vars(search), "stop": threading.Event()})
    stopping.stop.set()
    with pytest.raises(InterruptedTraining):
        way.run_trial(stopping, claim(search))
    assert the_trial(search).state is TrialState.WAITING
    assert (tmp_path / "trials" / "1" / "checkpoint.npz").exists()
    first = the_trial(search).suggestion
    again = claim(search)
    assert (again.number, again.suggestion) == (1, first)
    way.run_trial(search, again)
    steps = [measurement.step for measurement in search.store.measurements(search.study.id, 1)]
    assert steps[-1] == 400
    assert starts[0] == 0 < starts[1]
    assert not (tmp_path / "trials" / "1" / "checkpoint.npz").exists()


def test_going_on_from_a_checkpoint_gives_what_an_uninterrupted_trial_gives(tmp_path) -> None:
    results = []
    for interrupted in (False, True):
        search = open_small(tmp_path / str(interrupted), train_steps=300)
        if interrupted:
            stopping = Search(**{**vars(search), "stop": threading.Event()})
            stopping.stop.set()
            with pytest.raises(InterruptedTraining):
                way.run_trial(stopping, claim(search))
        way.run_trial(search, claim(search))
        results.append(read_logits(str(tmp_path / str(interrupted)), 1))
    np.testing.assert_allclose(*results, rtol=1e-3, atol=1e-4)


def test_a_trial_that_was_taken_over_changes_nothing(tmp_path, monkeypatch) -> None:
    search = open_small(tmp_path)
    mine = claim(search)

    def stolen(*arguments) -> None:
        search.store.reap(search.study.id, ["tester"])
        search.store.claim(search.study.id, "thief", 60.0)

    monkeypatch.setattr(way, "serving_model", stolen)
    with pytest.raises(LeaseLostError):
        way.run_trial(search, mine)
    assert (the_trial(search).state, the_trial(search).trainer) == (TrialState.RUNNING, "thief")
    assert not (tmp_path / "trials" / "1" / "model.keras").exists()


TWO_BLOCKS = """
  problem_type: DNN
  maximum_depth: 1
  minimum_depth: 1
  blocks_to_use: "FIXED_OUTPUT_FULLY_CONNECTED_512"
  blocks_to_use: "FIXED_OUTPUT_FULLY_CONNECTED_64"
  learning_spec { optimizers: "adam" }
"""


def test_costs_are_in_the_result(tmp_path) -> None:
    search = open_small(tmp_path, TWO_BLOCKS)
    work(search, "tester", 60.0)
    results = {trial.architecture[0].rpartition("_")[2]: trial.result for trial in search.store.trials(search.study.id)}
    # From 4 inputs to the block, and from that to 2 classes.
    assert results["64"].flops == 4 * 64 + 64 * 2
    assert results["512"].flops == 4 * 512 + 512 * 2
    assert all(0 < result.latency_ms < 1000 for result in results.values())


@pytest.mark.parametrize("limit", [{"max_parameters": 1000}, {"max_flops": 384}])
def test_a_network_above_a_limit_is_replaced_before_it_trains(tmp_path, limit) -> None:
    search = open_small(tmp_path, TWO_BLOCKS, **limit)
    assert work(search, "tester", 60.0) == ""
    trials = search.store.trials(search.study.id)
    assert [trial.state for trial in trials] == [TrialState.COMPLETED] * 4
    assert {trial.architecture for trial in trials} == {Architecture(("FIXED_OUTPUT_FULLY_CONNECTED_64",))}
    assert search.history.has_failed(Architecture(("FIXED_OUTPUT_FULLY_CONNECTED_512",)))


def test_a_latency_above_the_limit_is_refused(tmp_path, monkeypatch) -> None:
    slow = {"FIXED_OUTPUT_FULLY_CONNECTED_512": 9.0, "FIXED_OUTPUT_FULLY_CONNECTED_64": 1.0}

    def measured(tower):
        (name,) = [name for name in slow if any(name in layer.name for layer in tower.model.layers)]
        return Costs(1, None, slow[name])

    monkeypatch.setattr(prepare_trial, "costs_of", measured)
    search = open_small(tmp_path, TWO_BLOCKS, max_latency_ms=2.5, trials=2)
    work(search, "tester", 60.0)
    assert [trial.result.latency_ms for trial in search.store.trials(search.study.id)] == [1.0, 1.0]


def test_where_nothing_is_within_the_limits_the_search_ends_and_says_so(tmp_path) -> None:
    search = open_small(tmp_path, TWO_BLOCKS, max_flops=5)
    assert "within --max_flops=5" in work(search, "tester", 60.0)
    assert search.store.trials(search.study.id) == []


def test_a_trial_gives_up_after_so_many_refusals(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(prepare_trial, "MAX_REFUSALS", 2)
    search = open_small(tmp_path, max_parameters=5)
    way.run_trial(search, claim(search))
    trial = the_trial(search)
    assert trial.state is TrialState.INFEASIBLE
    assert "--max_parameters allows 5" in trial.error
    assert search.history.has_failed(trial.architecture)


def test_a_refused_suggestion_of_a_lost_attempt_is_refused_again(tmp_path) -> None:
    search = open_small(tmp_path, TWO_BLOCKS, max_parameters=1000)
    first = claim(search)
    search.store.suggest(first, Suggestion(Architecture(("FIXED_OUTPUT_FULLY_CONNECTED_512",)), {}))
    search.store.release(first)
    way.run_trial(search, claim(search))
    assert the_trial(search).architecture == Architecture(("FIXED_OUTPUT_FULLY_CONNECTED_64",))


def test_an_error_of_the_study_gives_the_trial_back_and_stops(tmp_path, monkeypatch) -> None:
    search = open_small(tmp_path)

    def broken(*arguments) -> None:
        raise StudyError("the data are gone")

    monkeypatch.setattr(prepare_trial, "build", broken)
    with pytest.raises(StudyError, match="the data are gone"):
        work(search, "tester", 60.0)
    assert the_trial(search).state is TrialState.WAITING


def test_parameter_scaled_training(tmp_path) -> None:
    search = open_small(tmp_path, spec=SPEC + "use_parameter_scaled_training: true", train_steps=30)
    way.run_trial(search, claim(search))
    # One block of at most three: a third of the steps.
    assert search.store.measurements(search.study.id, 1)[-1].step == 10


def test_auxiliary_head_trains_and_is_not_exported(tmp_path) -> None:
    spec = """
      problem_type: CNN
      minimum_depth: 2
      blocks_to_use: "FIXED_CHANNEL_CONVOLUTION_16"
      blocks_to_use: "MAX_POOLING_2X2"
      use_auxiliary_head: true
    """
    images = np.random.default_rng(0).integers(0, 255, (60, 6, 6, 1), dtype=np.uint8)
    search = open_small(tmp_path, spec, data=(images, np.arange(60) % 3), train_steps=5)
    way.run_trial(search, claim(search))
    assert the_trial(search).error == ""
    assert "auxiliary" not in load_model(str(tmp_path / the_trial(search).result.model)).to_json()


def test_regression(tmp_path) -> None:
    x, _ = vectors()
    search = open_small(tmp_path, data=(x, 100 + 10 * x.sum(axis=1)), train_steps=200, test_fraction=0.2)
    work(search, "tester", 60.0)
    assert search.study.config.objective.metric == "rmse"
    best = search.store.best(search.study.id, 1)[0]
    assert best.result.metrics["r2"] > 0.8
    tested = score_best_on_test(search)
    assert tested["r2"] > 0.8 and tested["rmse"] < 10


def test_all_trials_of_a_budget_and_no_more(tmp_path) -> None:
    search = open_small(tmp_path, trials=5)
    work(search, "tester", 60.0)
    trials = search.store.trials(search.study.id)
    assert [trial.number for trial in trials] == [1, 2, 3, 4, 5]
    assert {trial.state for trial in trials} == {TrialState.COMPLETED}
    assert len({trial.suggestion.fingerprint for trial in trials}) == 5


def test_a_time_limit_stops_in_order(tmp_path) -> None:
    search = open_small(tmp_path, trials=1000)
    with StopAfter(search.stop, 2.0) as limit:
        work(search, "tester", 60.0)
    assert limit.expired
    counts = search.store.counts(search.study.id)
    assert counts[TrialState.RUNNING] == 0
    assert 0 < counts[TrialState.COMPLETED] < 1000


SAME_AGAIN = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from test_run_trial import trials_of_a_seed
print(trials_of_a_seed(Path(sys.argv[1])))
"""


def trials_of_a_seed(folder) -> str:
    """What five trials of a small search train."""
    search = open_small(folder, trials=5, seed=3)
    work(search, "tester", 60.0)
    suggestions = [trial.suggestion for trial in search.store.trials(search.study.id)]
    return str([(str(one.architecture), sorted(one.hyperparameters.items())) for one in suggestions])


def test_the_same_seed_in_a_fresh_process_makes_the_same_trials(tmp_path) -> None:
    script = SAME_AGAIN.format(tests=str(__file__).rpartition("/")[0])
    command = [sys.executable, "-c", script, str(tmp_path / "there")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        here = trials_of_a_seed(tmp_path / "here")
        there, _ = process.communicate()
    assert there.strip() == here
    assert here.count("learning_rate") == 5


def test_trial_folders() -> None:
    assert trial_folder("results", 3) == "results/trials/3"
    assert trial_folder("gs://bucket/x/", 3) == "gs://bucket/x/trials/3"


@pytest.mark.parametrize("policy", ["", "mixed_float16"])
def test_trials_leave_nothing_alive_in_the_process(tmp_path, policy) -> None:
    search = open_small(tmp_path, trials=6, train_steps=3, mixed_precision=policy)
    alive = []
    for _ in range(6):
        way.run_trial(search, claim(search))
        gc.collect()
        kinds = Counter(type(thing).__name__ for thing in gc.get_objects())
        alive.append([kinds[name] for name in ("FuncGraph", "WhileBodyFuncGraph", "Functional", "Variable", "Node")])
    assert alive[-1] == alive[1]
