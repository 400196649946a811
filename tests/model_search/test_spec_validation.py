# ruff: noqa: E501 (tables of cases: one line a case)
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_search.architecture import Architecture
from model_search.block import blocks, register_block
from model_search.data.provider import DataOptions, TaskOptions
from model_search.errors import UsageError
from model_search.proto.search_spec_pb2 import SearchSpec
from model_search.spec import complete, parse_spec, validate
from model_search.spec.data_options import with_spec
from model_search.spec.refusals import REFUSALS
from model_search.spec.tasks import tasks_of
from model_search.spec.towers import tower

DNN = 'problem_type: DNN blocks_to_use: "FULLY_CONNECTED" blocks_to_use: "IDENTITY" '
CNN = 'problem_type: CNN blocks_to_use: "CONVOLUTION_3X3" blocks_to_use: "FULLY_CONNECTED" '


def message_of(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        validate(parse_spec(text, "x"))
    with pytest.raises(UsageError):
        validate(complete(parse_spec(text, "x")))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "field", "value", "allowed"),
    [
        ("minimum_depth: 0", "minimum_depth", "0", "1 or more"),
        ("minimum_depth: 5 maximum_depth: 4", "minimum_depth", "5", "maximum_depth, which is 4"),
        ("beam_size: 0", "beam_size", "0", "1 or more"),
        ("increase_complexity_probability: 1.5", "increase_complexity_probability", "1.5", "from 0 to 1"),
        ("increase_complexity_probability: nan", "increase_complexity_probability", "nan", "from 0 to 1"),
        (
            "increase_complexity_minimum_trials: [0, 5, 4]",
            "increase_complexity_minimum_trials",
            "[0, 5, 4]",
            "decrease",
        ),
        ("increase_complexity_minimum_trials: -1", "increase_complexity_minimum_trials", "[-1]", "0 or more"),
        ("cnn_data_format: 'NCHW'", "cnn_data_format", "'NCHW'", "'NHWC'"),
        ("hypertuning_method: 'grid'", "hypertuning_method", "'grid'", "'random' or 'bayesian'"),
        ("use_auxiliary_head: true", "use_auxiliary_head", "true", "CNN"),
        ("auxiliary_head_loss_weight: 0.3", "auxiliary_head_loss_weight", "0.3", "use_auxiliary_head"),
        ("learning_spec { min_dropout: -0.1 }", "learning_spec.min_dropout", "-0.1", "at least 0 and below 1"),
        ("learning_spec { max_dropout: 1 }", "learning_spec.max_dropout", "1", "below 1"),
        ("learning_spec { min_dropout: 0.7 }", "learning_spec.min_dropout", "0.7", "max_dropout, which is 0.6"),
        ("learning_spec { min_learning_rate: 0 }", "learning_spec.min_learning_rate", "0", "above 0"),
        ("learning_spec { max_learning_rate: inf }", "learning_spec.max_learning_rate", "inf", "finite"),
        ("learning_spec { min_learning_rate: 0.1 }", "learning_spec.min_learning_rate", "0.1", "0.01"),
        ("learning_spec { optimizers: 'adamm' }", "learning_spec.optimizers", "'adamm'", "adam"),
        ("learning_spec { optimizers: ['adam', 'adam'] }", "learning_spec.optimizers", "'adam'", "twice"),
        ("learning_spec { min_decay_times: 0 }", "learning_spec.min_decay_times", "0", "1 or more"),
        (
            "learning_spec { max_learning_rate_decay_rate: 1.1 }",
            "learning_spec.max_learning_rate_decay_rate",
            "1.1",
            "at most 1",
        ),
        (
            "learning_spec { min_gradient_norm_when_clipping: 9 }",
            "learning_spec.min_gradient_norm_when_clipping",
            "9",
            "5",
        ),
        ("learning_spec { max_l2_regularization: -1 }", "learning_spec.max_l2_regularization", "-1", "from 0"),
        (
            "learning_spec { divide_l2_by_examples: true }",
            "learning_spec.divide_l2_by_examples",
            "true",
            "apply_l2_regularization",
        ),
        ("learning_spec { lr_warmup_steps: -1 }", "learning_spec.lr_warmup_steps", "-1", "0 or more"),
        (
            "learning_spec { apply_exponential_decay: true apply_cosine_decay: true }",
            "learning_spec.apply_cosine_decay",
            "true",
            "apply_exponential_decay",
        ),
        ("blocks_to_use: 'FULLY_CONNECTED'", "blocks_to_use", "'FULLY_CONNECTED'", "twice"),
        (
            "blocks_to_use: 'FULLY_CONECTED_PYRAMID'",
            "blocks_to_use",
            "'FULLY_CONECTED_PYRAMID'",
            "FULLY_CONNECTED_PYRAMID",
        ),
        (
            "blocks_to_use: 'CONVOLUTION_3X3'",
            "blocks_to_use",
            "'CONVOLUTION_3X3'",
            "this is a plate block; a DNN has vector blocks and blocks for any input",
        ),
    ],
)
def test_wrong_values(text, field, value, allowed):
    message = message_of(DNN + text)
    assert message.startswith(f"spec field {field} is {value}; ")
    assert allowed in message


def test_problem_type_and_blocks_are_needed():
    assert "problem_type is missing; it must be CNN" in message_of("beam_size: 1")
    assert "blocks_to_use is []" in message_of("problem_type: DNN")
    assert "besides those that flatten" in message_of("problem_type: CNN blocks_to_use: 'FLATTEN'")


@pytest.mark.parametrize(
    ("suggestion", "field", "allowed"),
    [
        ("", "architecture", "at least one block"),
        ("architecture: 'CONVOLUTION'", "architecture", "CONVOLUTION_"),
        (
            "architecture: ['FULLY_CONNECTED', 'CONVOLUTION_3X3']",
            "architecture",
            "['CONVOLUTION_3X3', 'FULLY_CONNECTED']",
        ),
        ("architecture: ['FLATTEN', 'FLATTEN']", "architecture", "at most one"),
        ("architecture: 'FLATTEN'", "architecture", "besides"),
        ("architecture: ['IDENTITY', 'IDENTITY', 'IDENTITY']", "architecture", "maximum_depth 2"),
        ("hparams { hparam { key: 'learning_rat' value { float_value: 1 } } }", "hparams", "learning_rate"),
        (
            "hparams { hparam { key: 'learning_rate' value { int64_value: 1 } } }",
            "hparams.learning_rate",
            "float_value",
        ),
        ("hparams { hparam { key: 'learning_rate' value { float_value: 0 } } }", "hparams.learning_rate", "above 0"),
        (
            "hparams { hparam { key: 'dropout_rate' value { float_value: 0.5 } } }",
            "hparams",
            "apply_dropouts_between_blocks",
        ),
        ("hparams { hparam { key: 'optimizer' value { bytes_value: 'adaam' } } }", "hparams.optimizer", "adam"),
        (
            "hparams { hparam { key: '0_IDENTITY/width' value { int64_value: 5 } } }",
            "hparams",
            "no block of the suggestion",
        ),
        ("hparams { hparam { key: 'optimizer' } }", "hparams", "no value"),
    ],
)
def test_wrong_suggestions(suggestion, field, allowed):
    if "architecture" not in suggestion and suggestion:
        suggestion = f"architecture: 'IDENTITY' {suggestion}"
    message = message_of(CNN + f"maximum_depth: 2 user_suggestions {{ {suggestion} }}")
    assert message.startswith(f"spec field user_suggestions[0].{field}")
    assert allowed in message


def test_suggestions_that_are_right():
    hparams = (
        "hparams { hparam { key: 'learning_rate' value { float_value: 0.1 } }"
        " hparam { key: 'dropout_rate' value { float_value: -1 } } hparam { key: 'optimizer' value { bytes_value: 'lion' } } }"
    )
    validate(
        parse_spec(
            CNN + f"apply_dropouts_between_blocks: true user_suggestions {{ architecture: 'RESNET_3X3' {hparams} }}"
            "user_suggestions { architecture: ['RESNET_3X3', 'FLATTEN', 'IDENTITY'] }",
            "x",
        )
    )


def test_suggestions_of_a_block_that_asks_for_nothing():
    class Foreign:
        def build(self, input_tensors, hparams=None, lengths=None):
            return input_tensors

    register_block("TEST_ASKS_NOTHING")(Foreign)
    try:
        text = DNN + "user_suggestions {{ architecture: 'TEST_ASKS_NOTHING' hparams {{ hparam {{ key: '{}' {} }} }} }}"
        validate(parse_spec(text.format("learning_rate", "value { float_value: 0.1 }"), "x"))
        message = message_of(text.format("0_TEST_ASKS_NOTHING/width", "value { int64_value: 5 }"))
        assert "is '0_TEST_ASKS_NOTHING/width'; no block of the suggestion has it; there is none" in message
    finally:
        blocks.discard("TEST_ASKS_NOTHING")


REFUSED = {
    "problem_type": "problem_type: RNN_LAST_ACTIVATIONS",
    "linear_model": "linear_model { ridge_penalty: 0.1 }",
    "num_blocks_in_cell": "num_blocks_in_cell: 5",
    "reduction_block_type": "reduction_block_type: 'MAX_POOLING_2X2'",
    "replicate_cell": "replicate_cell: true",
    "mutate_probability": "mutate_probability: 0.5",
    "crossover_probability": "crossover_probability: 0.5",
    "random_architecture_probability": "random_architecture_probability: 0.5",
    "multi_task_spec": "multi_task_spec { label_name: 'a' }",
    "primary_task_name": "primary_task_name: 'a'",
    "pass_label_dict_as_is": "pass_label_dict_as_is: true",
    "merge_losses_of_multitask": "merge_losses_of_multitask: true",
    "lengths_feature_name": "lengths_feature_name: 'n'",
    "is_input_shared": "is_input_shared: true",
    "temperature": "temperature: 2",
}  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.field)
def test_what_is_not_there_yet_is_refused(refusal):
    text = DNN.replace("problem_type: DNN", "") if refusal.field == "problem_type" else DNN
    message = message_of(text + REFUSED[refusal.field])
    assert message.startswith(f"spec field {refusal.field}")
    assert f"; {refusal.feature} is not available in this release: " in message
    assert (
        message.endswith(f"; {refusal.feature} is not available in this release: remove {refusal.field}")
        or refusal.values
    )


@pytest.mark.parametrize(
    ("text", "setting", "advice"),
    [
        (
            "pass_label_dict_as_is: true",
            "pass_label_dict_as_is is true",
            "remove pass_label_dict_as_is",
        ),
    ],
)
def test_a_refusal_names_what_was_set_and_what_may_be(text, setting, advice):
    base = DNN.replace("problem_type: DNN", "") if "problem_type" in text else DNN
    for spec in (parse_spec(base + text, "x"), complete(parse_spec(base + text, "x"))):
        with pytest.raises(UsageError) as caught:
            validate(spec)
        assert str(caught.value).startswith(f"spec field {setting}; ")
        assert str(caught.value).endswith(f" is not available in this release: {advice}")


def test_names_like_published_ones_are_unknown():
    for name in ("LSTM", "LSTM_128_X", "cifar_nasa", "SVDF_CELL_64"):
        assert f"{name!r}; no block has this name; " in message_of(f"{CNN} blocks_to_use: '{name}'")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "linear_model { network_alignment: NET_ALIGN_BASE }",
            "linear_model.network_alignment is NET_ALIGN_BASE; it needs search_type LINEAR_MODEL",
        ),
        (
            "num_blocks_in_cell: 5",
            "num_blocks_in_cell is 5; it needs search_type CONSTRAINED_ADAPTIVE_COORDINATE_DESCENT",
        ),
        (
            "mutate_probability: 0.5",
            "mutate_probability is 0.5; it needs search_type ADAPTIVE_COORDINATE_DESCENT_GENETIC",
        ),
        ("bandit { arms: [BANDIT, PROGRESSIVE] }", "bandit.arms is BANDIT, PROGRESSIVE; it needs search_type BANDIT"),
    ],
)
def test_fields_of_another_search_algorithm_are_refused(text, message):
    for spec in (parse_spec(DNN + text, "x"), complete(parse_spec(DNN + text, "x"))):
        with pytest.raises(UsageError) as caught:
            validate(spec)
        assert str(caught.value) == f"spec field {message}"


def test_what_asks_for_nothing_passes():
    spec = parse_spec(
        DNN + "transfer_learning_spec { transfer_learning_type: NO_TRANSFER_LEARNING max_completed_trials: 1000000 }"
        " ensemble_spec {} distillation_spec {} linear_model {} replay {} temperature: 1 num_blocks_in_cell: 4"
        " use_synchronous_optimizer: false mutate_probability: 0 lengths_feature_name: 'lengths'",
        "x",
    )
    validate(spec)
    validate(complete(spec))


@given(
    st.integers(1, 6), st.integers(0, 6), st.floats(0, 1, width=32), st.integers(1, 9), st.lists(st.integers(0, 99)),
)  # fmt: skip
def test_everything_within_bounds_is_valid(low, more, probability, beam, counts):
    spec = SearchSpec(
        problem_type=2,
        minimum_depth=low,
        maximum_depth=low + more,
        increase_complexity_probability=probability,
        beam_size=beam,
        blocks_to_use=["IDENTITY"],
        increase_complexity_minimum_trials=sorted(counts),
    )
    validate(spec)
    validate(complete(spec))


TASKS = """
    multi_task_spec { label_name: "a" number_of_classes: 3 architecture: "FULLY_CONNECTED" }
    multi_task_spec { label_name: "b" number_of_classes: 1 }
"""


def test_tasks_and_what_the_data_must_know_of_them():
    spec = complete(parse_spec(f"{DNN}{TASKS} primary_task_name: 'b' merge_losses_of_multitask: true", "x"))
    validate(spec)
    assert tasks_of(spec) == (TaskOptions("b", 1), TaskOptions("a", 3))
    options = with_spec(DataOptions(weight="w"), spec)
    assert (options.problem_type, options.lengths, options.weight) == ("DNN", "", "w")
    assert tasks_of(complete(parse_spec(DNN, "x"))) == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("multi_task_spec {}", "multi_task_spec[0].label_name is ''; it must name a label"),
        (TASKS + "multi_task_spec { label_name: 'a' }", "multi_task_spec[2].label_name is 'a'; it is there twice"),
        (
            "multi_task_spec { label_name: 'a' number_of_classes: 0 }",
            "number_of_classes is 0; it must be 1 (regression) or more",
        ),
        ("multi_task_spec { label_name: 'a/b' }", "it must not have a slash"),
        ("multi_task_spec { label_name: 'a' architecture: 'LSTM_128' }", "this is a sequence block; a DNN has"),
        ("multi_task_spec { label_name: 'a' architecture: 'TUNABLE_DENSE' }", "searched in shared towers only"),
        (TASKS + "primary_task_name: 'A'", "primary_task_name is 'A'; no task has this label_name; "),
        ("primary_task_name: 'a'", "it needs multi_task_spec"),
        ("merge_losses_of_multitask: true", "it needs multi_task_spec"),
    ],
)
def test_tasks_that_cannot_be(text, message):
    assert message in message_of(DNN + text)


def test_towers_of_sequences():
    last = parse_spec(
        "problem_type: RNN_LAST_ACTIVATIONS blocks_to_use: 'LSTM_128' blocks_to_use: 'FULLY_CONNECTED'", "x"
    )
    validate(last)
    assert tower(last, ["FULLY_CONNECTED", "LSTM_128"]) == Architecture.of(
        ["LSTM_128", "LAST_ACTIVATION", "FULLY_CONNECTED"]
    )
    last.blocks_to_use.append("ATTENTION_POOLING")
    assert tower(last, ["LSTM_128"]) == Architecture.of(["LSTM_128", "ATTENTION_POOLING"])
    every = "problem_type: RNN_ALL_ACTIVATIONS blocks_to_use: 'LSTM_128' "
    validate(parse_spec(every, "x"))
    assert tower(parse_spec(every, "x"), ["LSTM_128"]) == Architecture.of(["LSTM_128"])
    assert "this is a summary block; a RNN_ALL_ACTIVATIONS has" in message_of(
        every + "blocks_to_use: 'LAST_ACTIVATION'"
    )
    assert "this is a sequence block; a CNN has" in message_of(CNN + "blocks_to_use: 'LSTM_128'")
