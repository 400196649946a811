"""Checks of what a spec says of its search algorithm."""

from collections.abc import Iterator

from google.protobuf.message import Message

from ..proto.search_spec_pb2 import SearchSpec, SearchType
from .checks import Words, require
from .fields import is_repeated

OWN_FIELDS = {
    "linear_model": SearchType.LINEAR_MODEL,
    "num_blocks_in_cell": SearchType.CONSTRAINED_ADAPTIVE_COORDINATE_DESCENT,
    "reduction_block_type": SearchType.CONSTRAINED_ADAPTIVE_COORDINATE_DESCENT,
    "replicate_cell": SearchType.CONSTRAINED_ADAPTIVE_COORDINATE_DESCENT,
    "mutate_probability": SearchType.ADAPTIVE_COORDINATE_DESCENT_GENETIC,
    "crossover_probability": SearchType.ADAPTIVE_COORDINATE_DESCENT_GENETIC,
    "random_architecture_probability": SearchType.ADAPTIVE_COORDINATE_DESCENT_GENETIC,
    "guided_mutation": SearchType.GUIDED_MUTATION,
    "regularized_evolution": SearchType.REGULARIZED_EVOLUTION,
    "harmonica": SearchType.HARMONICA_SEARCH,
    "reinforce": SearchType.REINFORCE_CONTROLLER,
    "progressive": SearchType.PROGRESSIVE,
    "bandit": SearchType.BANDIT,
}
"""Fields that one search algorithm reads, and no other."""

DEFAULT_ARMS = (
    SearchType.GUIDED_MUTATION,
    SearchType.REGULARIZED_EVOLUTION,
    SearchType.ADAPTIVE_COORDINATE_DESCENT,
    SearchType.NONADAPTIVE_RANDOM_SEARCH,
)


def search_types_of(spec: SearchSpec) -> tuple[int, ...]:
    """The algorithms that a completed spec uses: its own, and the arms where that is a bandit."""
    if spec.search_type != SearchType.BANDIT:
        return (spec.search_type,)
    return (SearchType.BANDIT, *(spec.bandit.arms or DEFAULT_ARMS))


def check_search(spec: SearchSpec) -> None:
    """Refuses fields of an algorithm that the spec does not use, and values that the algorithms cannot take.

    Raises:
      UsageError: the first thing that is wrong.
    """
    used = search_types_of(spec)
    for field, owner in OWN_FIELDS.items():
        for path, value in () if owner in used else _settings(spec, field):
            require(False, path, value, f"it needs search_type {SearchType.Name(owner)}")
    for search_type, check in _CHECKS.items():
        if search_type in used:
            check(spec)


def _settings(message: Message, name: str, path: str = "") -> Iterator[tuple[str, object]]:
    """What a field says: a scalar that differs from its default, or such fields of a message."""
    value = getattr(message, name)
    field = message.DESCRIPTOR.fields_by_name[name]
    if isinstance(value, Message):
        for inner, _ in value.ListFields():
            yield from _settings(value, inner.name, f"{path}{name}.")
    elif field.enum_type is not None:
        numbers = list(value) if is_repeated(field) else [] if value == field.default_value else [value]
        if numbers:
            yield path + name, Words(", ".join(field.enum_type.values_by_number[number].name for number in numbers))
    elif value != field.default_value:
        yield path + name, value


def _check_genetic(spec: SearchSpec) -> None:
    fields = ("mutate_probability", "crossover_probability", "random_architecture_probability")
    shares = [getattr(spec, field) for field in fields]
    for field, share in zip(fields, shares, strict=True):
        require(0 <= share <= 1, field, share, "it must be a number from 0 to 1")
    # As float32 they may sum up to a little more than 1.
    require(sum(shares) <= 1 + 1e-6, " + ".join(fields), sum(shares), "the sum must be at most 1")
    has_two = spec.beam_size > 1 or not spec.crossover_probability
    require(has_two, "crossover_probability", spec.crossover_probability, "it needs beam_size 2 or more: two parents")


def _check_evolution(spec: SearchSpec) -> None:
    path, own = "regularized_evolution", spec.regularized_evolution
    _require_counts(own, path, "population_size", "tournament_size")
    allowed = f"it must not be above population_size, which is {own.population_size}"
    require(own.tournament_size <= own.population_size, f"{path}.tournament_size", own.tournament_size, allowed)


def _require_counts(message: Message, path: str, *fields: str) -> None:
    """Refuses fields of a message that are below 1."""
    for field in fields:
        value = getattr(message, field)
        require(value >= 1, f"{path}.{field}", value, "it must be 1 or more")


_CHECKS = {
    SearchType.ADAPTIVE_COORDINATE_DESCENT_GENETIC: _check_genetic,
    SearchType.REGULARIZED_EVOLUTION: _check_evolution,
}
"""What else holds for a spec that uses an algorithm."""
