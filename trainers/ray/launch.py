"""Runs the trainers of one search on a Ray cluster, as many as there is work and room for."""

import contextlib
import sys
import threading
import time
from typing import Any

from ...errors import StudyError, UsageError
from ...handle import StudyHandle, load
from ...stop_after import StopAfter
from ...trial_store.contract import UnavailableError
from ..flags import FLAGS
from ..interruption import interruptible
from ..progress import Progress
from ..summary import finish
from .actor import TrainerActor
from .plan import Plan, check_shared

POLL_SECONDS = 0.5
STOP_SECONDS = 20.0


def launch(plan: Plan, address: str, time_limit: float) -> int:
    """Runs the search until it is finished, interrupted or out of time; the exit status of `launch`.

    Args:
      plan: numbers and resources of trainers.
      address: of the cluster; empty: a cluster of this machine alone is started for the search.
      time_limit: seconds; 0 for none.

    Raises:
      StudyError: a trainer says that none can work.
      UsageError: Ray is not installed, or cannot be reached.
    """
    ray = _connected(address)
    try:
        check_shared(FLAGS.trial_store, len({node["NodeManagerHostname"] for node in ray.nodes() if node["Alive"]}))
        with interruptible("running trials are given back") as interruption:
            fleet = Fleet(ray, plan)
            handle = fleet.open(interruption.stop)
            if handle is None:
                print("interrupted before the first trial; the same command starts again")
                return interruption.status
            stop = interruption.stop
            handle.store.outlast(stop)
            with StopAfter(stop, time_limit) as limit, Progress(handle.store, handle.study) as progress:
                with contextlib.suppress(UnavailableError):  # told to stop in the middle of an outage
                    while fleet.tend(handle) and not stop.is_set():
                        progress.update()
                        stop.wait(POLL_SECONDS)
                if stop.is_set():
                    fleet.stop()
                else:
                    fleet.conclude()
                progress.update()
        return finish(handle.store, handle.study, FLAGS.model_dir, limit.expired, interruption.status)
    finally:
        ray.shutdown()


def _connected(address: str) -> Any:
    try:
        import ray
    except ModuleNotFoundError:
        raise UsageError("--engine=ray: Ray is not installed; run: pip install 'model-search[ray]'") from None
    try:
        # No dashboard for a cluster that lasts as long as the search.
        own = {} if address else {"include_dashboard": False}
        ray.init(address or None, log_to_driver=False, logging_level="ERROR", **own)
    except ConnectionError as error:
        raise UsageError(f"--ray_address={address}: no cluster is there ({' '.join(str(error).split())})") from None
    return ray


class Fleet:
    """The trainers of one search. The first one, which waits until the study is finished, opens and concludes it."""

    def __init__(self, ray: Any, plan: Plan):
        self._ray, self._plan = ray, plan
        self._class = ray.remote(**plan.actor_options)(TrainerActor)
        self._actors: dict[Any, Any] = {}  # by what `work` will give
        self._told: set[str] = set()
        self._lead: Any = None

    def open(self, stop: threading.Event) -> StudyHandle | None:
        """Starts the first trainer and waits until it has opened the study; None when told to stop before."""
        self._lead = self._new()
        opened = self._lead.open.remote()
        begin, warned = time.monotonic(), False
        while not self._ray.wait([opened], timeout=POLL_SECONDS)[0]:
            if stop.is_set():
                self._ray.kill(self._lead)
                return None
            if not warned and time.monotonic() - begin > 30 and self._is_crowded():
                warned = True
                self._tell(f"waiting for room: a trainer takes {self._plan.cpus:g} CPUs and {self._plan.gpus:g} GPUs")
        self._take(self._ray.get(opened))
        self._actors[self._lead.work.remote(True)] = self._lead
        return load(FLAGS.model_dir, FLAGS.trial_store)

    def tend(self, handle: StudyHandle) -> bool:
        """Adds trainers where there is work for more; False when the study is finished.

        Those beyond the least number leave when there is nothing to claim, and are missed no longer. Ray itself starts
        again those that die, and holds back those for which it has no room yet.
        """
        for work in self._ray.wait(list(self._actors), num_returns=len(self._actors), timeout=0)[0]:
            actor = self._actors.pop(work)
            self._take(self._ray.get(work))
            if actor is self._lead:
                return False
            self._ray.kill(actor)
        wanted = self._plan.wanted(handle.store.counts(handle.study.id), handle.study.config.max_trials)
        while len(self._actors) < wanted:
            actor = self._new()
            self._actors[actor.work.remote(len(self._actors) < self._plan.least)] = actor
        return True

    def stop(self) -> None:
        """Lets trainers give back what they run, and ends them."""
        for actor in self._actors.values():
            actor.stop.remote()
        self._ray.wait(list(self._actors), num_returns=len(self._actors), timeout=STOP_SECONDS)

    def conclude(self) -> None:
        """What is done once, by the first trainer."""
        self._take(self._ray.get(self._lead.conclude.remote()))

    def _new(self) -> Any:
        return self._class.remote(sys.argv, self._plan.threads, 0 < self._plan.gpus < 1)

    def _is_crowded(self) -> bool:
        free = self._ray.available_resources()
        return free.get("CPU", 0) < self._plan.cpus or free.get("GPU", 0) < self._plan.gpus

    def _take(self, said: dict[str, Any]) -> None:
        """Prints notes, each once. Raises what no trainer can mend."""
        if "error" in said:
            raise StudyError(said["error"])
        for note in said.get("notes", ()):
            self._tell(note)

    def _tell(self, note: str) -> None:
        if note not in self._told:
            self._told.add(note)
            print(f"note: {note}", flush=True)
