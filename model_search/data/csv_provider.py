"""The provider `csv`: tables in CSV files."""

from pathlib import Path

from .csv_file import CsvFile, file_digest
from .provider import DataOptions, Provider
from .streamed_csv import streamed_provider
from .tabular import Table, TableSource, table_provider

STREAM_BYTES = 256 << 20
"""Files of more bytes in all are streamed; smaller ones are read once and kept."""


def csv_provider(options: DataOptions) -> Provider:
    """Reads the files of the options.

    Raises:
      UsageError: a file is missing or malformed, or the data do not fit the options.
    """
    file = CsvFile.open(options.filename, options.columns, options.delimiter, options.label)
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


def read_table(file: CsvFile) -> Table:
    """All rows of a file; its cells come as strings without blanks around them, which is tidy."""
    return Table(file.read(), Path(file.filename).name)
