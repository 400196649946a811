"""The block library is registered, and `studies` can be imported, in all tests of the engine."""

import model_search.blocks  # noqa: F401
from hypothesis import settings

# Machines that run tests are busy: a slow example is no failure.
settings.register_profile("engine", deadline=None)
settings.load_profile("engine")
