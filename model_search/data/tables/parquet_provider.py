"""The provider `parquet`: tables in Parquet files, which mean what the same tables in CSV files mean."""

from pathlib import Path

from ..provider import DataOptions, Provider
from .csv_file import file_digest
from .frames import Table
from .parquet_file import ParquetFile
from .streamed_csv import streamed_provider
from .tabular import TableSource, table_provider

STREAM_CELLS = 1 << 25
"""Files of more cells in all are streamed; smaller ones are read once and kept."""


def parquet_provider(options: DataOptions) -> Provider:
    """Reads the files of the options.

    Raises:
      UsageError: a file is missing or damaged, pyarrow is not installed, or the data do not fit the options.
    """
    train = ParquetFile(options.filename)
    held_out = [options.validation_filename, options.test_filename]
    others = [_open_like(name, train) if name else None for name in held_out]
    given = [train, *(file for file in others if file)]
    if sum(file.rows * len(file.layout.columns) for file in given) > STREAM_CELLS:
        return streamed_provider(options, [train, *others])
    tables = [_table(file) if file else None for file in others]
    digest = "+".join(file_digest(file.filename) for file in given)
    return table_provider(TableSource(_table(train), tables[0], tables[1], digest=digest), options)


def _open_like(filename: str, train: ParquetFile) -> ParquetFile:
    file = ParquetFile(filename)
    file.require(train.layout.columns)
    return file


def _table(file: ParquetFile) -> Table:
    return Table(file.read(), Path(file.filename).name)
