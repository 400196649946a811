"""Tells once of each kind of refusal, however often a client is refused."""

import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger("model_search.service")

QUIET_SECONDS = 60.0
# More clients than this at once are told of as one.
KNOWN_CLIENTS = 1000


class Refusals:
    """Writes the first refusal of a kind and client to the log, then at most one line a minute with their number."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._lock = threading.Lock()
        self._told: dict[tuple[str, str], tuple[float, int]] = {}

    def tell(self, peer: str, reason: str) -> None:
        """Notes a refusal. Args: the client as gRPC names it, and the reason, without any secret."""
        host, now = host_of(peer), self._clock()
        with self._lock:
            if (host, reason) not in self._told and len(self._told) >= KNOWN_CLIENTS:
                host = "many clients"
            told, silent = self._told.get((host, reason), (None, 0))
            is_quiet = told is not None and now < told + QUIET_SECONDS
            self._told[host, reason] = (told, silent + 1) if is_quiet and told is not None else (now, 0)
        if not is_quiet:
            more = f" ({silent} more since the last such line)" if silent else ""
            log.warning("refused %s: %s%s", host, reason, more)


def host_of(peer: str) -> str:
    """The machine of a client that gRPC calls `ipv4:10.0.0.1:4711`."""
    return peer.rpartition(":")[0] or peer
