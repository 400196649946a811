"""Learning-rate schedules by hand, and every optimizer."""

import keras
import pytest

from model_search.proto.search_spec_pb2 import LearningSpec
from model_search.training.optimizers import OPTIMIZERS, build_optimizer, schedule


def rates(spec: LearningSpec, steps: int, **values) -> list[float]:
    found = schedule({"learning_rate": 1.0, **values}, spec, steps)
    return [float(found(step)) for step in range(steps + 1)]


def test_a_plain_rate_is_a_number() -> None:
    assert schedule({"learning_rate": 0.25}, LearningSpec(), 10) == 0.25


def test_warm_up_rises_linearly() -> None:
    assert rates(LearningSpec(lr_warmup_steps=4), 5) == pytest.approx([0.25, 0.5, 0.75, 1, 1, 1])


def test_exponential_decay() -> None:
    spec = LearningSpec(apply_exponential_decay=True)
    found = rates(spec, 4, exponential_decay_rate=0.25, exponential_decay_steps=2)
    assert found == pytest.approx([1, 0.5, 0.25, 0.125, 0.0625])


def test_cosine_decay_ends_at_zero() -> None:
    assert rates(LearningSpec(apply_cosine_decay=True), 2) == pytest.approx([1, 0.5, 0], abs=1e-7)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_moves_against_the_gradient(name: str) -> None:
    spec = LearningSpec(apply_gradient_clipping=True)
    optimizer = build_optimizer({"optimizer": name, "learning_rate": 0.1, "gradient_max_norm": 2}, spec, 10)
    variable = keras.Variable([1.0, 1.0])
    optimizer.build([variable])
    optimizer.apply([keras.ops.convert_to_tensor([1.0, -1.0])], [variable])
    assert variable.numpy()[0] < variable.numpy()[1]


def test_clipping_bounds_the_norm_of_all_gradients_together() -> None:
    spec = LearningSpec(apply_gradient_clipping=True)
    optimizer = build_optimizer({"optimizer": "sgd", "learning_rate": 1.0, "gradient_max_norm": 5}, spec, 10)
    one, two = keras.Variable([0.0]), keras.Variable([0.0])
    optimizer.build([one, two])
    optimizer.apply([keras.ops.convert_to_tensor([30.0]), keras.ops.convert_to_tensor([40.0])], [one, two])
    assert (float(one.numpy()[0]), float(two.numpy()[0])) == pytest.approx((-3.0, -4.0))


def test_float16_scales_the_loss() -> None:
    optimizer = build_optimizer({"optimizer": "sgd", "learning_rate": 1.0}, LearningSpec(), 10, scales_loss=True)
    assert isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
