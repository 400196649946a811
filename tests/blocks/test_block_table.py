"""The table of blocks in the documentation is what the registry says."""

import importlib.util
import sys
from pathlib import Path

import pytest

from model_search.block import blocks

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "generate_blocks.py"


@pytest.fixture(scope="module")
def generator():
    spec = importlib.util.spec_from_file_location("generate_blocks", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def page(generator):
    return generator.page()


def test_the_committed_table_is_current(generator, page):
    message = "run python docs/generate_blocks.py"
    assert generator.FILE.read_text(encoding="utf-8") == page, message


def test_every_block_of_the_library_has_one_line(generator, page):
    lines = [
        line.split("|")[1].strip() for line in page.partition("## Hyperparameters")[0].splitlines() if "| `" in line
    ]
    assert sorted(lines) == sorted(f"`{entry.name}`" for entry in generator.library())
    assert len(lines) == len(set(lines))


@pytest.mark.parametrize(
    ("name", "shape", "parameters"),
    [
        ("CONVOLUTION_3X3", (16, 16, 48), 9 * 48 * 48 + 48),
        ("CIFAR_NASA_REDUCTION", (8, 8, 96), None),
        ("FLATTEN", (16 * 16 * 48,), 0),
        ("FULLY_CONNECTED_RESIDUAL_CONCAT", (64,), 32 * 32 + 32),
        ("TUNABLE_DENSE", (128,), 32 * 128 + 4 * 128),
        ("IDENTITY", (32,), 0),
    ],
)
def test_measures_by_hand(generator, name, shape, parameters):
    if parameters is None:
        reduction, separable = 24, lambda size: 2 * (size * size * 24 + 24 * 24 + 4 * 24)
        squeezes = 2 * (48 * reduction + 4 * reduction)
        parameters = squeezes + 2 * separable(5) + 2 * separable(7) + separable(3)
    assert generator.measured(blocks[name]) == (shape, parameters)


def test_check_compares_and_writes_nothing(generator, page, tmp_path, monkeypatch):
    monkeypatch.setattr(generator, "page", lambda: page)
    monkeypatch.setattr(generator, "FILE", tmp_path / "blocks.md")
    monkeypatch.setattr(sys, "argv", ["generate_blocks.py", "--check"])
    with pytest.raises(SystemExit, match="out of date"):
        generator.main()
    assert not generator.FILE.exists()
    monkeypatch.setattr(sys, "argv", ["generate_blocks.py"])
    generator.main()
    monkeypatch.setattr(sys, "argv", ["generate_blocks.py", "--check"])
    generator.main()
    assert generator.FILE.read_text(encoding="utf-8") == page


def test_the_hyperparameters_of_tunable_blocks_are_listed(page):
    assert "| `TUNABLE_DENSE` | `units` | 128, 16, 32, 64, 256, 512 |" in page
    assert "| `TUNABLE_CONVOLUTION` | `batch_norm` | True, False |" in page
