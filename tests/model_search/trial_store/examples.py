"""Small values that the tests of the trial database share."""

from typing import Any

from model_search.architecture import Architecture
from model_search.study import Goal, Objective, Result, StudyConfig, Suggestion

ACCURACY = Objective("accuracy", Goal.MAXIMIZE)


def config(**changes: Any) -> StudyConfig:
    values: dict[str, Any] = {
        "owner": "ada",
        "name": "digits",
        "spec": "minimum_depth: 2\nbeam_size: 1\n",
        "data": "digits.csv 1797 rows",
        "objective": ACCURACY,
        "seed": 7,
        "max_trials": 5,
        "settings": {"train_steps": "500", "batch_size": "32"},
    }
    return StudyConfig(**values | changes)


def suggestion(*blocks: str, rate: float = 0.1, **changes: Any) -> Suggestion:
    return Suggestion(Architecture.of(blocks or ("DENSE",)), {"learning_rate": rate}, **changes)


def result(objective: float = 0.9, loss: float = 0.3, **changes: Any) -> Result:
    values: dict[str, Any] = {
        "objective": objective,
        "loss": loss,
        "metrics": {"accuracy": objective, "loss": loss},
        "parameters": 1234,
        "seconds": 1.5,
        "model": "trials/1/model.keras",
    }
    return Result(**values | changes)
