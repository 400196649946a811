"""What encoded examples look like: what towers are built for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Encoding:
    """Encoded features.

    Attributes:
      shape: of one example: (features,), (height, width, channels), (time, features), or (time,) for token ids.
      has_lengths: whether examples are sequences that come as a dict of `x` and `lengths`.
      vocabulary_size: 1 + the largest token id where `x` holds ids (0 is padding); 0 where it holds numbers.
    """

    shape: tuple[int, ...]
    has_lengths: bool = False
    vocabulary_size: int = 0
