"""Sparse polynomials over bits, found by lasso: the regression of Harmonica (algorithm 1 of its paper)."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np


@dataclass(frozen=True)
class Polynomial:
    """A sum of monomials (products of different bits) times weights, for bits that are -1 or +1."""

    monomials: tuple[tuple[int, ...], ...]
    weights: tuple[float, ...]

    @property
    def variables(self) -> tuple[int, ...]:
        """The bits that occur, in order."""
        return tuple(sorted({bit for monomial in self.monomials for bit in monomial}))

    def values(self, bits: np.ndarray) -> np.ndarray:
        """Of rows of bits, (rows, bits) to (rows,)."""
        return characters(bits, self.monomials) @ np.array(self.weights)


def characters(bits: np.ndarray, monomials: Sequence[tuple[int, ...]]) -> np.ndarray:
    """Values of the monomials, (rows, bits) to (rows, monomials); each -1 or +1."""
    columns = [bits[:, list(monomial)].prod(axis=1) for monomial in monomials]
    return np.stack(columns, axis=1).astype(float) if columns else np.zeros((len(bits), 0))


def sparse_polynomial(
    bits: np.ndarray, values: np.ndarray, variables: Sequence[int], degree: int, penalty: float, count: int
) -> Polynomial:
    """The monomials of the largest absolute weights in a lasso on all monomials; without a constant.

    Args:
      bits: (rows, bits) of -1 and +1.
      values: what to explain, (rows,).
      variables: bits that monomials may have.
      degree: most bits in a monomial.
      penalty: of the sum of absolute weights, in standard deviations of `values`: on all rows of a cube each weight
        shrinks by so much, and what is smaller vanishes.
      count: most monomials.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import Lasso

    monomials = [monomial for size in range(1, degree + 1) for monomial in combinations(variables, size)]
    deviation = float(values.std())
    if not monomials or not deviation:
        return Polynomial((), ())
    target = (values - values.mean()) / deviation
    with warnings.catch_warnings():
        # Only which weights are the largest matters.
        warnings.simplefilter("ignore", ConvergenceWarning)
        weights = Lasso(alpha=penalty, max_iter=2000).fit(characters(bits, monomials), target).coef_ * deviation
    largest = [int(place) for place in np.argsort(-np.abs(weights), kind="stable")[:count] if weights[place]]
    return Polynomial(tuple(monomials[place] for place in largest), tuple(float(weights[place]) for place in largest))
