import numpy as np
import pytest

from model_search import files
from model_search.training.artifacts import LOGITS, logits_bytes, trial_folder
from model_search.training.evaluation_labels import LogitsError, read_logits

SINGLE = np.array([[0.5, -1.0], [2.0, 3.25]], np.float32)
TASKS = {"first": SINGLE, "logits": SINGLE[:, :1]}


def written(folder, content: bytes) -> str:
    files.make_folder(trial_folder(str(folder), 1))
    files.write_atomically(files.join(trial_folder(str(folder), 1), LOGITS), content)
    return str(folder)


def test_logits_come_back_of_one_task_and_of_several(tmp_path):
    assert np.array_equal(read_logits(written(tmp_path, logits_bytes(SINGLE)), 1), SINGLE)
    found = read_logits(written(tmp_path, logits_bytes(TASKS)), 1)
    assert list(found) == list(TASKS)
    assert all(np.array_equal(found[name], TASKS[name]) for name in TASKS)


def test_logits_that_are_gone_say_so(tmp_path):
    with pytest.raises(LogitsError, match="of trial 1 are gone or damaged"):
        read_logits(str(tmp_path), 1)


def test_whatever_bit_is_flipped_logits_are_damaged_or_what_they_were(tmp_path):
    content = logits_bytes(SINGLE)
    refused = 0
    for place in range(len(content)):
        flipped = bytearray(content)
        flipped[place] ^= 1 << place % 8
        try:
            found = read_logits(written(tmp_path, bytes(flipped)), 1)
        except LogitsError:
            refused += 1
        else:
            assert np.array_equal(found, SINGLE)
    assert refused > 0.5 * len(content)
