import subprocess
import sys

import numpy as np
import pytest
from studies import MemoryHistory

from model_search.architecture import Architecture
from model_search.hyperparameters import hyperparameter_space, propose
from model_search.spec import complete, load_spec, parse_spec
from model_search.spec.validation import HYPERTUNING_METHODS
from model_search.study import Goal, Objective, TrialState

SPEC = complete(
    parse_spec(
        'problem_type: DNN blocks_to_use: "IDENTITY" apply_dropouts_between_blocks: true'
        ' learning_spec { min_learning_rate: 1e-5 max_learning_rate: 1e-1 optimizers: ["adam", "sgd"]'
        " apply_exponential_decay: true apply_gradient_clipping: true apply_l2_regularization: true }",
        "x",
    )
)
SPACE = hyperparameter_space(SPEC, Architecture.of(["IDENTITY"]), 100)


def studied(count: int, goal: Goal = Goal.MAXIMIZE) -> MemoryHistory:
    """A study whose objective is best for adam at a rate of 1e-3."""
    history = MemoryHistory(objective=Objective("accuracy", goal))
    sign = 1 if goal is Goal.MAXIMIZE else -1
    for number in range(count):
        values = propose("random", SPACE, history, number + 1)
        distance = abs(np.log10(values["learning_rate"]) + 3) + (values["optimizer"] == "sgd")
        history.add(["IDENTITY"], sign * -distance, hyperparameters=values)
    return history


@pytest.mark.parametrize("method", HYPERTUNING_METHODS)
@pytest.mark.parametrize("count", [0, 30])
def test_values_are_plain_float32_and_in_range(method, count):
    history = studied(count)
    for seed in range(1, 9):
        values = propose(method, SPACE, history, seed)
        assert set(values) == {parameter.name for parameter in SPACE.space}
        for value in values.values():
            assert type(value) in (float, int, str)
            assert not isinstance(value, float) or value == float(np.float32(value))
        assert np.float32(1e-5) <= values["learning_rate"] <= np.float32(1e-1)
        assert values["exponential_decay_steps"] in (20, 25, 33, 50, 100)
        assert values["gradient_max_norm"] in (2, 3, 4, 5)
        assert values == propose(method, SPACE, history, seed)


@pytest.mark.parametrize("goal", Goal)
def test_bayesian_learns_from_the_study(goal):
    history = studied(40, goal)
    proposed = [propose("bayesian", SPACE, history, seed) for seed in range(101, 109)]
    random = [propose("random", SPACE, history, seed) for seed in range(101, 109)]

    def distance(values):
        return abs(np.log10(values["learning_rate"]) + 3)

    assert np.mean([distance(values) for values in proposed]) < 0.6
    assert np.mean([distance(values) for values in proposed]) < np.mean([distance(values) for values in random])
    assert [values["optimizer"] for values in proposed].count("adam") >= 7


def test_running_trials_move_the_next_proposal():
    history = studied(40)
    first = propose("bayesian", SPACE, history, 7)
    history.add(["IDENTITY"], state=TrialState.RUNNING, hyperparameters=first)
    assert propose("bayesian", SPACE, history, 7) != first


def test_a_users_values_outside_of_the_space_are_understood():
    history = studied(30)
    history.add(["IDENTITY"], 0.5, hyperparameters={"learning_rate": 5.0, "optimizer": "lion", "dropout_rate": 0.45})
    history.add(["IDENTITY"], 0.4, hyperparameters={})
    assert propose("bayesian", SPACE, history, 3)["learning_rate"] <= np.float32(1e-1)


def test_no_state_is_kept_between_processes():
    program = (
        "from model_search.architecture import Architecture; import model_search.blocks\n"
        "from model_search.hyperparameters import hyperparameter_space, propose\n"
        "from model_search.spec import complete, load_spec\n"
        "space = hyperparameter_space(complete(load_spec('dnn')), Architecture.of(['IDENTITY']), 100)\n"
        "print(sorted(propose('random', space, None, 1).items()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    space = hyperparameter_space(complete(load_spec("dnn")), Architecture.of(["IDENTITY"]), 100)
    propose("random", space, MemoryHistory(), 5)
    assert done.stdout == f"{sorted(propose('random', space, MemoryHistory(), 1).items())}\n"
