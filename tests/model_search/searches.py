"""Small searches for tests: a few vectors, a quick spec, everything in a temporary folder."""

import threading
from pathlib import Path

import numpy as np

from model_search.data.arrays.arrays import provider_from
from model_search.data.provider import DataOptions
from model_search.open_search import SearchConfig, open_search
from model_search.plugins import load_plugins
from model_search.search_parts import Search
from model_search.spec import complete, parse_spec, validate
from model_search.training.options import TrainingOptions

SPEC = """
problem_type: DNN
search_type: ADAPTIVE_COORDINATE_DESCENT
minimum_depth: 1
maximum_depth: 3
beam_size: 2
blocks_to_use: "FULLY_CONNECTED"
blocks_to_use: "FIXED_OUTPUT_FULLY_CONNECTED_64"
blocks_to_use: "LOWRANK_2_SKIP"
apply_dropouts_between_blocks: true
learning_spec { min_learning_rate: 1e-3 max_learning_rate: 1e-2 optimizers: "adam" }
"""


def vectors(rows: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Four numbers a row; the class says whether their sum is positive."""
    x = np.random.default_rng(0).normal(size=(rows, 4)).astype(np.float32)
    return x, (x.sum(axis=1) > 0).astype(np.int32)


def open_small(
    folder: Path,
    spec: str = SPEC,
    trials: int = 4,
    data=None,
    test_fraction: float = 0.0,
    seed: int = 0,
    refit: bool = False,
    keep_models: int = 0,
    trial_store: str = "",
    **training,
) -> Search:
    """Opens a search of small vectors (or of `data`)."""
    load_plugins()
    message = complete(parse_spec(spec, "test"))
    validate(message)
    provider = provider_from(data or vectors(), options=DataOptions(test_fraction=test_fraction))
    options = TrainingOptions(**{"train_steps": 20, "batch_size": 16, **training})
    config = SearchConfig(
        message, provider, str(folder), max_trials=trials, seed=seed, training=options, refit=refit,
        keep_models=keep_models, trial_store=trial_store,
    )  # fmt: skip
    return open_search(config, threading.Event())
