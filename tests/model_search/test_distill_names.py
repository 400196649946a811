from model_search.distill import Teacher


def test_teachers_are_named_once():
    assert Teacher((5,), 10, None).name == "trial 5"
    assert Teacher((3, 7, 3), 10, None).name == "trials 3 (2 times) and 7"
    assert Teacher((3, 3, 3), 10, None).name == "trial 3 (3 times)"
