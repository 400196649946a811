"""A trial service behind a proxy that cuts connections."""

import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType

from .postgres import free_port

BENCHMARKS = Path(__file__).parents[1]


class Service:
    """A context manager: `model_search serve` in front of a database, and a proxy in front of that.

    Attributes:
      url: of the proxy.
    """

    def __init__(self, database: str, log: Path):
        self._port, outside = free_port(), free_port()
        self.url = f"grpc://127.0.0.1:{outside}"
        self._command = [sys.executable, "-P", "-m", "model_search.trainers.main", "serve", f"--trial_store={database}",
                         f"--port={self._port}"]  # fmt: skip
        self._proxy_command = [sys.executable, "-m", "fleet.proxy", str(outside), str(self._port)]
        self._log = log
        self._lock, self._restarting = threading.Lock(), threading.Lock()

    def __enter__(self) -> "Service":
        self._proxy = subprocess.Popen(
            self._proxy_command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=BENCHMARKS
        )
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in (self._process, self._proxy):
            process.kill()
            process.wait()

    def restart(self, number: signal.Signals) -> int:
        """Ends it by this signal and starts it again; once."""
        with self._restarting:
            self._process.send_signal(number)
            self._process.wait()
            self._start()
        return 1

    def cut(self, part: float) -> int:
        """Cuts so large a part of the connections; how many."""
        assert self._proxy.stdin is not None and self._proxy.stdout is not None
        with self._lock:
            self._proxy.stdin.write(f"{part}\n")
            self._proxy.stdin.flush()
            return int(self._proxy.stdout.readline())

    def _start(self) -> None:
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self._process.stdout is not None
        if "serving" not in self._process.stdout.readline():
            raise RuntimeError(f"the service did not start: {self._log.read_text()[-1000:]}")
