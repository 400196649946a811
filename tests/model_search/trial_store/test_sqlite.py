from collections.abc import Iterator
from pathlib import Path

import pytest
from conformance import StoreConformance, study  # noqa: F401 - a fixture

from model_search.trial_store.contract import TrialStore
from model_search.trial_store.open import open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TrialStore]:
    opened = open_store(f"sqlite:///{tmp_path}/trials.db")
    yield opened
    opened.close()


class TestSqlite(StoreConformance):
    pass
