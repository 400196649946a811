"""The order of examples: every pass is a permutation, any step can be asked for by itself."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model_search.data.pipeline import EncodedArrays
from model_search.training.feeds import ArrayFeed, shuffled_rows


@given(rows=st.integers(1, 30), batch=st.integers(1, 40), seed=st.integers(0, 5), steps=st.integers(1, 20))
def test_every_pass_has_each_row_once(rows: int, batch: int, seed: int, steps: int) -> None:
    stream = shuffled_rows(rows, batch, seed)(0, steps).ravel()
    assert stream.shape == (batch * steps,)
    for epoch in range(len(stream) // rows):
        assert sorted(stream[epoch * rows : (epoch + 1) * rows]) == list(range(rows))


@given(first=st.integers(0, 30), count=st.integers(1, 10))
def test_steps_do_not_depend_on_where_one_starts(first: int, count: int) -> None:
    whole = shuffled_rows(13, 4, 1)(0, first + count)
    np.testing.assert_array_equal(shuffled_rows(13, 4, 1)(first, count), whole[first:])


def test_seeds_and_passes_differ() -> None:
    one, two = shuffled_rows(50, 50, 1)(0, 2)
    assert not np.array_equal(one, two)
    assert not np.array_equal(one, shuffled_rows(50, 50, 2)(0, 1)[0])


def test_array_feed_gathers_rows_of_a_step() -> None:
    x = np.arange(12, dtype=np.float32).reshape(6, 2)
    feed = ArrayFeed(EncodedArrays(x, np.arange(6, dtype=np.int32), np.ones(6, np.float32)), batch_size=3, seed=0)
    rows = shuffled_rows(6, 3, 0)(1, 2)
    features, labels, _ = feed.batch(feed.argument(1, 2), 1)
    np.testing.assert_array_equal(features, x[rows[1]])
    np.testing.assert_array_equal(labels, rows[1])
