"""How image files are read for a model of images."""

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from ...errors import UsageError
from ..layout import Batches
from ..tables.csv_file import require_file
from .image_files import image_paths, is_image_name

BATCH = 64


@dataclass(frozen=True)
class ImageLayout:
    """An image, or a folder of images, all resized.

    Attributes:
      name: of the model's input.
      height, width: in pixels.
    """

    kind: ClassVar[str] = "images"
    name: str
    height: int
    width: int

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "ImageLayout":
        """What `to_json` gave."""
        return cls(str(value["name"]), int(value["height"]), int(value["width"]))

    def read(self, filename: str, on_skipped: Callable[[str], None] | None = None) -> Batches:
        """Decoded images (batch, height, width, 3) uint8; ids are paths below the folder."""
        is_folder = os.path.isdir(filename)
        if not is_folder and not is_image_name(require_file(filename).name):
            raise UsageError(f"{filename}: the model reads images; give an image, a folder of images or an .npz file")
        paths = image_paths(filename) if is_folder else [filename]
        return self._decoded(paths, filename if is_folder else os.path.dirname(filename), on_skipped)

    def _decoded(self, paths: list[str], root: str, on_skipped: Callable[[str], None] | None) -> Batches:
        from .image_decoding import decoded_files

        found = 0
        for start in range(0, len(paths), BATCH):
            chosen = paths[start : start + BATCH]
            places, images = decoded_files(chosen, (self.height, self.width))
            found += len(places)
            for place in sorted(set(range(len(chosen))) - set(places)):
                if on_skipped:
                    on_skipped(chosen[place])
            if len(places):
                yield [os.path.relpath(chosen[place], root or ".") for place in places], {self.name: images}
        if not found:
            raise UsageError(f"none of the {len(paths)} images can be read, such as {paths[0]}")
