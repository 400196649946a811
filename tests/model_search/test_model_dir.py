"""What a model directory remembers."""

from model_search.model_dir import add_note, notes_of


def test_notes_are_single_lines_in_their_order_each_once(tmp_path):
    assert notes_of(str(tmp_path), 3) == []
    for note in ("the teacher\nis gone", "started cold: ü", "the teacher is gone"):
        add_note(str(tmp_path), 3, note)
    assert notes_of(str(tmp_path), 3) == ["the teacher is gone", "started cold: ü"]
    assert (tmp_path / "trials" / "3" / "notes.txt").read_text() == "the teacher is gone\nstarted cold: ü\n"
    assert notes_of(str(tmp_path), 4) == []
