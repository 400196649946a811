"""Two families of errors: what ends one trial, and what ends the whole study.

A trial that fails is a result. Its reason is stored and the search goes on. An error of the study (spec, data,
database) stops the trainer that meets it.
"""


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
