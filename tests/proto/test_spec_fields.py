"""Field numbers, names, types and defaults are a promise to people who hold spec files."""

import pytest
from google.protobuf import text_format
from google.protobuf.descriptor import FieldDescriptor

from model_search.proto import search_spec_pb2
from model_search.proto.search_spec_pb2 import SearchSpec

# message: number, type, name, default (of scalars that declare one)
FIELDS = {
    "SearchSpec": """
 1 int32 minimum_depth 2
 2 int32 maximum_depth 30
 3 SearchType search_type
 43 LinearModelSpec linear_model
 40 int32 num_blocks_in_cell 4
 41 string reduction_block_type DOWNSAMPLE_CONVOLUTION_3X3
 42 bool replicate_cell False
 4 int32* increase_complexity_minimum_trials
 32 float increase_complexity_probability 1.0
 37 float mutate_probability 0.0
 38 float crossover_probability 0.0
 39 float random_architecture_probability 0.0
 31 int32 beam_size 1
 5 ProblemType problem_type
 6 string* blocks_to_use
 25 TowerSuggestion* user_suggestions
 47 ArchitectureReplay replay
 34 bool use_parameter_scaled_training
 23 string lengths_feature_name lengths
 26 string weight_feature_name
 20 bool apply_dropouts_between_blocks
 21 LearningSpec learning_spec
 22 EnsemblingSpec ensemble_spec
 45 DistillationSpec distillation_spec
 24 bool use_synchronous_optimizer
 27 TaskSpec* multi_task_spec
 28 string primary_task_name
 52 bool merge_losses_of_multitask
 30 string cnn_data_format NHWC
 33 TransferLearningSpec transfer_learning_spec
 35 bool use_auxiliary_head
 36 float auxiliary_head_loss_weight
 46 bool is_input_shared False
 48 float temperature 1.0
 50 bool disable_last_dense_layer False
 51 bool pass_label_dict_as_is False
 101 bool enable_fast_termination""",
    "LearningSpec": """
 1 bool apply_exponential_decay False
 2 int32 min_decay_times 1
 3 int32 max_decay_times 5
 4 float min_learning_rate_decay_rate 0.75
 5 float max_learning_rate_decay_rate 0.95
 6 bool apply_gradient_clipping False
 7 int32 min_gradient_norm_when_clipping 2
 8 int32 max_gradient_norm_when_clipping 5
 9 bool apply_l2_regularization False
 10 float min_l2_regularization 0.0
 11 float max_l2_regularization 0.05
 12 int32 lr_warmup_steps 0
 13 float min_dropout 0.1
 14 float max_dropout 0.6""",
    "TowerSuggestion": "1 string* architecture\n2 HParamDef hparams",
    "ArchitectureReplay": "1 TowerSuggestion* towers",
    "TaskSpec": """
 1 string label_name
 2 int32 number_of_classes 2
 3 string* architecture
 4 string weight_feature_name
 5 bool weight_is_a_feature True
 7 bool apply_activation_on_shared_logits True""",
    "LinearModelSpec": """
 1 NetworkAlignment network_alignment 1
 2 float ridge_penalty 0.001
 3 bool remove_outliers True
 4 int32 trials_before_fit 10""",
    "HParamDef": "1 HparamEntry* hparam",
    "HParamDef.HparamEntry": "1 string key\n2 HParamType value",
    "HParamType": """
 1 int64 int64_value
 2 float float_value
 3 bytes bytes_value
 7 bool bool_value
 4 Int64List int64_list
 5 FloatList float_list
 6 BytesList bytes_list
 8 BoolList bool_list""",
    "HParamType.Int64List": "1 int64* value",
    "HParamType.FloatList": "1 float* value",
    "HParamType.BytesList": "1 bytes* value",
    "HParamType.BoolList": "1 bool* value",
    "EnsemblingSpec": """
 1 bool freeze_previous True
 2 CombiningType combining_type 2
 3 EnsembleSearchType ensemble_search_type
 4 NonadaptiveSearchSpec nonadaptive_search
 5 AdaptiveSearchSpec adaptive_search
 6 IntermixedSearchSpec intermixed_search
 7 int32 no_train_speedup 100""",
    "EnsemblingSpec.NonadaptiveSearchSpec": """
 1 int32 width 3
 2 int32 minimal_pool_size 100
 3 int32 num_trials_to_consider 10""",
    "EnsemblingSpec.AdaptiveSearchSpec": "1 int32 increase_width_every 5\n2 int32 minimal_pool_size 100",
    "EnsemblingSpec.IntermixedSearchSpec": """
 1 int32 width 3
 2 int32 try_ensembling_every 5
 3 int32 num_trials_to_consider 10""",
    "DistillationSpec": """
 1 DistillationType distillation_type
 2 int32 minimal_pool_size 100
 3 float temperature 1.0
 5 AdaptivelyBalancingLossesSpec balance_losses_spec""",
    "DistillationSpec.AdaptivelyBalancingLossesSpec": """
 1 int32 num_ramp_trials
 2 float minimum_lambda 1.0
 3 float maximum_lambda 1.0""",
    "TransferLearningSpec": """
 1 TransferLearningType transfer_learning_type
 2 float previous_trials_discount_factor 1.0
 3 int32 max_completed_trials 1000000""",
}
ENUMS = {
    "SearchType": "UNKNOWN_SEARCH_TYPE=0 ADAPTIVE_COORDINATE_DESCENT=1 NONADAPTIVE_RANDOM_SEARCH=2 HARMONICA_SEARCH=4"
    " CONSTRAINED_ADAPTIVE_COORDINATE_DESCENT=6 LINEAR_MODEL=7 ADAPTIVE_COORDINATE_DESCENT_GENETIC=100",
    "ProblemType": "UNKNOWN_PROBLEM_TYPE=0 CNN=1 DNN=2 RNN_ALL_ACTIVATIONS=3 RNN_LAST_ACTIVATIONS=4",
    "LinearModelSpec.NetworkAlignment": "NET_ALIGN_UNSPECIFIED=0 NET_ALIGN_HEAD=1 NET_ALIGN_BASE=2",
    "EnsemblingSpec.CombiningType": "UNKNOWN_ENSEMBLING_TYPE=0 WEIGHTED_ENSEMBLE=1 AVERAGE_ENSEMBLE=2",
    "EnsemblingSpec.EnsembleSearchType": "UNKNOWN_ENSEMBLE_SEARCH=0 ADAPTIVE_ENSEMBLE_SEARCH=1"
    " NONADAPTIVE_ENSEMBLE_SEARCH=2 RESIDUAL_ENSEMBLE_SEARCH=3 INTERMIXED_NONADAPTIVE_ENSEMBLE_SEARCH=4",
    "DistillationSpec.DistillationType": "UNKNOWN_DISTILLATION_TYPE=0 MSE_LOGITS=1 MSE_SOFTMAX=2 CROSS_ENTROPY=3"
    " ADAPTIVELY_BALANCE_LOSSES=5",
    "TransferLearningSpec.TransferLearningType": "UNKNOWN_TRANSFER_LEARNING_TYPE=0 NO_TRANSFER_LEARNING=1"
    " UNIFORM_AVERAGE_TRANSFER_LEARNING=2 SNAPSHOT_TRANSFER_LEARNING=3 LOSS_WEIGHTED_AVERAGE_TRANSFER_LEARNING=4",
}
TYPES = {
    FieldDescriptor.TYPE_INT32: "int32",
    FieldDescriptor.TYPE_INT64: "int64",
    FieldDescriptor.TYPE_FLOAT: "float",
    FieldDescriptor.TYPE_BOOL: "bool",
    FieldDescriptor.TYPE_STRING: "string",
    FieldDescriptor.TYPE_BYTES: "bytes",
}
OWN_FIELDS = range(100, 1000)


def found(path: str):
    thing = search_spec_pb2
    for name in path.split("."):
        thing = getattr(thing, name)
    return thing.DESCRIPTOR


def described(field: FieldDescriptor) -> str:
    named = field.message_type or field.enum_type
    kind = named.name if named else TYPES[field.type]
    default = ""
    if field.has_default_value:
        is_float = field.type == FieldDescriptor.TYPE_FLOAT
        default = f" {float(f'{field.default_value:.6g}') if is_float else field.default_value}"
    return f"{field.number} {kind}{'*' if field.is_repeated else ''} {field.name}{default}"


@pytest.mark.parametrize("message", FIELDS)
def test_fields(message):
    expected = {line.strip() for line in FIELDS[message].strip().splitlines()}
    fields = {described(field) for field in found(message).fields}
    assert expected <= fields
    assert all(int(line.split()[0]) in OWN_FIELDS for line in fields - expected)


@pytest.mark.parametrize("enum", ENUMS)
def test_enums(enum):
    published = {f"{value.name}={value.number}" for value in found(enum).values if value.number <= 100}
    assert published == set(ENUMS[enum].split())


def test_every_message_is_in_the_table_or_our_own():
    def below(prefix, messages):
        for message in messages:
            yield prefix + message.name
            yield from below(f"{prefix}{message.name}.", message.nested_types)

    messages = set(below("", search_spec_pb2.DESCRIPTOR.message_types_by_name.values()))
    assert set(FIELDS) <= messages
    added = [field for field in SearchSpec.DESCRIPTOR.fields if field.number >= 110]
    own = {field.message_type.name for field in added if field.message_type is not None}
    # Of a field of our own in a message of theirs.
    own |= {"ReplayTrial", "ReplayTrial.Start"}
    assert messages - set(FIELDS) == own


def test_text_in_the_older_style_parses():
    text = """
      minimum_depth: 1  maximum_depth: 21
      problem_type: CNN, search_type: ADAPTIVE_COORDINATE_DESCENT_GENETIC
      # a comment
      blocks_to_use: 'A' blocks_to_use: "B"
      increase_complexity_minimum_trials: [10, 20]
      user_suggestions < architecture: "A" hparams { hparam { key: "x" value { float_value: 0.5 } } } >
      user_suggestions { architecture: "A" architecture: "B" }
      ensemble_spec: { intermixed_search { width: 3 } combining_type: AVERAGE_ENSEMBLE }
      distillation_spec { distillation_type: ADAPTIVELY_BALANCE_LOSSES }
      use_parameter_scaled_training: 1
      enable_fast_termination: true
    """
    spec = text_format.Parse(text, SearchSpec())
    assert list(spec.blocks_to_use) == ["A", "B"]
    assert list(spec.increase_complexity_minimum_trials) == [10, 20]
    assert [list(tower.architecture) for tower in spec.user_suggestions] == [["A"], ["A", "B"]]
    assert spec.ensemble_spec.WhichOneof("search_spec") == "intermixed_search"
    assert spec.use_parameter_scaled_training
    assert spec.enable_fast_termination
