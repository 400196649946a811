import numpy as np
import pytest

from model_search.data.arrays.arrays import provider_from
from model_search.data.pipeline import Pipeline
from model_search.data.provider import DataOptions

X = np.arange(200, dtype=np.float32)[:, None] * [1, -1]
Y = np.arange(200) % 2


@pytest.fixture(scope="module")
def provider():
    return provider_from((X, Y), validation_data=(X[:50], Y[:50]), options=DataOptions(seed=1))


def test_what_fits_is_cached_once_and_evaluation_repeats_itself(provider):
    pipeline = Pipeline(provider, 16)
    assert pipeline.train_arrays() is pipeline.train_arrays()
    first, second = (np.concatenate([x for x, _, _ in pipeline.evaluation()]) for _ in range(2))
    assert np.array_equal(first, second)
    assert len(first) == 50


def test_streamed_training_sees_every_example_once_a_pass(provider):
    cached = Pipeline(provider, 20).train_arrays().x
    pipeline = Pipeline(provider, 20, cache_bytes=10)
    assert pipeline.train_arrays() is None
    stream = pipeline.train_stream(seed=4).as_numpy_iterator()
    passes = [np.concatenate([next(stream)[0] for _ in range(10)])[:, 0] for _ in range(2)]
    for order in passes:
        assert np.array_equal(np.sort(order), np.sort(cached[:, 0]))
    assert not np.array_equal(*passes)
    resumed = next(pipeline.train_stream(seed=4, start_step=7).as_numpy_iterator())[0]
    assert not np.array_equal(resumed[:, 0], passes[0][:20])


def test_evaluation_ends_at_the_limit_whether_cached_or_not(provider):
    whole = np.concatenate([x for x, _, _ in Pipeline(provider, 16).evaluation()])
    for room in (1 << 20, 10):
        limited = Pipeline(provider, 16, cache_bytes=room, max_evaluation_batches=2)
        x, y, w = (np.concatenate(arrays) for arrays in zip(*limited.evaluation(), strict=True))
        assert np.array_equal(x, whole[:32])
        assert len(y) == len(w) == 32


@pytest.mark.parametrize(("size", "batch"), [(64, 85), (2, 4096), (512, 16)])
def test_evaluation_batches_are_bounded_in_values(size, batch):
    images = np.zeros((10, size, size, 3), np.uint8)
    provider = provider_from((images, Y[:10]), options=DataOptions(validation_fraction=0.5))
    assert Pipeline(provider, 16).evaluation_batch_size == batch
