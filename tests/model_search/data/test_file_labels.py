import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_search.data.files.file_labels import Naming, grouped
from model_search.data.files.file_parts import require_classes
from model_search.data.files.file_scan import FileKind, scan_files
from model_search.data.provider import DataOptions
from model_search.errors import UsageError

TEXTS = FileKind("text", (".txt",), lambda paths: ["bad" if "bad" in path else "" for path in paths])


def naming(label="", group=""):
    return Naming.of(DataOptions(label_pattern=label, group_pattern=group))


def make(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    return str(root)


def test_labels_and_groups_come_from_the_name_alone(tmp_path):
    root = make(tmp_path / "9_no", "7_jackson_1.txt", "deep/3_theo_2.txt", "3_jackson_bad.txt", "x.txt", "y.csv")
    found = scan_files(root, TEXTS, naming(r"^(\d)_", r"_([a-z]+)_"))
    assert [path.rpartition("/")[2] for path in found.paths] == ["7_jackson_1.txt", "3_theo_2.txt"]
    assert found.classes == ("3", "7")
    assert found.labels == (1, 0)
    assert found.groups == ("jackson", "theo")
    notes = "; ".join(found.notes())
    assert "1 unreadable text is skipped" in notes
    assert "3_jackson_bad.txt (bad)" in notes
    assert "1 text has no label and is skipped" in notes
    assert "y.csv" in notes


def test_folders_are_labels_with_groups_in_names(tmp_path):
    root = make(tmp_path / "r", "a/1_x.txt", "b/2_x.txt", "b/1_y.txt")
    found = scan_files(root, TEXTS, naming(group=r"^(\d)"))
    assert (found.classes, found.labels, found.groups) == (("a", "b"), (0, 1, 1), ("1", "1", "2"))


@pytest.mark.parametrize(
    ("label", "group", "message"),
    [
        ("(", "", r"label_pattern '\(' is no regular expression: missing \)"),
        (r"^\d", "", r"label_pattern '\^\\\\d' has 0 groups; expected one"),
        ("", "(a)(b)", "group_pattern .* has 2 groups; expected one"),
        ("(z+)", "", "finds no label in any of 2 names, such as 1_x.txt"),
        ("(x)", "", "has one class in its names, 'x'; at least two are needed"),
        (r"^(\d)", "_(x)", r"group_pattern '_\(x\)' finds no group in 1 of 2 names, such as 2_y.txt"),
    ],
)
def test_patterns_that_do_not_fit(tmp_path, label, group, message):
    root = make(tmp_path / "r", "1_x.txt", "2_y.txt")
    with pytest.raises(UsageError, match=message) as error:
        scan_files(root, TEXTS, naming(label, group))
    assert "\n" not in str(error.value)


def test_a_link_to_nothing_is_no_error(tmp_path):
    root = make(tmp_path / "r", "1_x.txt", "2_y.txt")
    (tmp_path / "r" / "3_bad.txt").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="class '3' has no readable text"):
        scan_files(root, TEXTS, naming(r"^(\d)"))


def test_speakers_are_kept_together():
    strata = np.tile(np.arange(10), 60)
    groups = [f"speaker{row // 100}" for row in range(600)]
    split = grouped(strata, groups, 0.2, 0.15, seed=1)
    assert [len(part) for part in (split.train, split.evaluation, split.test)] == [400, 100, 100]
    assert [len({groups[row] for row in part}) for part in (split.train, split.evaluation, split.test)] == [4, 1, 1]
    again = grouped(strata, groups, 0.2, 0.15, seed=1)
    assert np.array_equal(split.evaluation, again.evaluation)
    others = [grouped(strata, groups, 0.2, 0.15, seed=seed).evaluation[0] for seed in range(8)]
    assert len(set(others)) > 1


def test_the_only_group_with_a_class_stays_in_training():
    strata = np.array([0, 1, 0, 0, 0, 0])
    groups = ["only", "only", "a", "a", "b", "b"]
    for seed in range(5):
        assert {0, 1} <= set(grouped(strata, groups, 0.5, 0.0, seed).train.tolist())


def test_groups_that_cannot_be_shared_out():
    with pytest.raises(UsageError, match=r"2 groups are too few for a validation part of 0\.2"):
        grouped(np.array([0, 1]), ["a", "b"], 0.2, 0.0, 0)
    halves = grouped(np.array([0, 1, 0, 1]), ["a", "a", "b", "b"], 0.2, 0.0, 0)
    assert [len(halves.train), len(halves.evaluation)] == [2, 2]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5)), min_size=1), st.integers(0, 5))
def test_no_group_is_in_two_parts_and_all_rows_are_in_one(rows, seed):
    strata = np.array([label for label, _ in rows])
    groups = [str(group) for _, group in rows]
    try:
        split = grouped(strata, groups, 0.3, 0.1, seed)
    except UsageError:
        return
    parts = [split.train, split.evaluation, split.test]
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(rows)))
    seen = [{groups[row] for row in part} for part in parts]
    assert not seen[0] & seen[1] | seen[0] & seen[2] | seen[1] & seen[2]
    assert set(strata[split.train]) == set(strata)
    assert all(len(part) for part in parts)


def test_each_file_has_one_class():
    require_classes(DataOptions(), "sound")
    with pytest.raises(UsageError, match="task 'regression' has no meaning for sound folders"):
        require_classes(DataOptions(task="regression"), "sound")
