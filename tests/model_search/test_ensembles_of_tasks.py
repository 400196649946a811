"""Ensembles on other tasks than one class an example."""

import keras
import numpy as np
import pandas as pd
import pytest

from model_search.api import search
from model_search.data.provider import DataOptions, providers
from model_search.errors import UsageError
from model_search.model_file import load_model
from model_search.network.weights_file import StoredWeights
from model_search.plugins import load_plugins
from model_search.spec import complete, parse_spec
from model_search.spec.data_options import with_spec
from model_search.study import TrialKind
from model_search.training.evaluation_labels import read_logits

LEARNING = 'learning_spec { min_learning_rate: 3e-3 max_learning_rate: 1e-2 optimizers: "adam" } '
INTERMIXED = """
ensemble_spec {
  ensemble_search_type: INTERMIXED_NONADAPTIVE_ENSEMBLE_SEARCH
  intermixed_search { width: 2 try_ensembling_every: 3 }
  combining_type: %s
}
"""
TASKS = """
problem_type: DNN minimum_depth: 1 maximum_depth: 2 merge_losses_of_multitask: true
blocks_to_use: "FIXED_OUTPUT_FULLY_CONNECTED_64" blocks_to_use: "FULLY_CONNECTED"
multi_task_spec { label_name: "rich" number_of_classes: 2 }
multi_task_spec { label_name: "age" number_of_classes: 1 }
primary_task_name: "rich"
"""
STEPS = """
problem_type: RNN_ALL_ACTIVATIONS minimum_depth: 1 maximum_depth: 2 embedding_size: 8
blocks_to_use: "RECURRENT_DENSE_64" blocks_to_use: "TEMPORAL_CONVOLUTION_64_1"
"""


@pytest.fixture(scope="module", autouse=True)
def plugins() -> None:
    load_plugins()


def run(folder, provider, spec: str, steps: int = 10):
    handle = search(
        provider,
        parse_spec(spec, "test"),
        model_dir=str(folder / "study"),
        max_trials=3,
        train_steps=steps,
        refit=False,
    )
    assert [trial.error for trial in handle.trials()] == ["", "", ""]
    assert handle.trial(3).suggestion.kind is TrialKind.ENSEMBLE
    return handle


@pytest.mark.parametrize("combining", ["AVERAGE_ENSEMBLE", "WEIGHTED_ENSEMBLE"])
def test_several_tasks(tmp_path, combining) -> None:
    rng = np.random.default_rng(0)
    pay, height = rng.normal(size=(2, 300))
    frame = pd.DataFrame({"pay": pay, "height": height, "rich": np.where(pay > 0, "yes", "no"), "age": 40 + pay})
    frame.to_csv(tmp_path / "people.csv", index=False)
    spec = TASKS + LEARNING + INTERMIXED % combining
    options = with_spec(DataOptions(filename=str(tmp_path / "people.csv")), complete(parse_spec(spec, "x")))
    handle = run(tmp_path, providers["csv"](options), spec)
    raw = {"pay": pay[:5].astype("float32"), "height": height[:5].astype("float32")}
    raw = {name: values[:, None] for name, values in raw.items()}
    of_members = [read_logits(handle.model_dir, number) for number in (1, 2, 3)]
    if combining == "AVERAGE_ENSEMBLE":
        for task in ("rich", "age"):
            np.testing.assert_allclose(of_members[2][task], (of_members[0][task] + of_members[1][task]) / 2, rtol=1e-6)
    shapes = {name: tuple(output.shape) for name, output in load_model(handle.model_path(3)).output.items()}
    assert shapes == {"rich": (None, 2), "age": (None, 1)}
    for method in ("greedy", "stacking"):
        together = handle.best_ensemble(4, method)
        assert set(together.metrics) >= {"rich/accuracy", "age/rmse", "loss"}
        assert set(together.members) <= {1, 2}
        assert {name: output.shape[1] for name, output in together.model().output.items()} == {"rich": 2, "age": 1}


def test_labels_of_steps_run_their_members_again(tmp_path) -> None:
    (tmp_path / "t.txt").write_text("abcd " * 200)
    options = DataOptions(
        filename=str(tmp_path / "t.txt"), tokens="character", sequence_length=10, problem_type="RNN_ALL_ACTIVATIONS"
    )
    handle = run(tmp_path, providers["text_lines"](options), STEPS + LEARNING + INTERMIXED % "AVERAGE_ENSEMBLE", 5)
    first, second, both = (handle.trial(number).result for number in (1, 2, 3))
    assert both.parameters == first.parameters + second.parameters
    assert both.loss <= max(first.loss, second.loss)
    load_model(handle.model_path(3))
    with pytest.raises(UsageError, match="searches for labels of steps keep none of their logits"):
        handle.best_ensemble()


GROWING = """
ensemble_spec {
  ensemble_search_type: %s_ENSEMBLE_SEARCH freeze_previous: %s
  adaptive_search { minimal_pool_size: 1 increase_width_every: 1 }
}
is_input_shared: %s
user_suggestions { architecture: "TEMPORAL_CONVOLUTION_64_1" }
"""


@pytest.mark.parametrize(
    ("mode", "freeze", "shared"),
    [("ADAPTIVE", "true", "true"), ("RESIDUAL", "false", "true"), ("ADAPTIVE", "true", "false")],
)
def test_towers_that_grow_together_share_one_embedding_if_they_shall(tmp_path, mode, freeze, shared) -> None:
    (tmp_path / "t.txt").write_text("abcd bca " * 60)
    options = DataOptions(
        filename=str(tmp_path / "t.txt"), tokens="character", sequence_length=8, problem_type="RNN_ALL_ACTIVATIONS"
    )
    plain = STEPS.replace('blocks_to_use: "RECURRENT_DENSE_64" ', "")
    spec = parse_spec(plain + LEARNING + GROWING % (mode, freeze, shared), "test")
    folder = str(tmp_path / "study")
    handle = search(providers["text_lines"](options), spec, model_dir=folder, max_trials=3, train_steps=10, refit=False)
    trials = handle.trials()
    assert [trial.error for trial in trials] == ["", "", ""] and trials[2].suggestion.members[0] == 1
    first, last = (StoredWeights(f"{folder}/trials/{number}/weights.npz") for number in (1, 3))
    embeddings = last.read(name for name in last.forms if "input_embedding" in name)
    towers = 1 + len(trials[2].suggestion.members)
    assert len(embeddings) == (1 if shared == "true" else towers)
    (own,) = first.read(name for name in first.forms if "input_embedding" in name).values()
    assert np.array_equal(embeddings["tower_1.input_embedding/embeddings"], own) == (freeze == "true")
    model = load_model(handle.model_path(3))
    layers = [layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.Embedding)]
    assert len(layers) == len(embeddings)
