"""Writes the table of all blocks, docs/blocks.md, from the registry; `--check` only compares.

Every block is built symbolically, no weight is allocated.
"""

import argparse
import inspect
import math
import sys
from pathlib import Path
from typing import Any

import keras

import model_search.blocks  # noqa: F401
from model_search.block import RegisteredBlock, Role, blocks
from model_search.checked_block import build_checked

FILE = Path(__file__).resolve().with_name("blocks.md")
REFERENCE = {
    Role.PLATE: (16, 16, 48),
    Role.FLATTEN: (16, 16, 48),
    Role.VECTOR: (32,),
    Role.SEQUENCE: (16, 32),
    Role.SUMMARY: (16, 32),
    Role.ANY: (32,),
}
AXES = {3: "height, width, channels", 2: "time, features", 1: "features"}
TITLES = {
    Role.PLATE: "Plates to plates",
    Role.FLATTEN: "Plates to vectors",
    Role.VECTOR: "Vectors to vectors",
    Role.SEQUENCE: "Sequences to sequences",
    Role.SUMMARY: "Sequences to vectors",
    Role.ANY: "Any rank",
}
HEAD = """# Blocks

Written by `docs/generate_blocks.py`, which renews it; edits by hand are lost.

A tower is a chain of blocks; a spec names those that it may use. The batch is an axis of an input, so that vectors have
rank 2; output shapes leave it out. They and the numbers of parameters (all weights, those that do not train included)
are those of a block that stands first in its tower and gets the input named above its table. A spec gives the names as
they stand here.
"""
COLUMNS = "| Block | Family | Input rank | Output | Parameters | What it is | Source |\n|---|---|---:|---|---:|---|---|"
TUNED = """
## Hyperparameters of blocks

These blocks ask for values of their own, which are searched with those of the trial. The tables above show the
defaults, which stand first here.

| Block | Hyperparameter | Values |
|---|---|---|"""


def library() -> list[RegisteredBlock]:
    """The blocks of this library, and no others that are registered in this process, by family and name."""
    entries = [blocks[name] for name in blocks]
    own = [entry for entry in entries if entry.block_class.__module__.startswith("model_search.blocks.")]
    return sorted(own, key=lambda entry: (entry.family, entry.name))


def measured(entry: RegisteredBlock) -> tuple[tuple[int, ...], int]:
    """Output shape without the batch, and number of parameters, at the reference size."""
    wanted = entry.create().requires_hparams()
    values = dict(wanted.values) if wanted is not None else {}
    with keras.StatelessScope(initialize_variables=False):
        inputs = keras.Input(REFERENCE[entry.role])
        output = build_checked(entry, entry.create(), [inputs], values)
        model = keras.Model(inputs, output)
    return tuple(output.shape[1:]), sum(math.prod(weight.shape) for weight in _weights(model))


def _weights(model: keras.Model) -> list[Any]:
    """All weights of the function; random states of dropout and the like are no part of it."""
    return [weight for layer in model.layers for weight in layer.weights]


def row(entry: RegisteredBlock) -> str:
    """One line of the table."""
    shape, parameters = measured(entry)
    what = inspect.getdoc(entry.block_class) or ""
    cells = [
        f"`{entry.name}`",
        entry.family,
        "any" if entry.role is Role.ANY else str(1 + len(REFERENCE[entry.role])),
        " x ".join(map(str, shape)),
        f"{parameters:,}",
        " ".join(what.partition("\n\n")[0].split()),
        getattr(entry.block_class, "source", ""),
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def choices(parameter: Any) -> str:
    """The values of one hyperparameter, its default first."""
    config = parameter.get_config()
    if "values" in config:
        others = [value for value in config["values"] if value != parameter.default]
        return ", ".join(map(str, [parameter.default, *others]))
    if "min_value" in config:
        return f"{parameter.default}; {config['min_value']} to {config['max_value']}"
    return f"{parameter.default}, {not parameter.default}"


def page() -> str:
    """The whole text."""
    entries = library()
    keras.utils.clear_session()
    parts = [HEAD]
    for role, title in TITLES.items():
        shape = REFERENCE[role]
        size = f"{' x '.join(map(str, shape))} ({AXES[len(shape)]})"
        rows = [row(entry) for entry in entries if entry.role is role]
        if rows:
            count = f"{len(rows)} block{'s' if len(rows) > 1 else ''}"
            parts.append(f"\n## {title}\n\n{count}. Input: {size}.\n\n{COLUMNS}\n" + "\n".join(rows) + "\n")
    tuned = []
    for entry in entries:
        wanted = entry.create().requires_hparams()
        parameters = wanted.space if wanted is not None else ()
        tuned += [f"| `{entry.name}` | `{p.name}` | {choices(p)} |" for p in parameters]
    return "".join(parts) + TUNED + "\n" + "\n".join(tuned) + "\n"


def main() -> None:
    """Writes or compares; exit status 1 if the file is not what the registry says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the committed file and change nothing")
    is_check = parser.parse_args().check
    text = page()
    if not is_check:
        FILE.write_text(text, encoding="utf-8")
    elif not FILE.is_file() or FILE.read_text(encoding="utf-8") != text:
        sys.exit(f"{FILE.name} is out of date: run python docs/{Path(__file__).name}")


if __name__ == "__main__":
    main()
