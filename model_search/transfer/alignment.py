"""Which blocks of a tower are those of an earlier one, when some were added, taken away or replaced."""

from collections.abc import Sequence


def aligned(parent: Sequence[str], child: Sequence[str]) -> dict[int, int]:
    """Place in the parent by place in the child, of blocks that the shortest edit between them leaves as they are.

    A longest common subsequence, so a new block in the middle does not shift the matches of its neighbours. Of several
    the one that matches a common start first, then a common end, then the earliest blocks.
    """
    shorter = min(len(parent), len(child))
    start = 0
    while start < shorter and parent[start] == child[start]:
        start += 1
    end = 0
    while end < shorter - start and parent[-1 - end] == child[-1 - end]:
        end += 1
    pairs = {place: place for place in range(start)}
    middle = _longest(parent[start : len(parent) - end], child[start : len(child) - end])
    pairs |= {start + at: start + of for at, of in middle.items()}
    return pairs | {len(child) - 1 - place: len(parent) - 1 - place for place in reversed(range(end))}


def _longest(parent: Sequence[str], child: Sequence[str]) -> dict[int, int]:
    """The same by dynamic programming: `best[i][j]` matches are possible from parent i and child j on."""
    best = [[0] * (len(child) + 1) for _ in range(len(parent) + 1)]
    for i in reversed(range(len(parent))):
        for j in reversed(range(len(child))):
            matched = best[i + 1][j + 1] + 1 if parent[i] == child[j] else 0
            best[i][j] = max(matched, best[i + 1][j], best[i][j + 1])
    pairs: dict[int, int] = {}
    i = j = 0
    while i < len(parent) and j < len(child):
        if parent[i] == child[j]:
            pairs[j] = i
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs
