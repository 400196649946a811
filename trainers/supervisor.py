"""Local trainers as supervised processes: one that dies is replaced, and its trial is taken up at once.

The supervisor imports no TensorFlow. The first trainer, the lead, checks everything and creates the study; the others
start when it has.
"""

import contextlib
import signal
import threading
import time

from ..errors import StudyError
from ..handle import StudyHandle, load
from ..stop_after import StopAfter
from ..trial_store.contract import UnavailableError
from .flags import FLAGS
from .interruption import interruptible
from .progress import Progress
from .summary import finish
from .trainer_child import TrainerChild

POLL_SECONDS = 0.2
STOP_SECONDS = 15.0
# A trainer that dies at its work spends an attempt of a trial, so that ends by itself; one that cannot start does not.
MAX_FAILED_STARTS = 3


def supervise(num_trainers: int, time_limit: float) -> int:
    """Runs so many trainers until the study is finished, interrupted or out of time; the exit status of `train`.

    Raises:
      StudyError: the lead trainer says so, or trainers cannot start.
    """
    with interruptible("running trials are given back") as interruption:
        stop = interruption.stop
        crew = Crew(num_trainers)
        try:
            if not crew.start_lead(stop):
                print("interrupted before the first trial; the same command starts again")
                return interruption.status
            handle = load(FLAGS.model_dir, FLAGS.trial_store)
            handle.store.outlast(stop)
            with StopAfter(stop, time_limit) as limit, Progress(handle.store, handle.study) as progress:
                with contextlib.suppress(UnavailableError):  # told to stop in the middle of an outage
                    while crew.tend(handle) and not stop.is_set():
                        progress.update()
                        stop.wait(POLL_SECONDS)
                crew.stop()
                crew.give_back(handle)
                progress.update()
        finally:
            crew.kill()
    return finish(handle.store, handle.study, FLAGS.model_dir, limit.expired, interruption.status)


class Crew:
    """The trainers of one supervisor."""

    def __init__(self, size: int):
        self._size = size
        self._children: dict[int, TrainerChild] = {}
        self._failed_starts = 0
        self._is_open = False
        self._told: set[str] = set()

    def start_lead(self, stop: threading.Event) -> bool:
        """Starts the lead and waits until it has opened the study; False when told to stop before."""
        self._start(0)
        while not self._children[0].is_ready:
            if stop.wait(POLL_SECONDS):
                # It may have begun its first trial meanwhile, which is to be given back.
                return self._children[0].is_ready
            if self._children[0].returncode is not None:
                self._mourn(0)
                self._start(0)
        self._is_open = True
        self._pass_on_notes()
        for slot in range(1, self._size):
            self._start(slot)
        return True

    def tend(self, handle: StudyHandle) -> bool:
        """Replaces trainers that died; False when all have finished their work."""
        self._pass_on_notes()
        for slot, child in list(self._children.items()):
            if child.returncode is None:
                continue
            if child.returncode == 0:
                self._pass_on_notes()
                del self._children[slot]
                continue
            self._mourn(slot)
            handle.store.reap(handle.study.id, [child.name])
            self._start(slot)
        return bool(self._children)

    def _pass_on_notes(self) -> None:
        """Prints what trainers found odd; what several say, once."""
        for note in [note for child in self._children.values() for note in child.notes]:
            if note not in self._told:
                self._told.add(note)
                print(f"note: {note}", flush=True)

    def _start(self, slot: int) -> None:
        self._children[slot] = TrainerChild(slot, self._size)

    def _mourn(self, slot: int) -> None:
        """Raises where a dead trainer's end means that none can work."""
        child = self._children[slot]
        if child.is_outage and self._is_open:
            return  # the database has been there, so its address is right
        if child.error:
            if not child.is_ready:
                child.remove_log()
            raise StudyError(child.error)
        if child.is_ready:
            self._failed_starts = 0
            return
        self._failed_starts += 1
        if self._failed_starts >= MAX_FAILED_STARTS:
            raise StudyError(f"{MAX_FAILED_STARTS} trainers in a row died before their first trial; see {child.log}")

    def stop(self) -> None:
        """Asks all to give back their trials and to end; waits a little, then kills."""
        for child in self._children.values():
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while any(child.returncode is None for child in self._children.values()) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        self.kill()

    def give_back(self, handle: StudyHandle) -> None:
        """Returns to the database what trainers that ended without a word still hold."""
        handle.store.reap(handle.study.id, [child.name for child in self._children.values()])

    def kill(self) -> None:
        """Ends all at once."""
        for child in self._children.values():
            child.kill()
