"""Every search algorithm on every form of towers that it takes."""

import numpy as np
import pytest
from studies import MemoryHistory

from model_search.algorithms import SEARCH_TYPES, algorithm_of
from model_search.proto.search_spec_pb2 import SearchType
from model_search.spec import complete, parse_spec, validate
from model_search.spec.towers import depth_of, tower
from model_search.study import TrialState

FORMS = {
    "CNN": "['CONVOLUTION_3X3', 'IDENTITY', 'FULLY_CONNECTED', 'LOWRANK_1']",
    "DNN": "['FULLY_CONNECTED', 'IDENTITY', 'LOWRANK_1']",
    "RNN_LAST_ACTIVATIONS": "['LSTM_128', 'IDENTITY', 'FULLY_CONNECTED', 'LAST_ACTIVATION']",
    "RNN_ALL_ACTIVATIONS": "['LSTM_128', 'IDENTITY', 'LSTM_256']",
}
CONSTRAINED = "CONSTRAINED_ADAPTIVE_COORDINATE_DESCENT"
FIELDS = {
    CONSTRAINED: "num_blocks_in_cell: 2",
    "BANDIT": "bandit { arms: [REGULARIZED_EVOLUTION, ADAPTIVE_COORDINATE_DESCENT] }",
}
NAMES = [SearchType.Name(number) for number in SEARCH_TYPES]


@pytest.mark.parametrize(
    ("name", "form"),
    [(name, form) for name in NAMES for form in FORMS if name != CONSTRAINED or form == "CNN"],
)
def test_towers_are_valid_and_new_whoever_else_is_training(name, form):
    text = f"problem_type: {form} search_type: {name} blocks_to_use: {FORMS[form]} minimum_depth: 2 maximum_depth: 4"
    spec = complete(parse_spec(f"{text} {FIELDS.get(name, '')}", "x"))
    validate(spec)
    history = MemoryHistory()
    for number in range(1, 9):
        proposal = algorithm_of(spec, 100)(spec, history, np.random.default_rng(number))
        assert tower(spec, proposal.architecture) == proposal.architecture
        assert 1 <= depth_of(spec, proposal.architecture) <= 4
        assert not history.has_tried(proposal.architecture)
        state = TrialState.RUNNING if number % 3 == 0 else TrialState.COMPLETED
        history.add(proposal.architecture, None if number % 3 == 0 else number / 10, state)
