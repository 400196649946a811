"""Names of trainers, and whether the process behind a name still lives."""

import os
import socket
from collections.abc import Iterable

import psutil


def trainer_name(label: str = "") -> str:
    """A name that no other trainer ever has: `[label@]host:pid:start time of the process`."""
    return f"{label}@{_process_name(os.getpid())}" if label else _process_name(os.getpid())


def name_of_child(pid: int, label: str = "") -> str:
    """The name that `trainer_name` gives in process `pid` of this machine."""
    return f"{label}@{_process_name(pid)}" if label else _process_name(pid)


def _process_name(pid: int) -> str:
    # The kernel gives a pid again, but not with the same start time.
    return f"{socket.gethostname()}:{pid}:{int(psutil.Process(pid).create_time() * 100)}"


def dead_on_this_machine(names: Iterable[str]) -> list[str]:
    """Those of the trainers that ran on this machine and whose process is gone.

    Names of other machines, and names of another form, are never among them: only their lease can tell.
    """
    return [name for name in names if _is_dead_here(name)]


def _is_dead_here(name: str) -> bool:
    host, _, rest = name.rpartition("@")[2].partition(":")
    pid, _, started = rest.partition(":")
    if host != socket.gethostname() or not (pid.isdigit() and started.isdigit()):
        return False
    try:
        process = psutil.Process(int(pid))
        if process.status() == psutil.STATUS_ZOMBIE:
            return True
        return int(process.create_time() * 100) != int(started)
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False
