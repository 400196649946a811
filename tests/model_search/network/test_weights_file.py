import keras
import numpy as np
import pytest

from model_search.network.naming import weight_names
from model_search.network.weights_file import WEIGHTS, StoredWeights, WeightForm, WeightsError, load_all, write_weights


def network(units: int = 3, seed: int = 0) -> keras.Model:
    keras.utils.set_random_seed(seed)
    x = keras.Input((2,))
    hidden = keras.layers.BatchNormalization(name="tower_0.0_A.norm")(x)
    return keras.Model(x, keras.layers.Dense(units, name="tower_0.logits")(hidden))


def test_every_weight_comes_back_and_statistics_with_them(tmp_path):
    first, second = network(), network(seed=1)
    weight_names(first)["tower_0.0_A.norm/moving_mean"].assign([4.0, 5.0])
    write_weights(str(tmp_path), first)
    stored = StoredWeights(str(tmp_path / WEIGHTS))
    assert stored.forms["tower_0.logits/kernel"] == WeightForm((2, 3), "float32")
    load_all(second, stored)
    x = np.array([[1.0, 2.0]], np.float32)
    assert np.array_equal(first(x), second(x))
    (only,) = stored.read(["tower_0.0_A.norm/moving_mean"]).values()
    assert only.tolist() == [4.0, 5.0]


def test_another_network_is_refused_and_nothing_is_set(tmp_path):
    write_weights(str(tmp_path), network())
    other = network(units=4)
    before = [np.array(weight) for weight in other.get_weights()]
    with pytest.raises(WeightsError, match=r"tower_0\.logits/kernel .*\(2, 4\).*\(2, 3\)"):
        load_all(other, StoredWeights(str(tmp_path / WEIGHTS)))
    assert all(np.array_equal(a, b) for a, b in zip(before, other.get_weights(), strict=True))


def test_files_that_are_gone_or_damaged(tmp_path):
    path = tmp_path / WEIGHTS
    with pytest.raises(WeightsError, match="are gone"):
        StoredWeights(str(path))
    write_weights(str(tmp_path), network())
    content = path.read_bytes()
    for damaged in (b"", b"junk" * 30, content[: len(content) // 2]):
        path.write_bytes(damaged)
        with pytest.raises(WeightsError, match="are damaged"):
            StoredWeights(str(path))
    flipped = bytearray(content)
    flipped[content.index(np.float32(0).tobytes() * 2)] ^= 0xFF  # a value in the middle: the checksum tells
    path.write_bytes(bytes(flipped))
    with pytest.raises(WeightsError, match="are damaged"):
        stored = StoredWeights(str(path))
        stored.read(stored.forms)


def test_whatever_bit_is_flipped_a_file_is_damaged_or_what_it_was(tmp_path):
    path = tmp_path / WEIGHTS
    write_weights(str(tmp_path), network())
    content, stored = path.read_bytes(), StoredWeights(str(path))
    forms, values = stored.forms, stored.read(stored.forms)
    refused = 0
    for place in range(len(content)):
        flipped = bytearray(content)
        flipped[place] ^= 1 << place % 8
        path.write_bytes(bytes(flipped))
        try:
            again = StoredWeights(str(path))
            found = again.read(again.forms)
        except WeightsError:
            refused += 1
            continue
        # What does not count in an archive: times, attributes, padding; or a name, which is then missed by name.
        for name in found.keys() & values.keys():
            assert again.forms[name] == forms[name]
            assert np.array_equal(found[name], values[name])
    assert refused > 0.5 * len(content)
