"""A trainer in a process of its own, and in the process of the command."""

import contextlib
import json
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

from ..errors import StudyError
from ..stop_after import StopAfter
from ..trial_store.contract import UnavailableError
from ..words import counted
from .flags import FLAGS
from .identity import dead_on_this_machine, trainer_name
from .interruption import interruptible
from .progress import Progress
from .quiet import start_tensorflow

GRACE_SECONDS = 20.0


def run_supervised(is_lead: bool) -> int:
    """A trainer under a supervisor: standard input is its life line, standard output its reports as JSON lines.

    It ends when the study is finished, on SIGTERM (the running trial is given back), and when the supervisor is gone.
    """
    stop = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    threading.Thread(target=_watch_life_line, args=(stop,), daemon=True).start()
    try:
        start_tensorflow()
        search = open_search_from_flags(stop)
        _report(ready=True)
        _work(search, lambda note: _report(note=note))
        if is_lead and not stop.is_set():
            from ..conclusion import conclude

            conclude(search)
    except StudyError as error:
        _report(error=" ".join(str(error).split()), is_outage=isinstance(error, UnavailableError))
        return 2
    return 0


def run_worker(time_limit: float) -> int:
    """One of the workers that TF_CONFIG names, in this process: the trainer, or one that it tells what to train."""
    start_tensorflow(joins=True)
    from ..training.workers import joined_workers

    workers = joined_workers()
    if workers is None:
        return run_here(time_limit)
    if workers.is_chief:
        try:
            return run_here(time_limit)
        finally:
            workers.tell(end=True)
    from ..follow import follow
    from .configuration import search_config

    trainings = follow(search_config(), workers)
    print(f"the chief ended the search; this worker took part in {counted(trainings, 'training')}")
    return 0


def run_here(time_limit: float) -> int:
    """One trainer in this process, with progress shown from a thread."""
    start_tensorflow()
    from .summary import finish

    with interruptible("the running trial is given back") as interruption:
        stop = interruption.stop
        search = open_search_from_flags(stop)
        progress = Progress(search.store, search.study)
        watcher = threading.Thread(target=_watch_progress, args=(progress, done := threading.Event()), daemon=True)
        with progress:
            watcher.start()
            try:
                with StopAfter(stop, time_limit) as limit:
                    _work(search, lambda note: print(f"note: {note}", flush=True))
            finally:
                done.set()
                watcher.join()
                with contextlib.suppress(UnavailableError):
                    progress.update()
        if not stop.is_set():
            from ..conclusion import conclude

            conclude(search)
        return finish(search.store, search.study, FLAGS.model_dir, limit.expired, interruption.status)


def open_search_from_flags(stop: threading.Event) -> Any:
    """The search that the flags say; what dead trainers of this machine left is taken back. Raises `StudyError`."""
    from ..open_search import open_search
    from .configuration import search_config

    search = open_search(search_config(), stop)
    store, study = search.store, search.study
    store.reap(study.id, dead_on_this_machine(store.running_trainers(study.id)))
    return search


def _work(search: Any, say: Callable[[str], None]) -> None:
    """Runs trials, and says what was odd in the data, before and after, and why the search ended early."""
    from ..trainer import work

    told = search.pipeline.provider.describe().notes
    for note in told:
        say(note)
    ended = work(search, trainer_name(FLAGS.trainer_id), FLAGS.lease_seconds)
    # Damage inside of images shows only when they are read.
    for note in search.pipeline.provider.describe().notes:
        if note not in told:
            say(note)
    if ended:
        say(ended)


def _report(**message: Any) -> None:
    print(json.dumps(message), flush=True)


def _watch_life_line(stop: threading.Event) -> None:
    # Reading gives nothing until the supervisor is gone, however it went.
    os.read(0, 1)
    stop.set()
    threading.Timer(GRACE_SECONDS, os._exit, args=(1,)).start()


def _watch_progress(progress: Progress, done: threading.Event) -> None:
    while not done.wait(1.0):
        with contextlib.suppress(UnavailableError):  # told to stop in the middle of an outage
            progress.update()
