"""Opening studies, and saying what is wrong when two differ."""

import contextlib
import difflib
from collections.abc import Iterator

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from ...study import Study, StudyConfig
from ..contract import StudyMismatchError
from ..texts import check_config
from .encoding import study_identity, study_of, study_values
from .tables import studies


def open_study(connection: Connection, config: StudyConfig) -> Study:
    """Creates the study or opens it and sets its budget.

    Raises:
      StudyMismatchError: it differs.
    """
    check_config(config)
    stored = find_study(connection, config.owner, config.name) or _created(connection, config)
    if differing := list(differences(stored.config, config)):
        raise StudyMismatchError(
            f"experiment {config.name!r} of {config.owner!r} exists with other settings (stored, then given): "
            f"{'; '.join(differing)}; choose another experiment name, or the same settings to resume"
        )
    if stored.config.max_trials != config.max_trials:
        change = update(studies).where(studies.c.id == stored.id)
        connection.execute(change.values(max_trials=config.max_trials))
    return Study(stored.id, config)


def _created(connection: Connection, config: StudyConfig) -> Study:
    # On a server another process may create it in this moment: then it is that one's study.
    with contextlib.suppress(IntegrityError), connection.begin_nested():
        connection.execute(insert(studies).values(**study_values(config)))
    study = find_study(connection, config.owner, config.name)
    assert study is not None
    return study


def find_study(connection: Connection, owner: str, name: str) -> Study | None:
    """The study of this owner and name, or None."""
    query = select(studies).where(studies.c.identity == study_identity(owner, name))
    row = connection.execute(query).one_or_none()
    return None if row is None else study_of(row)


def all_studies(connection: Connection) -> list[Study]:
    """All studies, oldest first."""
    return [study_of(row) for row in connection.execute(select(studies).order_by(studies.c.id))]


def differences(stored: StudyConfig, given: StudyConfig) -> Iterator[str]:
    """A phrase for each thing in which two studies of one name differ, the budget left out."""
    if stored.spec != given.spec:
        yield f"spec: {_changed_lines(stored.spec, given.spec)}"
    if stored.data != given.data:
        yield f"data: {'; '.join(changed_data(stored.data, given.data))}"
    pairs = {
        "metric": (stored.objective.metric, given.objective.metric),
        "goal": (stored.objective.goal.value, given.objective.goal.value),
        "seed": (str(stored.seed), str(given.seed)),
    }
    for key in sorted({*stored.settings, *given.settings}):
        pairs[key] = (stored.settings.get(key, "(not set)"), given.settings.get(key, "(not set)"))
    for name, (old, new) in pairs.items():
        if old != new:
            yield f"{name}: {_shortened(old)}, {_shortened(new)}"


# What a line that identifies data says of them, in words; the rest of its `name=value` items speak for themselves.
_WORDS = {
    "rows": "examples (training+evaluation+test)",
    "texts": "texts",
    "images": "images (training+evaluation+test)",
    "sounds": "sounds (training+evaluation+test)",
    "encoding": "version of the encoding",
    "validation": "validation_fraction",
    "test": "test_fraction",
}


def changed_data(stored: str, given: str) -> list[str]:
    """Phrases for what differs between two lines that identify data; digests are left out.

    Such a line has items `name=value`, digests `sha256:...` and words.
    """
    old, new = _items(stored), _items(given)
    changed = [
        f"{_WORDS.get(name, name)}: {_shortened(old.get(name, '(not set)'))}, {_shortened(new.get(name, '(not set)'))}"
        for name in dict.fromkeys([*old, *new])
        if old.get(name) != new.get(name)
    ]
    return changed or ["other values, in as many examples and of the same form"]


def _items(line: str) -> dict[str, str]:
    """Items by name, the words that belong to none under `kind`."""
    items: dict[str, str] = {"kind": ""}
    name = "kind"
    for word in line.split(" "):
        if word.startswith("sha256:"):
            continue
        found, equals, value = word.partition("=")
        if equals and found.isidentifier():
            name, items[found] = found, value
        else:
            # A value with blanks goes on.
            items[name] = f"{items[name]} {word}".strip()
    return items


def _changed_lines(old: str, new: str) -> str:
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm="")
    changed = [line for line in list(lines)[2:] if not line.startswith("@@")]
    return _shortened(" ".join(f"{line[0]}{line[1:].strip()}" for line in changed), 300)


def _shortened(text: str, limit: int = 80) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
