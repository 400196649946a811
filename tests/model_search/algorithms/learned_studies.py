"""Specs and histories for tests of searches that fit a model to all trials."""

import numpy as np
from studies import MemoryHistory

from model_search.algorithms import algorithm_of
from model_search.proto.search_spec_pb2 import ProblemType, SearchSpec
from model_search.spec import complete, validate

VECTORS = ("FULLY_CONNECTED", "LOWRANK_1", "BOTTLENECK_32", "IDENTITY")
"""Vector blocks, and one that may stand anywhere."""

FORMS = {
    ProblemType.CNN: ["CONVOLUTION_3X3", "MAX_POOLING_2X2", "IDENTITY", "FULLY_CONNECTED", "FLATTEN"],
    ProblemType.DNN: ["FULLY_CONNECTED", "LOWRANK_1", "IDENTITY"],
    ProblemType.RNN_LAST_ACTIVATIONS: ["GRU_128", "IDENTITY", "FULLY_CONNECTED", "LOWRANK_1", "LAST_ACTIVATION"],
    ProblemType.RNN_ALL_ACTIVATIONS: ["GRU_128", "GRU_256", "IDENTITY"],
}
"""Blocks of each kind of spec."""


def spec_of(search_type, problem_type=ProblemType.DNN, **fields):
    fields = {"blocks_to_use": FORMS[problem_type], "minimum_depth": 1, "maximum_depth": 4, **fields}
    spec = complete(SearchSpec(search_type=search_type, problem_type=problem_type, **fields))
    validate(spec)
    return spec


def propose(spec, history, seed=0):
    return algorithm_of(spec, 100)(spec, history, np.random.default_rng(seed))


def history_of(cost_of, strings, blocks=VECTORS):
    """Completed trials of strings of letters, with the accuracy that their cost leaves."""
    history = MemoryHistory()
    for string in strings:
        history.add([blocks[letter] for letter in string], -cost_of(string))
    return history
