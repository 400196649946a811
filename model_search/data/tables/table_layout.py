"""How the rows of CSV files are read for a model of tables."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

from ..layout import Batches
from .csv_file import CsvFile, require_file
from .csv_layout import Layout as CsvLayout
from .table_inputs import TableInputs

BATCH = 1024


@dataclass(frozen=True)
class TableLayout:
    """What a predicting program must know of the table that a model was trained on.

    Attributes:
      columns: all columns in order.
      labels: columns of labels.
      weights: columns of example weights.
      delimiter: of the CSV file, a comma for other tables.
      has_header: whether the file named its columns.
      inputs: which columns the model reads.
    """

    kind: ClassVar[str] = "table"
    columns: tuple[str, ...]
    labels: tuple[str, ...]
    weights: tuple[str, ...]
    delimiter: str
    has_header: bool
    inputs: TableInputs

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "TableLayout":
        """What `to_json` gave."""
        i = value["inputs"]
        numbers, categories, lenient, texts = (tuple(i[key]) for key in ("numbers", "categories", "lenient", "texts"))
        inputs = TableInputs(numbers, categories, lenient, bool(i["is_grouped"]), texts)
        columns = tuple(value["columns"])
        labels, weights = tuple(value["labels"]), tuple(value["weights"])
        return cls(columns, labels, weights, value["delimiter"], value["has_header"], inputs)

    def read(self, filename: str, on_skipped: Callable[[str], None] | None = None) -> Batches:
        """Rows of a CSV file, with or without the columns that the model does not read; no row is skipped."""
        require_file(filename)
        used = {*self.inputs.numbers, *self.inputs.categories, *self.inputs.texts}
        if filename.endswith(".parquet"):
            from .parquet_file import parquet_rows

            return parquet_rows(filename, used, self.inputs)
        spare = [name for name in self.columns if name not in used]
        layout = CsvLayout(self.delimiter, self.has_header, self.columns)
        aside = [*self.labels, *self.weights]
        file = CsvFile.open_like(filename, layout, spare, (spare, aside, list(self.labels)))

        def batches() -> Batches:
            for frame in file.chunks(BATCH):
                features = self.inputs.arrays(frame, filename)
                yield [str(row) for row in frame.index], {name: flat(array) for name, array in features.items()}

        return batches()


def flat(array: np.ndarray) -> np.ndarray:
    """(rows, 1) as (rows,): `keras.Model.predict` takes str only of rank 1, and only beside others of rank 1."""
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
