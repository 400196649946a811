"""The command as a process of its own."""

import os
import subprocess
import sys


def command_line(*arguments: object) -> list[str]:
    """The command as a process."""
    return [sys.executable, "-P", "-m", "model_search.trainers.main", *map(str, arguments)]


def start(*arguments: object, **keywords) -> subprocess.Popen:
    """Starts the command as a process, its output piped, in a group of its own."""
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        command_line(*arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        start_new_session=True,
        **keywords,
    )
