"""Scores the best model on test data that nothing was selected by, once, at the end."""

import json

import numpy as np

from . import files
from .data.provider import TaskKind
from .model_dir import TEST_FILE, refitted_model
from .model_file import load_model
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
    parts = [(model.predict_on_batch(x), np.asarray(y), np.asarray(w)) for x, y, w in batches]
    predictions, labels, weights = (np.concatenate(column) for column in zip(*parts, strict=True))
    task = search.pipeline.task
    if task.kind is TaskKind.CLASSIFICATION:
        logits = np.log(np.maximum(predictions, np.finfo(np.float32).tiny))
    else:
        logits = (predictions - task.target_mean) / task.target_scale
    metrics = evaluate(task, logits, labels, weights)
    scored = {"trial": best[0].number, "model": path, "metrics": metrics}
    files.write_atomically(files.join(search.model_dir, TEST_FILE), json.dumps(scored, indent=1).encode())
    return metrics
