"""The weights of a tower in a file of their own, by stable name: for trials that start from them and for ensembles.

An `.npz` archive, uncompressed, so that single tensors can be read without the rest.
"""

import contextlib
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import keras
import numpy as np

from .. import files
from ..errors import TrialError
from .naming import weight_names

WEIGHTS = "weights.npz"


class WeightsError(TrialError):
    """The weights of an earlier trial cannot be read: its file is gone or damaged."""


@dataclass(frozen=True)
class WeightForm:
    """What must agree for a weight to be taken over: shape, and dtype as numpy names it."""

    shape: tuple[int, ...]
    dtype: str


def weights_bytes(model: keras.Model) -> bytes:
    """Content of a weights file: all weights of a model by their `weight_names`, moving statistics included."""
    buffer = io.BytesIO()
    arrays = {name: keras.ops.convert_to_numpy(variable) for name, variable in weight_names(model).items()}
    # Names as they are would be paths in the archive.
    np.savez(buffer, names=np.array(list(arrays), dtype=str), **{f"w{i}": a for i, a in enumerate(arrays.values())})
    return buffer.getvalue()


def write_weights(folder: str, model: keras.Model) -> None:
    """Writes a model's weights into the folder of its trial."""
    files.write_atomically(files.join(folder, WEIGHTS), weights_bytes(model))


class StoredWeights:
    """The weights file of a trial; tensors are read when they are asked for."""

    def __init__(self, path: str):
        """Args: path of the file. Raises `WeightsError` where it is gone or damaged."""
        self._path = path
        with self._opened() as archive:
            names = [str(name) for name in np.load(io.BytesIO(archive.read("names.npy")), allow_pickle=False)]
            self._places = {name: f"w{i}.npy" for i, name in enumerate(names)}
            self.forms = {name: _form(archive, place) for name, place in self._places.items()}

    @contextlib.contextmanager
    def _opened(self) -> Iterator[zipfile.ZipFile]:
        """The archive, of which only what is asked for is read where the file is on a disk."""
        file = files.opened(self._path)
        if file is None:
            raise WeightsError(f"the weights {self._path} are gone")
        try:
            with file, zipfile.ZipFile(file) as archive:
                yield archive
        except files.DAMAGE as error:
            raise WeightsError(f"the weights {self._path} are damaged: {error}") from error

    def read(self, names: Iterable[str]) -> dict[str, np.ndarray]:
        """The tensors of these names. Raises `WeightsError` where one is not there or damaged."""
        with self._opened() as archive:
            return {name: np.load(io.BytesIO(archive.read(self._places[name])), allow_pickle=False) for name in names}


def _form(archive: zipfile.ZipFile, place: str) -> WeightForm:
    with archive.open(place) as file:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(file)
    return WeightForm(tuple(shape), str(dtype))


def form_of(variable: keras.Variable) -> WeightForm:
    """What a stored weight must be like to be taken over by a variable."""
    return WeightForm(tuple(int(size) for size in variable.shape), str(keras.backend.standardize_dtype(variable.dtype)))


def load_all(model: keras.Model, stored: StoredWeights) -> None:
    """Sets every weight of a model from a file of the same network.

    Raises:
      WeightsError: a weight is not in the file, is damaged or has another form.
    """
    variables = weight_names(model)
    for name, variable in variables.items():
        if stored.forms.get(name) != form_of(variable):
            raise WeightsError(
                f"weight {name} is {form_of(variable)} in the network and {stored.forms.get(name)} stored"
            )
    for name, value in stored.read(variables).items():
        variables[name].assign(value)
