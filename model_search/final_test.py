"""Scores the best model on test data that nothing was selected by, once, at the end."""

import json
from typing import Any

import keras
import numpy as np

from . import files
from .data.trees import Tree, joined, mapped
from .model_dir import TEST_FILE, refitted_model
from .model_file import load_model
from .network.serving import logits_behind
from .run_trial import Search
from .training.metrics import evaluate


def score_best_on_test(search: Search) -> dict[str, float] | None:
    """Test metrics of the best model (see `refit`), also written to the model directory.

    The model is loaded from its file and fed raw features, so this also shows that the export gives what was trained.
    None where there is no test data or no completed trial.
    """
    batches = search.pipeline.provider.test()
    best = search.store.best(search.study.id, 1)
    if batches is None or not best or best[0].result is None:
        return None
    content = files.read_bytes(files.join(search.model_dir, TEST_FILE))
    known = json.loads(content) if content else {}
    path = refitted_model(search.model_dir, best[0].number) or files.join(search.model_dir, best[0].result.model)
    if known.get("model") == path and known.get("trial") == best[0].number:
        return dict(known["metrics"])
    model = load_model(path)
    parts = [(predicted(model, x), y, w) for x, y, w in search.pipeline.raw_with_step_weights(batches)]
    predictions, labels, weights = (joined(column) for column in zip(*parts, strict=True))
    task = search.pipeline.task
    logits = logits_behind(task, predictions, search.spec.temperature)
    metrics = evaluate(task, logits, labels, weights)
    scored = {"trial": best[0].number, "model": path, "metrics": metrics}
    files.write_atomically(files.join(search.model_dir, TEST_FILE), json.dumps(scored, indent=1).encode())
    return metrics


def predicted(model: keras.Model, features: Any) -> Tree:
    """Predictions of one batch, as arrays."""
    return mapped(np.asarray, model.predict_on_batch(features))
