"""WAV files written byte by byte, right or wrong."""

import struct

import numpy as np

PCM, FLOAT, A_LAW, EXTENSIBLE = 1, 3, 6, 0xFFFE


def wav(samples, rate=8000, width=2, tag=PCM, channels=1, *, declared=None, align=None, before=b"", behind=b""):
    """Bytes of a file; `samples` are stored numbers, or bytes as they are. `declared` is the size the header gives."""
    if not isinstance(samples, bytes):
        samples = stored(samples, width, tag)
    align = width * channels if align is None else align
    layout = struct.pack("<HHIIHH", tag, channels, rate, rate * align, align, 8 * width)
    if tag == EXTENSIBLE:
        layout += struct.pack("<HHI", 22, 8 * width, 0) + struct.pack("<H", PCM) + b"\0" * 14
    size = len(samples) if declared is None else declared
    body = b"WAVE" + before + b"fmt " + struct.pack("<I", len(layout)) + layout
    body += b"data" + struct.pack("<I", size) + samples + behind
    return b"RIFF" + struct.pack("<I", len(body) & 0xFFFFFFFF) + body


def stored(samples, width, tag):
    if tag == FLOAT:
        return np.asarray(samples, f"<f{width}").tobytes()
    if width == 1:
        return np.asarray(samples, np.uint8).tobytes()
    whole = np.asarray(samples, "<i4")
    return b"".join(int(value).to_bytes(width, "little", signed=True) for value in whole.reshape(-1))


def tone(hertz, seconds=0.1, rate=8000, loudness=8000):
    """16-bit samples of a sine."""
    return np.round(loudness * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(int)


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
