"""Studies whose objective is planted in tower and hyperparameters, for tests of searches over both."""

import numpy as np
from studies import MemoryHistory

from model_search.hyperparameters import hyperparameter_space, propose
from model_search.spec import SearchSpec

A, B, C = "FULLY_CONNECTED", "LOWRANK_1", "BOTTLENECK_32"


def planted(blocks, values) -> float:
    """Best for towers that begin with C and have no B, at a rate of 1e-3."""
    return (blocks[0] == C) - 0.5 * blocks.count(B) - 0.3 * abs(np.log10(values["learning_rate"]) + 3)


def studied(spec: SearchSpec, count: int) -> MemoryHistory:
    """So many completed trials of random towers and hyperparameters."""
    history, rng = MemoryHistory(), np.random.default_rng(3)
    for number in range(1, count + 1):
        blocks = rng.choice([A, B, C], rng.integers(2, 5)).tolist()
        values = propose("random", hyperparameter_space(spec, blocks, 100), history, number)
        history.add(blocks, planted(blocks, values), hyperparameters=values)
    return history
