"""The best network, trained once more on all examples."""

import json
from pathlib import Path

import numpy as np
import pytest
from searches import SPEC, open_small

from model_search.conclusion import conclude
from model_search.data.joined import JoinedProvider
from model_search.handle import StudyHandle
from model_search.model_file import load_model
from model_search.refit import refit_best
from model_search.trainer import work


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A search of two trials, with a test part."""
    search = open_small(tmp_path_factory.mktemp("refit"), trials=2, train_steps=20, test_fraction=0.2, refit=True)
    work(search, "tester", 60.0)
    conclude(search)
    return search


def test_joined_data_are_all_but_the_test_part(finished):
    provider = finished.pipeline.provider
    facts, joined = provider.describe(), JoinedProvider(provider)
    rows = [np.concatenate([y for _, y, _ in part()]) for part in (provider.train, provider.evaluation, joined.train)]
    np.testing.assert_array_equal(np.concatenate(rows[:2]), rows[2])
    assert joined.describe().train_examples == facts.train_examples + facts.evaluation_examples == len(rows[2])
    streamed = np.concatenate([y for _, y, _ in joined.shuffled_train(3)])
    assert sorted(streamed) == sorted(rows[2])


def test_the_best_model_is_the_refitted_one(finished, tmp_path):
    handle = StudyHandle(finished.store, finished.study, finished.model_dir)
    best = handle.best_trial().number
    report = json.loads((Path(finished.model_dir) / "refit" / "refit.json").read_text())
    assert (report["trial"], report["steps"]) == (best, 20)
    assert (
        report["examples"]
        == finished.pipeline.provider.describe().train_examples
        + finished.pipeline.provider.describe().evaluation_examples
    )
    assert handle.model_path().endswith("refit/model.keras")
    assert handle.model_path(best).endswith(f"trials/{best}/model.keras")
    weights = [load_model(path).get_weights() for path in (handle.model_path(), handle.model_path(best))]
    assert [w.shape for w in weights[0]] == [w.shape for w in weights[1]]
    assert any(not np.array_equal(*pair) for pair in zip(*weights, strict=True))
    tested = json.loads((Path(finished.model_dir) / "test_metrics.json").read_text())
    assert tested["model"] == handle.model_path()


def test_it_is_done_once_for_a_trial(finished, monkeypatch):
    path = refit_best(finished)
    monkeypatch.setattr("model_search.refit.fit", lambda *_: pytest.fail("trained again"))
    assert refit_best(finished) == path


def test_a_failing_training_leaves_the_trials_model(tmp_path, monkeypatch, caplog):
    search = open_small(tmp_path, trials=1, train_steps=5, refit=True)
    work(search, "tester", 60.0)

    def fails(*_):
        raise ValueError("no good")

    monkeypatch.setattr("model_search.refit.fit", fails)
    conclude(search)
    assert "training on all examples failed: ValueError: no good" in caplog.text
    handle = StudyHandle(search.store, search.study, search.model_dir)
    assert handle.model_path().endswith("trials/1/model.keras")


def test_a_stop_leaves_a_checkpoint_and_no_model(tmp_path):
    search = open_small(tmp_path, trials=1, train_steps=400, refit=True)
    work(search, "tester", 60.0)
    search.stop.set()
    conclude(search)
    assert not (tmp_path / "refit" / "refit.json").exists()
    search.stop.clear()
    conclude(search)
    assert (tmp_path / "refit" / "refit.json").exists()


ENSEMBLES = """
ensemble_spec {
  ensemble_search_type: INTERMIXED_NONADAPTIVE_ENSEMBLE_SEARCH
  intermixed_search { width: 2 try_ensembling_every: 3 }
}
"""


def test_each_member_of_the_best_ensemble_is_trained_once_more(tmp_path, monkeypatch):
    search = open_small(tmp_path, SPEC + ENSEMBLES, trials=3, train_steps=10, test_fraction=0.2, refit=True)
    work(search, "tester", 60.0)
    ensemble = search.store.trial(search.study.id, 3)
    monkeypatch.setattr(type(search.store), "best", lambda *_: [ensemble])
    path = refit_best(search)
    report = json.loads((tmp_path / "refit" / "refit.json").read_text())
    assert report["trial"] == 3
    assert [member["trial"] for member in report["members"]] == [1, 2]
    assert {member["examples"] for member in report["members"]} == {160}
    features = next(iter(search.pipeline.provider.evaluation()))[0]
    parts = [load_model(str(tmp_path / "refit" / "members" / name / "model.keras")) for name in "12"]
    logs = np.mean([np.log(part.predict_on_batch(features)) for part in parts], axis=0)
    together = np.exp(logs) / np.exp(logs).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(load_model(path).predict_on_batch(features), together, atol=1e-5)
    conclude(search)
    assert json.loads((tmp_path / "test_metrics.json").read_text())["model"] == path
