"""Scores the best model on test data that nothing was selected by, once, at the end."""

import json
import logging
from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf

from . import files
from .composed_model import model_file_of
from .data.trees import Tree, mapped
from .errors import TrialError
from .model_dir import TEST_FILE, refitted_model
from .model_file import load_model
from .network.serving import logits_behind
from .result_trial import result_trial
from .search_parts import Search
from .training.evaluation import evaluated


def score_best_on_test(search: Search) -> dict[str, float] | None:
    """Test metrics of the best model (see `refit`), also written to the model directory.

    The model is loaded from its file and fed raw features, so this also shows that the export gives what was trained.
    None where there is no test data or no completed trial.
    """
    batches = search.pipeline.provider.test()
    best = result_trial(search.store, search.study)
    if batches is None or best is None or best.result is None:
        return None
    content = files.read_bytes(files.join(search.model_dir, TEST_FILE))
    known = json.loads(content) if content else {}
    try:
        path = refitted_model(search.model_dir, best.number) or model_file_of(
            search.store, search.study, search.model_dir, best
        )
    except TrialError as error:
        logging.getLogger(__name__).warning("the best model is not scored on the test data: %s", error)
        return None
    if known.get("model") == path and known.get("trial") == best.number:
        return dict(known["metrics"])
    model = load_model(path)
    metrics, _ = evaluated(search.pipeline.task, _predictions(search, model, batches))
    scored = {"trial": best.number, "model": path, "metrics": metrics}
    files.write_atomically(files.join(search.model_dir, TEST_FILE), json.dumps(scored, indent=1).encode())
    return metrics


def _predictions(search: Search, model: keras.Model, batches: tf.data.Dataset) -> Iterator[tuple[Tree, Tree, Tree]]:
    """Logits of the served model with labels and weights, batch by batch."""
    for features, labels, weights in search.pipeline.raw_with_step_weights(batches):
        predictions = mapped(np.asarray, model.predict_on_batch(features))
        yield logits_behind(search.pipeline.task, predictions, search.spec.temperature), labels, weights
