import subprocess
import sys

import pytest

from model_search.errors import UsageError
from model_search.proto.search_spec_pb2 import SearchSpec
from model_search.spec import bundled_specs, canonical_text, complete, load_spec, parse_spec, validate
from model_search.spec.names import DEFAULT_OPTIMIZERS


@pytest.mark.parametrize("name", bundled_specs())
def test_bundled_specs_are_valid(name):
    validate(complete(load_spec(name)))


def test_the_bundled_names():
    assert {"cnn", "dnn", "small_dnn"} <= set(bundled_specs())


def test_a_file_is_read(tmp_path):
    path = tmp_path / "mine.pbtxt"
    path.write_text('beam_size: 4 # a comment\nblocks_to_use: ["A", "B"]\n')
    assert load_spec(str(path)) == SearchSpec(beam_size=4, blocks_to_use=["A", "B"])


@pytest.mark.parametrize("name", ["dnnn", "folder/mine.pbtxt"])
def test_a_missing_spec_names_the_bundled_ones(name):
    with pytest.raises(UsageError, match=f"'{name}'.*audio, cnn, .*dnn, .*tabular"):
        load_spec(name)


def test_a_folder_or_binary_file_is_an_error_of_one_line(tmp_path):
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        load_spec(str(tmp_path))
    (tmp_path / "model.bin").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="not UTF-8"):
        load_spec(str(tmp_path / "model.bin"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "minimum_depth: 2\n  beam_sise: 3",
            "line 2, column 3: unknown field 'beam_sise' of SearchSpec; did you mean beam_size",
        ),
        (
            "learning_spec {\n min_dropot: 1\n}",
            "line 2, column 2: unknown field 'min_dropot' of LearningSpec; did you mean min_dropout",
        ),
        ("problem_type: CNNN", "line 1, column 15: unknown ProblemType 'CNNN'; did you mean CNN"),
        ("beam_size: many", "line 1, column 12: .*integer"),
        ("beam_size 3", "line 1, column 11: "),
        ("\n\nlearning_spec {", "line 3, column 15: "),
        ('blocks_to_use: "A', "line 1, column 16: "),
        ("beam_size: 1\nbeam_size: 2", "line 2, column .*multiple"),
    ],
)
def test_wrong_text_is_placed(text, message):
    with pytest.raises(UsageError, match=message) as caught:
        parse_spec(text, "mine.pbtxt")
    assert str(caught.value).startswith("spec 'mine.pbtxt' line ")
    assert "\n" not in str(caught.value)


def test_completion_makes_defaults_explicit_and_keeps_what_was_said():
    given = SearchSpec(problem_type=1, beam_size=7, use_auxiliary_head=True)
    completed = complete(given)
    assert given == SearchSpec(problem_type=1, beam_size=7, use_auxiliary_head=True)
    assert completed.beam_size == 7
    assert completed.HasField("maximum_depth")
    assert completed.maximum_depth == 30
    assert completed.search_type == 1
    assert completed.auxiliary_head_loss_weight == pytest.approx(0.4)
    assert tuple(completed.learning_spec.optimizers) == DEFAULT_OPTIMIZERS
    assert completed.learning_spec.HasField("max_dropout")
    assert not completed.HasField("ensemble_spec")
    assert not completed.HasField("linear_model")


def test_completion_reaches_messages_that_are_there():
    completed = complete(parse_spec("ensemble_spec { adaptive_search {} }", "x"))
    assert completed.ensemble_spec.adaptive_search.HasField("increase_width_every")
    assert not completed.ensemble_spec.HasField("nonadaptive_search")


def test_specs_that_mean_the_same_have_one_text():
    short = parse_spec("problem_type: DNN beam_size: 1 learning_spec { min_dropout: 0.1 }", "a")
    other = parse_spec("learning_spec { } search_type: ADAPTIVE_COORDINATE_DESCENT problem_type: DNN", "b")
    text = canonical_text(complete(short))
    assert text == canonical_text(complete(other))
    assert parse_spec(text, "c") == complete(short)
    assert canonical_text(complete(complete(short))) == text


def test_specs_and_search_do_without_tensorflow():
    program = (
        "import sys, model_search.algorithms, model_search.converters;print({'tensorflow', 'keras'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
