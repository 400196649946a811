import zipfile

import numpy as np
import pytest

from model_search.data import builtin
from model_search.data.arrays import npz_archive
from model_search.data.arrays.npz_archive import npz_arrays
from model_search.data.provider import DataOptions, providers
from model_search.errors import UsageError

assert builtin

ARRAYS = {
    "x": np.arange(60, dtype=np.float32).reshape(10, 2, 3),
    "columns": np.asfortranarray(np.arange(20.0).reshape(10, 2)),
    "y": np.arange(10) % 2,
    "words": np.array(["a", "bc"] * 5),
    "empty": np.zeros((0, 3)),
    "single": np.array(3),
}


def require_equal(found):
    assert set(found) == set(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype


def test_stored_arrays_are_mapped(tmp_path):
    np.savez(tmp_path / "a.npz", **ARRAYS)
    found = npz_arrays(str(tmp_path / "a.npz"))
    require_equal(found)
    assert {name for name, array in found.items() if isinstance(array, np.memmap)} == {"x", "columns", "y", "words"}


def test_compressed_arrays_are_unpacked_where_they_are_large(tmp_path, monkeypatch):
    np.savez_compressed(tmp_path / "a.npz", **ARRAYS)
    found = npz_arrays(str(tmp_path / "a.npz"))
    require_equal(found)
    assert not any(isinstance(array, np.memmap) for array in found.values())
    monkeypatch.setattr(npz_archive, "STREAM_BYTES", 10)
    found = npz_arrays(str(tmp_path / "a.npz"))
    require_equal(found)
    assert isinstance(found["x"], np.memmap)


def test_examples_are_the_same_in_every_archive(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    arrays = {"x": rng.normal(size=(50, 4, 3)).astype(np.float32), "y": np.arange(50) % 2}
    np.savez(tmp_path / "a.npz", **arrays)
    np.savez_compressed(tmp_path / "b.npz", **arrays)
    (tmp_path / "c").mkdir()
    for name, array in arrays.items():
        np.save(tmp_path / "c" / f"{name}.npy", array)
    monkeypatch.setattr(npz_archive, "STREAM_BYTES", 10)
    parts = []
    for name in ("a.npz", "b.npz", "c"):
        made = providers["numpy"](DataOptions(filename=str(tmp_path / name), problem_type="RNN_LAST_ACTIVATIONS"))
        parts.append(
            [(x["x"].numpy().tolist(), y.numpy().tolist()) for d in (made.train(), made.evaluation()) for x, y, _ in d]
        )
    assert parts[0] == parts[1] == parts[2]


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_archives_that_hold_other_than_plain_arrays(tmp_path, monkeypatch, save):
    monkeypatch.setattr(npz_archive, "STREAM_BYTES", 10)
    path = tmp_path / "a.npz"
    save(path, x=np.array([{}, None], dtype=object), y=np.arange(2))
    with pytest.raises(UsageError, match=r"a\.npz is not an \.npz archive of plain arrays: .*allow_pickle"):
        providers["numpy"](DataOptions(filename=str(path)))
    save(path, x=np.arange(4000.0).reshape(2, 2000), y=np.arange(2))
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(UsageError, match="not a zip file"):
        providers["numpy"](DataOptions(filename=str(path)))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", b"no array")
    with pytest.raises(UsageError, match=r"is not an \.npz archive of plain arrays"):
        providers["numpy"](DataOptions(filename=str(path)))
