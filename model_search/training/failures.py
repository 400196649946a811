"""What an exception during a trial means: a failed trial, or something that concerns the whole study."""

import resource

import psutil
import tensorflow as tf

from ..errors import OutOfMemoryError, TrialError, plain_message


def as_trial_error(error: Exception) -> TrialError:
    """The trial error that an exception from building, training or evaluating a network amounts to."""
    if isinstance(error, TrialError):
        return error
    if isinstance(error, (MemoryError, tf.errors.ResourceExhaustedError)):
        return OutOfMemoryError(f"out of memory: {plain_message(error)}")
    return TrialError(f"{type(error).__name__}: {plain_message(error)}")


def available_memory() -> int:
    """Bytes that this process can still get: of the machine, and of its own address-space limit."""
    available = int(psutil.virtual_memory().available)
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY:
        available = min(available, limit - int(psutil.Process().memory_info().vms))
    return max(available, 0)


def check_memory(parameters: int) -> None:
    """Refuses a network whose training state alone cannot fit: the system would kill the trainer instead.

    Weights, gradients and two moments of an optimizer are four float32 values a parameter; one is there already.

    Raises:
      OutOfMemoryError: the rest is more than what is available.
    """
    needed, available = 3 * 4 * parameters, available_memory()
    if needed > available:
        raise OutOfMemoryError(
            f"out of memory: training {parameters:,} parameters takes {needed / 2**30:.1f} GiB more, "
            f"{available / 2**30:.1f} GiB are available"
        )
