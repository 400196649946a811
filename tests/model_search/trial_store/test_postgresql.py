"""The conformance suite on PostgreSQL, and on the service in front of it."""

from collections.abc import Iterator

import pytest
from backends import database_of_tests, direct, emptied, served
from conformance import StoreConformance, study  # noqa: F401 - a fixture

from model_search.trial_store.contract import TrialStore


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with database_of_tests("postgresql") as url:
        yield url


@pytest.fixture
def url(database: str) -> str:
    return emptied(database)


class TestPostgresql(StoreConformance):
    @pytest.fixture
    def store(self, url: str) -> Iterator[TrialStore]:
        with direct(url) as store:
            yield store


class TestServiceBeforePostgresql(StoreConformance):
    @pytest.fixture
    def store(self, url: str) -> Iterator[TrialStore]:
        with served(url) as store:
            yield store
