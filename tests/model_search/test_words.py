from model_search.words import counted


def test_one_and_many():
    assert [counted(n, "trial") for n in (0, 1, 2, 1200)] == ["0 trials", "1 trial", "2 trials", "1,200 trials"]
    assert counted(1, "sound is", "sounds are") == "1 sound is"
    assert counted(3, "sound is", "sounds are") == "3 sounds are"
