"""Every block of the library through every check."""

import subprocess
import sys

import block_checks
import pytest

import model_search.blocks  # noqa: F401
from model_search.block import Role, blocks

ALL = [name for name in blocks if blocks[name].block_class.__module__.startswith("model_search.blocks.")]


def is_another_size(name: str) -> bool:
    """Whether a narrower sequence block differs by numbers only; the widest take seconds to fill with weights."""
    kind = [other for other in ALL if parameters_of(other) == parameters_of(name)]
    return blocks[name].role is Role.SEQUENCE and name != min(
        kind, key=lambda other: list(blocks[other].arguments.values())
    )


def parameters_of(name: str) -> tuple:
    return blocks[name].block_class, *blocks[name].arguments


OTHER_SIZES = [name for name in ALL if is_another_size(name)]
NAMES = [name for name in ALL if name not in OTHER_SIZES]
EACH_ODD_SHAPE = [(name, shape) for name in NAMES for shape in block_checks.shapes_of(name)[1:]]
EACH_NAME = [(name, block_checks.shapes_of(name)[0]) for name in NAMES]
EACH_SEQUENCE = [(name, shape) for name, shape in EACH_NAME if block_checks.reads_lengths(name)]

LOAD_ALL = """
import pathlib, sys
import keras, numpy as np
files = sorted(pathlib.Path(sys.argv[1]).glob("*.keras"))
for file in files:
    data = np.load(file.with_suffix(".npz"))
    inputs = [data[key] for key in sorted(data) if key.startswith("input_")]
    outputs = keras.saving.load_model(file)(inputs if len(inputs) > 1 else inputs[0], training=False)
    np.testing.assert_allclose(outputs, data["outputs"], atol=1e-5, rtol=1e-5, err_msg=file.stem)
assert not [module for module in sys.modules if module.startswith("model_search")]
print(len(files))
"""


@pytest.mark.parametrize(("name", "shape"), EACH_NAME)
def test_builds_and_runs(name, shape):
    block_checks.check_builds(name, shape)
    block_checks.check_runs(name, shape, batch=3)


@pytest.mark.parametrize(("name", "shape"), EACH_ODD_SHAPE)
def test_odd_shapes_one_at_a_time(name, shape):
    block_checks.check_runs(name, shape, batch=1)


@pytest.mark.parametrize(("name", "shape"), EACH_NAME)
def test_names_do_not_clash(name, shape):
    block_checks.check_local_names_are_unique(name, shape)
    block_checks.check_two_of_a_name_stand_in_one_model(name, shape)


@pytest.mark.parametrize(("name", "shape"), EACH_NAME)
def test_trains(name, shape):
    block_checks.check_trains(name, shape)


@pytest.mark.parametrize(("name", "shape"), EACH_SEQUENCE)
def test_lengths(name, shape):
    block_checks.check_lengths(name, shape)
    block_checks.check_trains(name, shape, with_lengths=True)


@pytest.mark.parametrize("time", [1, 9])
@pytest.mark.parametrize("name", [name for name, _ in EACH_SEQUENCE])
def test_one_feature_with_lengths(name, time):
    block_checks.check_runs(name, (time, 1), batch=2, with_lengths=True)


@pytest.mark.parametrize("name", OTHER_SIZES)
def test_other_sizes_run_and_train(name):
    model = block_checks.chain(name, block_checks.shapes_of(name)[0], with_lengths=True)
    block_checks.check_outputs(model, batch=3)
    block_checks.check_padding(name, model, *block_checks.inputs_for(model, batch=3))
    block_checks.check_step(model)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize(("name", "shape"), EACH_NAME)
def test_reduced_precision(name, shape, policy):
    block_checks.check_reduced_precision(name, shape, policy)


@pytest.mark.parametrize("name", [name for name, _ in EACH_SEQUENCE if blocks[name].role is Role.SEQUENCE])
def test_only_blocks_that_are_not_causal_see_later_steps(name):
    assert block_checks.sees_later_steps(name) != blocks[name].create().is_causal


def test_reductions_are_the_plate_blocks_that_their_names_call_so():
    found = {name for name in ALL if blocks[name].create().is_reduction}
    named = {name for name in ALL if "DOWNSAMPLE" in name or name.endswith("_REDUCTION")}
    assert found == {name for name in named if blocks[name].role is Role.PLATE}
    assert len(found) >= 9


def test_saved_models_load_with_plain_keras(tmp_path):
    for name, shape in EACH_NAME:
        block_checks.save_for_plain_keras(name, shape, tmp_path)
    for name, shape in EACH_SEQUENCE:
        block_checks.save_for_plain_keras(name, shape, tmp_path, with_lengths=True)
    run = subprocess.run([sys.executable, "-c", LOAD_ALL, tmp_path], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == [str(len(EACH_NAME) + len(EACH_SEQUENCE))]


def test_the_library_is_listed_without_tensorflow():
    code = "import sys, model_search.blocks; print('tensorflow' in sys.modules or 'keras' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
