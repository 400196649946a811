"""Linear algebra in one thread: matrices of a few hundred rows gain nothing from more, and trainers share the cores."""

from contextlib import AbstractContextManager
from functools import cache

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]


def one_thread() -> AbstractContextManager[object]:
    """A context in which numpy and scipy calculate in one thread."""
    limited: AbstractContextManager[object] = _controller().limit(limits=1)
    return limited


@cache
def _controller() -> ThreadpoolController:
    """The libraries of this process, looked for once: that takes milliseconds."""
    import scipy.linalg  # noqa: F401  its library is to be loaded by then

    return ThreadpoolController()
