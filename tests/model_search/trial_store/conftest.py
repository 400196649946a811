import pytest

pytest.register_assert_rewrite("conformance", "study_machine", "examples")
