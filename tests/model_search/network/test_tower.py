"""Towers: what stands where, and what cannot be built."""

import keras
import numpy as np
import pytest

import model_search.blocks  # noqa: F401
from model_search.architecture import Architecture
from model_search.data.encoding import Encoding
from model_search.errors import BuildError
from model_search.network.heads import Head, last_reduction
from model_search.network.tower import block_hyperparameters, build_tower

PLATES = Architecture.of(
    ["FIXED_CHANNEL_CONVOLUTION_16", "DOWNSAMPLE_CONVOLUTION_3X3", "CONVOLUTION_3X3", "PLATE_REDUCTION_FLATTEN"]
)


def layer_kinds(model: keras.Model) -> list[str]:
    return [type(layer).__name__ for layer in model.layers]


def test_logits_have_the_width_of_the_head_and_no_activation() -> None:
    tower = build_tower(Architecture.of(["FULLY_CONNECTED"]), {}, Encoding((4,)), Head(3))
    assert tower.model.output_shape == (None, 3)
    assert tower.model.layers[-1].activation is keras.activations.linear
    assert tower.training_model is tower.model
    # FULLY_CONNECTED keeps the 4 features: 4*4+4, then logits 4*3+3.
    assert tower.parameters == 20 + 15


def test_dropout_stands_between_blocks_only() -> None:
    three = Architecture.of(["FULLY_CONNECTED"] * 3)
    assert layer_kinds(build_tower(three, {"dropout_rate": 0.5}, Encoding((4,)), Head(2)).model).count("Dropout") == 2
    assert layer_kinds(build_tower(three, {"dropout_rate": -1.0}, Encoding((4,)), Head(2)).model).count("Dropout") == 0
    assert layer_kinds(build_tower(three, {}, Encoding((4,)), Head(2)).model).count("Dropout") == 0


def test_plates_in_front_of_vectors_are_flattened() -> None:
    tower = build_tower(Architecture.of(["FULLY_CONNECTED"]), {}, Encoding((2, 3, 1)), Head(2))
    assert tower.model(np.zeros((1, 2, 3, 1), np.float32)).shape == (1, 2)
    assert layer_kinds(tower.model)[1] == "Flatten"


def test_without_the_last_dense_layer_the_last_block_is_the_logits() -> None:
    head = Head(64, has_dense=False)
    tower = build_tower(Architecture.of(["FIXED_OUTPUT_FULLY_CONNECTED_64"]), {}, Encoding((4,)), head)
    assert tower.parameters == 4 * 64 + 64
    with pytest.raises(BuildError, match="gives 128 values where the logits need 64"):
        build_tower(Architecture.of(["FIXED_OUTPUT_FULLY_CONNECTED_128"]), {}, Encoding((4,)), head)


def test_the_auxiliary_head_is_trained_and_not_served() -> None:
    tower = build_tower(PLATES, {}, Encoding((8, 8, 3)), Head(5, has_auxiliary=True))
    assert [tuple(output.shape) for output in tower.training_model.outputs] == [(None, 5), (None, 5)]
    assert not any("auxiliary" in layer.name for layer in tower.model.layers)
    assert any("auxiliary" in layer.name for layer in tower.training_model.layers)
    shared = {id(variable) for variable in tower.model.variables}
    assert shared < {id(variable) for variable in tower.training_model.variables}


def test_the_auxiliary_head_stands_before_the_last_reduction() -> None:
    shapes = [(8, 8, 3), (8, 8, 16), (4, 4, 32), (4, 4, 32)]
    plates = [keras.KerasTensor((None, *shape)) for shape in shapes]
    vector = keras.KerasTensor((None, 32))
    # The reduction is made by the second block, from the tensor of the first.
    assert last_reduction([*plates, vector]) == 1
    # Without one it is the tensor that is flattened.
    assert last_reduction([plates[0], plates[1], vector]) == 1
    assert last_reduction([plates[0], vector]) == 0


def test_blocks_get_their_own_hyperparameters_by_place() -> None:
    values = {"0_TUNABLE/width": 3, "1_TUNABLE/width": 4, "11_TUNABLE/width": 5, "learning_rate": 0.1}
    assert block_hyperparameters(values, 1, "TUNABLE") == {"width": 4}


def test_a_plate_block_on_vectors_says_which_block() -> None:
    with pytest.raises(BuildError, match="CONVOLUTION_3X3"):
        build_tower(Architecture.of(["CONVOLUTION_3X3"]), {}, Encoding((4,)), Head(2))


def test_same_seed_same_weights() -> None:
    outputs = []
    for _ in range(2):
        keras.utils.set_random_seed(7)
        outputs.append(build_tower(PLATES, {}, Encoding((8, 8, 3)), Head(5)).model(np.ones((1, 8, 8, 3), np.float32)))
    np.testing.assert_array_equal(*outputs)
