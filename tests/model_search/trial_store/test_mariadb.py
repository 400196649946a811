"""The conformance suite on MariaDB, and on the service in front of it."""

from collections.abc import Iterator

import pytest
from backends import database_of_tests, direct, emptied, served
from conformance import StoreConformance, study  # noqa: F401 - a fixture

from model_search.trial_store.contract import TrialStore


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with database_of_tests("mariadb") as url:
        yield url


@pytest.fixture
def url(database: str) -> str:
    return emptied(database)


class TestMariadb(StoreConformance):
    @pytest.fixture
    def store(self, url: str) -> Iterator[TrialStore]:
        with direct(url) as store:
            yield store


class TestServiceBeforeMariadb(StoreConformance):
    @pytest.fixture
    def store(self, url: str) -> Iterator[TrialStore]:
        with served(url) as store:
            yield store
