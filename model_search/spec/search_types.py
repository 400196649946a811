"""Checks of what a spec says of its search algorithm."""

from collections.abc import Iterator

from google.protobuf.message import Message

from ..block import Role, blocks
from ..proto.search_spec_pb2 import ProblemType, SearchSpec, SearchType
from .checks import Words, check_block, require
from .fields import is_repeated
from .joint_searches import check_bandit, check_joint
from .learned_searches import check_harmonica, check_linear_model, check_reinforce

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


MOST_RANDOM_CANDIDATES = 300
"""Of the candidates of GUIDED_MUTATION, so that edits of the best have as many places."""

MOST_REGRESSIONS = 100
"""In the ensemble of PROGRESSIVE, which has 5 by default."""

FIXED_DEPTH_SEARCHES = (SearchType.NONADAPTIVE_RANDOM_SEARCH, SearchType.HARMONICA_SEARCH)
"""Searches whose towers all have minimum_depth blocks."""


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
    _require_counts(own, f"{path}.", "population_size", "tournament_size")
    allowed = f"it must not be above population_size, which is {own.population_size}"
    require(own.tournament_size <= own.population_size, f"{path}.tournament_size", own.tournament_size, allowed)


def _check_guided(spec: SearchSpec) -> None:
    path, own = "guided_mutation", spec.guided_mutation
    _require_counts(own, f"{path}.", "trials_before_model")
    has_room = 0 <= own.random_candidates <= MOST_RANDOM_CANDIDATES
    allowed = f"it must be a number from 0 to {MOST_RANDOM_CANDIDATES}"
    require(has_room, f"{path}.random_candidates", own.random_candidates, allowed)


def _check_constrained(spec: SearchSpec) -> None:
    name = Words(SearchType.Name(SearchType.CONSTRAINED_ADAPTIVE_COORDINATE_DESCENT))
    require(spec.search_type != SearchType.BANDIT, "bandit.arms", name, "its towers are not those of other arms")
    require(spec.problem_type == ProblemType.CNN, "search_type", name, "it needs problem_type CNN: cells are of plates")
    _require_counts(spec, "", "num_blocks_in_cell")
    reduction, cell = spec.reduction_block_type, spec.num_blocks_in_cell
    check_block(spec, "reduction_block_type", reduction)
    role = blocks[reduction].role
    is_plate = role is Role.PLATE
    require(is_plate, "reduction_block_type", reduction, f"it must be a plate block, this is a {role.value} block")
    allowed = "it is the reduction_block_type, which stands after each cell and nowhere else"
    require(reduction not in spec.blocks_to_use, "blocks_to_use", reduction, allowed)
    for block in spec.blocks_to_use:
        is_other = block not in blocks or not getattr(blocks[block].create(), "is_reduction", False)
        allowed = "it is a reduction: of these only the reduction_block_type has a place, after each cell"
        require(is_other, "blocks_to_use", block, allowed)
    roles = [blocks[block].role for block in spec.blocks_to_use if block in blocks]
    has_body = not roles or Role.PLATE in roles or Role.ANY in roles
    require(has_body, "blocks_to_use", list(spec.blocks_to_use), "it must have a plate block: cells are made of them")
    allowed = f"no tower has a full cell: it must not be above maximum_depth, which is {spec.maximum_depth}"
    require(cell <= spec.maximum_depth, "num_blocks_in_cell", cell, allowed)
    if spec.replicate_cell:
        allowed = f"it must not be above num_blocks_in_cell, which is {cell}, where that cell is replicated"
        require(spec.minimum_depth <= cell, "minimum_depth", spec.minimum_depth, allowed)


def _check_progressive(spec: SearchSpec) -> None:
    own, path = spec.progressive, "progressive."
    _require_counts(own, path, "trials_per_depth", "ensemble_size")
    allowed = f"it must be at most {MOST_REGRESSIONS}: each proposal fits them all"
    require(own.ensemble_size <= MOST_REGRESSIONS, f"{path}ensemble_size", own.ensemble_size, allowed)


def _require_counts(message: Message, path: str, *fields: str) -> None:
    """Refuses fields of a message that are below 1."""
    for field in fields:
        value = getattr(message, field)
        require(value >= 1, f"{path}{field}", value, "it must be 1 or more")


_CHECKS = {
    SearchType.BANDIT: check_bandit,
    SearchType.TREE_PARZEN: check_joint,
    SearchType.BAYESIAN: check_joint,
    SearchType.HARMONICA_SEARCH: check_harmonica,
    SearchType.LINEAR_MODEL: check_linear_model,
    SearchType.REINFORCE_CONTROLLER: check_reinforce,
    SearchType.ADAPTIVE_COORDINATE_DESCENT_GENETIC: _check_genetic,
    SearchType.CONSTRAINED_ADAPTIVE_COORDINATE_DESCENT: _check_constrained,
    SearchType.PROGRESSIVE: _check_progressive,
    SearchType.REGULARIZED_EVOLUTION: _check_evolution,
    SearchType.GUIDED_MUTATION: _check_guided,
}
"""What else holds for a spec that uses an algorithm."""
