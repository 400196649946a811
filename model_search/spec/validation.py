"""What a spec may say. Every error names the field, its value and what is allowed."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ..architecture import TURNS
from ..block import blocks
from ..errors import UsageError
from ..proto.search_spec_pb2 import ProblemType, SearchSpec
from ..registry import closest
from .checks import check_block, require, shown
from .distillation import check_distillation
from .early_stopping import check_early_stopping
from .ensembles import check_ensembles
from .names import OPTIMIZERS
from .refusals import refuse_unsupported
from .replay import check_replay
from .search_types import check_search
from .second_objective import check_second_objective
from .suggestions import check_suggestions
from .tasks import check_tasks
from .towers import form_of
from .transfer import check_transfer

HYPERTUNING_METHODS = ("random", "bayesian")


@dataclass(frozen=True)
class Limit:
    """What holds for one number of a spec."""

    field: str
    holds: Callable[[float], bool]
    allowed: str


def _at_least(field: str, low: int) -> Limit:
    return Limit(field, lambda value: value >= low, f"{low} or more")


def _from_zero_to_one(field: str) -> Limit:
    return Limit(field, lambda value: 0 <= value <= 1, "a number from 0 to 1")


def _share(field: str) -> Limit:
    return Limit(field, lambda value: 0 <= value < 1, "at least 0 and below 1")


def _positive(field: str) -> Limit:
    return Limit(field, lambda value: 0 < value < math.inf, "a finite number above 0")


_LIMITS = (
    _at_least("minimum_depth", 1),
    _at_least("maximum_depth", 1),
    _at_least("beam_size", 1),
    _at_least("embedding_size", 1),
    _positive("temperature"),
    _from_zero_to_one("increase_complexity_probability"),
    _from_zero_to_one("auxiliary_head_loss_weight"),
    _at_least("learning_spec.min_decay_times", 1),
    _at_least("learning_spec.max_decay_times", 1),
    _positive("learning_spec.min_learning_rate_decay_rate"),
    Limit("learning_spec.max_learning_rate_decay_rate", lambda value: 0 < value <= 1, "above 0 and at most 1"),
    _at_least("learning_spec.min_gradient_norm_when_clipping", 1),
    _at_least("learning_spec.max_gradient_norm_when_clipping", 1),
    Limit("learning_spec.min_l2_regularization", lambda value: 0 <= value < math.inf, "a finite number from 0"),
    Limit("learning_spec.max_l2_regularization", lambda value: 0 <= value < math.inf, "a finite number from 0"),
    _at_least("learning_spec.lr_warmup_steps", 0),
    _share("learning_spec.min_dropout"),
    _share("learning_spec.max_dropout"),
    _positive("learning_spec.min_learning_rate"),
    _positive("learning_spec.max_learning_rate"),
)

_RANGES = (
    ("minimum_depth", "maximum_depth"),
    ("learning_spec.min_decay_times", "learning_spec.max_decay_times"),
    ("learning_spec.min_learning_rate_decay_rate", "learning_spec.max_learning_rate_decay_rate"),
    ("learning_spec.min_gradient_norm_when_clipping", "learning_spec.max_gradient_norm_when_clipping"),
    ("learning_spec.min_l2_regularization", "learning_spec.max_l2_regularization"),
    ("learning_spec.min_dropout", "learning_spec.max_dropout"),
    ("learning_spec.min_learning_rate", "learning_spec.max_learning_rate"),
)


def validate(spec: SearchSpec) -> None:
    """Checks a spec, completed or not, against what this release does and the registered blocks.

    Raises:
      UsageError: the first thing that is wrong.
    """
    _check_problem_type(spec)
    refuse_unsupported(spec)
    for limit in _LIMITS:
        value = _value(spec, limit.field)
        require(limit.holds(value), limit.field, value, f"it must be {limit.allowed}")
    for low, high in _RANGES:
        require(
            _value(spec, low) <= _value(spec, high),
            low,
            _value(spec, low),
            f"it must not be above {high}, which is {shown(_value(spec, high))}",
        )
    _check_growth(spec)
    check_search(spec)
    check_early_stopping(spec)
    check_ensembles(spec)
    check_distillation(spec)
    check_second_objective(spec)
    check_transfer(spec)
    _check_phases(spec)
    _check_learning(spec)
    _check_blocks(spec)
    check_tasks(spec)
    check_suggestions(spec)
    check_replay(spec)


def _value(spec: SearchSpec, path: str) -> Any:
    value: Any = spec
    for name in path.split("."):
        value = getattr(value, name)
    return value


def _check_problem_type(spec: SearchSpec) -> None:
    if spec.problem_type == ProblemType.UNKNOWN_PROBLEM_TYPE:
        raise UsageError(
            "spec field problem_type is missing; it must be CNN (plates such as images), DNN (vectors),"
            " RNN_LAST_ACTIVATIONS (sequences with one label) or RNN_ALL_ACTIVATIONS (a label for each step)"
        )


def _check_growth(spec: SearchSpec) -> None:
    counts = list(spec.increase_complexity_minimum_trials)
    field = "increase_complexity_minimum_trials"
    require(all(count >= 0 for count in counts), field, counts, "every entry must be 0 or more")
    require(counts == sorted(counts), field, counts, "entries must not decrease: deeper towers come later")


def _check_phases(spec: SearchSpec) -> None:
    is_cnn = spec.problem_type == ProblemType.CNN
    require(is_cnn or not spec.use_auxiliary_head, "use_auxiliary_head", True, "it needs problem_type CNN")
    require(
        spec.use_auxiliary_head or not spec.auxiliary_head_loss_weight,
        "auxiliary_head_loss_weight",
        spec.auxiliary_head_loss_weight,
        "it needs use_auxiliary_head: true",
    )
    require(
        spec.cnn_data_format == "NHWC",
        "cnn_data_format",
        spec.cnn_data_format,
        "it must be 'NHWC': convolutions over NCHW do not run on CPUs",
    )
    require(
        spec.hypertuning_method in HYPERTUNING_METHODS,
        "hypertuning_method",
        spec.hypertuning_method,
        "it must be 'random' or 'bayesian'",
    )


def _check_learning(spec: SearchSpec) -> None:
    learning = spec.learning_spec
    require(
        not (learning.apply_exponential_decay and learning.apply_cosine_decay),
        "learning_spec.apply_cosine_decay",
        True,
        "it excludes apply_exponential_decay: choose one",
    )
    require(
        learning.apply_l2_regularization or not learning.divide_l2_by_examples,
        "learning_spec.divide_l2_by_examples",
        True,
        "it needs apply_l2_regularization: true",
    )
    for name in learning.optimizers:
        require(name in OPTIMIZERS, "learning_spec.optimizers", name, closest(name, OPTIMIZERS))
    _refuse_duplicates("learning_spec.optimizers", learning.optimizers)


def _check_blocks(spec: SearchSpec) -> None:
    if spec.HasField("replay") and not spec.blocks_to_use:
        return
    require(len(spec.blocks_to_use) > 0, "blocks_to_use", [], "it must name at least one block")
    _refuse_duplicates("blocks_to_use", spec.blocks_to_use)
    for name in spec.blocks_to_use:
        check_block(spec, "blocks_to_use", name)
    roles = [blocks[name].role for name in spec.blocks_to_use]
    require(
        any(role not in TURNS for role in roles),
        "blocks_to_use",
        list(spec.blocks_to_use),
        "it must have a block besides those that flatten or sum up",
    )
    form = form_of(spec)
    if form is not None and form.turn not in roles:
        check_block(spec, f"blocks_to_use (which names no {form.turn.value} block)", form.default)


def _refuse_duplicates(field: str, names: Iterable[str]) -> None:
    seen = set()
    for name in names:
        require(name not in seen, field, name, "it is there twice")
        seen.add(name)
