"""Densities of single choices, and which value is likelier in one of them than in another.

Those of Bergstra, Bardenet, Bengio and Kegl 2011, "Algorithms for Hyper-Parameter Optimization" (NeurIPS), section 4,
as Optuna's `TPESampler` has them by default: every observation is a kernel, and so is the prior, which weighs 1. The
newest 25 observations weigh 1 too, earlier ones the less the older they are.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy.special import ndtr, ndtri

_NEWEST = 25
# Values drawn, of which one is chosen.
_CANDIDATES = 24
# Kernels of numbers are at least so many times narrower than the range, or one more than there are of them.
_NARROWEST = 100.0


@lru_cache(maxsize=4096)
def kernel_weights(count: int) -> np.ndarray:
    """Shares of so many observations, oldest first, and of the prior behind them, (count + 1,)."""
    flat = np.ones(min(count, _NEWEST) + 1)
    ramp = np.linspace(1.0 / count, 1.0, count - _NEWEST) if count > _NEWEST else np.zeros(0)
    weights = np.concatenate([ramp, flat])
    return np.asarray(weights / weights.sum())


def option_shares(observed: Sequence[float], options: int) -> np.ndarray:
    """Probabilities of options without order, (options,); observed: numbers of options, oldest first."""
    weights, kernels = kernel_weights(len(observed)), len(observed) + 1
    counts = np.bincount(np.array(observed, int), weights[:-1], options)
    # Each kernel has one over their number for every option beside the one observed.
    shares = (counts + weights[:-1].sum() / kernels) / (1.0 + options / kernels)
    return np.asarray(shares + weights[-1] / options)


def likelier_option(good: Sequence[float], rest: Sequence[float], allowed: np.ndarray, rng: np.random.Generator) -> int:
    """Of options drawn from the density of the good ones the one that is likeliest there compared with the rest.

    Args:
      good, rest: options observed on either side, oldest first.
      allowed: whether each of the options may be drawn, (options,).
      rng: source of chance.
    """
    shares = option_shares(good, len(allowed))
    sums = (shares * allowed).cumsum()
    drawn = np.unique(sums.searchsorted(sums[-1] * rng.random(_CANDIDATES), "right"))
    return int(drawn[(shares / option_shares(rest, len(allowed)))[drawn].argmax()])


class Numbers:
    """A density of numbers from `low` to `high`: normal distributions around those observed, cut at both ends.

    A kernel is as wide as the way to the farther one of its two neighbours; the first and the last have but one. The
    prior is as wide as the range, around its middle.
    """

    def __init__(self, observed: Sequence[float], low: float, high: float):
        """Observed: numbers in the range, oldest first."""
        self.weights, count = kernel_weights(len(observed)), len(observed)
        means = np.array(observed, float)
        order = means.argsort(kind="stable")
        padded = np.concatenate([[low], means[order], [high]])
        gaps = np.diff(padded)
        widths = np.maximum(gaps[:-1], gaps[1:])
        if count > 1:
            widths[0], widths[-1] = gaps[1], gaps[-2]
        spreads = np.empty(count + 1)
        spreads[order] = np.clip(widths, (high - low) / min(_NARROWEST, count + 2.0), high - low)
        spreads[-1] = high - low
        self.means, self.spreads = np.append(means, 0.5 * (low + high)), spreads
        self.below, self.above = self._shares_below(np.array([low, high]))

    def draw(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """So many numbers, (count,)."""
        kernels = rng.choice(len(self.weights), count, p=self.weights)
        below, above = self.below[kernels], self.above[kernels]
        return np.asarray(
            self.means[kernels] + self.spreads[kernels] * ndtri(below + (above - below) * rng.random(count))
        )

    def density(self, numbers: np.ndarray) -> np.ndarray:
        """At numbers of the range, (numbers,)."""
        scaled = (numbers[:, None] - self.means) / self.spreads
        heights = self.weights / (self.spreads * (self.above - self.below) * np.sqrt(2.0 * np.pi))
        return np.asarray(np.exp(-0.5 * scaled**2) @ heights)

    def mass(self, first: np.ndarray, last: np.ndarray) -> np.ndarray:
        """Probabilities of what lies between `first` and `last`, pair by pair."""
        inside = self._shares_below(last) - self._shares_below(first)
        return np.asarray(inside @ (self.weights / (self.above - self.below)))

    def _shares_below(self, numbers: np.ndarray) -> np.ndarray:
        """By number and kernel, as if nothing were cut."""
        return np.asarray(ndtr((numbers[:, None] - self.means) / self.spreads))


def likelier_number(good: Sequence[float], rest: Sequence[float], rng: np.random.Generator) -> float:
    """As `likelier_option`, from 0 to 1."""
    of_good = Numbers(good, 0.0, 1.0)
    drawn = np.clip(of_good.draw(_CANDIDATES, rng), 0.0, 1.0)
    return float(drawn[(of_good.density(drawn) / Numbers(rest, 0.0, 1.0).density(drawn)).argmax()])


def likelier_count(
    good: Sequence[float], rest: Sequence[float], least: int, most: int, rng: np.random.Generator
) -> int:
    """As `likelier_option`, for whole numbers from `least` to `most`; observed ones outside count as the nearest."""
    of_good, of_rest = (Numbers(np.clip(side, least, most).tolist(), least - 0.5, most + 0.5) for side in (good, rest))
    drawn = np.unique(np.clip(np.round(of_good.draw(_CANDIDATES, rng)), least, most))
    ends = drawn - 0.5, drawn + 0.5
    return int(drawn[(of_good.mass(*ends) / of_rest.mass(*ends)).argmax()])
