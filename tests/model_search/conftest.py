"""The block library is registered, and `studies` can be imported, in all tests of the engine."""

from hypothesis import HealthCheck, settings

import model_search.blocks  # noqa: F401

# Machines that run tests are busy: neither a slow example nor slow drawing of examples is a failure.
settings.register_profile("engine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("engine")
