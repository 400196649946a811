"""Spec files: bundled or the user's, in protocol buffer text format."""

import re
from importlib import resources
from pathlib import Path

from google.protobuf import descriptor_pool, text_format

from ..errors import UsageError
from ..proto.search_spec_pb2 import SearchSpec
from ..registry import closest

_SUFFIX = ".pbtxt"
_UNKNOWN_FIELD = re.compile(r'Message type "(?P<type>[\w.]+)" has no field named "(?P<name>\w+)"')
_UNKNOWN_VALUE = re.compile(r'Enum type "(?P<type>[\w.]+)" has no value named (?P<name>\w+)')


def bundled_specs() -> list[str]:
    """Names of the specs that come with the package, sorted."""
    files = (resources.files("model_search") / "specs").iterdir()
    return sorted(file.name.removesuffix(_SUFFIX) for file in files if file.name.endswith(_SUFFIX))


def load_spec(name_or_path: str) -> SearchSpec:
    """Reads a bundled spec by name, or a `.pbtxt` file by path.

    Fields that are not in the file stay absent (`complete` fills them); values are not checked (`validate` does).

    Raises:
      UsageError: there is no such spec, or it is not a spec's text.
    """
    if name_or_path in bundled_specs():
        resource = resources.files("model_search") / "specs" / f"{name_or_path}{_SUFFIX}"
        return parse_spec(resource.read_text(encoding="utf-8"), name_or_path)
    if not Path(name_or_path).exists():
        raise UsageError(_missing(name_or_path))
    try:
        text = Path(name_or_path).read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"spec {name_or_path!r} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"spec {name_or_path!r} is not UTF-8 text: byte {error.start} is invalid") from None
    return parse_spec(text, name_or_path)


def parse_spec(text: str, source: str) -> SearchSpec:
    """Parses a spec's text; `source` is how errors call it.

    Raises:
      UsageError: the text is wrong; the message has line and column.
    """
    try:
        return text_format.Parse(text, SearchSpec())
    except text_format.ParseError as error:
        line, column = error.GetLine(), error.GetColumn()
        raise UsageError(f"spec {source!r} line {line}, column {column}: {_explained(str(error))}") from None


def _missing(name: str) -> str:
    bundled = bundled_specs()
    if name.endswith(_SUFFIX):
        return f"spec file {name!r} does not exist; bundled specs: {', '.join(bundled)}"
    return f"spec {name!r} is neither a file nor a bundled spec; bundled: {', '.join(bundled)}"


def _explained(message: str) -> str:
    """The parser's message without its own position, with the nearest name where a name was unknown."""
    pool = descriptor_pool.Default()
    if found := _UNKNOWN_FIELD.search(message):
        fields = pool.FindMessageTypeByName(found["type"]).fields_by_name
        return f"unknown field {found['name']!r} of {_short(found['type'])}; {closest(found['name'], fields)}"
    if found := _UNKNOWN_VALUE.search(message):
        values = pool.FindEnumTypeByName(found["type"]).values_by_name
        return f"unknown {_short(found['type'])} {found['name']!r}; {closest(found['name'], values)}"
    return re.sub(r"^\d+:\d+ : ", "", message).replace("\n", " ")


def _short(full_name: str) -> str:
    return full_name.rpartition(".")[2]
