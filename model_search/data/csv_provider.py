"""The provider `csv`: tables in CSV files."""

from .csv_file import CsvFile, file_digest, require_file
from .provider import DataOptions, Provider
from .tabular import Table, TableSource, table_provider


def csv_provider(options: DataOptions) -> Provider:
    """Reads the files of the options.

    Raises:
      UsageError: a file is missing or malformed, or the data do not fit the options.
    """
    file = CsvFile.open(options.filename, options.columns, options.delimiter, options.label)
    held_out = [options.validation_filename, options.test_filename]
    files = [CsvFile.open_like(name, file.layout) if name else None for name in held_out]
    tables = [read_table(other) if other else None for other in files]
    digest = "+".join(file_digest(name) for name in [options.filename, *held_out] if name)
    train = read_table(file)
    given = TableSource(train, tables[0], tables[1], file.layout.delimiter, file.layout.has_header, digest)
    return table_provider(given, options)


def read_table(file: CsvFile) -> Table:
    """All rows of a file; its cells come as strings without blanks around them, which is tidy."""
    return Table(file.read(), require_file(file.filename).name)
