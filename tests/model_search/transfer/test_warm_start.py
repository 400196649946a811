import keras
import numpy as np
import pytest

from model_search.architecture import Architecture
from model_search.network.naming import weight_names
from model_search.network.weights_file import WEIGHTS, write_weights
from model_search.transfer.report import Origin, TransferReport, read_report, write_report
from model_search.transfer.warm_start import Earlier, warm_start


def network(blocks: str, value: float, units: int = 2) -> keras.Model:
    """A block a letter, its kernel, bias and moving mean all `value` (plus the place of the block)."""
    x = inputs = keras.Input((2,))
    for place, name in enumerate(blocks):
        x = keras.layers.Dense(2, name=f"tower_0.{place}_{name}.dense")(x)
        x = keras.layers.BatchNormalization(name=f"tower_0.{place}_{name}.norm")(x)
    model = keras.Model(inputs, keras.layers.Dense(units, name="tower_0.logits")(x), name="tower_0")
    for name, variable in weight_names(model).items():
        place = 0 if "logits" in name else int(name.split(".")[1][0])
        variable.assign(np.full(variable.shape, value + place))
    return model


def stored(folder, number: int, blocks: str, value: float, weight: float, units: int = 2) -> Earlier:
    (folder / str(number)).mkdir()
    write_weights(str(folder / str(number)), network(blocks, value, units))
    return Earlier(number, weight, Architecture.of(blocks), str(folder / str(number) / WEIGHTS))


def values_of(model: keras.Model) -> dict[str, set[float]]:
    return {name: set(np.unique(variable)) for name, variable in weight_names(model).items()}


def test_a_snapshot_copies_what_the_parent_has_and_leaves_the_rest(tmp_path):
    child = network("AXB", 100.0)
    origins, taken = warm_start(child, Architecture.of("AXB"), [stored(tmp_path, 3, "AB", 1.0, 1.0)])
    found = values_of(child)
    # Block B stood at place 1 in the parent.
    assert found["tower_0.0_A.dense/kernel"] == found["tower_0.0_A.norm/moving_variance"] == {1.0}
    assert found["tower_0.2_B.dense/bias"] == found["tower_0.2_B.norm/moving_mean"] == {2.0}
    assert found["tower_0.1_X.dense/kernel"] == found["tower_0.1_X.norm/gamma"] == {101.0}
    assert found["tower_0.logits/kernel"] == {1.0}
    # Two blocks of 4 + 2 numbers and 4 * 2 of the norm, logits of 4 + 2.
    assert origins == [Origin(3, 1.0, 14, 34)]
    assert sum(taken.values()) == 34


def test_an_average_is_by_tensor_over_the_trials_that_have_it(tmp_path):
    earlier = [
        stored(tmp_path, 1, "A", 1.0, 0.25),
        stored(tmp_path, 2, "AB", 5.0, 0.25),
        stored(tmp_path, 4, "AB", 9.0, 0.5, units=3),
    ]
    child = network("AB", 100.0)
    origins, _ = warm_start(child, Architecture.of("AB"), earlier)
    found = values_of(child)
    assert found["tower_0.0_A.dense/kernel"] == {0.25 * 1 + 0.25 * 5 + 0.5 * 9}
    assert found["tower_0.1_B.norm/moving_mean"] == {np.float32((0.25 * 6 + 0.5 * 10) / 0.75)}  # trial 1 has no B
    assert found["tower_0.logits/bias"] == {(0.25 * 1 + 0.25 * 5) / 0.5}  # of another width in trial 4
    assert [(origin.trial, origin.tensors) for origin in origins] == [(4, 12), (1, 8), (2, 14)]


def test_equal_weights_average_to_themselves_bit_by_bit(tmp_path):
    child = network("A", 0.0)
    warm_start(child, Architecture.of("A"), [stored(tmp_path, n, "A", 0.1, 1 / 3) for n in (1, 2, 3)])
    assert set(np.unique(weight_names(child)["tower_0.0_A.dense/kernel"])) == {np.float32(0.1)}


@pytest.mark.parametrize("damage", ["gone", "damaged", "cut"])
def test_a_trial_whose_file_cannot_be_read_is_left_out_and_named(tmp_path, damage):
    good, bad = stored(tmp_path, 1, "A", 1.0, 0.5), stored(tmp_path, 2, "A", 5.0, 0.5)
    path = tmp_path / "2" / WEIGHTS
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(b"junk" if damage == "damaged" else path.read_bytes()[:-300])
    child = network("A", 100.0)
    origins, _ = warm_start(child, Architecture.of("A"), [good, bad])
    assert set.union(*values_of(child).values()) == {1.0}
    assert origins[0] == Origin(1, 0.5, 8, 20)
    assert origins[1].tensors == 0 and ("gone" if damage == "gone" else "damaged") in origins[1].error
    cold = network("A", 100.0)
    assert warm_start(cold, Architecture.of("A"), [bad])[1] == {}
    assert set.union(*values_of(cold).values()) == {100.0}


def test_a_report_comes_back_and_says_where_weights_came_from(tmp_path):
    origins = (Origin(4, 0.75, 6, 1200), Origin(2, 0.25, error="the weights x are gone"))
    report = TransferReport("f", origins, 6, 1200, 8, 1500, grown=(2,))
    write_report(str(tmp_path), report)
    assert read_report(str(tmp_path)) == report
    assert report.lines() == [
        "start: 1,200 of 1,500 weights from earlier trials",
        "  trial 4: 0.7500 of the average, 1,200 weights in 6 tensors",
        "  trial 2: 0.2500 of the average, the weights x are gone",
        "  started as identities: blocks 2",
    ]
    assert read_report(str(tmp_path / "elsewhere")) is None
    for damaged in ("", "{", "[]", '{"origins": 3}', '{"origins": [], "grown": []}'):
        (tmp_path / "transfer.json").write_text(damaged)
        assert read_report(str(tmp_path)) is None
