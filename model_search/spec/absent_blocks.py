"""Published block names that this release does not have yet: refused in words of their own.

Building the blocks means deleting their lines here.
"""

import re

_ABSENT: tuple[tuple[str, str], ...] = ()


def absent_kind(name: str) -> str | None:
    """What a published block that is not there yet would be, with its article; None for any other name."""
    return next((kind for pattern, kind in _ABSENT if re.fullmatch(pattern, name)), None)
