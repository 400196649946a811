"""The door for notebooks."""

import keras
import numpy as np
import pytest
from searches import SPEC, vectors

import model_search
from model_search.errors import UsageError
from model_search.trial_store.contract import StudyMismatchError


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("api")
    (folder / "spec.pbtxt").write_text(SPEC)
    return search(folder)


def search(folder, **changes):
    keywords = {"max_trials": 2, "train_steps": 20, "test_fraction": 0.2, **changes}
    return model_search.search(vectors(), str(folder / "spec.pbtxt"), model_dir=str(folder / "found"), **keywords)


def test_leaderboard_is_a_frame_best_first(study) -> None:
    frame = study.leaderboard()
    assert list(frame["number"].sort_values()) == [1, 2]
    assert frame["objective"].is_monotonic_decreasing


def test_best_model_takes_raw_features(study) -> None:
    model = study.best_model()
    assert isinstance(model, keras.Model)
    x, _ = vectors()
    assert model.predict_on_batch({"features": x[:5]}).shape == (5, 2)


def test_export_and_load_again(study, tmp_path) -> None:
    path = study.export(str(tmp_path / "deep" / "best.keras"))
    x, _ = vectors()
    left = keras.models.load_model(path).predict_on_batch({"features": x[:5]})
    right = model_search.load(study.model_dir).best_model().predict_on_batch({"features": x[:5]})
    np.testing.assert_allclose(left, right, rtol=1e-6)


def test_the_same_call_resumes_and_another_spec_is_refused(study) -> None:
    from pathlib import Path

    folder = Path(study.model_dir).parent
    assert len(search(folder).trials()) == 2
    assert len(search(folder, max_trials=3).trials()) == 3
    with pytest.raises(StudyMismatchError, match="train_steps"):
        search(folder, train_steps=21)


def test_wrong_exports_are_one_sentence(study, tmp_path) -> None:
    with pytest.raises(UsageError, match=r"there is no trial 99"):
        study.export(str(tmp_path / "x.keras"), 99)
    with pytest.raises(UsageError, match=r"takes a file name that ends in \.keras"):
        study.export(str(tmp_path / "x"), format="keras")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    with pytest.raises(UsageError, match="not an exported model"):
        study.export(str(tmp_path / "mine"))
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_wrong_options_are_named(tmp_path) -> None:
    (tmp_path / "spec.pbtxt").write_text(SPEC)
    with pytest.raises(UsageError, match=r"no option 'validation_fracton'; did you mean validation_fraction"):
        search(tmp_path, validation_fracton=0.5)
    with pytest.raises(UsageError, match="--seed=-1"):
        search(tmp_path, seed=-1)
    assert not (tmp_path / "found").exists()


def test_names_of_the_package_are_lazy_and_known() -> None:
    assert set(model_search.__all__) <= set(dir(model_search))
    for name in model_search.__all__:
        assert getattr(model_search, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        model_search.nonsense  # noqa: B018
