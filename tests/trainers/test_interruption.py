import os
import signal

import pytest

from model_search.trainers.interruption import interruptible


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_first_signal_stops_and_the_second_raises(number, status, capsys) -> None:
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), interruptible("trials are given back") as interruption:
        assert (interruption.status, interruption.stop.is_set()) == (0, False)
        os.kill(os.getpid(), number)
        assert (interruption.status, interruption.stop.is_set()) == (status, True)
        os.kill(os.getpid(), number)
    assert capsys.readouterr().err.count("stopping: trials are given back") == 1
    assert signal.getsignal(number) is before


def test_a_time_limit_is_no_interruption() -> None:
    with interruptible("") as interruption:
        interruption.stop.set()
    assert interruption.status == 0
