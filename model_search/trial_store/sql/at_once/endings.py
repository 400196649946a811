"""How a claimed trial ends: the same for all servers that move it in one statement."""

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import Connection

from ....study import Goal, Objective, Result
from ...contract import Claim
from ...texts import stored_text
from ..encoding import result_values
from ..transaction import Transition

Moved = Callable[[Connection, Claim, Transition, dict[str, Any]], bool]
"""A transition of a claimed trial, with columns to set besides; whether it was done."""


class Endings(NamedTuple):
    """The ends of trials by one server's way to move them; each says whether it was done."""

    moved: Moved

    def complete(self, connection: Connection, claim: Claim, result: Result) -> bool:
        """Stores the result."""
        return self.moved(connection, claim, Transition.COMPLETE, _values(result))

    def stop(self, connection: Connection, claim: Claim, result: Result) -> bool:
        """Stores the result so far."""
        return self.moved(connection, claim, Transition.STOP, _values(result))

    def fail(self, connection: Connection, claim: Claim, reason: str) -> bool:
        """Stores the reason."""
        return self.moved(connection, claim, Transition.FAIL, {"error": stored_text(reason) or "no reason given"})

    def release(self, connection: Connection, claim: Claim) -> bool:
        """Gives the trial and its attempt back."""
        return self.moved(connection, claim, Transition.RELEASE, {"attempt": claim.attempt - 1})


def _values(result: Result) -> dict[str, Any]:
    # The cost goes by the study's own goal, which the server looks up.
    return result_values(result, Objective("", Goal.MINIMIZE))
