"""The model directory: what lies in it, and which experiment it belongs to."""

import json
import os
import tempfile
from collections.abc import Mapping
from typing import Any

from . import files
from .errors import UsageError

STUDY_FILE = "study.json"
SIGNATURE_FILE = "signature.json"
DATABASE_FILE = "search.db"
TEST_FILE = "test_metrics.json"
NOTES_FILE = "notes.txt"
UNTAUGHT = "taught by nobody"
"""How the note of a student begins whose teacher was lost before it was trained."""
REFIT_FOLDER = "refit"
REFIT_REPORT = "refit.json"


def store_url(model_dir: str, trial_store: str = "") -> str:
    """The database's URL: as given, or SQLite inside the model directory.

    Raises:
      UsageError: none is given and the model directory is not on a local disk.
    """
    if trial_store:
        return trial_store
    if files.is_remote(model_dir):
        raise UsageError(f"--model_dir={model_dir} is not a local folder: it needs --trial_store=<database URL>")
    return f"sqlite:///{os.path.join(os.path.abspath(model_dir), DATABASE_FILE)}"


def prepare_model_dir(model_dir: str, owner: str, name: str) -> None:
    """Creates the model directory.

    Raises:
      UsageError: it cannot be written, or holds another experiment, whose files would be overwritten.
    """
    try:
        files.make_folder(model_dir)
        if not files.is_remote(model_dir):
            with tempfile.TemporaryFile(dir=model_dir):
                pass
    except OSError as error:
        raise UsageError(f"--model_dir={model_dir} cannot be written: {error.strerror or error}") from None
    known = read_study_file(model_dir)
    if known and (known["owner"], known["name"]) != (owner, name):
        raise UsageError(
            f"--model_dir={model_dir} holds experiment {known['name']!r} of {known['owner']!r}; "
            f"experiment {name!r} of {owner!r} needs a folder of its own"
        )


def record_study(model_dir: str, owner: str, name: str, has_own_store: bool, signature: Mapping[str, Any]) -> None:
    """Writes what other commands need to find the study and to read raw input for its models."""
    study = {"owner": owner, "name": name, "local_store": has_own_store}
    for file, content in ((STUDY_FILE, study), (SIGNATURE_FILE, signature)):
        files.write_atomically(files.join(model_dir, file), json.dumps(content, indent=1).encode())


def read_study_file(model_dir: str) -> Mapping[str, str]:
    """Owner and name of the experiment that a model directory holds; empty for none."""
    content = files.read_bytes(files.join(model_dir, STUDY_FILE))
    return json.loads(content) if content else {}


def refitted_model(model_dir: str, number: int) -> str | None:
    """Path of the model that was trained on all examples when the search was over, if it is one of trial `number`."""
    content = files.read_bytes(files.join(model_dir, REFIT_FOLDER, REFIT_REPORT))
    known: dict[str, Any] = json.loads(content) if content else {}
    return files.join(model_dir, REFIT_FOLDER, "model.keras") if known.get("trial") == number else None


def trial_folder(model_dir: str, number: int) -> str:
    """Where trial `number` keeps its files."""
    return files.join(model_dir, "trials", str(number))


def add_note(model_dir: str, number: int, note: str) -> None:
    """Remembers a line about how a trial went that its suggestion and its result do not say; the same line once."""
    known = notes_of(model_dir, number)
    line = " ".join(note.split())
    if line not in known:
        files.make_folder(trial_folder(model_dir, number))
        path = files.join(trial_folder(model_dir, number), NOTES_FILE)
        files.write_atomically(path, "".join(f"{each}\n" for each in (*known, line)).encode())


def is_untaught(model_dir: str, number: int) -> bool:
    """Whether a student was trained without its teacher, which was lost."""
    return any(note.startswith(UNTAUGHT) for note in notes_of(model_dir, number))


def notes_of(model_dir: str, number: int) -> list[str]:
    """What was noted about a trial."""
    content = files.read_bytes(files.join(trial_folder(model_dir, number), NOTES_FILE))
    return content.decode(errors="replace").splitlines() if content else []
