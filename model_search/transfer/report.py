"""What a trial's weights started from: stored in its folder, shown by `model_search show`, read by replay."""

import json
from dataclasses import asdict, dataclass

from .. import files
from ..words import counted

TRANSFER = "transfer.json"


@dataclass(frozen=True)
class Origin:
    """What came from one earlier trial.

    Attributes:
      trial: its number.
      weight: its part in the average; 1 of a single one.
      tensors, parameters: how many weights it has a part in: arrays, and numbers in them.
      error: why nothing could be read from it; empty where all was well.
    """

    trial: int
    weight: float
    tensors: int = 0
    parameters: int = 0
    error: str = ""


@dataclass(frozen=True)
class TransferReport:
    """Where the weights of a trial came from before it trained.

    Attributes:
      fingerprint: of the trial's suggestion.
      origins: earlier trials.
      tensors, parameters: weights that came from any of them.
      of_tensors, of_parameters: all weights of the tower.
      grown: places of new blocks that started as identities, so that the tower was its parent's function.
      rate_factor: what the trial's learning rate is multiplied by, since much of it has been learned.
    """

    fingerprint: str
    origins: tuple[Origin, ...]
    tensors: int
    parameters: int
    of_tensors: int
    of_parameters: int
    grown: tuple[int, ...] = ()
    rate_factor: float = 1.0

    def lines(self) -> list[str]:
        """What people read."""
        lines = [f"start: {self.parameters:,} of {self.of_parameters:,} weights from earlier trials"]
        for origin in self.origins:
            part = "" if origin.weight == 1 else f"{origin.weight:.4f} of the average, "
            what = f"{origin.parameters:,} weights in {counted(origin.tensors, 'tensor', 'tensors')}"
            lines.append(f"  trial {origin.trial}: {part}{origin.error or what}")
        if self.grown:
            lines.append(f"  started as identities: blocks {', '.join(map(str, self.grown))}")
        if self.rate_factor != 1:
            lines.append(f"  learning rate multiplied by {self.rate_factor:.4g}")
        return lines


def write_report(folder: str, report: TransferReport) -> None:
    """Writes it into the folder of its trial."""
    files.write_atomically(files.join(folder, TRANSFER), json.dumps(asdict(report), indent=1).encode())


def read_report(folder: str) -> TransferReport | None:
    """The report in a trial's folder; None where there is none, or none that can be read."""
    content = files.read_bytes(files.join(folder, TRANSFER))
    try:
        values = json.loads(content) if content else None
        if values is None:
            return None
        origins = tuple(Origin(**origin) for origin in values.pop("origins"))
        return TransferReport(origins=origins, grown=tuple(values.pop("grown")), **values)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
