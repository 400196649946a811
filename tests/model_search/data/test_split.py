import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_search.data.split import hashed_parts, strata_of_values, stratified
from model_search.errors import UsageError


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(20, 60), min_size=1, max_size=5),
    st.floats(0.1, 0.4),
    st.floats(0.1, 0.4),
    st.integers(0, 2**31 - 1),
)
def test_parts_are_a_partition_that_keeps_the_shares_of_classes(sizes, evaluation, test, seed):
    strata = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    split = stratified(strata, evaluation, test, seed)
    together = np.concatenate([split.train, split.evaluation, split.test])
    assert sorted(together.tolist()) == list(range(len(strata)))
    for stratum, size in enumerate(sizes):
        assert abs((strata[split.evaluation] == stratum).sum() - evaluation * size) <= 1
        assert abs((strata[split.test] == stratum).sum() - test * size) <= 1


def test_split_depends_on_the_seed_alone():
    strata = np.arange(100) % 3
    first, again, other = (stratified(strata, 0.2, 0.1, seed) for seed in (1, 1, 2))
    assert first.train.tolist() == again.train.tolist()
    assert first.train.tolist() != other.train.tolist()


def test_a_class_of_one_example_is_training_data():
    split = stratified(np.array([0] * 9 + [1]), 0.5, 0.0, 3)
    assert 9 in split.train
    assert not len(split.test)


def test_unusable_fractions():
    with pytest.raises(UsageError, match="leave no training data"):
        stratified(np.zeros(10), 0.6, 0.5, 0)
    with pytest.raises(UsageError, match=r"validation_fraction 1\.5"):
        stratified(np.zeros(10), 1.5, 0.0, 0)
    with pytest.raises(UsageError, match="2 rows are too few"):
        stratified(np.zeros(2), 0.1, 0.0, 0)


def test_bins_are_equally_full():
    assert np.bincount(strata_of_values(np.random.default_rng(0).normal(size=50))).tolist() == [5] * 10


def test_hashed_parts_have_their_shares_and_do_not_depend_on_the_other_rows():
    rows = np.arange(1, 20_001)
    parts = hashed_parts(rows, 0.2, 0.1, seed=7)
    assert np.bincount(parts) / len(rows) == pytest.approx([0.7, 0.2, 0.1], abs=0.01)
    assert hashed_parts(rows[500:600], 0.2, 0.1, seed=7).tolist() == parts[500:600].tolist()
    assert hashed_parts(rows, 0.2, 0.1, seed=8).tolist() != parts.tolist()
