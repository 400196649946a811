"""Starts TensorFlow without its start-up messages, so that a user's terminal shows what the user asked for."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import StudyError


def start_tensorflow(joins: bool = False) -> None:
    """Imports TensorFlow and finds its devices in silence; what it wrote is shown where that fails.

    Where it `joins`, the workers that TF_CONFIG names meet first, which waits until all are there.

    Its C++ logging starts before any setting of its own counts, so the file descriptor itself is redirected.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with silenced_stderr():
        import tensorflow as tf

        if joins:
            from ..training.workers import join_workers

            join_workers()
        tf.config.list_logical_devices()


@contextmanager
def silenced_stderr() -> Iterator[None]:
    """Keeps file descriptor 2 quiet; its content is replayed where the body fails in a way that nobody foresaw."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as kept:
        original = os.dup(2)
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except (StudyError, KeyboardInterrupt):
            raise
        except BaseException:
            kept.seek(0)
            os.write(original, kept.read())
            raise
        finally:
            os.dup2(original, 2)
            os.close(original)
