import numpy as np
import pytest
from wavs import A_LAW, EXTENSIBLE, FLOAT, PCM, wav, write

from model_search.data.sounds.audio_wav import WavError, read_header, read_samples


def read(tmp_path, content, frames=1000):
    write(tmp_path / "x.wav", content)
    header = read_header(str(tmp_path / "x.wav"))
    return header, read_samples(str(tmp_path / "x.wav"), header, frames)


@pytest.mark.parametrize(
    ("width", "tag", "stored", "meant"),
    [
        (1, PCM, [0, 128, 192], [-1, 0, 0.5]),
        (2, PCM, [-32768, 0, 16384], [-1, 0, 0.5]),
        (3, PCM, [-(2**23), 0, 2**22], [-1, 0, 0.5]),
        (4, PCM, [-(2**31), 0, 2**30], [-1, 0, 0.5]),
        (2, EXTENSIBLE, [-32768, 0, 16384], [-1, 0, 0.5]),
        (4, FLOAT, [-1, 0, 0.5], [-1, 0, 0.5]),
        (8, FLOAT, [-1, 0, 0.5], [-1, 0, 0.5]),
    ],
)
def test_encodings(tmp_path, width, tag, stored, meant):
    header, samples = read(tmp_path, wav(stored, 16000, width, tag))
    assert (header.frames, header.rate, header.channels) == (3, 16000, 1)
    assert header.seconds == 3 / 16000
    assert samples.tolist() == meant
    assert samples.dtype == np.float32


def test_channels_are_mixed_and_only_wanted_frames_are_read(tmp_path):
    _, samples = read(tmp_path, wav([16384, 0, -32768, -16384, 8, 8], channels=2), frames=2)
    assert samples.tolist() == [0.25, -0.75]


def test_other_chunks_and_sizes_of_programs_that_write_to_pipes(tmp_path):
    odd = b"LIST" + (3).to_bytes(4, "little") + b"abc\0"
    header, samples = read(tmp_path, wav([16384], before=odd, behind=odd))
    assert (header.frames, samples.tolist()) == (1, [0.5])
    header, samples = read(tmp_path, wav([16384, -32768], declared=0xFFFFFFFF))
    assert (header.frames, samples.tolist()) == (2, [0.5, -1.0])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "^empty$"),
        (b"hello, this is text", "something else, expected WAV"),
        (b"ID3\x03 and an MP3 behind it", "MP3, expected WAV"),
        (b"\xff\xfb\x90\x00" + b"\0" * 20, "MP3, expected WAV"),
        (b"fLaC" + b"\0" * 20, "FLAC, expected WAV"),
        (wav([1, 2])[:9], "something else|cut off"),
        (wav([1, 2])[:30], "cut off in its header"),
        (wav([1, 2, 3])[:-1], "cut off: 5 of 6 bytes of samples"),
        (wav([1], declared=1000), "cut off: 2 of 1000 bytes"),
        (wav([]), "no samples"),
        (wav([], declared=0xFFFFFFFF), "no samples"),
        (wav([1], tag=A_LAW, width=1), "A-law, expected PCM or float"),
        (wav([1], tag=0x1234), "encoding 0x1234, expected PCM"),
        (wav([1], rate=0), "sample rate 0 Hz, expected 1000 to 384000"),
        (wav([1], align=0), "16 bits of 1 channels in 0 bytes"),
        (wav([1], channels=0), "16 bits of 0 channels"),
        (wav([1, 2], channels=2, align=2), "16 bits of 2 channels in 2 bytes"),
        (wav([float("nan")], width=4, tag=FLOAT), "no numbers from -1 to 1"),
        (wav([float("inf"), -float("inf")], width=4, tag=FLOAT, channels=2), "no numbers from -1 to 1"),
        (wav([1e30], width=4, tag=FLOAT), "no numbers from -1 to 1"),
        (wav([1e300], width=8, tag=FLOAT), "no numbers from -1 to 1"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, content, message):
    with pytest.raises(WavError, match=message):
        read(tmp_path, content)


def test_a_missing_file_and_one_that_shrank(tmp_path):
    with pytest.raises(WavError, match="No such file"):
        read_header(str(tmp_path / "none.wav"))
    write(tmp_path / "x.wav", wav([1, 2, 3]))
    header = read_header(str(tmp_path / "x.wav"))
    write(tmp_path / "x.wav", wav([1]))
    with pytest.raises(WavError, match="cut off"):
        read_samples(str(tmp_path / "x.wav"), header, 10)


def test_a_format_chunk_that_lies_about_its_size(tmp_path):
    content = wav([1]).replace(b"fmt \x10\0\0\0", b"fmt \xff\xff\xff\xff")
    with pytest.raises(WavError, match="cut off in its header"):
        read(tmp_path, content)
