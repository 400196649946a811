import subprocess
import sys
from pathlib import Path

GENERATOR = Path(__file__).parents[2] / "proto" / "generate.py"


def test_committed_code_is_what_the_compiler_gives():
    done = subprocess.run([sys.executable, str(GENERATOR), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
