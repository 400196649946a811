import numpy as np
import pytest
from block_checks import chain, example

import model_search.blocks  # noqa: F401


@pytest.mark.parametrize("hidden", [128, 256])
@pytest.mark.parametrize("features", [1, 9])
def test_parameters(hidden, features):
    model = chain(f"TABLE_RESNET_{hidden}", (features,))
    assert model.output.shape == (None, features)
    assert model.count_params() == 4 * features + (features + 1) * hidden + (hidden + 1) * features


def test_the_input_is_added():
    model, vector = chain("TABLE_RESNET_128", (9,)), example((9,))
    model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
    project = next(layer for layer in model.layers if layer.name.endswith("project"))
    project.bias.assign(np.arange(9.0))
    np.testing.assert_allclose(model(vector), vector + np.arange(9.0), rtol=1e-6)


def test_normalization_relu_and_linear_end():
    kinds = [type(layer).__name__ for layer in chain("TABLE_RESNET_128", (9,)).layers[1:]]
    assert kinds == ["BatchNormalization", "Dense", "Dense", "Add"]
    expand, project = chain("TABLE_RESNET_128", (9,)).layers[2:4]
    assert (expand.activation.__name__, project.activation.__name__) == ("relu", "linear")
