"""Commands, run in this process: TensorFlow starts once for all of them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from absl import flags
from outcome import Command, Outcome

from model_search.trainers.main import main


def forget_flags() -> None:
    """Removes this project's flags, so that the next command can define its own."""
    by_module = flags.FLAGS.flags_by_module_dict()
    for module in [name for name in by_module if name.startswith("model_search")]:
        for flag in list(by_module[module]):
            if flag.name in flags.FLAGS:
                delattr(flags.FLAGS, flag.name)


@pytest.fixture(scope="session")
def run_here() -> Callable[..., int]:
    """Runs `model_search <arguments>` here, for fixtures of wider scope; gives the exit status."""

    def run(*arguments: object) -> int:
        try:
            return main(["model_search", *map(str, arguments)])
        finally:
            forget_flags()

    return run


@pytest.fixture
def command(capfd) -> Command:
    """Runs `model_search <arguments>` here; gives exit status and what was printed."""

    def run(*arguments: object) -> Outcome:
        capfd.readouterr()
        try:
            status = main(["model_search", *map(str, arguments)])
        finally:
            forget_flags()
        printed = capfd.readouterr()
        return Outcome(status, printed.out, printed.err)

    return run


@pytest.fixture(scope="session")
def table(tmp_path_factory) -> Path:
    """A CSV file of 300 rows with a header: two numbers, a category with gaps, and a label that depends on them."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 300))
    colour = rng.choice(["red", "green", "blue"], 300)
    label = np.where(x + y + (colour == "red") > 0.3, "yes", "no")
    frame = pd.DataFrame({"x": x.round(3), "y": y.round(3), "colour": colour, "label": label})
    frame.loc[::20, "colour"] = "?"
    path = tmp_path_factory.mktemp("table") / "table.csv"
    frame.to_csv(path, index=False)
    return path
