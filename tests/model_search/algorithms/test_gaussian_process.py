import numpy as np
import pytest
from joint_studies import A, B, C, planted, studied
from studies import MemoryHistory

from model_search.algorithms.gaussian_process import Axes, _bounds, _points, _with_running, suggest
from model_search.algorithms.joint_choices import Choice
from model_search.algorithms.surrogate import TOWERS, surrogate
from model_search.architecture import Architecture
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


def axes_of(history, spec=SPEC):
    return _points(spec, history.trials, 100)


def test_trials_become_points():
    history = MemoryHistory()
    history.add([B, A], 0.75, hyperparameters={"learning_rate": 1e-2, "optimizer": "sgd"})
    history.add([C], state=TrialState.RUNNING, hyperparameters={"optimizer": "adam"})
    axes, points = axes_of(history)
    assert axes.choices == (Choice("learning_rate"), Choice("optimizer of 2", 2))
    assert [point.architecture.blocks for point in points] == [(B, A), (C,)]
    # Where a value is missing, the rate that trials begin with stands for it: 2e-3 on a scale from 1e-5 to 1e-1.
    expected = [[0.75, 1.0], [np.log10(2e-3 / 1e-5) / 4, 0.0]]
    assert np.array([point.values for point in points]) == pytest.approx(np.array(expected), abs=1e-6)
    first, second = points[:1], points[1:]
    by_hyperparameter = axes.metric().distances(first, second)[len(TOWERS.weights) :, 0, 0]
    assert by_hyperparameter == pytest.approx([(0.75 - np.log10(200) / 4) ** 2, 1.0], abs=1e-6)
    weights = np.linspace(0.1, 2.0, len(axes.metric().weights))
    together = axes.metric().weighted(weights, first, second)
    assert together == pytest.approx(np.tensordot(weights, axes.metric().distances(first, second), 1))


def test_what_no_trial_has_is_no_axis_but_proposed():
    history = MemoryHistory()
    for number in range(12):
        history.add([A, B] if number % 2 else [A, C, B], number)
    axes, points = axes_of(history)
    assert (axes.choices, points[0].values) == ((), ())
    values = [proposal_of(history, seed).hyperparameters for seed in range(8)]
    assert {value["optimizer"] for value in values} == {"adam", "sgd"}
    assert len({value["learning_rate"] for value in values}) == 8


def test_drawn_hyperparameters_are_anywhere_or_near_the_best():
    rate, optimizer = Choice("rate"), Choice("optimizer of 4", 4)
    axes = Axes((rate, optimizer), (0.5, 0.0))
    best = axes.point(Architecture.of([A]), {rate: 0.95, optimizer: 2.0})
    drawn = axes.drawn(4000, best, np.random.default_rng(0))
    anywhere, near = drawn[::2], drawn[1::2]
    assert drawn.min() >= 0.0 and drawn[:, 0].max() <= 1.0
    assert np.histogram(anywhere[:, 0], 4, (0, 1))[0] == pytest.approx(500, abs=100)
    assert np.bincount(anywhere[:, 1].astype(int)) == pytest.approx(500, abs=100)
    # Half of a normal distribution, and what the end reflects.
    assert np.mean(near[:, 0] > 0.85) == pytest.approx(0.84, abs=0.04)
    assert np.mean(near[:, 1] == 2) == pytest.approx(0.8 + 0.2 / 4, abs=0.04)


def test_running_trials_make_it_sure_of_itself_without_a_cost():
    axes, points = axes_of(studied(SPEC, 30))
    parameters = np.log([*axes.metric().weights, 1.0, 0.1])
    process = surrogate(points[:20], np.linspace(-1, 1, 20), parameters, axes.metric())
    later = _with_running(process, points[20:])
    (mean, deviation), (mean_later, deviation_later) = process.marginals(points), later.marginals(points)
    assert mean_later == pytest.approx(mean, abs=1e-6)
    assert (deviation_later[20:] < 0.8 * deviation[20:]).all()
    assert _bounds(process, points) == pytest.approx(mean - 2.6 * deviation)


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
