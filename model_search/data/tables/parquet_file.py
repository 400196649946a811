"""Reading Parquet files in pieces of rows, as tables in CSV files are read."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import pandas as pd

from ...errors import UsageError
from ...registry import closest
from ..layout import Batches
from .csv_file import CHUNK_CELLS, CsvFile, require_file
from .csv_layout import Layout
from .table_inputs import TableInputs
from .table_layout import BATCH, flat
from .values import tidy


class ParquetFile(CsvFile):
    """One Parquet file: its rows, counted from 1, in the interface of CSV files, with cells as a CSV file spells them.

    Args:
      filename: path of the file.

    Attributes:
      rows: how many there are.

    Raises:
      UsageError: pyarrow is not installed, or the file is missing, damaged or holds other than single values.
    """

    def __init__(self, filename: str):
        self._file = _open(filename)
        self.rows = int(self._file.metadata.num_rows)
        if not self.rows:
            raise UsageError(f"{filename} has no rows")
        # pandas stores an index that does not just count the rows as a column of such a name.
        fields = [field for field in self._file.schema_arrow if not field.name.startswith("__index_level_")]
        names = [field.name for field in fields]
        for field in fields:
            if field.type.num_fields:
                raise UsageError(f"{filename}: column {field.name!r} holds {field.type}; expected single values")
            if names.count(field.name) > 1:
                raise UsageError(f"{filename}: column {field.name!r} occurs twice")
        super().__init__(filename, Layout(",", True, tuple(names)))

    def require(self, columns: Sequence[str]) -> None:
        """Raises `UsageError` if one of the columns is missing."""
        for name in columns:
            if name not in self.layout.columns:
                raise UsageError(f"{self.filename} has no column {name!r}; {closest(name, self.layout.columns)}")

    def tables(self, rows: int | None = None, columns: Sequence[str] | None = None) -> Iterator[pd.DataFrame]:
        """Tidy frames (see `values.tidy`) of at most `rows` rows each, indexed by row number."""
        import pyarrow as pa

        start = 1
        wanted = list(columns) if columns is not None else list(self.layout.columns)
        step = rows or max(1, CHUNK_CELLS // max(1, len(wanted)))
        try:
            for batch in self._file.iter_batches(batch_size=step, columns=wanted):
                frame = _text_for_bytes(batch).to_pandas(ignore_metadata=True)
                frame.index = pd.RangeIndex(start, start + len(frame))
                start += len(frame)
                if len(frame):
                    yield pd.DataFrame({name: tidy(frame[name]) for name in wanted}, index=frame.index)
        except (pa.ArrowException, OSError) as error:
            raise _unreadable(self.filename, error) from None

    def chunks(self, rows: int | None = None) -> Iterator[pd.DataFrame]:
        """Frames as `tables` gives them, of all columns."""
        return self.tables(rows)

    def expected_rows(self) -> float:
        """How many rows there are."""
        return self.rows

    def read(self) -> pd.DataFrame:
        """All rows, as a tidy frame."""
        return pd.concat(list(self.tables()))


def _text_for_bytes(batch: Any) -> Any:
    """The batch with columns of bytes as UTF-8, which old writers store text as."""
    import pyarrow as pa

    is_bytes = [pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type) for field in batch.schema]
    columns = [column.cast(pa.string()) if b else column for column, b in zip(batch.columns, is_bytes, strict=True)]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _open(filename: str) -> Any:
    path = require_file(filename)
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise UsageError(f"{filename}: Parquet files need pyarrow: pip install pyarrow") from None
    try:
        return parquet.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(filename, error) from None


def _unreadable(filename: str, error: Exception) -> UsageError:
    return UsageError(f"{filename} is not a readable Parquet file: {str(error).splitlines()[0]}")


def parquet_rows(filename: str, columns: Collection[str], inputs: TableInputs) -> Batches:
    """Raw inputs of a model of tables, a row of the file each, by row number.

    Args:
      filename: path of the file.
      columns: those that the model reads; the file may hold others.
      inputs: what they become.

    Raises:
      UsageError: as `ParquetFile`; a column is missing, or one of numbers holds a word.
    """
    file = ParquetFile(filename)
    file.require(list(columns))

    def batches() -> Batches:
        for frame in file.tables(BATCH, list(columns)):
            features = inputs.arrays(frame, filename)
            yield [str(row) for row in frame.index], {name: flat(array) for name, array in features.items()}

    return batches()
