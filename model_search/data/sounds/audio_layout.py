"""How WAV files are read for a model of sounds."""

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from ...errors import UsageError
from ..layout import Batches
from ..tables.csv_file import require_file


@dataclass(frozen=True)
class AudioLayout:
    """A WAV file, or a folder of WAV files, all resampled to one rate.

    Attributes:
      name: of the model's input.
      rate: in Hz.
      samples: at that rate, which the model cuts sounds to; more need not be read.
    """

    kind: ClassVar[str] = "audio"
    name: str
    rate: int
    samples: int

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "AudioLayout":
        """What `to_json` gave."""
        return cls(str(value["name"]), int(value["rate"]), int(value["samples"]))

    def read(self, filename: str, on_skipped: Callable[[str], None] | None = None) -> Batches:
        """Sounds (batch, samples) float32, padded to the longest of the batch; ids are paths below the folder."""
        from ..files.file_scan import paths_below
        from .audio_files import sounds

        kind = sounds({})
        is_folder = os.path.isdir(filename)
        if not is_folder and not kind.is_name(require_file(filename).name):
            raise UsageError(f"{filename}: the model reads sounds; give a WAV file, a folder of them or an .npz file")
        paths = paths_below(filename, kind) if is_folder else [filename]
        return self._decoded(paths, filename if is_folder else os.path.dirname(filename), on_skipped)

    def _decoded(self, paths: list[str], root: str, on_skipped: Callable[[str], None] | None) -> Batches:
        from .audio_decoding import SoundReader, padded

        reader = SoundReader(self.rate, self.samples)
        is_any = False
        for start in range(0, len(paths), reader.batch):
            found = [(path, reader.read(path)) for path in paths[start : start + reader.batch]]
            sounds = {path: sound for path, sound in found if sound is not None}
            for path, sound in found:
                if sound is None and on_skipped:
                    on_skipped(path)
            if sounds:
                is_any = True
                longest = max(len(sound) for sound in sounds.values())
                batch = padded(list(sounds.values()), longest)
                yield [os.path.relpath(path, root or ".") for path in sounds], {self.name: batch}
        if not is_any:
            raise UsageError(f"none of the {len(paths)} sounds can be read, such as {paths[0]}")
