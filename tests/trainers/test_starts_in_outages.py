"""Supervised trainers and a trial database that is away."""

from types import SimpleNamespace

import pytest

from model_search.errors import StudyError
from model_search.trainers.supervisor import MAX_FAILED_STARTS, Crew


def crew_with(**child: object) -> Crew:
    crew = Crew(1)
    values = {"is_ready": False, "error": "trial database x: refused", "is_outage": True, "remove_log": lambda: None}
    crew._children[0] = SimpleNamespace(**values | child)  # type: ignore[assignment]
    return crew


def test_a_trainer_that_finds_no_database_in_the_middle_of_a_search_is_started_again() -> None:
    crew = crew_with()
    crew._is_open = True
    for _ in range(2 * MAX_FAILED_STARTS):
        crew._mourn(0)
    crew._children[0].is_outage = False
    with pytest.raises(StudyError, match="trial database x: refused"):
        crew._mourn(0)


def test_where_the_database_was_never_there_the_search_ends() -> None:
    with pytest.raises(StudyError, match="trial database x: refused"):
        crew_with()._mourn(0)
