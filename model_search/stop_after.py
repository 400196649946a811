"""A limit of time."""

import threading


class StopAfter:
    """Sets an event when a time is over; a context manager. No limit for 0 seconds."""

    def __init__(self, event: threading.Event, seconds: float):
        self.expired = False
        self._event = event
        self._timer = threading.Timer(seconds, self._stop) if seconds > 0 else None
        if self._timer:
            self._timer.daemon = True

    def _stop(self) -> None:
        self.expired = True
        self._event.set()

    def __enter__(self) -> "StopAfter":
        if self._timer:
            self._timer.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._timer:
            self._timer.cancel()
