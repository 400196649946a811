"""The block library is registered, and `studies` can be imported, in all tests of the engine."""

import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

import model_search.blocks  # noqa: F401

# Tests of outages have a database server of their own, which `fleet` starts and stops.
sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
# Machines that run tests are busy: neither a slow example nor slow drawing of examples is a failure.
settings.register_profile("engine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("engine")
