import numpy as np
import optuna
import pytest
from joint_studies import A, B, C, planted, studied
from studies import MemoryHistory

from model_search.algorithms.evidence import evidence
from model_search.algorithms.joint_choices import Choice
from model_search.algorithms.optuna_study import Chooser, Told
from model_search.algorithms.tree_parzen import _drawn, suggest, told
from model_search.errors import UsageError
from model_search.hyperparameters import hyperparameter_space, lacks_nothing
from model_search.spec import complete, parse_spec, validate
from model_search.study import TrialState

SPEC = complete(
    parse_spec(
        f"problem_type: DNN search_type: TREE_PARZEN minimum_depth: 2 maximum_depth: 4"
        f" blocks_to_use: ['{A}', '{B}', '{C}']"
        " increase_complexity_minimum_trials: 0"
        " learning_spec { min_learning_rate: 1e-5 max_learning_rate: 1e-1 optimizers: ['adam', 'sgd'] }",
        "x",
    )
)
PLATES = complete(
    parse_spec(
        "problem_type: CNN search_type: TREE_PARZEN minimum_depth: 2"
        " blocks_to_use: ['CONVOLUTION_3X3', 'FLATTEN', 'PLATE_REDUCTION_FLATTEN', 'FULLY_CONNECTED']",
        "x",
    )
)


def proposal_of(history, seed=0, spec=SPEC):
    return suggest(spec, history, np.random.default_rng(seed), train_steps=100)


def choices_of(spec, history):
    """By number of the trial: what was chosen, by name."""
    found = told(spec, history, evidence(history), 100)
    return {trial.number: {choice.name: value for choice, value in trial.choices} for trial in found}


def test_trials_become_choices_by_name():
    history = MemoryHistory()
    history.add([C, "IDENTITY", A], 0.9, TrialState.STOPPED, {"learning_rate": 9.0, "optimizer": "lion"})
    history.add([B, A], 0.75, hyperparameters={"learning_rate": 1e-3, "optimizer": "sgd"})
    history.add([C], state=TrialState.RUNNING, hyperparameters={})
    choices = choices_of(SPEC, history)
    assert choices[2].pop("learning_rate") == pytest.approx(0.5)
    assert choices == {
        1: {"depth": 3, "place 0": 2, "place 2": 0, "learning_rate": 1.0, "optimizer of 2": 0},
        2: {"depth": 2, "place 0": 1, "place 1": 0, "optimizer of 2": 1},
        3: {"depth": 1, "place 0": 2},
    }


def test_the_flatten_is_a_choice_where_there_are_several():
    history = MemoryHistory()
    history.add(["CONVOLUTION_3X3", "PLATE_REDUCTION_FLATTEN", "FULLY_CONNECTED"], 0.5)
    assert choices_of(PLATES, history) == {1: {"depth": 2, "place 0": 0, "place 1": 1, "turn": 1}}
    for number in range(16):
        turn = ["FLATTEN", "PLATE_REDUCTION_FLATTEN"][number % 2]
        blocks = ["CONVOLUTION_3X3"] * (number // 4) + [turn] + ["FULLY_CONNECTED"] * (3 - number // 4)
        history.add(blocks, number % 2 + number / 100)
    proposed = [proposal_of(history, seed, PLATES).architecture.blocks for seed in range(10)]
    assert sum("PLATE_REDUCTION_FLATTEN" in blocks for blocks in proposed) > 5


def test_behind_a_block_of_vectors_only_such_blocks_are_chosen():
    history = MemoryHistory()
    # Drawn apart from each other, the likeliest blocks would be vectors and plates, whose tower has plates first.
    for number in range(20):
        history.add(["CONVOLUTION_3X3", "CONVOLUTION_3X3", "FLATTEN"], -number)
    history.add(["FLATTEN", "FULLY_CONNECTED", "FULLY_CONNECTED"], 1.0)
    assert choices_of(PLATES, history)[21] == {"depth": 2, "place 0": 1, "place 1 behind vectors": 0, "turn": 0}
    chooser = Chooser(told(PLATES, history, evidence(history), 100), 0)
    for proposal in _drawn(PLATES, chooser, 5):
        blocks = proposal.architecture.blocks
        vectors = [place for place, name in enumerate(blocks) if name == "FULLY_CONNECTED"]
        assert "CONVOLUTION_3X3" not in blocks[min(vectors, default=len(blocks)) :]


def test_what_is_told_parts_the_best_from_the_rest():
    # Of 20 trials the best two are good ones: those with option 2. A stopped trial is never one.
    option = Choice("option", 3)
    trials = [
        Told(number, TrialState.COMPLETED, float(number), ((option, 2.0 * (number < 2)),)) for number in range(20)
    ]
    trials += [Told(20, TrialState.STOPPED, -9.0, ((option, 1.0),)), Told(21, TrialState.RUNNING, 0.0, ())]
    chosen = [Chooser(trials, seed).choose(option) for seed in range(30)]
    assert chosen.count(2.0) > 25


def test_choices_are_those_of_a_study_that_was_told_one_trial_after_the_other():
    option, rate = Choice("option", 4), Choice("rate")
    rng = np.random.default_rng(3)
    trials = []
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=5, n_startup_trials=0, multivariate=False, constant_liar=True)
    )
    for number in range(60):
        value, place, cost = int(rng.integers(4)), float(rng.random()), float(rng.random())
        trials.append(Told(number, TrialState.COMPLETED, cost, ((option, float(value)), (rate, place))))
        study.add_trial(
            optuna.create_trial(
                value=cost,
                params={"option": value, "rate": place},
                distributions={
                    "option": optuna.distributions.CategoricalDistribution(range(4)),
                    "rate": optuna.distributions.FloatDistribution(0.0, 1.0),
                },
            )
        )
    chooser = Chooser(trials, 5)
    for _ in range(3):
        trial = study.ask()
        expected = (trial.suggest_categorical("option", range(4)), trial.suggest_float("rate", 0.0, 1.0))
        assert (chooser.choose(option), chooser.choose(rate)) == expected
        chooser.begin()


def test_it_learns_blocks_and_hyperparameters():
    history = studied(SPEC, 40)
    proposals = [proposal_of(history, seed) for seed in range(10)]
    assert all(
        lacks_nothing(hyperparameter_space(SPEC, proposal.architecture, 100), proposal.hyperparameters)
        for proposal in proposals
    )
    reached = [planted(proposal.architecture.blocks, proposal.hyperparameters) for proposal in proposals]
    assert np.mean(reached) > np.quantile([trial.result.objective for trial in history.trials], 0.85)
    assert not {proposal.architecture for proposal in proposals} & {trial.architecture for trial in history.trials}
    assert proposals == [proposal_of(history, seed) for seed in range(10)]


def test_running_trials_move_the_next_proposal():
    history = studied(SPEC, 40)
    first = proposal_of(history, 7)
    history.add(first.architecture.blocks, state=TrialState.RUNNING, hyperparameters=first.hyperparameters)
    assert proposal_of(history, 7).architecture != first.architecture


def test_values_of_single_blocks_are_proposed_too():
    text = f"problem_type: DNN search_type: TREE_PARZEN blocks_to_use: ['{A}', 'TUNABLE_DENSE']"
    spec, history = complete(parse_spec(text, "x")), MemoryHistory()
    values = {"1_TUNABLE_DENSE/activation": "relu", "1_TUNABLE_DENSE/batch_norm": False}
    for number in range(12):
        history.add([A, "TUNABLE_DENSE"], number / 100, hyperparameters=values)
    assert choices_of(spec, history)[12]["1_TUNABLE_DENSE/batch_norm of 2"] == 0
    proposals = [proposal_of(history, seed, spec) for seed in range(4)]
    assert any("TUNABLE_DENSE" in proposal.architecture.blocks for proposal in proposals)
    for proposal in proposals:
        assert lacks_nothing(hyperparameter_space(spec, proposal.architecture, 100), proposal.hyperparameters)


def test_an_oracle_that_learns_beside_it_is_refused():
    spec = complete(SPEC)
    spec.hypertuning_method = "bayesian"
    with pytest.raises(
        UsageError, match="hypertuning_method is 'bayesian'; it must be 'random': search_type TREE_PARZEN"
    ):
        validate(spec)
