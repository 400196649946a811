"""The block library is registered, and `studies` can be imported, in all tests of the engine."""

from hypothesis import settings

import model_search.blocks  # noqa: F401

# Machines that run tests are busy: a slow example is no failure.
settings.register_profile("engine", deadline=None)
settings.load_profile("engine")
