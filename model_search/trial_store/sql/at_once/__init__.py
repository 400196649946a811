"""What trainers do most, each in one statement: for servers that change several tables in one (PostgreSQL).

The study's row is locked and given back inside the server, so no trainer holds it while the network is slow, or while
the trainer itself stands still, and one round trip is all that a claim or a report costs. Each function says whether it
was done this way; where not (a trial waits, a lease has expired, a token is void, it was said before), nothing has
changed, and the transaction in `changes` decides.

Statements are built once, with parameters: building one takes longer than the server does.
"""

from .claims import claim
from .reports import complete, fail, heartbeat, measure, release, stop, suggest

__all__ = ["DIALECTS", "claim", "complete", "fail", "heartbeat", "measure", "release", "stop", "suggest"]

DIALECTS = ("postgresql",)
