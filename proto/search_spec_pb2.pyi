from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SearchType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    UNKNOWN_SEARCH_TYPE: _ClassVar[SearchType]
    ADAPTIVE_COORDINATE_DESCENT: _ClassVar[SearchType]
    NONADAPTIVE_RANDOM_SEARCH: _ClassVar[SearchType]
    HARMONICA_SEARCH: _ClassVar[SearchType]
    CONSTRAINED_ADAPTIVE_COORDINATE_DESCENT: _ClassVar[SearchType]
    LINEAR_MODEL: _ClassVar[SearchType]
    ADAPTIVE_COORDINATE_DESCENT_GENETIC: _ClassVar[SearchType]
    GUIDED_MUTATION: _ClassVar[SearchType]
    REGULARIZED_EVOLUTION: _ClassVar[SearchType]
    REINFORCE_CONTROLLER: _ClassVar[SearchType]
    PROGRESSIVE: _ClassVar[SearchType]
    TREE_PARZEN: _ClassVar[SearchType]
    BAYESIAN: _ClassVar[SearchType]
    BANDIT: _ClassVar[SearchType]

class ProblemType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    UNKNOWN_PROBLEM_TYPE: _ClassVar[ProblemType]
    CNN: _ClassVar[ProblemType]
    DNN: _ClassVar[ProblemType]
    RNN_ALL_ACTIVATIONS: _ClassVar[ProblemType]
    RNN_LAST_ACTIVATIONS: _ClassVar[ProblemType]
UNKNOWN_SEARCH_TYPE: SearchType
ADAPTIVE_COORDINATE_DESCENT: SearchType
NONADAPTIVE_RANDOM_SEARCH: SearchType
HARMONICA_SEARCH: SearchType
CONSTRAINED_ADAPTIVE_COORDINATE_DESCENT: SearchType
LINEAR_MODEL: SearchType
ADAPTIVE_COORDINATE_DESCENT_GENETIC: SearchType
GUIDED_MUTATION: SearchType
REGULARIZED_EVOLUTION: SearchType
REINFORCE_CONTROLLER: SearchType
PROGRESSIVE: SearchType
TREE_PARZEN: SearchType
BAYESIAN: SearchType
BANDIT: SearchType
UNKNOWN_PROBLEM_TYPE: ProblemType
CNN: ProblemType
DNN: ProblemType
RNN_ALL_ACTIVATIONS: ProblemType
RNN_LAST_ACTIVATIONS: ProblemType

class HParamType(_message.Message):
    __slots__ = ("int64_value", "float_value", "bytes_value", "int64_list", "float_list", "bytes_list", "bool_value", "bool_list")
    class Int64List(_message.Message):
        __slots__ = ("value",)
        VALUE_FIELD_NUMBER: _ClassVar[int]
        value: _containers.RepeatedScalarFieldContainer[int]
        def __init__(self, value: _Optional[_Iterable[int]] = ...) -> None: ...
    class FloatList(_message.Message):
        __slots__ = ("value",)
        VALUE_FIELD_NUMBER: _ClassVar[int]
        value: _containers.RepeatedScalarFieldContainer[float]
        def __init__(self, value: _Optional[_Iterable[float]] = ...) -> None: ...
    class BytesList(_message.Message):
        __slots__ = ("value",)
        VALUE_FIELD_NUMBER: _ClassVar[int]
        value: _containers.RepeatedScalarFieldContainer[bytes]
        def __init__(self, value: _Optional[_Iterable[bytes]] = ...) -> None: ...
    class BoolList(_message.Message):
        __slots__ = ("value",)
        VALUE_FIELD_NUMBER: _ClassVar[int]
        value: _containers.RepeatedScalarFieldContainer[bool]
        def __init__(self, value: _Optional[_Iterable[bool]] = ...) -> None: ...
    INT64_VALUE_FIELD_NUMBER: _ClassVar[int]
    FLOAT_VALUE_FIELD_NUMBER: _ClassVar[int]
    BYTES_VALUE_FIELD_NUMBER: _ClassVar[int]
    INT64_LIST_FIELD_NUMBER: _ClassVar[int]
    FLOAT_LIST_FIELD_NUMBER: _ClassVar[int]
    BYTES_LIST_FIELD_NUMBER: _ClassVar[int]
    BOOL_VALUE_FIELD_NUMBER: _ClassVar[int]
    BOOL_LIST_FIELD_NUMBER: _ClassVar[int]
    int64_value: int
    float_value: float
    bytes_value: bytes
    int64_list: HParamType.Int64List
    float_list: HParamType.FloatList
    bytes_list: HParamType.BytesList
    bool_value: bool
    bool_list: HParamType.BoolList
    def __init__(self, int64_value: _Optional[int] = ..., float_value: _Optional[float] = ..., bytes_value: _Optional[bytes] = ..., int64_list: _Optional[_Union[HParamType.Int64List, _Mapping]] = ..., float_list: _Optional[_Union[HParamType.FloatList, _Mapping]] = ..., bytes_list: _Optional[_Union[HParamType.BytesList, _Mapping]] = ..., bool_value: bool = ..., bool_list: _Optional[_Union[HParamType.BoolList, _Mapping]] = ...) -> None: ...

class HParamDef(_message.Message):
    __slots__ = ("hparam",)
    class HparamEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: HParamType
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[HParamType, _Mapping]] = ...) -> None: ...
    HPARAM_FIELD_NUMBER: _ClassVar[int]
    hparam: _containers.RepeatedCompositeFieldContainer[HParamDef.HparamEntry]
    def __init__(self, hparam: _Optional[_Iterable[_Union[HParamDef.HparamEntry, _Mapping]]] = ...) -> None: ...

class TowerSuggestion(_message.Message):
    __slots__ = ("architecture", "hparams")
    ARCHITECTURE_FIELD_NUMBER: _ClassVar[int]
    HPARAMS_FIELD_NUMBER: _ClassVar[int]
    architecture: _containers.RepeatedScalarFieldContainer[str]
    hparams: HParamDef
    def __init__(self, architecture: _Optional[_Iterable[str]] = ..., hparams: _Optional[_Union[HParamDef, _Mapping]] = ...) -> None: ...

class ReplayTrial(_message.Message):
    __slots__ = ("original", "kind", "architecture", "hparams", "members", "teacher", "starts")
    class Start(_message.Message):
        __slots__ = ("trial", "weight")
        TRIAL_FIELD_NUMBER: _ClassVar[int]
        WEIGHT_FIELD_NUMBER: _ClassVar[int]
        trial: int
        weight: float
        def __init__(self, trial: _Optional[int] = ..., weight: _Optional[float] = ...) -> None: ...
    ORIGINAL_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    ARCHITECTURE_FIELD_NUMBER: _ClassVar[int]
    HPARAMS_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    TEACHER_FIELD_NUMBER: _ClassVar[int]
    STARTS_FIELD_NUMBER: _ClassVar[int]
    original: int
    kind: str
    architecture: _containers.RepeatedScalarFieldContainer[str]
    hparams: HParamDef
    members: _containers.RepeatedScalarFieldContainer[int]
    teacher: int
    starts: _containers.RepeatedCompositeFieldContainer[ReplayTrial.Start]
    def __init__(self, original: _Optional[int] = ..., kind: _Optional[str] = ..., architecture: _Optional[_Iterable[str]] = ..., hparams: _Optional[_Union[HParamDef, _Mapping]] = ..., members: _Optional[_Iterable[int]] = ..., teacher: _Optional[int] = ..., starts: _Optional[_Iterable[_Union[ReplayTrial.Start, _Mapping]]] = ...) -> None: ...

class ArchitectureReplay(_message.Message):
    __slots__ = ("towers", "trials", "seed", "train_steps", "batch_size", "mixed_precision")
    TOWERS_FIELD_NUMBER: _ClassVar[int]
    TRIALS_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    TRAIN_STEPS_FIELD_NUMBER: _ClassVar[int]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    MIXED_PRECISION_FIELD_NUMBER: _ClassVar[int]
    towers: _containers.RepeatedCompositeFieldContainer[TowerSuggestion]
    trials: _containers.RepeatedCompositeFieldContainer[ReplayTrial]
    seed: int
    train_steps: int
    batch_size: int
    mixed_precision: str
    def __init__(self, towers: _Optional[_Iterable[_Union[TowerSuggestion, _Mapping]]] = ..., trials: _Optional[_Iterable[_Union[ReplayTrial, _Mapping]]] = ..., seed: _Optional[int] = ..., train_steps: _Optional[int] = ..., batch_size: _Optional[int] = ..., mixed_precision: _Optional[str] = ...) -> None: ...

class LearningSpec(_message.Message):
    __slots__ = ("apply_exponential_decay", "min_decay_times", "max_decay_times", "min_learning_rate_decay_rate", "max_learning_rate_decay_rate", "apply_gradient_clipping", "min_gradient_norm_when_clipping", "max_gradient_norm_when_clipping", "apply_l2_regularization", "min_l2_regularization", "max_l2_regularization", "lr_warmup_steps", "min_dropout", "max_dropout", "min_learning_rate", "max_learning_rate", "optimizers", "apply_cosine_decay", "divide_l2_by_examples")
    APPLY_EXPONENTIAL_DECAY_FIELD_NUMBER: _ClassVar[int]
    MIN_DECAY_TIMES_FIELD_NUMBER: _ClassVar[int]
    MAX_DECAY_TIMES_FIELD_NUMBER: _ClassVar[int]
    MIN_LEARNING_RATE_DECAY_RATE_FIELD_NUMBER: _ClassVar[int]
    MAX_LEARNING_RATE_DECAY_RATE_FIELD_NUMBER: _ClassVar[int]
    APPLY_GRADIENT_CLIPPING_FIELD_NUMBER: _ClassVar[int]
    MIN_GRADIENT_NORM_WHEN_CLIPPING_FIELD_NUMBER: _ClassVar[int]
    MAX_GRADIENT_NORM_WHEN_CLIPPING_FIELD_NUMBER: _ClassVar[int]
    APPLY_L2_REGULARIZATION_FIELD_NUMBER: _ClassVar[int]
    MIN_L2_REGULARIZATION_FIELD_NUMBER: _ClassVar[int]
    MAX_L2_REGULARIZATION_FIELD_NUMBER: _ClassVar[int]
    LR_WARMUP_STEPS_FIELD_NUMBER: _ClassVar[int]
    MIN_DROPOUT_FIELD_NUMBER: _ClassVar[int]
    MAX_DROPOUT_FIELD_NUMBER: _ClassVar[int]
    MIN_LEARNING_RATE_FIELD_NUMBER: _ClassVar[int]
    MAX_LEARNING_RATE_FIELD_NUMBER: _ClassVar[int]
    OPTIMIZERS_FIELD_NUMBER: _ClassVar[int]
    APPLY_COSINE_DECAY_FIELD_NUMBER: _ClassVar[int]
    DIVIDE_L2_BY_EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    apply_exponential_decay: bool
    min_decay_times: int
    max_decay_times: int
    min_learning_rate_decay_rate: float
    max_learning_rate_decay_rate: float
    apply_gradient_clipping: bool
    min_gradient_norm_when_clipping: int
    max_gradient_norm_when_clipping: int
    apply_l2_regularization: bool
    min_l2_regularization: float
    max_l2_regularization: float
    lr_warmup_steps: int
    min_dropout: float
    max_dropout: float
    min_learning_rate: float
    max_learning_rate: float
    optimizers: _containers.RepeatedScalarFieldContainer[str]
    apply_cosine_decay: bool
    divide_l2_by_examples: bool
    def __init__(self, apply_exponential_decay: bool = ..., min_decay_times: _Optional[int] = ..., max_decay_times: _Optional[int] = ..., min_learning_rate_decay_rate: _Optional[float] = ..., max_learning_rate_decay_rate: _Optional[float] = ..., apply_gradient_clipping: bool = ..., min_gradient_norm_when_clipping: _Optional[int] = ..., max_gradient_norm_when_clipping: _Optional[int] = ..., apply_l2_regularization: bool = ..., min_l2_regularization: _Optional[float] = ..., max_l2_regularization: _Optional[float] = ..., lr_warmup_steps: _Optional[int] = ..., min_dropout: _Optional[float] = ..., max_dropout: _Optional[float] = ..., min_learning_rate: _Optional[float] = ..., max_learning_rate: _Optional[float] = ..., optimizers: _Optional[_Iterable[str]] = ..., apply_cosine_decay: bool = ..., divide_l2_by_examples: bool = ...) -> None: ...

class EnsemblingSpec(_message.Message):
    __slots__ = ("freeze_previous", "combining_type", "ensemble_search_type", "nonadaptive_search", "adaptive_search", "intermixed_search", "no_train_speedup")
    class CombiningType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        UNKNOWN_ENSEMBLING_TYPE: _ClassVar[EnsemblingSpec.CombiningType]
        WEIGHTED_ENSEMBLE: _ClassVar[EnsemblingSpec.CombiningType]
        AVERAGE_ENSEMBLE: _ClassVar[EnsemblingSpec.CombiningType]
    UNKNOWN_ENSEMBLING_TYPE: EnsemblingSpec.CombiningType
    WEIGHTED_ENSEMBLE: EnsemblingSpec.CombiningType
    AVERAGE_ENSEMBLE: EnsemblingSpec.CombiningType
    class EnsembleSearchType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        UNKNOWN_ENSEMBLE_SEARCH: _ClassVar[EnsemblingSpec.EnsembleSearchType]
        ADAPTIVE_ENSEMBLE_SEARCH: _ClassVar[EnsemblingSpec.EnsembleSearchType]
        NONADAPTIVE_ENSEMBLE_SEARCH: _ClassVar[EnsemblingSpec.EnsembleSearchType]
        RESIDUAL_ENSEMBLE_SEARCH: _ClassVar[EnsemblingSpec.EnsembleSearchType]
        INTERMIXED_NONADAPTIVE_ENSEMBLE_SEARCH: _ClassVar[EnsemblingSpec.EnsembleSearchType]
    UNKNOWN_ENSEMBLE_SEARCH: EnsemblingSpec.EnsembleSearchType
    ADAPTIVE_ENSEMBLE_SEARCH: EnsemblingSpec.EnsembleSearchType
    NONADAPTIVE_ENSEMBLE_SEARCH: EnsemblingSpec.EnsembleSearchType
    RESIDUAL_ENSEMBLE_SEARCH: EnsemblingSpec.EnsembleSearchType
    INTERMIXED_NONADAPTIVE_ENSEMBLE_SEARCH: EnsemblingSpec.EnsembleSearchType
    class NonadaptiveSearchSpec(_message.Message):
        __slots__ = ("width", "minimal_pool_size", "num_trials_to_consider")
        WIDTH_FIELD_NUMBER: _ClassVar[int]
        MINIMAL_POOL_SIZE_FIELD_NUMBER: _ClassVar[int]
        NUM_TRIALS_TO_CONSIDER_FIELD_NUMBER: _ClassVar[int]
        width: int
        minimal_pool_size: int
        num_trials_to_consider: int
        def __init__(self, width: _Optional[int] = ..., minimal_pool_size: _Optional[int] = ..., num_trials_to_consider: _Optional[int] = ...) -> None: ...
    class AdaptiveSearchSpec(_message.Message):
        __slots__ = ("increase_width_every", "minimal_pool_size")
        INCREASE_WIDTH_EVERY_FIELD_NUMBER: _ClassVar[int]
        MINIMAL_POOL_SIZE_FIELD_NUMBER: _ClassVar[int]
        increase_width_every: int
        minimal_pool_size: int
        def __init__(self, increase_width_every: _Optional[int] = ..., minimal_pool_size: _Optional[int] = ...) -> None: ...
    class IntermixedSearchSpec(_message.Message):
        __slots__ = ("width", "try_ensembling_every", "num_trials_to_consider")
        WIDTH_FIELD_NUMBER: _ClassVar[int]
        TRY_ENSEMBLING_EVERY_FIELD_NUMBER: _ClassVar[int]
        NUM_TRIALS_TO_CONSIDER_FIELD_NUMBER: _ClassVar[int]
        width: int
        try_ensembling_every: int
        num_trials_to_consider: int
        def __init__(self, width: _Optional[int] = ..., try_ensembling_every: _Optional[int] = ..., num_trials_to_consider: _Optional[int] = ...) -> None: ...
    FREEZE_PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    COMBINING_TYPE_FIELD_NUMBER: _ClassVar[int]
    ENSEMBLE_SEARCH_TYPE_FIELD_NUMBER: _ClassVar[int]
    NONADAPTIVE_SEARCH_FIELD_NUMBER: _ClassVar[int]
    ADAPTIVE_SEARCH_FIELD_NUMBER: _ClassVar[int]
    INTERMIXED_SEARCH_FIELD_NUMBER: _ClassVar[int]
    NO_TRAIN_SPEEDUP_FIELD_NUMBER: _ClassVar[int]
    freeze_previous: bool
    combining_type: EnsemblingSpec.CombiningType
    ensemble_search_type: EnsemblingSpec.EnsembleSearchType
    nonadaptive_search: EnsemblingSpec.NonadaptiveSearchSpec
    adaptive_search: EnsemblingSpec.AdaptiveSearchSpec
    intermixed_search: EnsemblingSpec.IntermixedSearchSpec
    no_train_speedup: int
    def __init__(self, freeze_previous: bool = ..., combining_type: _Optional[_Union[EnsemblingSpec.CombiningType, str]] = ..., ensemble_search_type: _Optional[_Union[EnsemblingSpec.EnsembleSearchType, str]] = ..., nonadaptive_search: _Optional[_Union[EnsemblingSpec.NonadaptiveSearchSpec, _Mapping]] = ..., adaptive_search: _Optional[_Union[EnsemblingSpec.AdaptiveSearchSpec, _Mapping]] = ..., intermixed_search: _Optional[_Union[EnsemblingSpec.IntermixedSearchSpec, _Mapping]] = ..., no_train_speedup: _Optional[int] = ...) -> None: ...

class DistillationSpec(_message.Message):
    __slots__ = ("distillation_type", "minimal_pool_size", "temperature", "balance_losses_spec")
    class DistillationType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        UNKNOWN_DISTILLATION_TYPE: _ClassVar[DistillationSpec.DistillationType]
        MSE_LOGITS: _ClassVar[DistillationSpec.DistillationType]
        MSE_SOFTMAX: _ClassVar[DistillationSpec.DistillationType]
        CROSS_ENTROPY: _ClassVar[DistillationSpec.DistillationType]
        ADAPTIVELY_BALANCE_LOSSES: _ClassVar[DistillationSpec.DistillationType]
    UNKNOWN_DISTILLATION_TYPE: DistillationSpec.DistillationType
    MSE_LOGITS: DistillationSpec.DistillationType
    MSE_SOFTMAX: DistillationSpec.DistillationType
    CROSS_ENTROPY: DistillationSpec.DistillationType
    ADAPTIVELY_BALANCE_LOSSES: DistillationSpec.DistillationType
    class AdaptivelyBalancingLossesSpec(_message.Message):
        __slots__ = ("num_ramp_trials", "minimum_lambda", "maximum_lambda")
        NUM_RAMP_TRIALS_FIELD_NUMBER: _ClassVar[int]
        MINIMUM_LAMBDA_FIELD_NUMBER: _ClassVar[int]
        MAXIMUM_LAMBDA_FIELD_NUMBER: _ClassVar[int]
        num_ramp_trials: int
        minimum_lambda: float
        maximum_lambda: float
        def __init__(self, num_ramp_trials: _Optional[int] = ..., minimum_lambda: _Optional[float] = ..., maximum_lambda: _Optional[float] = ...) -> None: ...
    DISTILLATION_TYPE_FIELD_NUMBER: _ClassVar[int]
    MINIMAL_POOL_SIZE_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    BALANCE_LOSSES_SPEC_FIELD_NUMBER: _ClassVar[int]
    distillation_type: DistillationSpec.DistillationType
    minimal_pool_size: int
    temperature: float
    balance_losses_spec: DistillationSpec.AdaptivelyBalancingLossesSpec
    def __init__(self, distillation_type: _Optional[_Union[DistillationSpec.DistillationType, str]] = ..., minimal_pool_size: _Optional[int] = ..., temperature: _Optional[float] = ..., balance_losses_spec: _Optional[_Union[DistillationSpec.AdaptivelyBalancingLossesSpec, _Mapping]] = ...) -> None: ...

class TransferLearningSpec(_message.Message):
    __slots__ = ("transfer_learning_type", "previous_trials_discount_factor", "max_completed_trials", "grow_from_identity", "inherited_rate_factor")
    class TransferLearningType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        UNKNOWN_TRANSFER_LEARNING_TYPE: _ClassVar[TransferLearningSpec.TransferLearningType]
        NO_TRANSFER_LEARNING: _ClassVar[TransferLearningSpec.TransferLearningType]
        UNIFORM_AVERAGE_TRANSFER_LEARNING: _ClassVar[TransferLearningSpec.TransferLearningType]
        SNAPSHOT_TRANSFER_LEARNING: _ClassVar[TransferLearningSpec.TransferLearningType]
        LOSS_WEIGHTED_AVERAGE_TRANSFER_LEARNING: _ClassVar[TransferLearningSpec.TransferLearningType]
    UNKNOWN_TRANSFER_LEARNING_TYPE: TransferLearningSpec.TransferLearningType
    NO_TRANSFER_LEARNING: TransferLearningSpec.TransferLearningType
    UNIFORM_AVERAGE_TRANSFER_LEARNING: TransferLearningSpec.TransferLearningType
    SNAPSHOT_TRANSFER_LEARNING: TransferLearningSpec.TransferLearningType
    LOSS_WEIGHTED_AVERAGE_TRANSFER_LEARNING: TransferLearningSpec.TransferLearningType
    TRANSFER_LEARNING_TYPE_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_TRIALS_DISCOUNT_FACTOR_FIELD_NUMBER: _ClassVar[int]
    MAX_COMPLETED_TRIALS_FIELD_NUMBER: _ClassVar[int]
    GROW_FROM_IDENTITY_FIELD_NUMBER: _ClassVar[int]
    INHERITED_RATE_FACTOR_FIELD_NUMBER: _ClassVar[int]
    transfer_learning_type: TransferLearningSpec.TransferLearningType
    previous_trials_discount_factor: float
    max_completed_trials: int
    grow_from_identity: bool
    inherited_rate_factor: float
    def __init__(self, transfer_learning_type: _Optional[_Union[TransferLearningSpec.TransferLearningType, str]] = ..., previous_trials_discount_factor: _Optional[float] = ..., max_completed_trials: _Optional[int] = ..., grow_from_identity: bool = ..., inherited_rate_factor: _Optional[float] = ...) -> None: ...

class TaskSpec(_message.Message):
    __slots__ = ("label_name", "number_of_classes", "architecture", "weight_feature_name", "weight_is_a_feature", "apply_activation_on_shared_logits")
    LABEL_NAME_FIELD_NUMBER: _ClassVar[int]
    NUMBER_OF_CLASSES_FIELD_NUMBER: _ClassVar[int]
    ARCHITECTURE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FEATURE_NAME_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_IS_A_FEATURE_FIELD_NUMBER: _ClassVar[int]
    APPLY_ACTIVATION_ON_SHARED_LOGITS_FIELD_NUMBER: _ClassVar[int]
    label_name: str
    number_of_classes: int
    architecture: _containers.RepeatedScalarFieldContainer[str]
    weight_feature_name: str
    weight_is_a_feature: bool
    apply_activation_on_shared_logits: bool
    def __init__(self, label_name: _Optional[str] = ..., number_of_classes: _Optional[int] = ..., architecture: _Optional[_Iterable[str]] = ..., weight_feature_name: _Optional[str] = ..., weight_is_a_feature: bool = ..., apply_activation_on_shared_logits: bool = ...) -> None: ...

class LinearModelSpec(_message.Message):
    __slots__ = ("network_alignment", "ridge_penalty", "remove_outliers", "trials_before_fit")
    class NetworkAlignment(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        NET_ALIGN_UNSPECIFIED: _ClassVar[LinearModelSpec.NetworkAlignment]
        NET_ALIGN_HEAD: _ClassVar[LinearModelSpec.NetworkAlignment]
        NET_ALIGN_BASE: _ClassVar[LinearModelSpec.NetworkAlignment]
    NET_ALIGN_UNSPECIFIED: LinearModelSpec.NetworkAlignment
    NET_ALIGN_HEAD: LinearModelSpec.NetworkAlignment
    NET_ALIGN_BASE: LinearModelSpec.NetworkAlignment
    NETWORK_ALIGNMENT_FIELD_NUMBER: _ClassVar[int]
    RIDGE_PENALTY_FIELD_NUMBER: _ClassVar[int]
    REMOVE_OUTLIERS_FIELD_NUMBER: _ClassVar[int]
    TRIALS_BEFORE_FIT_FIELD_NUMBER: _ClassVar[int]
    network_alignment: LinearModelSpec.NetworkAlignment
    ridge_penalty: float
    remove_outliers: bool
    trials_before_fit: int
    def __init__(self, network_alignment: _Optional[_Union[LinearModelSpec.NetworkAlignment, str]] = ..., ridge_penalty: _Optional[float] = ..., remove_outliers: bool = ..., trials_before_fit: _Optional[int] = ...) -> None: ...

class GuidedMutationSpec(_message.Message):
    __slots__ = ("trials_before_model", "random_candidates")
    TRIALS_BEFORE_MODEL_FIELD_NUMBER: _ClassVar[int]
    RANDOM_CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    trials_before_model: int
    random_candidates: int
    def __init__(self, trials_before_model: _Optional[int] = ..., random_candidates: _Optional[int] = ...) -> None: ...

class RegularizedEvolutionSpec(_message.Message):
    __slots__ = ("population_size", "tournament_size")
    POPULATION_SIZE_FIELD_NUMBER: _ClassVar[int]
    TOURNAMENT_SIZE_FIELD_NUMBER: _ClassVar[int]
    population_size: int
    tournament_size: int
    def __init__(self, population_size: _Optional[int] = ..., tournament_size: _Optional[int] = ...) -> None: ...

class HarmonicaSpec(_message.Message):
    __slots__ = ("trials_per_stage", "stages", "degree", "monomials", "lasso_penalty")
    TRIALS_PER_STAGE_FIELD_NUMBER: _ClassVar[int]
    STAGES_FIELD_NUMBER: _ClassVar[int]
    DEGREE_FIELD_NUMBER: _ClassVar[int]
    MONOMIALS_FIELD_NUMBER: _ClassVar[int]
    LASSO_PENALTY_FIELD_NUMBER: _ClassVar[int]
    trials_per_stage: int
    stages: int
    degree: int
    monomials: int
    lasso_penalty: float
    def __init__(self, trials_per_stage: _Optional[int] = ..., stages: _Optional[int] = ..., degree: _Optional[int] = ..., monomials: _Optional[int] = ..., lasso_penalty: _Optional[float] = ...) -> None: ...

class ReinforceSpec(_message.Message):
    __slots__ = ("units", "learning_rate", "baseline_decay", "batch_size", "entropy_weight")
    UNITS_FIELD_NUMBER: _ClassVar[int]
    LEARNING_RATE_FIELD_NUMBER: _ClassVar[int]
    BASELINE_DECAY_FIELD_NUMBER: _ClassVar[int]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    ENTROPY_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    units: int
    learning_rate: float
    baseline_decay: float
    batch_size: int
    entropy_weight: float
    def __init__(self, units: _Optional[int] = ..., learning_rate: _Optional[float] = ..., baseline_decay: _Optional[float] = ..., batch_size: _Optional[int] = ..., entropy_weight: _Optional[float] = ...) -> None: ...

class ProgressiveSpec(_message.Message):
    __slots__ = ("trials_per_depth", "ensemble_size")
    TRIALS_PER_DEPTH_FIELD_NUMBER: _ClassVar[int]
    ENSEMBLE_SIZE_FIELD_NUMBER: _ClassVar[int]
    trials_per_depth: int
    ensemble_size: int
    def __init__(self, trials_per_depth: _Optional[int] = ..., ensemble_size: _Optional[int] = ...) -> None: ...

class BanditSpec(_message.Message):
    __slots__ = ("arms",)
    ARMS_FIELD_NUMBER: _ClassVar[int]
    arms: _containers.RepeatedScalarFieldContainer[SearchType]
    def __init__(self, arms: _Optional[_Iterable[_Union[SearchType, str]]] = ...) -> None: ...

class EarlyStoppingSpec(_message.Message):
    __slots__ = ("rule", "reduction_factor", "minimum_steps", "minimum_trials")
    class Rule(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        UNKNOWN_EARLY_STOPPING_RULE: _ClassVar[EarlyStoppingSpec.Rule]
        MEDIAN_RULE: _ClassVar[EarlyStoppingSpec.Rule]
        SUCCESSIVE_HALVING: _ClassVar[EarlyStoppingSpec.Rule]
    UNKNOWN_EARLY_STOPPING_RULE: EarlyStoppingSpec.Rule
    MEDIAN_RULE: EarlyStoppingSpec.Rule
    SUCCESSIVE_HALVING: EarlyStoppingSpec.Rule
    RULE_FIELD_NUMBER: _ClassVar[int]
    REDUCTION_FACTOR_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_STEPS_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_TRIALS_FIELD_NUMBER: _ClassVar[int]
    rule: EarlyStoppingSpec.Rule
    reduction_factor: int
    minimum_steps: float
    minimum_trials: int
    def __init__(self, rule: _Optional[_Union[EarlyStoppingSpec.Rule, str]] = ..., reduction_factor: _Optional[int] = ..., minimum_steps: _Optional[float] = ..., minimum_trials: _Optional[int] = ...) -> None: ...

class SearchSpec(_message.Message):
    __slots__ = ("minimum_depth", "maximum_depth", "search_type", "increase_complexity_minimum_trials", "problem_type", "blocks_to_use", "apply_dropouts_between_blocks", "learning_spec", "ensemble_spec", "lengths_feature_name", "use_synchronous_optimizer", "user_suggestions", "weight_feature_name", "multi_task_spec", "primary_task_name", "cnn_data_format", "beam_size", "increase_complexity_probability", "transfer_learning_spec", "use_parameter_scaled_training", "use_auxiliary_head", "auxiliary_head_loss_weight", "mutate_probability", "crossover_probability", "random_architecture_probability", "num_blocks_in_cell", "reduction_block_type", "replicate_cell", "linear_model", "distillation_spec", "is_input_shared", "replay", "temperature", "disable_last_dense_layer", "pass_label_dict_as_is", "merge_losses_of_multitask", "hypertuning_method", "enable_fast_termination", "embedding_size", "guided_mutation", "regularized_evolution", "harmonica", "reinforce", "progressive", "bandit", "early_stopping", "second_objective")
    class SecondObjective(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        NO_SECOND_OBJECTIVE: _ClassVar[SearchSpec.SecondObjective]
        PARAMETERS: _ClassVar[SearchSpec.SecondObjective]
        FLOPS: _ClassVar[SearchSpec.SecondObjective]
        LATENCY: _ClassVar[SearchSpec.SecondObjective]
    NO_SECOND_OBJECTIVE: SearchSpec.SecondObjective
    PARAMETERS: SearchSpec.SecondObjective
    FLOPS: SearchSpec.SecondObjective
    LATENCY: SearchSpec.SecondObjective
    MINIMUM_DEPTH_FIELD_NUMBER: _ClassVar[int]
    MAXIMUM_DEPTH_FIELD_NUMBER: _ClassVar[int]
    SEARCH_TYPE_FIELD_NUMBER: _ClassVar[int]
    INCREASE_COMPLEXITY_MINIMUM_TRIALS_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_TYPE_FIELD_NUMBER: _ClassVar[int]
    BLOCKS_TO_USE_FIELD_NUMBER: _ClassVar[int]
    APPLY_DROPOUTS_BETWEEN_BLOCKS_FIELD_NUMBER: _ClassVar[int]
    LEARNING_SPEC_FIELD_NUMBER: _ClassVar[int]
    ENSEMBLE_SPEC_FIELD_NUMBER: _ClassVar[int]
    LENGTHS_FEATURE_NAME_FIELD_NUMBER: _ClassVar[int]
    USE_SYNCHRONOUS_OPTIMIZER_FIELD_NUMBER: _ClassVar[int]
    USER_SUGGESTIONS_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FEATURE_NAME_FIELD_NUMBER: _ClassVar[int]
    MULTI_TASK_SPEC_FIELD_NUMBER: _ClassVar[int]
    PRIMARY_TASK_NAME_FIELD_NUMBER: _ClassVar[int]
    CNN_DATA_FORMAT_FIELD_NUMBER: _ClassVar[int]
    BEAM_SIZE_FIELD_NUMBER: _ClassVar[int]
    INCREASE_COMPLEXITY_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    TRANSFER_LEARNING_SPEC_FIELD_NUMBER: _ClassVar[int]
    USE_PARAMETER_SCALED_TRAINING_FIELD_NUMBER: _ClassVar[int]
    USE_AUXILIARY_HEAD_FIELD_NUMBER: _ClassVar[int]
    AUXILIARY_HEAD_LOSS_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    MUTATE_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    CROSSOVER_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    RANDOM_ARCHITECTURE_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    NUM_BLOCKS_IN_CELL_FIELD_NUMBER: _ClassVar[int]
    REDUCTION_BLOCK_TYPE_FIELD_NUMBER: _ClassVar[int]
    REPLICATE_CELL_FIELD_NUMBER: _ClassVar[int]
    LINEAR_MODEL_FIELD_NUMBER: _ClassVar[int]
    DISTILLATION_SPEC_FIELD_NUMBER: _ClassVar[int]
    IS_INPUT_SHARED_FIELD_NUMBER: _ClassVar[int]
    REPLAY_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    DISABLE_LAST_DENSE_LAYER_FIELD_NUMBER: _ClassVar[int]
    PASS_LABEL_DICT_AS_IS_FIELD_NUMBER: _ClassVar[int]
    MERGE_LOSSES_OF_MULTITASK_FIELD_NUMBER: _ClassVar[int]
    HYPERTUNING_METHOD_FIELD_NUMBER: _ClassVar[int]
    ENABLE_FAST_TERMINATION_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_SIZE_FIELD_NUMBER: _ClassVar[int]
    GUIDED_MUTATION_FIELD_NUMBER: _ClassVar[int]
    REGULARIZED_EVOLUTION_FIELD_NUMBER: _ClassVar[int]
    HARMONICA_FIELD_NUMBER: _ClassVar[int]
    REINFORCE_FIELD_NUMBER: _ClassVar[int]
    PROGRESSIVE_FIELD_NUMBER: _ClassVar[int]
    BANDIT_FIELD_NUMBER: _ClassVar[int]
    EARLY_STOPPING_FIELD_NUMBER: _ClassVar[int]
    SECOND_OBJECTIVE_FIELD_NUMBER: _ClassVar[int]
    minimum_depth: int
    maximum_depth: int
    search_type: SearchType
    increase_complexity_minimum_trials: _containers.RepeatedScalarFieldContainer[int]
    problem_type: ProblemType
    blocks_to_use: _containers.RepeatedScalarFieldContainer[str]
    apply_dropouts_between_blocks: bool
    learning_spec: LearningSpec
    ensemble_spec: EnsemblingSpec
    lengths_feature_name: str
    use_synchronous_optimizer: bool
    user_suggestions: _containers.RepeatedCompositeFieldContainer[TowerSuggestion]
    weight_feature_name: str
    multi_task_spec: _containers.RepeatedCompositeFieldContainer[TaskSpec]
    primary_task_name: str
    cnn_data_format: str
    beam_size: int
    increase_complexity_probability: float
    transfer_learning_spec: TransferLearningSpec
    use_parameter_scaled_training: bool
    use_auxiliary_head: bool
    auxiliary_head_loss_weight: float
    mutate_probability: float
    crossover_probability: float
    random_architecture_probability: float
    num_blocks_in_cell: int
    reduction_block_type: str
    replicate_cell: bool
    linear_model: LinearModelSpec
    distillation_spec: DistillationSpec
    is_input_shared: bool
    replay: ArchitectureReplay
    temperature: float
    disable_last_dense_layer: bool
    pass_label_dict_as_is: bool
    merge_losses_of_multitask: bool
    hypertuning_method: str
    enable_fast_termination: bool
    embedding_size: int
    guided_mutation: GuidedMutationSpec
    regularized_evolution: RegularizedEvolutionSpec
    harmonica: HarmonicaSpec
    reinforce: ReinforceSpec
    progressive: ProgressiveSpec
    bandit: BanditSpec
    early_stopping: EarlyStoppingSpec
    second_objective: SearchSpec.SecondObjective
    def __init__(self, minimum_depth: _Optional[int] = ..., maximum_depth: _Optional[int] = ..., search_type: _Optional[_Union[SearchType, str]] = ..., increase_complexity_minimum_trials: _Optional[_Iterable[int]] = ..., problem_type: _Optional[_Union[ProblemType, str]] = ..., blocks_to_use: _Optional[_Iterable[str]] = ..., apply_dropouts_between_blocks: bool = ..., learning_spec: _Optional[_Union[LearningSpec, _Mapping]] = ..., ensemble_spec: _Optional[_Union[EnsemblingSpec, _Mapping]] = ..., lengths_feature_name: _Optional[str] = ..., use_synchronous_optimizer: bool = ..., user_suggestions: _Optional[_Iterable[_Union[TowerSuggestion, _Mapping]]] = ..., weight_feature_name: _Optional[str] = ..., multi_task_spec: _Optional[_Iterable[_Union[TaskSpec, _Mapping]]] = ..., primary_task_name: _Optional[str] = ..., cnn_data_format: _Optional[str] = ..., beam_size: _Optional[int] = ..., increase_complexity_probability: _Optional[float] = ..., transfer_learning_spec: _Optional[_Union[TransferLearningSpec, _Mapping]] = ..., use_parameter_scaled_training: bool = ..., use_auxiliary_head: bool = ..., auxiliary_head_loss_weight: _Optional[float] = ..., mutate_probability: _Optional[float] = ..., crossover_probability: _Optional[float] = ..., random_architecture_probability: _Optional[float] = ..., num_blocks_in_cell: _Optional[int] = ..., reduction_block_type: _Optional[str] = ..., replicate_cell: bool = ..., linear_model: _Optional[_Union[LinearModelSpec, _Mapping]] = ..., distillation_spec: _Optional[_Union[DistillationSpec, _Mapping]] = ..., is_input_shared: bool = ..., replay: _Optional[_Union[ArchitectureReplay, _Mapping]] = ..., temperature: _Optional[float] = ..., disable_last_dense_layer: bool = ..., pass_label_dict_as_is: bool = ..., merge_losses_of_multitask: bool = ..., hypertuning_method: _Optional[str] = ..., enable_fast_termination: bool = ..., embedding_size: _Optional[int] = ..., guided_mutation: _Optional[_Union[GuidedMutationSpec, _Mapping]] = ..., regularized_evolution: _Optional[_Union[RegularizedEvolutionSpec, _Mapping]] = ..., harmonica: _Optional[_Union[HarmonicaSpec, _Mapping]] = ..., reinforce: _Optional[_Union[ReinforceSpec, _Mapping]] = ..., progressive: _Optional[_Union[ProgressiveSpec, _Mapping]] = ..., bandit: _Optional[_Union[BanditSpec, _Mapping]] = ..., early_stopping: _Optional[_Union[EarlyStoppingSpec, _Mapping]] = ..., second_objective: _Optional[_Union[SearchSpec.SecondObjective, str]] = ...) -> None: ...
