"""Blocks that raise, give NaN or need more memory than there is: results with a reason, and the search goes on."""

import json
import subprocess
import sys

import pytest

BLOCKS = """
import keras
from model_search import Block, register_block
from model_search.block import Role


@register_block("RAISES")
class Raises(Block):
    role = Role.VECTOR

    def build(self, input_tensors, hparams=None, lengths=None):
        if len(input_tensors) > 1:
            raise ValueError("this block builds on the data alone")
        return [*input_tensors, keras.layers.Dense(8)(input_tensors[-1])]


@register_block("NOT_A_NUMBER")
class NotANumber(Block):
    role = Role.VECTOR

    def build(self, input_tensors, hparams=None, lengths=None):
        x = input_tensors[-1]
        return [*input_tensors, keras.ops.log(keras.ops.zeros_like(x) - 1.0) + x]


@register_block("ENORMOUS")
class Enormous(Block):
    role = Role.VECTOR

    def build(self, input_tensors, hparams=None, lengths=None):
        # With four features 400 million weights. Zeros, because so many random numbers take long.
        wide = keras.layers.Dense(100_000_000, use_bias=False, kernel_initializer="zeros")(input_tensors[-1])
        return [*input_tensors, keras.layers.Dense(2)(wide)]
"""

SPEC = """
problem_type: DNN
search_type: ADAPTIVE_COORDINATE_DESCENT
minimum_depth: 1
blocks_to_use: "FULLY_CONNECTED"
blocks_to_use: "RAISES"
blocks_to_use: "NOT_A_NUMBER"
blocks_to_use: "ENORMOUS"
user_suggestions { architecture: ["FULLY_CONNECTED", "RAISES"] }
user_suggestions { architecture: "NOT_A_NUMBER" }
user_suggestions { architecture: "ENORMOUS" }
user_suggestions { architecture: "FULLY_CONNECTED" }
"""

# So much address space beside what TensorFlow takes at its start: the weights of the enormous block fit into it, not
# what their training takes; and nothing else on the machine runs short of memory.
LIMITED = """
import resource

import psutil
import tensorflow as tf

from model_search.trainers.main import run

tf.data.Dataset.range(1).reduce(0, lambda x, y: x)
limit = psutil.Process().memory_info().vms + (6 << 30)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
run()
"""


@pytest.fixture(scope="module")
def searched(table, tmp_path_factory):
    """What says where a search of five trials is: three that fail, and two."""
    folder = tmp_path_factory.mktemp("failing")
    (folder / "my_blocks.py").write_text(BLOCKS)
    (folder / "spec.pbtxt").write_text(SPEC)
    arguments = [
        "train", f"--spec={folder / 'spec.pbtxt'}", f"--import_modules={folder / 'my_blocks.py'}", "--num_trainers=0",
        f"--filename={table}", "--train_steps=10", "--max_trials=5", f"--model_dir={folder / 'search'}",
    ]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-P", "-c", LIMITED, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return f"--model_dir={folder / 'search'}"


@pytest.fixture
def rows(searched, command):
    """The leaderboard, by number."""
    return {row["number"]: row for row in json.loads(command("leaderboard", "--format=json", searched).out)}


def test_each_failing_trial_is_infeasible_with_its_reason(rows) -> None:
    assert [rows[n]["state"] for n in range(1, 6)] == ["INFEASIBLE"] * 3 + ["COMPLETED"] * 2
    assert "RAISES" in rows[1]["error"] and "this block builds on the data alone" in rows[1]["error"]
    assert "my_blocks.py:7" in rows[1]["error"] and "at line 13" in rows[1]["error"]
    assert "loss became nan" in rows[2]["error"]
    assert "memory" in rows[3]["error"]


def test_what_failed_is_not_proposed_again(rows) -> None:
    failed = [rows[n]["architecture"] for n in (1, 2, 3)]
    assert rows[5]["architecture"] not in failed
