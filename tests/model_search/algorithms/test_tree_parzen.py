import numpy as np
import pytest
from joint_studies import A, B, C, planted, studied
from studies import MemoryHistory

from model_search.algorithms.alphabet import alphabet_of
from model_search.algorithms.evidence import evidence
from model_search.algorithms.tree_parzen import _drawn_letters, parted_choices, suggest
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


def parted(spec, history):
    return parted_choices(spec, history, evidence(history), 100)


def test_trials_become_choices_by_name():
    history = MemoryHistory()
    history.add([C, "IDENTITY", A], 0.9, TrialState.STOPPED, {"learning_rate": 9.0, "optimizer": "lion"})
    history.add([B, A], 0.75, hyperparameters={"learning_rate": 1e-3, "optimizer": "sgd"})
    history.add([C], state=TrialState.RUNNING, hyperparameters={})
    choices = parted(SPEC, history)
    assert choices.good.pop("learning_rate") == pytest.approx([0.5])
    assert choices.good == {"depth": [2], "place 0": [1], "place 1": [0], "optimizer of 2": [1]}
    assert choices.rest == {
        "depth": [3, 1], "place 0": [2, 2], "place 2": [0], "learning_rate": [1.0], "optimizer of 2": [0]
    }  # fmt: skip


def test_the_best_tenth_is_parted_from_the_rest():
    history = MemoryHistory()
    for number in range(21):
        history.add([A] * (1 + number % 4), -abs(number - 10))
    assert parted(SPEC, history).good["depth"] == [1 + 9 % 4, 1 + 10 % 4, 1 + 11 % 4]
    for _ in range(300):
        history.add([B], -99)
    assert len(parted(SPEC, history).good["depth"]) == 25


def test_the_flatten_is_a_choice_where_there_are_several():
    history = MemoryHistory()
    history.add(["CONVOLUTION_3X3", "PLATE_REDUCTION_FLATTEN", "FULLY_CONNECTED"], 0.5)
    assert parted(PLATES, history).good == {"depth": [2], "place 0": [0], "place 1": [1], "turn": [1]}
    for number in range(16):
        turn = ["FLATTEN", "PLATE_REDUCTION_FLATTEN"][number % 2]
        blocks = ["CONVOLUTION_3X3"] * (number // 4) + [turn] + ["FULLY_CONNECTED"] * (3 - number // 4)
        history.add(blocks, number % 2 + number / 100)
    proposed = [proposal_of(history, seed, PLATES).architecture.blocks for seed in range(10)]
    assert sum("PLATE_REDUCTION_FLATTEN" in blocks for blocks in proposed) > 5


def test_blocks_are_drawn_for_the_places_where_they_will_stand():
    history = MemoryHistory()
    # Drawn apart from each other, the likeliest blocks would be vectors and plates, whose tower has plates first.
    for number in range(20):
        blocks = ["FULLY_CONNECTED"] * 2 if number < 2 else ["CONVOLUTION_3X3"] * 2
        history.add([*blocks, "FLATTEN"] if number >= 2 else ["FLATTEN", *blocks], -number)
    history.add(["CONVOLUTION_3X3", "FLATTEN"], 1.0)
    parts = parted(PLATES, history)
    assert parts.good == {"depth": [2, 2, 1], "place 0": [1, 1, 0], "place 1": [1, 1], "turn": [0, 0, 0]}
    parts.good["place 1"] = [0, 0]
    letters = [_drawn_letters(alphabet_of(PLATES), parts, 2, np.random.default_rng(seed)) for seed in range(20)]
    assert {tuple(string) for string in letters} == {(1, 1)}


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
    assert parted(spec, history).rest["1_TUNABLE_DENSE/batch_norm of 2"] == [0] * 10
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
