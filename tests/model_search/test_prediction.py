"""What is written for the outputs of a model, on outputs given by hand."""

import numpy as np
import pytest

from model_search.data.provider import Feature, Task, TaskKind
from model_search.data.signature import ModelSignature
from model_search.data.texts.text_layout import TextLayout
from model_search.prediction import Predictor

UNKNOWN, A, B, PADDING = [0.8, 0.05, 0.15], [0.6, 0.3, 0.1], [0.0, 0.4, 0.6], [0.0, 0.0, 0.0]


def words(tmp_path, outputs, classes, predicts_ahead=True):
    """The one row of predictions for a line of text, of a model that gives these outputs."""
    task = Task(TaskKind.CLASSIFICATION, "next word", classes, is_per_step=True, predicts_ahead=predicts_ahead)
    layout = TextLayout("text", "line", "word")
    signature = ModelSignature({"text": Feature("string", ())}, task, layout)
    (tmp_path / "lines.txt").write_text("one line\n")
    return list(Predictor(lambda _: np.array([outputs]), signature).rows(str(tmp_path / "lines.txt")))


def test_the_next_token_is_the_likeliest_known_one(tmp_path):
    assert words(tmp_path, [UNKNOWN, A, B, PADDING], ("[UNK]", "a", "b")) == [["1", "b a b"]]


@pytest.mark.parametrize(
    ("classes", "predicts_ahead"), [(("[UNK]", "a", "b"), False), (("other", "a", "b"), True), (("b", "a", "[UNK]"), 1)]
)
def test_other_classes_are_taken_as_they_are(tmp_path, classes, predicts_ahead):
    expected = " ".join([classes[0], classes[0], classes[2]])
    assert words(tmp_path, [UNKNOWN, A, B, PADDING], classes, predicts_ahead) == [["1", expected]]
