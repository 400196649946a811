"""Where in a tower a block may stand."""

import enum


class Role(enum.Enum):
    """Where in a tower a block may stand."""

    PLATE = "plate"  # (batch, height, width, channels) to the same rank
    FLATTEN = "flatten"  # (batch, height, width, channels) to (batch, features)
    VECTOR = "vector"  # (batch, features) to (batch, features)
    SEQUENCE = "sequence"  # (batch, time, features) to the same rank
    SUMMARY = "summary"  # (batch, time, features) to (batch, features)
    ANY = "any"  # keeps whatever rank it gets
