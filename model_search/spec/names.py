"""Names of the hyperparameters that a trial may have."""

LEARNING_RATE = "learning_rate"
OPTIMIZER = "optimizer"
DECAY_RATE = "exponential_decay_rate"
DECAY_STEPS = "exponential_decay_steps"
GRADIENT_NORM = "gradient_max_norm"
L2 = "l2_regularization"
DROPOUT = "dropout_rate"

NO_DROPOUT = -1.0

OPTIMIZERS = ("momentum", "sgd", "adagrad", "adam", "rmsprop", "adamw", "nadam", "lion")
DEFAULT_OPTIMIZERS = OPTIMIZERS[:5]


def block_prefix(place: int, block: str) -> str:
    """What the names of a block's own hyperparameters begin with; `place` counts the architecture's blocks from 0."""
    return f"{place}_{block}/"


def is_block_specific(name: str) -> bool:
    """Whether a hyperparameter belongs to one block of a tower, so that other towers may not have it."""
    return "/" in name
