import numpy as np
import pandas as pd
import pytest

from model_search.data.labels import Labels, class_ids, class_weights, make_task
from model_search.data.provider import Task, TaskKind
from model_search.data.tables.values import tidy
from model_search.errors import UsageError


def labels(*values):
    return Labels.of(tidy(pd.Series(list(values), index=range(2, len(values) + 2))))


def task_of(values, wanted=""):
    return make_task(labels(*values), "y", wanted, "t.csv")[0]


def test_words_and_few_integers_are_classes_fractions_and_many_integers_are_values():
    assert task_of(["b", "a", "b"]).classes == ("a", "b")
    assert task_of(["10", "9", "10"]).classes == ("9", "10")
    assert task_of(["1.0", "0", "1"]).classes == ("0", "1")
    assert task_of(["1.5", "0", "1"]).kind is TaskKind.REGRESSION
    assert task_of([str(v) for v in range(20)]).kind is TaskKind.CLASSIFICATION
    assert task_of([str(v) for v in range(21)]).kind is TaskKind.REGRESSION
    assert task_of([str(v) for v in range(21)] * 5).kind is TaskKind.CLASSIFICATION
    assert task_of([str(v) for v in range(17, 60)] * 5).kind is TaskKind.REGRESSION


def test_what_the_user_says_wins():
    assert task_of(["1.5", "0", "1"], "classification").classes == ("0", "1", "1.5")
    assert task_of(["0", "1"], "regression").kind is TaskKind.REGRESSION
    with pytest.raises(UsageError, match="task 'ranking' must be"):
        task_of(["0", "1"], "ranking")


def test_unusable_labels():
    with pytest.raises(UsageError, match="one class, 'a'"):
        task_of(["a", "a"])
    with pytest.raises(UsageError, match="row 3: label 'y' is 'b'; regression needs a number"):
        task_of(["1", "b"], "regression")
    with pytest.raises(UsageError, match="nothing to learn"):
        task_of(["3", "3"], "regression")


def test_held_out_labels_may_differ_by_a_dot_or_by_spelling_of_a_number():
    task = Task(TaskKind.CLASSIFICATION, "y", ("<=50K", ">50K"))
    assert class_ids(labels(" >50K.", "<=50K"), task, "t").tolist() == [1, 0]
    dotted = Task(TaskKind.CLASSIFICATION, "y", ("<=50K.", ">50K."))
    assert class_ids(labels(">50K"), dotted, "t").tolist() == [1]
    assert class_ids(labels("1.0", "0"), Task(TaskKind.CLASSIFICATION, "y", ("0", "1")), "t").tolist() == [1, 0]
    with pytest.raises(UsageError, match=r"t\.csv, row 3: label 'maybe'"):
        class_ids(labels("<=50K", "maybe"), task, "t.csv")


def test_missing_labels_are_seen():
    assert labels("a", "?", "", "NA", "b").present.tolist() == [True, False, False, False, True]
    assert labels(1.0, np.nan).present.tolist() == [True, False]


def test_class_weights():
    task = Task(TaskKind.CLASSIFICATION, "y", ("a", "b"))
    assert class_weights("", task, [3, 1]).tolist() == [1, 1]
    assert class_weights("balanced", task, [3, 1]) == pytest.approx([4 / 6, 2])
    assert class_weights("b=2.5", task, [3, 1]).tolist() == [1, 2.5]
    for text, message in (("c=1", "no class 'c'"), ("a=x", "'x' is not a number"), ("a=-1", "'-1' is not a number")):
        with pytest.raises(UsageError, match=message):
            class_weights(text, task, [3, 1])
    with pytest.raises(UsageError, match="needs classes"):
        class_weights("balanced", Task(TaskKind.REGRESSION, "y"), [])
