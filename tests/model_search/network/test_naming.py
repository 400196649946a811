"""Layer and weight names: unique, stable, the same after a reload."""

import keras
import numpy as np

import model_search.blocks  # noqa: F401
from model_search.architecture import Architecture
from model_search.data.encoding import Encoding
from model_search.network.heads import Head
from model_search.network.naming import weight_names
from model_search.network.tower import build_tower

TWICE = Architecture.of(["FIXED_OUTPUT_FULLY_CONNECTED_64", "BOTTLENECK_32", "FIXED_OUTPUT_FULLY_CONNECTED_64"])


def test_names_say_tower_place_block_layer_and_weight() -> None:
    names = weight_names(build_tower(TWICE, {}, Encoding((5,)), Head(3)).model)
    assert "tower_0.logits/kernel" in names
    first = [name for name in names if name.startswith("tower_0.0_FIXED_OUTPUT_FULLY_CONNECTED_64.")]
    third = [name for name in names if name.startswith("tower_0.2_FIXED_OUTPUT_FULLY_CONNECTED_64.")]
    assert len(first) == len(third) == 2
    assert [name.replace(".0_", ".2_") for name in first] == third


def test_names_do_not_depend_on_what_was_built_before() -> None:
    before = list(weight_names(build_tower(TWICE, {}, Encoding((5,)), Head(3)).model))
    for _ in range(3):
        keras.layers.Dense(2)(keras.Input((2,)))
    assert list(weight_names(build_tower(TWICE, {}, Encoding((5,)), Head(3)).model)) == before


def test_a_reloaded_model_has_the_same_names_and_values(tmp_path) -> None:
    model = build_tower(TWICE, {}, Encoding((5,)), Head(3)).model
    model.save(tmp_path / "tower.keras")
    loaded = weight_names(keras.models.load_model(tmp_path / "tower.keras"))
    original = weight_names(model)
    assert list(loaded) == list(original)
    for name, variable in original.items():
        np.testing.assert_array_equal(loaded[name].numpy(), variable.numpy())


def test_another_block_at_the_end_leaves_earlier_names_alone() -> None:
    shorter = set(weight_names(build_tower(TWICE, {}, Encoding((5,)), Head(3)).model))
    longer = set(
        weight_names(build_tower(TWICE.inserted(len(TWICE), "BOTTLENECK_32"), {}, Encoding((5,)), Head(3)).model)
    )
    assert shorter < longer
