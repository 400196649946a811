"""Plug-ins: loads the modules that register blocks, data providers and search algorithms."""

import contextlib
import importlib
import importlib.util
import inspect
import os
import sys
import traceback
import zlib
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from .block import blocks
from .data.provider import providers
from .errors import StudyError, UsageError
from .registry import Registry

GROUP = "model_search.plugins"

# Declared as entry points too; named here for installations without metadata, such as frozen applications.
BUILT_IN = ("model_search.blocks", "model_search.data.builtin")

REGISTRIES: tuple[Registry[Any], ...] = (blocks, providers)

_loaded: set[tuple[str, str]] = set()


def load_plugins() -> None:
    """Loads the built-in plug-ins and all entry points of group `model_search.plugins`, each once in a process.

    An entry point is a module that registers on import, or a function that is called without arguments.

    Raises:
      UsageError: a plug-in cannot be loaded; the message names it and the error.
    """
    for name in BUILT_IN:
        _load(EntryPoint(name.rpartition(".")[2], name, GROUP))
    for entry_point in entry_points(group=GROUP):
        _load(entry_point)


def _load(entry_point: EntryPoint) -> None:
    key = (entry_point.name, entry_point.value)
    if key in _loaded:
        return
    try:
        with _all_or_nothing():
            plugin = entry_point.load()
            if callable(plugin) and not inspect.isclass(plugin):
                plugin()
    except (Exception, SystemExit) as error:
        raise UsageError(f"plug-in {entry_point.name!r} ({entry_point.value}): {_reason(error)}") from error
    _loaded.add(key)


def import_modules(names: Sequence[str]) -> None:
    """Imports a user's modules, which register what they define; one that is there already is not imported again.

    Args:
      names: modules (`my_blocks`, `my_package.blocks`, searched on the Python path and then in the current directory)
        or `.py` files (`path/to/my_block.py`). A file finds the modules that stand beside it.

    Raises:
      UsageError: one cannot be found or fails; the message is one line with the place in the user's code.
    """
    for name in filter(None, map(str.strip, names)):
        if name in sys.modules:
            continue
        is_file = name.endswith(".py") or os.sep in name
        spec = _spec_of_file(name) if is_file else _spec_of_module(name)
        if not _is_imported(spec):
            _run(name, spec)


def _spec_of_file(name: str) -> ModuleSpec:
    path = Path(name).expanduser().resolve()
    if not path.is_file() or path.suffix != ".py":
        raise UsageError(f"module file {name!r} is not there or is no .py file; give a .py file or a module's name")
    # Not the bare stem: a file named random.py must not become everybody's `random`.
    unique = f"model_search_file_{zlib.crc32(str(path).encode()):08x}.{path.stem}"
    spec = importlib.util.spec_from_file_location(unique, path)
    assert spec is not None
    _search_also(path.parent)
    return spec


def _spec_of_module(name: str) -> ModuleSpec:
    _search_also(Path.cwd())
    try:
        spec = importlib.util.find_spec(name)
    except (Exception, SystemExit) as error:
        raise UsageError(f"module {name!r}: {_reason(error)}") from error
    if spec is None or spec.origin is None:  # without an origin it is a bare folder, whose import runs nothing
        raise UsageError(f"no module named {name!r}; give a module on the Python path or the path of a .py file")
    return spec


def _search_also(folder: Path) -> None:
    """Puts a folder behind the Python path, where it hides nothing that is installed."""
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
        importlib.invalidate_caches()


def _is_imported(spec: ModuleSpec) -> bool:
    """Whether the module is there, under this name or, for a file, under any other."""
    if spec.name in sys.modules:
        return True
    if not spec.has_location:
        return False
    file_name = os.path.basename(str(spec.origin))
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    alike = (file for file in files if file and os.path.basename(file) == file_name)
    return any(os.path.realpath(file) == os.path.realpath(str(spec.origin)) for file in alike)


def _run(name: str, spec: ModuleSpec) -> ModuleType:
    try:
        with _all_or_nothing():
            if not spec.name.startswith("model_search_file_"):
                return importlib.import_module(spec.name)
            assert spec.loader is not None
            module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module
    except (Exception, SystemExit) as error:
        sys.modules.pop(spec.name, None)
        raise UsageError(f"module {name!r}: {_reason(error, spec.origin)}") from error


@contextlib.contextmanager
def _all_or_nothing() -> Iterator[None]:
    """Forgets what was registered inside when the inside fails, so that it can be mended and imported again."""
    before = [set(registry) for registry in REGISTRIES]
    try:
        yield
    except BaseException:
        for registry, names in zip(REGISTRIES, before, strict=True):
            for name in set(registry) - names:
                registry.discard(name)
        raise


def _reason(error: BaseException, file: str | None = None) -> str:
    """What went wrong while importing, on one line: place in the user's code, kind and message."""
    text = " ".join(str(error).split())
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}: {error.msg}"
    if isinstance(error, StudyError):
        return text
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_machinery(frame.filename)]
    own = [frame for frame in frames if frame.filename == file] or frames
    place = f"{own[-1].filename}:{own[-1].lineno}: " if own else ""
    return f"{place}{type(error).__name__}: {text}"


def _is_machinery(file: str) -> bool:
    return (
        file.startswith("<frozen") or file == __file__ or os.path.dirname(file) == os.path.dirname(importlib.__file__)
    )
