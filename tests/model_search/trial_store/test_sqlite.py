"""The conformance suite on SQLite, and on the service in front of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from backends import direct, served, sqlite_url
from conformance import StoreConformance, study  # noqa: F401 - a fixture

from model_search.trial_store.contract import TrialStore


@pytest.fixture
def url(tmp_path: Path) -> str:
    return sqlite_url(tmp_path)


class TestSqlite(StoreConformance):
    @pytest.fixture
    def store(self, url: str) -> Iterator[TrialStore]:
        with direct(url) as store:
            yield store


class TestServiceBeforeSqlite(StoreConformance):
    @pytest.fixture
    def store(self, url: str) -> Iterator[TrialStore]:
        with served(url) as store:
            yield store
