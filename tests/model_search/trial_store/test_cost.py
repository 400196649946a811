"""What a question costs must not grow with the study: each is answered from an index."""

import json
import sqlite3
from pathlib import Path

import pytest
from examples import config, suggestion
from sqlalchemy import event

from model_search.study import Measurement, Study, TrialState
from model_search.trial_store.contract import TrialStore
from model_search.trial_store.open import open_store
from model_search.trial_store.sql.encoding import architecture_digest

Filled = tuple[TrialStore, Study, Path]


@pytest.fixture
def filled(tmp_path: Path) -> Filled:
    store = open_store(f"sqlite:///{tmp_path}/trials.db")
    study = store.open_study(config(max_trials=10_000_000))
    return store, study, tmp_path / "trials.db"


def fill(path: Path, study: Study, count: int) -> None:
    row = (
        "INSERT INTO search_trials (study_id, number, state, attempt, trainer, error, revision, token, fingerprint,"
        " architecture_digest, kind, origin, architecture, hyperparameters, parents, objective, cost, loss, metrics,"
        " parameters, seconds, model) VALUES (?, ?, 'COMPLETED', 1, 't', '', ?, 'x', ?, ?, 'search', 'grow', ?, '{}',"
        " '[]', ?, ?, 0.5, '{}', 10, 1.0, 'm')"
    )
    blocks = json.dumps(["A", "B"])
    digest = architecture_digest(["A", "B"])
    with sqlite3.connect(path) as connection:
        (first,) = connection.execute("SELECT max(number) FROM search_trials").fetchone()
        values = [
            (study.id, n, n, f"{n:032d}", digest, blocks, n * 37 % 1009, -(n * 37 % 1009))
            for n in range((first or 0) + 1, (first or 0) + count + 1)
        ]
        connection.executemany(row, values)
        connection.executemany(
            "INSERT INTO search_measurements VALUES (?, ?, 1, 7, '{}', 0.5)", [(study.id, value[1]) for value in values]
        )
        connection.execute(f"UPDATE search_studies SET completed = completed + {count}, revision = revision + {count}")


def use(store: TrialStore, study: Study) -> None:
    claim = store.claim(study.id, "t", 100.0)
    assert claim is not None
    store.suggest(claim, suggestion("C", rate=claim.number))
    store.heartbeat(claim)
    store.reap(study.id, ["dead"])
    store.best(study.id, 5)
    store.trials(study.id, {TrialState.COMPLETED}, since=claim.number)
    store.trials(study.id, {TrialState.RUNNING})
    store.has_failed(study.id, ["A", "B"])
    store.has_tried(study.id, ["C", "A"])
    store.measure(claim, Measurement(9, {}, 0.5))
    store.number_of(study.id, "x")
    store.counts(study.id)
    store.running_trainers(study.id)
    store.measurements(study.id, 1)
    store.refuse(claim)
    store.fail(claim, "x")


def compare(store: TrialStore, study: Study) -> None:
    assert len(store.rung_values(study.id, 7)) == 1000
    assert len(store.rung_values(study.id, 7, {TrialState.COMPLETED})) == 1000


def test_every_statement_searches_an_index(filled: Filled) -> None:
    store, study, path = filled
    fill(path, study, 1000)
    statements: list[tuple[str, tuple]] = []
    engine = store._database.engine  # type: ignore[attr-defined]
    event.listen(
        engine, "before_cursor_execute", lambda c, cursor, sql, values, *rest: statements.append((sql, values))
    )
    use(store, study)
    compare(store, study)
    connection = sqlite3.connect(path)
    plans = {
        sql: " | ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values))
        for sql, values in statements
        if not sql.startswith(("BEGIN", "INSERT"))
    }
    assert len(plans) >= 13
    assert [sql for sql, plan in plans.items() if "SCAN search" in plan] == []
    assert [sql for sql, plan in plans.items() if "search_trials" in plan and "(study_id=?)" in plan] == []
    (best,) = [plan for sql, plan in plans.items() if "ORDER BY search_trials.cost" in sql]
    assert "ix_search_trials_rank (study_id=? AND state=?)" in best
    assert "TEMP B-TREE" not in best
    (new,) = [plan for sql, plan in plans.items() if "revision > ?" in sql]
    assert "ix_search_trials_revision (study_id=? AND state=? AND revision>?)" in new
    rung_values = [plan for sql, plan in plans.items() if "search_measurements.objective IS NOT NULL" in sql]
    assert len(rung_values) == 2
    for plan in rung_values:
        assert "ix_search_measurements_rung (study_id=? AND step=?)" in plan
        assert "TEMP B-TREE" not in plan


@pytest.mark.parametrize(("work", "first"), [(use, 100), (compare, 1100)])
def test_costs_the_same_in_a_much_larger_study(filled: Filled, work, first: int) -> None:
    # Counted in virtual machine steps, so that the machine's load has no part in it.
    store, study, path = filled

    def steps() -> int:
        count = 0

        def step() -> int:
            nonlocal count
            count += 1
            return 0

        pooled = store._database.engine.raw_connection()  # type: ignore[attr-defined]
        pooled.driver_connection.set_progress_handler(step, 10)
        pooled.close()
        work(store, study)
        return count

    fill(path, study, first)
    work(store, study)
    few = steps()
    fill(path, study, 20_000)
    many = steps()
    assert few > 10
    assert many < 1.3 * few
