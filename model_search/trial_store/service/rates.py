"""Limits of rate, by connection."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

KNOWN_PEERS = 10_000


class Rates:
    """A bucket of calls for each connection, refilled steadily; it holds what two seconds fill."""

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic):
        """Args: calls per second of one connection, above 0."""
        self._per_second = per_second
        self._most = max(1.0, 2 * per_second)
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def takes(self, peer: str) -> bool:
        """Whether the connection may make a call now; it is counted if so."""
        now = self._clock()
        with self._lock:
            left, since = self._buckets.pop(peer, (self._most, now))
            left = min(self._most, left + (now - since) * self._per_second)
            allowed = left >= 1
            self._buckets[peer] = (left - 1 if allowed else left, now)
            if len(self._buckets) > KNOWN_PEERS:
                self._buckets.popitem(last=False)  # the one that has been silent for longest
        return allowed
