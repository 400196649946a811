"""Texts and tokens that every trial database takes."""

import re
import secrets

from ..errors import UsageError
from ..study import StudyConfig

_TOKEN = re.compile(r"[0-9a-f]{32}")


def unicode_text(text: str) -> str:
    """Text without lone surrogates, which file names may have and UTF-8 has not."""
    return text.encode("utf-8", "replace").decode("utf-8")


def stored_text(text: str, limit: int = 8000) -> str:
    """Text that every database takes: no NUL, no lone surrogates (file names have them), at most `limit` characters."""
    clean = unicode_text(text).replace("\0", "\N{REPLACEMENT CHARACTER}")
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


def new_token() -> str:
    """32 random hexadecimal digits: a claim's token, a request's id."""
    return secrets.token_hex(16)


def check_token(token: str) -> None:
    """Raises `ValueError` for what is no token."""
    if not _TOKEN.fullmatch(token):
        raise ValueError(f"{token[:40]!r} is not a token of 32 hexadecimal digits")


def check_lease(lease_seconds: float) -> None:
    """Raises `ValueError` for a lease that is over when it begins."""
    if not lease_seconds > 0:
        raise ValueError(f"lease_seconds is {lease_seconds}; it must be more than 0")


def check_config(config: StudyConfig) -> None:
    """Raises `UsageError` for a study that no database takes."""
    texts = {"owner": config.owner, "name": config.name, "spec": config.spec, "data": config.data}
    for field, text in texts.items():
        if stored_text(text, limit=len(text)) != text:
            raise UsageError(f"{field} {text[:80]!r} of the experiment has characters that are not valid Unicode text")
    if config.max_trials < 0:
        raise UsageError(f"max_trials is {config.max_trials}; it must be 0 or more")
