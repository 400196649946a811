"""One supervised trainer process, as its supervisor sees it."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading

from .. import files
from .flags import FLAGS
from .identity import name_of_child
from .threads import VARIABLES, set_threads


class TrainerChild:
    """A trainer process: started at once, watched by its exit status and its reports.

    Attributes:
      name: under which it claims trials.
      is_ready: whether it has opened the study.
      notes: what it found odd, in the data or in how the search ended.
      error: why no trainer can work on this study, as it reported; empty for none.
      is_outage: whether that is an outage of the trial database, which may be over by now.
      log: file that has its standard error.
    """

    def __init__(self, slot: int, size: int):
        self.is_ready = False
        self.notes: list[str] = []
        self.error = ""
        self.is_outage = False
        self.log = _log_path(slot)
        role = "lead" if slot == 0 else "helper"
        command = [sys.executable, "-P", "-m", "model_search.trainers.main", *sys.argv[1:], f"--supervised={role}"]
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=_environment(slot, size),
                # Ctrl-C is the supervisor's to handle.
                start_new_session=True,
            )
        self.name = name_of_child(self._process.pid, FLAGS.trainer_id)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            try:
                message = json.loads(line)
            except ValueError:
                # A user's block may print.
                continue
            if isinstance(message, dict):
                if "note" in message:
                    self.notes.append(str(message["note"]))
                self.is_ready = self.is_ready or bool(message.get("ready"))
                self.error = str(message.get("error", self.error))
                self.is_outage = self.is_outage or bool(message.get("is_outage"))

    @property
    def returncode(self) -> int | None:
        """Exit status, once it has ended and all its reports are read; None before."""
        if self._process.poll() is None:
            return None
        self._listener.join(timeout=5)
        return self._process.returncode

    def remove_log(self) -> None:
        """Takes back the log of a trainer that refused its input, and the folders that were made for it alone."""
        if self.log == os.devnull:
            return
        with contextlib.suppress(OSError):
            os.unlink(self.log)
            os.rmdir(os.path.dirname(self.log))
            os.rmdir(FLAGS.model_dir)

    def signal(self, number: int) -> None:
        """Sends a signal, if it still runs."""
        if self._process.poll() is None:
            self._process.send_signal(number)

    def kill(self) -> None:
        """Ends it at once."""
        self.signal(signal.SIGKILL)
        self._process.wait()


def _log_path(slot: int) -> str:
    """Standard error of each place in the crew goes to a file of its own; beside no local folder, nowhere."""
    if files.is_remote(FLAGS.model_dir):
        return os.devnull
    folder = os.path.join(FLAGS.model_dir, "logs")
    try:
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, f"trainer-{slot}.log")
        with open(path, "ab"):
            return path
    except OSError:
        # The trainer will say in its own words that the folder cannot be written.
        return os.devnull


def _environment(slot: int, size: int) -> dict[str, str]:
    """Shares the machine: processor cores and GPUs are dealt out, where the user has not dealt them out already."""
    environment = dict(os.environ)
    set_threads(FLAGS.threads_per_trainer, environment)
    if size > 1:
        cores = max(1, len(os.sched_getaffinity(0)) // size)
        for name in VARIABLES:
            environment.setdefault(name, str(cores))
        gpus = _gpu_count() if "CUDA_VISIBLE_DEVICES" not in environment else 0
        if gpus:
            environment["CUDA_VISIBLE_DEVICES"] = str(slot % gpus)
            # Several trainers on one GPU must not each take all of its memory.
            environment.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    return environment


def _gpu_count() -> int:
    program = shutil.which("nvidia-smi")
    if program is None:
        return 0
    listed = subprocess.run([program, "--list-gpus"], capture_output=True, text=True, check=False)
    return sum(line.startswith("GPU ") for line in listed.stdout.splitlines())
