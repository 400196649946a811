import numpy as np
import pytest

from model_search.data.tables.quantiles import BINS, OWN_EDGES, edges_of


def test_few_values_that_repeat_are_edges_themselves():
    """Mostly zero, so that quantiles of the rows alone would be 0; all different values tell apart."""
    amounts = [3.0, 7.0, 8.0, 7298.0, 7688.0, 99999.0]
    assert edges_of(np.array([0.0] * 1000 + amounts)) == (0.0, *amounts)


def test_values_that_are_mostly_different_have_edges_at_their_quantiles():
    values = np.arange(1601.0)
    assert edges_of(values) == tuple(np.arange(0.0, 1601.0, 1600 / BINS))


@pytest.mark.parametrize("more", [0, 1])
def test_too_many_values_that_repeat_have_edges_at_their_quantiles(more: int):
    values = np.repeat(np.arange(float(OWN_EDGES + more)), 4)
    edges = edges_of(values)
    assert (edges[0], edges[-1]) == (0.0, OWN_EDGES + more - 1)
    assert len(edges) <= 2 * (BINS + 1) if more else len(edges) >= OWN_EDGES


@pytest.mark.parametrize("values", [[5.0] * 9, [0.0, 1.0] * 9])
def test_a_column_of_two_values_has_no_bins(values: list[float]):
    assert edges_of(np.array(values)) == ()


def test_edges_ascend_and_do_not_repeat():
    values = np.random.default_rng(0).geometric(0.05, 5_000).astype(float)
    edges = np.array(edges_of(values))
    assert (np.diff(edges) > 0).all()
