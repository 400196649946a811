"""The provider `csv`: tables in CSV files."""

from pathlib import Path

from ...errors import UsageError
from ..provider import DataOptions, Provider
from .csv_file import STREAM_BYTES, CsvFile, file_digest
from .csv_layout import has_decimal_commas
from .frames import Table, find_column
from .streamed_csv import streamed_provider
from .tabular import TableSource, table_provider

SAMPLE_ROWS = 1000
"""Rows that are searched for decimal commas."""


def csv_provider(options: DataOptions) -> Provider:
    """Reads the files of the options.

    Raises:
      UsageError: a file is missing or malformed, or the data do not fit the options.
    """
    file = CsvFile.open(options.filename, options.columns, options.delimiter, options.label)
    _refuse_decimal_commas(file, options)
    held_out = [options.validation_filename, options.test_filename]
    others = [CsvFile.open_like(name, file.layout) if name else None for name in held_out]
    names = [options.filename, *(name for name in held_out if name)]
    if sum(Path(name).stat().st_size for name in names) > STREAM_BYTES:
        return streamed_provider(options, [file, *others])
    tables = [read_table(other) if other else None for other in others]
    digest = "+".join(file_digest(name) for name in names)
    layout = file.layout
    given = TableSource(read_table(file), tables[0], tables[1], layout.delimiter, layout.has_header, digest)
    return table_provider(given, options)


def _refuse_decimal_commas(file: CsvFile, options: DataOptions) -> None:
    """Numbers with decimal commas would silently be categories; as such, a type or a task must declare them."""
    frame = next(file.chunks(SAMPLE_ROWS), None)
    if frame is None or file.layout.delimiter == ",":
        return
    label = find_column(options.label or "-1", file.layout.columns, "label", file.filename)
    declared = {name for name, kind in options.types.items() if kind != "number"}
    declared |= {label} if options.task == "classification" else set()
    for name in frame.columns:
        cells = frame[name]
        if name not in declared and has_decimal_commas(cells.tolist()):
            row, value = next((row, cell) for row, cell in cells.items() if "," in cell)
            other = "--task=classification" if name == label else f"--types={name}=category"
            raise UsageError(
                f"{file.filename}, row {row}: column {name!r} has decimal commas, such as {value!r}; "
                f"write {value.replace(',', '.')}, or give {other} if they are no numbers"
            )


def read_table(file: CsvFile) -> Table:
    """All rows of a file; its cells come as strings without blanks around them, which is tidy."""
    return Table(file.read(), Path(file.filename).name)
