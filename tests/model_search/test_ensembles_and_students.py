"""Ensembles of each kind and their students: exported for a process with Keras alone, as teachers, and trained again.

Searches and replays run in processes with a single thread, so that sums are made in one order and bits can be compared.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ensembles_and_students import ENSEMBLE, MODES, STUDENT, open_mode

from model_search.network.weights_file import StoredWeights
from model_search.stored_networks import stored_network
from model_search.study import TrialKind, TrialState
from model_search.teaching import teaching_of
from model_search.training.evaluation_labels import read_labels, read_logits

SCRIPT = Path(__file__).with_name("ensembles_and_students.py")
ONE_THREAD = dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"), "1")


def run(*arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], capture_output=True, text=True, env=os.environ | ONE_THREAD
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model directory for each mode, one for the replay of its student, and the ensemble's exported model."""
    found = tmp_path_factory.mktemp("ensembles")
    run(SCRIPT, "search", found)
    run(SCRIPT, "replay", found)
    return found


def weights(folder: Path, number: int) -> dict[str, bytes]:
    stored = StoredWeights(str(folder / "trials" / str(number) / "weights.npz"))
    return {name: value.tobytes() for name, value in stored.read(stored.forms).items()}


@pytest.mark.parametrize("mode", MODES)
def test_an_ensemble_and_its_student_come_out_bit_for_bit(folder, mode) -> None:
    search, again = open_mode(folder / mode, mode), open_mode(folder / f"{mode} again", mode, of=folder / mode)
    found, repeated = (s.store.trials(s.study.id) for s in (search, again))
    assert [trial.state for trial in (*found, *repeated)] == [TrialState.COMPLETED] * 2 * STUDENT
    assert len(found[ENSEMBLE - 1].suggestion.members) > 0
    assert (found[-1].suggestion.kind, found[-1].suggestion.teacher) == (TrialKind.DISTILLATION, ENSEMBLE)
    for trial, other in zip(found, repeated, strict=True):
        assert dict(other.result.metrics) == dict(trial.result.metrics), trial.number
        assert weights(folder / f"{mode} again", trial.number) == weights(folder / mode, trial.number) != {}
        ours, theirs = (read_logits(s.model_dir, trial.number) for s in (search, again))
        assert ours.tobytes() == theirs.tobytes()


@pytest.mark.parametrize("mode", MODES)
def test_the_outputs_that_an_ensemble_teaches_are_those_of_its_network(folder, mode) -> None:
    search = open_mode(folder / mode, mode)
    student = search.store.trial(search.study.id, STUDENT).suggestion
    outputs = teaching_of(search, student, STUDENT, search.pipeline).outputs
    network = stored_network(search, ENSEMBLE)
    np.testing.assert_allclose(outputs, network(search.pipeline.train_arrays().x), rtol=1e-5, atol=1e-6)
    evaluated = network(search.pipeline.evaluation_arrays().x)
    np.testing.assert_allclose(evaluated, read_logits(search.model_dir, ENSEMBLE), rtol=1e-5, atol=1e-6)


LOADS = """
import sys, json, numpy as np, keras
data = np.load(sys.argv[1])
raw = {name: data[name] for name in data if name != "labels"}
scores = {}
for path in sys.argv[2:]:
    p = keras.models.load_model(path, compile=False).predict(raw, verbose=0)
    np.save(path + ".npy", p)
    scores[path] = float((p.argmax(axis=1) == data["labels"]).mean())
assert not any(name.startswith("model_search") for name in sys.modules)
print(json.dumps(scores))
"""


def test_exported_ensembles_give_the_stored_score_with_keras_alone(folder, tmp_path) -> None:
    search = open_mode(folder / "weighted", "weighted")
    parts = [(x, y.numpy()) for x, y, _ in search.pipeline.provider.evaluation()]
    features = {name: np.concatenate([x[name].numpy() for x, _ in parts]) for name in parts[0][0]}
    labels = np.concatenate([y for _, y in parts])
    np.testing.assert_array_equal(labels, read_labels(search.model_dir).labels)
    np.savez(tmp_path / "raw.npz", labels=labels, **features)
    paths = {mode: str(folder / f"{mode}.keras") for mode in MODES}
    scores = json.loads(run("-P", "-c", LOADS, tmp_path / "raw.npz", *paths.values()))
    for mode, path in paths.items():
        search = open_mode(folder / mode, mode)
        trial = search.store.trial(search.study.id, ENSEMBLE)
        assert scores[path] == pytest.approx(trial.result.objective)
        logits = read_logits(search.model_dir, ENSEMBLE).astype(np.float64)
        probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(np.load(f"{path}.npy"), probabilities, atol=1e-5)
