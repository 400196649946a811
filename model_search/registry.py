"""Registries: names to things, filled by plug-ins."""

import difflib
import inspect
from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar

from .errors import UsageError

T = TypeVar("T")


def closest(name: str, known: Iterable[str], count: int = 3) -> str:
    """Sentence end that offers the near known names; where none is near, all of a short list or the nearest."""
    names = sorted(known)
    if not names:
        return "there is none"
    near = _nearest(name, names, count, cutoff=0.5)
    if near:
        return f"did you mean {' or '.join(near)}?"
    if len(names) <= 12:
        return f"known: {', '.join(names)}"
    return f"{len(names)} names are known; nearest: {', '.join(_nearest(name, names, count, cutoff=0))}"


def _nearest(name: str, names: list[str], count: int, cutoff: float) -> list[str]:
    """At most `count` names (ones that differ in case only count as one) of at least this similarity, best first."""
    near = difflib.get_close_matches(name.upper(), [n.upper() for n in names], n=count, cutoff=cutoff)
    return sorted((n for n in names if n.upper() in near), key=lambda n: near.index(n.upper()))


def place_of(thing: Any) -> str:
    """Where a class or function is defined, as `file:line`, or its module where that is unknown."""
    try:
        return f"{inspect.getsourcefile(thing)}:{inspect.getsourcelines(thing)[1]}"
    except (OSError, TypeError):
        return str(getattr(thing, "__module__", thing))


class Registry(Generic[T]):
    """Maps names to values; refuses a second registration and names the place of the first."""

    def __init__(self, kind: str):
        self.kind = kind
        self._values: dict[str, T] = {}
        self._places: dict[str, str] = {}

    def add(self, name: str, value: T, place: str) -> None:
        """Registers `value`.

        Raises:
          UsageError: `name` is taken by a registration made elsewhere.
        """
        if name in self._values:
            raise UsageError(f"{self.kind} {name!r} at {place} is already registered at {self._places[name]}")
        self._values[name] = value
        self._places[name] = place

    def __getitem__(self, name: str) -> T:
        try:
            return self._values[name]
        except KeyError:
            raise UsageError(f"unknown {self.kind} {name!r}; {closest(name, self._values)}") from None

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._values))

    def __len__(self) -> int:
        return len(self._values)

    def discard(self, name: str) -> None:
        """Forgets a name, for notebooks that define a thing again and for tests."""
        self._values.pop(name, None)
        self._places.pop(name, None)
