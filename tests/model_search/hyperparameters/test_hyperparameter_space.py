import keras_tuner
import numpy as np
import pytest
from studies import MemoryHistory

from model_search.architecture import Architecture
from model_search.block import Block, Role, blocks, register_block
from model_search.hyperparameters import default_values, hyperparameter_space, propose
from model_search.hyperparameters.space import decay_steps
from model_search.spec import complete, parse_spec


@pytest.fixture
def tunable_block():
    @register_block("TUNABLE")
    class Tunable(Block):
        role = Role.VECTOR

        def build(self, input_tensors, hparams=None, lengths=None):
            return [*input_tensors, input_tensors[-1]]

        def requires_hparams(self):
            asked = keras_tuner.HyperParameters()
            asked.Int("width", 3, 9)
            asked.Boolean("wide", default=True)
            with asked.conditional_scope("wide", [True]):
                asked.Float("scale", 0.1, 0.7)
            return asked

    yield "TUNABLE"
    blocks.discard("TUNABLE")


def spec_of(text: str = ""):
    return complete(parse_spec(f'problem_type: DNN blocks_to_use: "IDENTITY" maximum_depth: 4 {text}', "x"))


def space_of(text: str = "", tower=("IDENTITY",), steps: int = 100):
    return hyperparameter_space(spec_of(text), Architecture.of(tower), steps)


def test_only_what_the_spec_turns_on_is_there():
    assert [parameter.name for parameter in space_of().space] == ["learning_rate", "optimizer"]
    everything = space_of(
        "apply_dropouts_between_blocks: true learning_spec { apply_exponential_decay: true"
        " apply_gradient_clipping: true"
        " apply_l2_regularization: true }"
    )
    assert [parameter.name for parameter in everything.space] == [
        "learning_rate",
        "optimizer",
        "exponential_decay_rate",
        "exponential_decay_steps",
        "gradient_max_norm",
        "l2_regularization",
        "dropout_rate",
    ]


def test_learning_rates_are_log_uniform_in_their_range():
    space = space_of("learning_spec { min_learning_rate: 1e-4 max_learning_rate: 1e-2 }")
    drawn = [propose("random", space, MemoryHistory(), seed)["learning_rate"] for seed in range(1, 301)]
    assert np.float32(1e-4) <= min(drawn) < 1.3e-4
    assert 0.8e-2 < max(drawn) <= np.float32(1e-2)
    assert np.median(drawn) == pytest.approx(1e-3, rel=0.3)


@pytest.mark.parametrize(("low", "median"), [(1e-4, 1e-3), (0.0, 5e-3)], ids=["logarithmic", "from zero: uniform"])
def test_l2_is_log_uniform_above_zero(low, median):
    space = space_of(
        f"learning_spec {{ apply_l2_regularization: true min_l2_regularization: {low} max_l2_regularization: 1e-2 }}"
    )
    drawn = [propose("random", space, MemoryHistory(), seed)["l2_regularization"] for seed in range(1, 301)]
    assert np.float32(low) <= min(drawn) <= max(drawn) <= np.float32(1e-2)
    assert np.median(drawn) == pytest.approx(median, rel=0.3)


@pytest.mark.parametrize(
    ("low", "high", "steps", "expected"),
    [(1, 3, 100, [33, 50, 100]), (2, 2, 100, [50]), (1, 10000, 4, [1, 2, 4]), (5, 9, 3, [1])],
)
def test_decay_steps(low, high, steps, expected):
    learning = spec_of(f"learning_spec {{ min_decay_times: {low} max_decay_times: {high} }}").learning_spec
    assert decay_steps(learning, steps) == expected


def test_decay_follows_the_steps_that_the_trial_gets():
    text = "use_parameter_scaled_training: true learning_spec { apply_exponential_decay: true max_decay_times: 1 }"
    assert space_of(text, tower=["IDENTITY"] * 3, steps=100).get("exponential_decay_steps") == 75


def test_dropout_is_none_or_one_of_ten():
    space = space_of("apply_dropouts_between_blocks: true learning_spec { min_dropout: 0.1 max_dropout: 0.6 }")
    choices = next(parameter for parameter in space.space if parameter.name == "dropout_rate").values
    assert len(choices) == 11
    assert choices[0] == -1
    assert choices[1] == np.float32(0.1)
    assert choices[-1] == np.float32(0.6)
    assert default_values(space)["dropout_rate"] == -1


def test_defaults_lie_in_the_range():
    assert default_values(space_of())["learning_rate"] == pytest.approx(0.01)  # momentum is the first optimizer
    adam = "learning_spec { optimizers: 'adam' min_learning_rate: 1e-5 max_learning_rate: %s }"
    assert default_values(space_of(adam % "1e-2"))["learning_rate"] == pytest.approx(2e-3)
    assert default_values(space_of(adam % "1e-3"))["learning_rate"] == pytest.approx(1e-3)
    assert default_values(space_of(adam % "1e-2"))["optimizer"] == "adam"


def test_blocks_ask_for_their_own(tunable_block):
    space = space_of(tower=["IDENTITY", tunable_block, tunable_block])
    names = {parameter.name for parameter in space.space if "/" in parameter.name}
    assert names == {f"{place}_TUNABLE/{name}" for place in (1, 2) for name in ("width", "wide", "scale")}
    for seed in range(1, 20):
        values = propose("random", space, MemoryHistory(), seed)
        for place in (1, 2):
            assert type(values[f"{place}_TUNABLE/width"]) is int
            assert (f"{place}_TUNABLE/scale" in values) is values[f"{place}_TUNABLE/wide"]
