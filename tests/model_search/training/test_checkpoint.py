"""Mid-trial checkpoints: whole or not at all, and only of the same suggestion."""

import keras
import numpy as np

from model_search.architecture import Architecture
from model_search.study import Suggestion
from model_search.training.checkpoint import load_checkpoint, save_checkpoint

MINE = Suggestion(Architecture.of(["A"]), {"learning_rate": 0.5})
OTHER = Suggestion(Architecture.of(["B"]), {"learning_rate": 0.5})


def variables() -> list[keras.Variable]:
    return [keras.Variable(np.zeros((2, 3))), keras.Variable(0, dtype="int32")]


def saved(path) -> list[keras.Variable]:
    kept = variables()
    kept[0].assign(np.full((2, 3), 7.0))
    kept[1].assign(5)
    save_checkpoint(str(path), 42, MINE, kept)
    return kept


def test_what_is_saved_comes_back(tmp_path) -> None:
    saved(tmp_path / "c.npz")
    fresh = variables()
    assert load_checkpoint(str(tmp_path / "c.npz"), MINE, fresh) == 42
    np.testing.assert_array_equal(fresh[0], np.full((2, 3), 7.0))
    assert int(fresh[1].numpy()) == 5
    assert [path.name for path in tmp_path.iterdir()] == ["c.npz"]


def test_none_another_suggestions_other_shapes_or_damage_start_from_nothing(tmp_path) -> None:
    path = tmp_path / "c.npz"
    fresh = variables()
    assert load_checkpoint(str(path), MINE, fresh) == 0
    saved(path)
    assert load_checkpoint(str(path), OTHER, fresh) == 0
    assert load_checkpoint(str(path), MINE, [keras.Variable(np.zeros(4)), keras.Variable(0, dtype="int32")]) == 0
    assert load_checkpoint(str(path), MINE, [*fresh, keras.Variable(1.0)]) == 0
    path.write_bytes(path.read_bytes()[:200])
    assert load_checkpoint(str(path), MINE, fresh) == 0
    np.testing.assert_array_equal(fresh[0], np.zeros((2, 3)))
