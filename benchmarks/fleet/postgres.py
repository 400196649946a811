"""A PostgreSQL server of one's own, in a temporary folder: its restarts disturb nobody else."""

import os
import shutil
import socket
import subprocess
import threading
from pathlib import Path
from types import TracebackType

CONNECTIONS = 500


class PrivatePostgres:
    """A context manager; needs PostgreSQL's programs (`initdb`, `pg_ctl`), and as root the user `postgres`.

    Attributes:
      url: of an empty database in it.
    """

    def __init__(self, folder: Path):
        self._folder, self._port = folder, free_port()
        self._restarting = threading.Lock()
        self._programs = _programs()
        self._user = "postgres" if os.geteuid() == 0 else None
        self.url = f"postgresql+psycopg://trainers@127.0.0.1:{self._port}/postgres"

    def __enter__(self) -> "PrivatePostgres":
        self._folder.mkdir()
        if self._user:
            shutil.chown(self._folder, self._user)
            for parent in self._folder.parents[: len(self._folder.parents) - 2]:
                parent.chmod(parent.stat().st_mode | 0o011)  # so that the user gets there
        self._run("initdb", "-D", self._data, "-U", "trainers", "-A", "trust", "-E", "UTF8", "--locale=C")
        with open(f"{self._data}/postgresql.conf", "a") as settings:
            settings.write(
                f"\nport = {self._port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{self._folder}'\n"
                f"max_connections = {CONNECTIONS}\n"
                # Clients that stand still while they connect hold up its end for so long.
                "authentication_timeout = 10s\n"
            )
        self._control("start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._control("stop", "-m", "immediate")

    def stop(self) -> None:
        """Stops it; transactions are undone."""
        self._control("stop", "-m", "fast")

    def start(self) -> None:
        """Starts it again, at the same port."""
        self._control("start")

    def restart(self, mode: str) -> None:
        """Stops it, `fast` (transactions are undone) or `immediate` (as if it had crashed), and starts it again."""
        with self._restarting:
            self._control("restart", "-m", mode)

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", self._data, "-w", "-t", "300", "-l", str(self._folder / "log"), *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._programs / program), *arguments],
            check=True, user=self._user, group=self._user, extra_groups=[] if self._user else None,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, cwd="/",
        )  # fmt: skip


def is_installed() -> bool:
    """Whether PostgreSQL's programs are here."""
    try:
        return bool(_programs())
    except SystemExit:
        return False


def _programs() -> Path:
    found = shutil.which("initdb")
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not (found or versions):
        raise SystemExit("initdb is not here: install PostgreSQL (Debian: apt install postgresql)")
    return Path(found or versions[-1]).parent


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
