"""Each kind of bad input: one line that names the thing and what would be right, status 2, nothing trained."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model_search.block import blocks

GOOD = "a,b,label\n" + "".join(f"{i % 7},{i % 5},{'yes' if i % 2 else 'no'}\n" for i in range(40))


def written(folder: Path, text: str, name: str = "data.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def failing(command, tmp_path: Path, *arguments: object) -> str:
    """Runs `train` in this process; its one line of error."""
    model_dir = tmp_path / "models"
    defaults = ["--num_trainers=0", "--spec=small_dnn", f"--model_dir={model_dir}", "--train_steps=5", "--max_trials=1"]
    outcome = command("train", *defaults, *arguments)
    assert outcome.status == 2, outcome
    assert outcome.err.count("\n") == 1 and outcome.err.startswith("model_search: error: "), outcome.err
    assert "Traceback" not in outcome.out + outcome.err
    assert not (model_dir / "trials").exists()
    return outcome.err


def test_unknown_flag(command, tmp_path) -> None:
    said = failing(command, tmp_path, "--train_stepz=3")
    assert said == "model_search: error: unknown flag --train_stepz of train; did you mean train_steps?\n"


def test_a_flag_that_resembles_none(command, tmp_path) -> None:
    said = failing(command, tmp_path, "--zzqqxx")
    assert "unknown flag --zzqqxx of train" in said and "nearest: " in said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("train", "search. Required."),
        ("check", "Not needed: nothing is written."),
        ("predict", "Required without --model."),
    ],
)
def test_help_says_when_the_model_dir_is_needed(command, name, said) -> None:
    outcome = command(name, "--help")
    assert outcome.status == 0
    assert said in " ".join(outcome.out.partition("--model_dir: ")[2].split()[:30])


def test_unknown_command(command) -> None:
    outcome = command("leadrboard")
    assert outcome.status == 2
    assert "did you mean leaderboard?" in outcome.err


@pytest.mark.parametrize(
    "flag",
    ["--max_trials=0", "--train_steps=0", "--batch_size=0", "--num_trainers=-1", "--seed=-1", "--max_latency_ms=nan"],
)
def test_numbers_out_of_range(command, tmp_path, flag) -> None:
    data = written(tmp_path, GOOD)
    assert flag.split("=")[0].strip("-") in failing(command, tmp_path, f"--filename={data}", flag)


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("--time_limit=soon", "90, 90s, 15m, 2h"),
        ("--image_size=big", "32 or 32x48"),
        ("--validation_fraction=1.5", "fraction"),
        ("--mixed_precision=float8", "mixed_float16, mixed_bfloat16"),
        ("--optimization_metric=acuracy", "did you mean accuracy"),
        ("--optimization_goal=min", "contradicts accuracy"),
        ("--dataset=cvs", "did you mean csv"),
        ("--types=a", "name=value"),
        ("--hypertuning_method=genetic", "random"),
        ("--import_modules=no_such_module", "no_such_module"),
    ],
)
def test_wrong_values_say_what_is_right(command, tmp_path, flag, said) -> None:
    data = written(tmp_path, GOOD)
    assert said in failing(command, tmp_path, f"--filename={data}", flag)


def test_spec_missing(command, tmp_path) -> None:
    said = failing(command, tmp_path, "--spec=nowhere.pbtxt", f"--filename={written(tmp_path, GOOD)}")
    assert "nowhere.pbtxt" in said and "small_dnn" in said


def test_spec_with_a_syntax_error_has_its_line(command, tmp_path) -> None:
    spec = written(tmp_path, "problem_type: DNN\nbeam_size: {\n", "bad.pbtxt")
    assert "line 2" in failing(command, tmp_path, f"--spec={spec}", f"--filename={written(tmp_path, GOOD)}")


def test_unknown_block_has_the_nearest_names(command, tmp_path) -> None:
    spec = written(tmp_path, 'problem_type: DNN\nblocks_to_use: "FULY_CONNECTED"\n', "bad.pbtxt")
    said = failing(command, tmp_path, f"--spec={spec}", f"--filename={written(tmp_path, GOOD)}")
    assert "FULY_CONNECTED" in said and "did you mean FULLY_CONNECTED" in said
    assert "blocks of your own are loaded by --import_modules" in said


CELLS = "problem_type: CNN search_type: CONSTRAINED_ADAPTIVE_COORDINATE_DESCENT blocks_to_use: 'CONVOLUTION_3X3' "
DENSE = "problem_type: DNN blocks_to_use: ['FULLY_CONNECTED', 'IDENTITY'] minimum_depth: 2 "


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CELLS + "blocks_to_use: 'DOWNSAMPLE_CONVOLUTION_3X3'", "it is the reduction_block_type, which stands after"),
        (
            DENSE + "search_type: ADAPTIVE_COORDINATE_DESCENT_GENETIC mutate_probability: 0.7 beam_size: 2"
            " crossover_probability: 0.4",
            "is 1.1; the sum must be at most 1",
        ),
        (
            DENSE + "search_type: HARMONICA_SEARCH user_suggestions { architecture: 'IDENTITY' }",
            "towers of a HARMONICA_SEARCH have exactly minimum_depth blocks, 2",
        ),
        (DENSE + "search_type: BANDIT bandit { arms: PROGRESSIVE }", "it must name two search types or more"),
        (DENSE + "early_stopping { reduction_factor: 4 }", "it must be MEDIAN_RULE or SUCCESSIVE_HALVING"),
        (DENSE + "second_objective: FLOPS", "it needs beam_size 2 or more"),
    ],
)
def test_searches_that_cannot_be(command, tmp_path, text, said) -> None:
    assert said in failing(command, tmp_path, f"--spec={written(tmp_path, text, 'bad.pbtxt')}", "--dataset=digits")


BROKEN = """
from model_search import Block, register_block
from model_search.block import Role


@register_block("BROKEN")
class Broken(Block):
    role = Role.VECTOR

    def build(self, input_tensors, hparams=None, lengths=None):
        return [*input_tensors, input_tensors[-1].no_such_thing]
"""


def test_a_broken_block_of_ones_own_is_found_before_the_first_trial(command, tmp_path) -> None:
    spec = written(tmp_path, 'problem_type: DNN\nblocks_to_use: ["FULLY_CONNECTED", "BROKEN"]\n', "own.pbtxt")
    module = written(tmp_path, BROKEN, "broken_block.py")
    data = written(tmp_path, GOOD)
    try:
        said = failing(command, tmp_path, f"--spec={spec}", f"--import_modules={module}", f"--filename={data}")
    finally:
        blocks.discard("BROKEN")
    assert "block 'BROKEN'" in said and "broken_block.py:6" in said and "no_such_thing" in said


def test_csv_missing(command, tmp_path) -> None:
    assert "gone.csv" in failing(command, tmp_path, f"--filename={tmp_path / 'gone.csv'}")


def test_label_column_missing(command, tmp_path) -> None:
    said = failing(command, tmp_path, f"--filename={written(tmp_path, GOOD)}", "--label=lable")
    assert "lable" in said and "label" in said.replace("lable", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,label\n" + "1,yes\n" * 30, "yes"),
        ("", "empty"),
        (GOOD + "1,2\n", "42"),
    ],
)
def test_csv_with_one_class_nothing_or_a_short_row(command, tmp_path, text, said) -> None:
    assert said in failing(command, tmp_path, f"--filename={written(tmp_path, text)}", "--label=label")


def test_words_in_a_column_declared_numeric(command, tmp_path) -> None:
    data = written(tmp_path, GOOD + "many,2,yes\n")
    said = failing(command, tmp_path, f"--filename={data}", "--label=label", "--types=a=number")
    assert "many" in said and "42" in said


def image_folder(folder: Path, classes: int, images: int = 6) -> Path:
    rng = np.random.default_rng(0)
    for number in range(classes):
        place = folder / f"class{number}"
        place.mkdir(parents=True)
        for index in range(images):
            Image.fromarray(rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)).save(place / f"{index}.png")
    return folder


def test_image_folder_with_one_class(command, tmp_path) -> None:
    data = image_folder(tmp_path / "images", 1)
    assert "class0" in failing(command, tmp_path, "--dataset=image_directory", "--spec=cnn", f"--filename={data}")


def test_no_image_can_be_read(command, tmp_path) -> None:
    data = image_folder(tmp_path / "images", 2)
    for path in data.glob("*/*.png"):
        path.write_text("no image")
    said = failing(command, tmp_path, "--dataset=image_directory", "--spec=cnn", f"--filename={data}")
    assert ".png" in said


def test_an_unreadable_image_is_named_counted_and_left_out(command, tmp_path) -> None:
    data = image_folder(tmp_path / "images", 2)
    (data / "class1" / "3.png").write_text("no image")
    outcome = command("check", "--dataset=image_directory", "--spec=cnn", "--image_size=8", f"--filename={data}")
    assert outcome.status == 0, outcome.err
    assert "3.png" in outcome.out.replace("\n", " ").partition("note: ")[2]
    assert "data: 9 training, 2 evaluation examples" in outcome.out


def test_images_for_a_spec_of_vectors_train_and_vectors_for_cnn_are_refused(command, tmp_path) -> None:
    said = failing(command, tmp_path, "--spec=cnn", f"--filename={written(tmp_path, GOOD)}")
    assert "CNN needs images" in said


def test_model_dir_that_cannot_be_written(command, tmp_path) -> None:
    blocking = written(tmp_path, "a file", "file")
    data = written(tmp_path, GOOD)
    outcome = command("train", "--num_trainers=0", f"--model_dir={blocking / 'models'}", f"--filename={data}")
    assert (outcome.status, outcome.err.count("\n")) == (2, 1)
    assert "cannot be written" in outcome.err


def test_model_dir_missing(command) -> None:
    outcome = command("train", "--dataset=digits")
    assert outcome.status == 2
    assert "--model_dir is missing" in outcome.err


def test_a_file_that_is_no_model(command, tmp_path) -> None:
    written(tmp_path, "junk", "junk.keras")
    task = '{"kind": "regression", "target": "y", "classes": [], "target_mean": 0, "target_scale": 1,'
    task += ' "is_per_step": false, "predicts_ahead": false, "tasks": []}'
    inputs = '{"x": {"dtype": "float32", "shape": [1]}}'
    content = f'{{"version": 2, "inputs": {inputs}, "task": {task}, "layout": null}}'
    written(tmp_path, content, "junk.signature.json")
    outcome = command("predict", f"--model={tmp_path / 'junk.keras'}", f"--input={written(tmp_path, GOOD)}")
    assert (outcome.status, outcome.err.count("\n")) == (2, 1), outcome.err
    assert "junk.keras is not a readable .keras model" in outcome.err
