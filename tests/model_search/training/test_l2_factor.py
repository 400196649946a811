"""The factor of L2 by hand: as the trial has it, or per example that it trains on."""

import numpy as np
import pytest
import tensorflow as tf

from model_search.architecture import Architecture
from model_search.data.arrays.arrays import provider_from
from model_search.data.pipeline import Pipeline
from model_search.data.provider import DataOptions
from model_search.proto.search_spec_pb2 import SearchSpec
from model_search.study import Suggestion
from model_search.training.fit import Fit, l2_factor
from model_search.training.options import TrainingOptions

TRAINED = 80


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    """100 rows, of which 20 are for evaluation."""
    x = np.random.default_rng(0).normal(size=(100, 3))
    return Pipeline(provider_from((x, np.arange(100) % 2), options=DataOptions(validation_fraction=0.2)), 4)


@pytest.mark.parametrize(
    ("divides", "values", "steps", "expected"),
    [
        (False, {"l2_regularization": 2.0}, 500, 2.0),
        (False, {}, 500, 0.0),
        (True, {"l2_regularization": 2.0}, 500, 2.0 / TRAINED),
        (True, {"l2_regularization": 2.0}, 10, 2.0 / 40),
    ],
    ids=["as it is", "none", "all rows are seen", "ten batches of four are seen"],
)
def test_factor(pipeline: Pipeline, divides: bool, values: dict, steps: int, expected: float) -> None:
    spec = SearchSpec(learning_spec={"apply_l2_regularization": True, "divide_l2_by_examples": divides})
    suggestion = Suggestion(Architecture.of(["IDENTITY"]), values)
    options = TrainingOptions(train_steps=steps, batch_size=4)
    plan = Fit(spec, suggestion, pipeline, options, tf.distribute.get_strategy(), steps, 0, "unused")
    assert l2_factor(plan) == pytest.approx(expected)
