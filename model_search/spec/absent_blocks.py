"""Published block names that this release does not have yet: refused in words of their own.

Building the blocks means deleting their lines here.
"""

import re

_ABSENT = (
    (r"(SKIP_)?(RNN_CELL|(BI_)?LSTM)_\d+", "a sequence block"),
    (r"RECURRENT_DENSE_\d+|(SKIP_)?CONV1D_\d+_\d+", "a sequence block"),
    (r"SVDF_(CELL|CONV)(_\d+){3,4}|TUNABLE_SVDF", "a sequence block"),
    (r"CIFAR_NASA(_REDUCTION)?", "a NASNet cell"),
)


def absent_kind(name: str) -> str | None:
    """What a published block that is not there yet would be, with its article; None for any other name."""
    return next((kind for pattern, kind in _ABSENT if re.fullmatch(pattern, name)), None)
