import sys
from pathlib import Path

import pytest

pytest.register_assert_rewrite("backends", "conformance", "study_machine", "examples")
# Tests of outages have a server of their own, which `fleet` starts and stops.
sys.path.append(str(Path(__file__).parents[3] / "benchmarks"))
