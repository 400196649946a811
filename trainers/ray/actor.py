"""One trainer in a process of Ray's."""

import os
import threading
from collections.abc import Sequence
from typing import Any

from ...errors import StudyError
from ...trial_store.contract import UnavailableError

PAUSE_SECONDS = 1.0


class TrainerActor:
    """A trainer: an actor's class, without Ray in it.

    Methods give values back, errors too: Ray starts an actor again whose process dies, and calls `work` again, which
    goes on with the study; but an error of the study is the same anywhere.
    """

    def __init__(self, arguments: Sequence[str], threads: int, part_of_gpu: bool):
        """Args: the command line of `launch`, threads of TensorFlow, and whether others are on the same GPU."""
        from absl import flags

        from .. import main
        from ..commands import launch
        from ..threads import set_threads

        set_threads(threads)
        if part_of_gpu:
            os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
        if "model_dir" not in flags.FLAGS:
            main.parse(launch, list(arguments))
        self._stop = threading.Event()
        self._search: Any = None

    def open(self) -> dict[str, Any]:
        """Checks everything, and creates the study or joins it; what was odd in the data, or what is wrong."""
        from ..quiet import start_tensorflow
        from ..trainer_process import open_search_from_flags

        try:
            start_tensorflow()
            self._search = open_search_from_flags(self._stop)
        except StudyError as error:
            return {"error": " ".join(str(error).split()), "is_outage": isinstance(error, UnavailableError)}
        return {"notes": list(self._search.pipeline.provider.describe().notes)}

    def work(self, waits: bool) -> dict[str, Any]:
        """Runs trials until the study is finished, or, where it does not wait, until there is nothing to claim."""
        from ...trainer import work
        from ..flags import FLAGS
        from ..identity import trainer_name

        try:
            opened = self.open() if self._search is None else {}
            # The first trainer has opened it, so what does not answer now is right, and will.
            while opened.get("is_outage") and not self._stop.wait(PAUSE_SECONDS):
                opened = self.open()
            if "error" in opened:
                return opened
            ended = work(self._search, trainer_name(FLAGS.trainer_id), FLAGS.lease_seconds, waits)
        except StudyError as error:
            return {"error": " ".join(str(error).split())}
        return {"notes": [ended] if ended else []}

    def conclude(self) -> dict[str, Any]:
        """Trains the best network on all examples, and scores it; what ends a search once."""
        from ...conclusion import conclude

        opened = self.open() if self._search is None else {}
        if "error" not in opened:
            conclude(self._search)
        return opened

    def stop(self) -> None:
        """Makes `work` give back its trial and end."""
        self._stop.set()

    def process(self) -> int:
        """Number of the process."""
        return os.getpid()
