"""The comparison as a table in Markdown and a plot for each table."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from benchmarks.search.results import Result, results_in, speed_up
from benchmarks.search.strategies_on_tables import LEFT_OUT
from benchmarks.search.tables import Table
from model_search.proto.search_spec_pb2 import SearchType

MARKS = (50, 100, 200)
DRAWS = 1000
DEEP = (
    "A space of towers of up to twelve blocks, with real training: [deep.md](deep.md); many searches on a model of it:"
    " [deep_modelled.md](deep_modelled.md)."
)


def write_report(folder: Path, tables: Mapping[str, Table]) -> None:
    """Writes `README.md` and `<table>.png` into the folder of the results."""
    results = results_in(folder)
    lines = ["# Search strategies on the tables", "", DEEP, ""]
    for number, reason in LEFT_OUT.items():
        lines += [f"{SearchType.Name(number)} is left out: {reason}.", ""]
    for name, table in tables.items():
        lines += [*_section(name, table, [result for result in results if result.table == name]), ""]
        _plot(folder / f"{name}.png", name, [r for r in results if r.table == name and r.trainers == 1])
    (folder / "README.md").write_text("\n".join(lines))
    print("\n".join(lines))


def _section(name: str, table: Table, results: list[Result]) -> list[str]:
    best = int(table.test.mean(1).argmax())
    lines = [
        f"## {name}",
        "",
        f"{len(table.architectures)} architectures, 3 seeds each; validation accuracy of two seeds correlates at"
        f" {table.seed_correlation():.3f}; the best mean is {table.validation.mean(1).max():.4f}, of test"
        f" {table.test.mean(1)[best]:.4f}. A search that trained all of them and held the one with the best accuracy"
        f" seen would be at {_of_all(table):.4f}: one training is noisy.",
        "",
        "| Strategy | Trainers | Searches | At 50 | 100 | 200 | Speed-up at 50 | 100 | 200 | Test regret | Distinct |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for trainers in sorted({result.trainers for result in results}):
        peers = [result for result in results if result.trainers == trainers]
        random = next((result for result in peers if result.strategy == "random"), None)
        for result in sorted(peers, key=lambda result: -sum(result.mean)):
            lines.append(_row(result, random, float(table.test.mean(1)[best])))
    return lines


def _of_all(table: Table) -> float:
    """Mean over draws of one training for each architecture: what the one that then looks best is judged by."""
    rng, levels = np.random.default_rng(0), table.validation.mean(1)
    rows = np.arange(len(levels))
    seen = (table.validation[rows, rng.integers(table.validation.shape[1], size=len(levels))] for _ in range(DRAWS))
    return float(np.mean([levels[one.argmax()] for one in seen]))


def _row(result: Result, random: Result | None, best: float) -> str:
    marks = [mark for mark in MARKS if mark <= len(result.mean)]
    levels = [f"{result.mean[mark - 1]:.4f}" for mark in marks]
    gains = [speed_up(result, random, mark) if random else None for mark in marks]
    shown = ["never" if gain is None else f"{gain:.2f}" for gain in gains]
    regret = f"{best - result.test[-1]:.4f}"
    cells = [
        result.strategy,
        str(result.trainers),
        str(result.repetitions),
        *levels,
        *shown,
        regret,
        f"{result.distinct:.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def _plot(path: Path, name: str, results: list[Result]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(9, 6))
    for place, result in enumerate(sorted(results, key=lambda result: -sum(result.mean))):
        trials = range(1, len(result.mean) + 1)
        low, middle, high = result.quartiles
        style = ("-", "--", ":")[place // 10 % 3]
        axes.plot(trials, middle, style, color=f"C{place % 10}", label=result.strategy)
        if place < 3 or result.strategy == "random":
            axes.fill_between(trials, low, high, color=f"C{place % 10}", alpha=0.12)
    levels = [result.quartiles[0][min(9, len(result.mean) - 1)] for result in results]
    axes.set(
        title=f"{name}: one trainer, median and quartiles", xlabel="trials", xscale="log", ylim=(min(levels), None)
    )
    axes.set_ylabel("validation accuracy of the architecture held for best, mean over seeds")
    axes.legend(fontsize="small", loc="lower right")
    figure.savefig(path, dpi=80, bbox_inches="tight")
    pyplot.close(figure)
