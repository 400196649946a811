"""The comparison in the deep space as a table in Markdown and a plot."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.search.simulate import Curves

HEAD = """# Search strategies in the deep space

{blocks} blocks, {least} to {most} of them in a tower; spoken digits as 8 x 10 plates, 250 steps of 16. Means of
{searches} searches each (the seed of a search is that of its trainings, too) of what the architecture with the best
validation accuracy so far reached. Speed-up over random search: trials over those after which the mean is that of
random search at the end.

"""


def write_report(folder: Path, found: Mapping[str, Sequence[Curves]], blocks: int, depths: tuple[int, int]) -> None:
    """Writes `deep.md` and `deep.png` into the folder of the results."""
    searches = min(map(len, found.values()))
    text = (
        HEAD.format(blocks=blocks, least=depths[0], most=depths[1], searches=searches) + "\n".join(_table(found)) + "\n"
    )
    (folder / "deep.md").write_text(text)
    _plot(folder / "deep.png", found)
    print(text)


def _table(found: Mapping[str, Sequence[Curves]]) -> list[str]:
    seen = {name: np.mean([curve.validation for curve in curves], 0) for name, curves in found.items()}
    test = {name: np.mean([curve.test for curve in curves], 0) for name, curves in found.items()}
    last = min(map(len, seen.values()))
    marks = [last // 4, last // 2, last]
    lines = [
        "| Strategy | "
        + " | ".join(f"{mark} trials" for mark in marks)
        + " | Lowest, highest | Test | Speed-up | By test |",
        "|---|" + "---:|" * (len(marks) + 4),
    ]
    for name in sorted(found, key=lambda name: -seen[name][-1]):
        ends = sorted(curve.validation[-1] for curve in found[name])
        gains = [_gain(values[name], values["random"]) if "random" in found else "" for values in (seen, test)]
        cells = [*(f"{seen[name][mark - 1]:.4f}" for mark in marks), f"{ends[0]:.4f}, {ends[-1]:.4f}"]
        lines.append(f"| {name} | " + " | ".join([*cells, f"{test[name][-1]:.4f}", *gains]) + " |")
    return lines


def _gain(levels: np.ndarray, random: np.ndarray) -> str:
    reached = np.nonzero(levels >= random[-1])[0]
    return f"{len(levels) / (int(reached[0]) + 1):.2f}" if len(reached) else "never"


def _plot(path: Path, found: Mapping[str, Sequence[Curves]]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(9, 6))
    for name, curves in found.items():
        levels = np.array([curve.validation for curve in curves])
        trials = range(1, levels.shape[1] + 1)
        (line,) = axes.plot(trials, levels.mean(0), label=name)
        axes.fill_between(trials, levels.min(0), levels.max(0), color=line.get_color(), alpha=0.1)
    axes.set(title="deep space: mean, lowest and highest search", xlabel="trials", ylim=(0.5, None))
    axes.set_ylabel("validation accuracy of the architecture held for best")
    axes.legend(loc="lower right")
    figure.savefig(path, dpi=80, bbox_inches="tight")
    pyplot.close(figure)
