"""Two families of errors: what ends one trial, and what ends the whole study.

A trial that fails is a result. Its reason is stored and the search goes on. An error of the study (spec, data,
database) stops the trainer that meets it.
"""

import re

MESSAGE_LIMIT = 300


def plain_message(error: BaseException) -> str:
    """An error's message on one line of at most 300 characters: without colours, lists of arguments, and the stacks and
    node names that TensorFlow puts before and behind the cause of an error in a compiled graph."""
    text = re.sub(r"\x1b\[[\d;]*m|\[?\[?{{.*?}}\]?\]?", "", str(error)).partition("Arguments received by")[0]
    if "defined at (most recent call last)" in text:
        lines = [line.strip() for line in text.splitlines()]
        noise = ("File ", "Detected at node", "Graph execution error", "Hint:", "(1)", "0 successful operations")
        text = " ".join(line for line in lines if line and not line.startswith(noise) and line != "<stack>")
    text = " ".join(text.split())
    return text if len(text) <= MESSAGE_LIMIT else f"{text[: MESSAGE_LIMIT - 3]}..."


class StudyError(Exception):
    """Something that no trial can mend: the message is one line that names the thing, its value and what is right."""


class UsageError(StudyError):
    """A wrong flag, spec, block name or data file, found before anything trains."""


class TrialError(Exception):
    """This trial cannot be completed, whoever trains it: the message is the reason, one line."""


class NonFiniteLossError(TrialError):
    """The loss or a metric became NaN or infinite."""


class OutOfMemoryError(TrialError):
    """The trial needs more memory than there is."""


class BuildError(TrialError):
    """The network of the trial cannot be built."""
