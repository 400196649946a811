import numpy as np
import pytest
from joint_studies import A, B, C, planted, studied
from studies import MemoryHistory

from model_search.algorithms.gaussian_process import suggest
from model_search.errors import UsageError
from model_search.spec import complete, parse_spec, validate
from model_search.study import TrialState

TUNABLE = "TUNABLE_DENSE"
TEXT = (
    f"problem_type: DNN search_type: BAYESIAN minimum_depth: 2 maximum_depth: 4 blocks_to_use: ['{A}', '{B}', '{C}']"
    " increase_complexity_minimum_trials: 0"
    " learning_spec { min_learning_rate: 1e-5 max_learning_rate: 1e-1 optimizers: ['adam', 'sgd'] }"
)
SPEC = complete(parse_spec(TEXT, "x"))


def proposal_of(history, seed=0, spec=SPEC):
    return suggest(spec, history, np.random.default_rng(seed), train_steps=100)


def test_it_learns_blocks_and_hyperparameters():
    history = studied(SPEC, 40)
    proposals = [proposal_of(history, seed) for seed in range(6)]
    assert all(proposal.hyperparameters.keys() == {"learning_rate", "optimizer"} for proposal in proposals)
    reached = [planted(proposal.architecture.blocks, proposal.hyperparameters) for proposal in proposals]
    assert np.mean(reached) > np.quantile([trial.result.objective for trial in history.trials], 0.85)
    assert not {proposal.architecture for proposal in proposals} & {trial.architecture for trial in history.trials}
    assert proposals == [proposal_of(history, seed) for seed in range(6)]


def test_running_and_stopped_trials_move_the_next_proposal():
    history = studied(SPEC, 40)
    first = proposal_of(history, 7)
    history.add(first.architecture.blocks, state=TrialState.RUNNING, hyperparameters=first.hyperparameters)
    second = proposal_of(history, 7)
    assert second.architecture != first.architecture
    history.add(second.architecture.blocks, -5.0, TrialState.STOPPED, second.hyperparameters)
    assert proposal_of(history, 7).architecture not in (first.architecture, second.architecture)


def test_values_of_single_blocks_are_left_to_the_oracle():
    spec, history = complete(parse_spec(TEXT.replace(B, TUNABLE), "x")), MemoryHistory()
    for number in range(12):
        history.add([A, TUNABLE], number / 100, hyperparameters={"1_TUNABLE_DENSE/batch_norm": False})
    assert proposal_of(history, 1, spec).hyperparameters.keys() == {"learning_rate", "optimizer"}


def test_lengths_of_decays_move_with_a_towers_steps():
    text = (
        TEXT.replace("optimizers", "apply_exponential_decay: true optimizers") + " use_parameter_scaled_training: true"
    )
    spec, history = complete(parse_spec(text, "x")), MemoryHistory()
    for number in range(12):
        values = {"learning_rate": 1e-3, "exponential_decay_steps": 10 if number % 2 else 50}
        history.add([A, B], number % 2, hyperparameters=values)
    for seed in range(4):
        proposal = proposal_of(history, seed, spec)
        steps = 25 * len(proposal.architecture)
        assert proposal.hyperparameters["exponential_decay_steps"] in [steps // times for times in range(1, 6)]


def test_an_oracle_that_learns_beside_it_is_refused():
    spec = complete(SPEC)
    spec.hypertuning_method = "bayesian"
    with pytest.raises(UsageError, match="hypertuning_method is 'bayesian'; it must be 'random': search_type BAYESIAN"):
        validate(spec)
