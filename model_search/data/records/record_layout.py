"""How TFRecord files are read for a model of records."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ...errors import UsageError
from ..arrays.inputs import LENGTHS, scalar_table
from ..layout import Batches
from ..tables.table_inputs import TableInputs
from ..tables.table_layout import flat
from .record_files import first_records, record_files, records
from .record_parser import Parsed, Ragged, RecordParser
from .record_schema import feature_of

BATCH = 256


@dataclass(frozen=True)
class RecordLayout:
    """What of a record a model reads, and as which raw inputs.

    Attributes:
      schema: features in words, see `record_schema.feature_of`.
      names: raw inputs of the features with several values.
      dtypes: of the raw inputs.
      scalars: the features of one value that are columns of a table.
      table: the raw inputs that they become; None where there are none.
      lengths: feature with the valid steps of sequences; empty where the sequences say it themselves.
      steps: of sequences that vary, which longer ones are cut to; 0 where there are none.
      image_size: height and width of images.
    """

    kind: ClassVar[str] = "records"
    schema: Mapping[str, str]
    names: Mapping[str, str]
    dtypes: Mapping[str, str]
    scalars: tuple[str, ...]
    table: TableInputs | None
    lengths: str
    steps: int
    image_size: tuple[int, int]

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "RecordLayout":
        """What `to_json` gave."""
        fields: dict[str, Any] | None = value["table"] and {
            name: tuple(item) if isinstance(item, list | tuple) else item for name, item in value["table"].items()
        }
        height, width = value["image_size"]
        return cls(
            dict(value["schema"]),
            dict(value["names"]),
            dict(value["dtypes"]),
            tuple(value["scalars"]),
            TableInputs(**fields) if fields else None,
            value["lengths"],
            int(value["steps"]),
            (int(height), int(width)),
        )

    def parser(self) -> RecordParser:
        """Of the features that the model reads."""
        schema = {name: feature_of(text, name) for name, text in self.schema.items()}
        return RecordParser(schema, self.image_size)

    def raw(self, parsed: Parsed, source: str) -> dict[str, np.ndarray]:
        """Raw inputs by name, (records, ...) each, of parsed records.

        Raises:
          UsageError: a column of numbers holds a word.
        """
        arrays = dense(parsed, self.schema, self.steps)
        inputs: dict[str, np.ndarray] = {}
        if self.table:
            columns = scalar_table({name: arrays[name] for name in self.scalars}, source)
            inputs = self.table.arrays(columns.frame, source)
        inputs |= {raw: arrays[name] for name, raw in self.names.items()}
        if LENGTHS in self.dtypes:
            inputs[LENGTHS] = arrays[self.lengths or LENGTHS].reshape(-1, 1)
        return {name: _typed(array, self.dtypes[name]) for name, array in inputs.items()}

    def _check_lengths(self, parsed: Parsed, path: str, numbers: np.ndarray) -> None:
        """Refuses lengths of sequences beyond their steps, which training refuses too."""
        lengths = parsed[self.lengths] if self.lengths else None
        if not isinstance(lengths, np.ndarray):
            return
        lengths, steps = lengths.reshape(-1), self._fixed_steps()
        bad = (lengths < 1) | (lengths > steps)
        if bad.any():
            row = int(np.argmax(bad))
            raise UsageError(
                f"{path}, record {numbers[row]}: length {lengths[row]} is not from 1 to {steps}, the steps there are"
            )

    def _fixed_steps(self) -> int:
        """Steps of the sequences that lengths belong to: of several features a step, of token ids, or of numbers."""
        features = [feature_of(self.schema[name], name) for name in self.names if name in self.schema]
        features = [feature for feature in features if feature.shape]
        ranked = sorted(features, key=lambda feature: (len(feature.shape) != 2, feature.dtype != "int64"))
        return ranked[0].shape[0] or 0

    def read(self, filename: str, on_skipped: Callable[[str], None] | None = None) -> Batches:
        """Records of a file, a folder or a pattern, which need no label; ids are record numbers, of several files with
        the file's name; no record is skipped.

        Raises:
          UsageError: files are missing or damaged, or a record departs from the schema or has a length beyond its
            steps; the latter as batches are read.
        """
        paths = record_files(filename)
        first_records(paths, 1)
        parser = self.parser()

        def batches() -> Batches:
            for path in paths:
                before = f"{Path(path).name}:" if len(paths) > 1 else ""
                start = 1
                for batch in records(path, BATCH):
                    numbers = np.arange(start, start + len(batch))
                    start += len(batch)
                    parsed = parser.parse(batch, path, numbers)
                    self._check_lengths(parsed, path, numbers)
                    features = self.raw(parsed, path)
                    ids = [f"{before}{number}" for number in numbers]
                    yield ids, {name: flat(array) for name, array in features.items()}

        return batches()


def dense(parsed: Parsed, schema: Mapping[str, str], steps: int) -> dict[str, np.ndarray]:
    """Features as arrays of fixed shape; `lengths` too where features vary.

    Sequences that vary are cut or padded: numbers to (records, steps, features), ids, which are integers of one value
    a step, to (records, steps).
    """
    arrays: dict[str, np.ndarray] = {}
    for name, column in parsed.items():
        if not isinstance(column, Ragged):
            arrays[name] = column
            continue
        feature = feature_of(schema[name], name)
        padded = column.padded(steps, feature.width)
        is_ids = feature.dtype == "int64" and len(feature.shape) == 1
        arrays[name] = padded[:, :, 0] if is_ids else padded.reshape(len(padded), steps, -1)
        arrays[LENGTHS] = np.minimum(column.counts // feature.width, steps).astype(np.int32)
    return arrays


def _typed(array: np.ndarray, dtype: str) -> np.ndarray:
    return array.astype(object) if dtype == "string" else np.ascontiguousarray(array, dtype=dtype)
