"""What a spec says of ensembles."""

from typing import Any

from ..errors import UsageError
from ..proto.search_spec_pb2 import EnsemblingSpec, SearchSpec
from .checks import Words, require

_FIELD = "ensemble_spec"

_SETTINGS = {
    EnsemblingSpec.ADAPTIVE_ENSEMBLE_SEARCH: "adaptive_search",
    EnsemblingSpec.RESIDUAL_ENSEMBLE_SEARCH: "adaptive_search",
    EnsemblingSpec.NONADAPTIVE_ENSEMBLE_SEARCH: "nonadaptive_search",
    EnsemblingSpec.INTERMIXED_NONADAPTIVE_ENSEMBLE_SEARCH: "intermixed_search",
}
"""The message with the settings of each way to make ensembles."""


def is_weighted(spec: SearchSpec) -> bool:
    """Whether a dense layer combines the logits of an ensemble, else they are averaged."""
    return spec.ensemble_spec.combining_type == EnsemblingSpec.WEIGHTED_ENSEMBLE


def trains_members(spec: SearchSpec) -> bool:
    """Whether towers of earlier trials train on in an ensemble."""
    return spec.HasField(_FIELD) and not spec.ensemble_spec.freeze_previous


def is_residual(spec: SearchSpec) -> bool:
    """Whether new towers are trained through the loss of the whole ensemble."""
    return spec.ensemble_spec.ensemble_search_type == EnsemblingSpec.RESIDUAL_ENSEMBLE_SEARCH


def complete_ensembles(spec: SearchSpec) -> None:
    """Puts the message with the settings of the chosen way there, in place, so that its defaults are filled in."""
    name = _SETTINGS.get(spec.ensemble_spec.ensemble_search_type)
    if name and spec.ensemble_spec.WhichOneof("search_spec") is None:
        getattr(spec.ensemble_spec, name).SetInParent()


def check_ensembles(spec: SearchSpec) -> None:
    """Raises `UsageError` for values that make no sense."""
    if not spec.HasField(_FIELD) or not spec.ensemble_spec.ListFields():
        return
    own = spec.ensemble_spec
    _check_enum(own, "ensemble_search_type", own.ensemble_search_type)
    _check_enum(own, "combining_type", own.combining_type)
    name, given = _SETTINGS[own.ensemble_search_type], own.WhichOneof("search_spec")
    way = EnsemblingSpec.EnsembleSearchType.Name(own.ensemble_search_type)
    if given not in (None, name):
        raise UsageError(f"spec field {_FIELD}.{given} is set; the settings of {way} are in {_FIELD}.{name}")
    require(
        own.no_train_speedup == EnsemblingSpec.DESCRIPTOR.fields_by_name["no_train_speedup"].default_value,
        f"{_FIELD}.no_train_speedup",
        own.no_train_speedup,
        "ensembles of trained towers take no step at all, so that there is nothing to divide: remove it",
    )
    settings: Any = getattr(own, name)
    for field in settings.DESCRIPTOR.fields:
        least = 2 if field.name in ("width", "try_ensembling_every") else 1
        value = getattr(settings, field.name)
        require(value >= least, f"{_FIELD}.{name}.{field.name}", value, f"it must be {least} or more")
    if name == "adaptive_search":
        _check_growing(spec, way)
    else:
        pool = settings.num_trials_to_consider
        more = f"it must not be above num_trials_to_consider, which is {pool}"
        require(settings.width <= pool, f"{_FIELD}.{name}.width", settings.width, more)
    if name != "intermixed_search":
        _check_pools(spec, name, settings.minimal_pool_size)


def _check_enum(own: EnsemblingSpec, field: str, value: int) -> None:
    kinds: Any = EnsemblingSpec.DESCRIPTOR.fields_by_name[field].enum_type
    names = [kind.name for kind in kinds.values if kind.number]
    shown = Words(kinds.values_by_number[value].name)
    require(value != 0, f"{_FIELD}.{field}", shown, f"it must be {', '.join(names[:-1])} or {names[-1]}")


def _check_growing(spec: SearchSpec, way: str) -> None:
    if spec.HasField("early_stopping") or spec.enable_fast_termination:
        raise UsageError(
            f"spec field {_FIELD}.ensemble_search_type is {way}; early_stopping would compare trials of ensembles of"
            " different sizes: remove one of the two"
        )


def _check_pools(spec: SearchSpec, name: str, size: int) -> None:
    has_other = spec.HasField("distillation_spec") and len(spec.distillation_spec.ListFields()) > 0
    require(
        not has_other or spec.distillation_spec.minimal_pool_size != size,
        f"{_FIELD}.{name}.minimal_pool_size",
        size,
        "distillation_spec.minimal_pool_size is the same, which leaves one of the phases no trial; they must differ",
    )
