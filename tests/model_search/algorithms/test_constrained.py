import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from studies import MemoryHistory

from model_search.algorithms import SearchSpaceExhaustedError
from model_search.algorithms.constrained import suggest
from model_search.architecture import Architecture
from model_search.errors import UsageError
from model_search.proto.search_spec_pb2 import SearchSpec
from model_search.spec import complete, parse_spec, validate
from model_search.spec.cells import searched_part
from model_search.spec.steps import trial_steps
from model_search.spec.towers import depth_of, tower
from model_search.study import TrialState

C, N, D, ANY = "CONVOLUTION_3X3", "RESNET_3X3", "FULLY_CONNECTED", "IDENTITY"
R, F = "DOWNSAMPLE_CONVOLUTION_3X3", "PLATE_REDUCTION_FLATTEN"
SPEC = f"problem_type: CNN search_type: CONSTRAINED_ADAPTIVE_COORDINATE_DESCENT blocks_to_use: ['{C}', '{N}'] "
DEFAULTS = {"minimum_depth": 1, "num_blocks_in_cell": 2}
NOW = "increase_complexity_minimum_trials: 0 "
REPLICATED = "replicate_cell: true maximum_depth: 5 "


def spec_of(text: str = "") -> SearchSpec:
    defaults = (f"{field}: {value} " for field, value in DEFAULTS.items() if field not in text)
    spec = complete(parse_spec(SPEC + "".join(defaults) + text, "x"))
    validate(spec)
    return spec


def proposals(spec, history, count=80):
    return [suggest(spec, history, np.random.default_rng(seed)) for seed in range(count)]


def towers_of(spec, history) -> set[tuple[str, ...]]:
    return {proposal.architecture.blocks for proposal in proposals(spec, history)}


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("", [C], (C, F)),
        ("", [C, N], (C, N, R, F)),
        ("", [C, N, C], (C, N, R, C, F)),
        ("", [C, N, C, N], (C, N, R, C, N, R, F)),
        ("", [D], (F, D)),
        ("", [C, N, D, D, D], (C, N, R, F, D, D, D)),
        ("", [C, R, N, D], (C, N, R, F, D)),
        ("", [ANY, C, ANY], (ANY, C, R, ANY, F)),
        (REPLICATED, [C], (C, R, C, R, F)),
        (REPLICATED, [C, N], (C, N, R, C, N, R, F)),
        (REPLICATED, [C, N, D], (C, N, R, C, N, R, F, D)),
        (REPLICATED, [D], (F, D)),
        (REPLICATED, [C, R, N, R, F], (C, R, C, R, F)),
        ("reduction_block_type: 'MAX_POOLING_2X2'", [C, N], (C, N, "MAX_POOLING_2X2", F)),
    ],
)
def test_the_engine_places_reductions(text, names, expected):
    assert tower(spec_of(text), names).blocks == expected


@given(
    names=st.lists(st.sampled_from([C, N, D, ANY, R, F]), min_size=1, max_size=9),
    size=st.integers(1, 4),
    replicated=st.booleans(),
)
def test_a_tower_stays_as_it_is_and_so_does_what_is_searched_of_it(names, size, replicated):
    spec = SearchSpec()
    spec.CopyFrom(spec_of("maximum_depth: 12"))
    spec.num_blocks_in_cell, spec.replicate_cell = size, replicated
    built = tower(spec, names)
    assert tower(spec, built) == built
    searched = searched_part(spec, built)
    assert R not in searched
    assert tower(spec, searched) == built
    assert depth_of(spec, built) == sum(name not in (R, F) for name in built)


def test_the_first_towers_are_random_and_follow_the_pattern():
    assert towers_of(spec_of(), MemoryHistory()) == {(C, F), (N, F)}
    assert towers_of(spec_of("minimum_depth: 2"), MemoryHistory()) == {
        (first, second, R, F) for first in (C, N) for second in (C, N)
    }
    assert towers_of(spec_of(REPLICATED), MemoryHistory()) == {(C, R, C, R, F), (N, R, N, R, F)}


def test_growth_adds_a_searched_block_and_moves_no_reduction_into_a_cell():
    history = MemoryHistory()
    history.add((C, F), 0.9)
    assert towers_of(spec_of(NOW), history) == {(C, C, R, F), (C, N, R, F)}
    history.add((C, N, R, F), 0.95)
    assert towers_of(spec_of(NOW), history) == {(C, N, R, C, F), (C, N, R, N, F)}
    assert {(proposal.origin, proposal.parents) for proposal in proposals(spec_of(NOW), history)} == {("grow", (2,))}


def test_only_searched_blocks_change():
    history = MemoryHistory()
    history.add((C, N, R, C, F), 0.9)
    text = "increase_complexity_probability: 0 "
    assert towers_of(spec_of(text), history) == {(N, N, R, C, F), (C, C, R, C, F), (C, N, R, N, F)}


def test_one_cell_is_searched_and_repeated():
    history = MemoryHistory()
    history.add((C, R, C, R, F), 0.9)
    assert towers_of(spec_of(NOW + REPLICATED), history) == {(C, C, R, C, C, R, F), (C, N, R, C, N, R, F)}
    history.add((C, N, R, C, N, R, F), 0.95)
    assert towers_of(spec_of(NOW + REPLICATED), history) == {(N, N, R, N, N, R, F), (C, C, R, C, C, R, F)}


def test_reductions_do_not_count_for_depth_steps_and_growth():
    spec = spec_of("maximum_depth: 4 use_parameter_scaled_training: true " + NOW)
    whole = (C, N, R, C, N, R, F)
    assert depth_of(spec, Architecture(whole)) == 4
    assert trial_steps(spec, Architecture(whole), 100) == 100
    assert trial_steps(spec, Architecture((C, N, R, F)), 100) == 50
    history = MemoryHistory()
    history.add((C, N, R, C, F), 0.9)
    assert {proposal.origin for proposal in proposals(spec, history)} == {"grow"}
    history.add(whole, 0.95)
    assert {proposal.origin for proposal in proposals(spec, history)} == {"mutate"}


def test_what_failed_or_runs_is_told_by_the_whole_tower():
    spec, history = spec_of("maximum_depth: 2 replicate_cell: true increase_complexity_probability: 0"), MemoryHistory()
    history.add((C, R, F), state=TrialState.RUNNING)
    assert {p.architecture.blocks for p in proposals(spec, history, 5)} == {(N, R, F)}
    history.add((N, R, F), state=TrialState.INFEASIBLE)
    assert {p.architecture.blocks for p in proposals(spec, history, 5)} == {(C, R, F)}
    history.trials[0] = history.add((C, R, F), state=TrialState.INFEASIBLE)
    with pytest.raises(SearchSpaceExhaustedError, match="2 architectures"):
        proposals(spec, history)


@pytest.mark.parametrize(
    ("text", "listed", "message"),
    [
        ("", [C, N, C], ""),
        ("", [C, N, C, F], ""),
        ("", [C, N, R, C], ""),
        ("", [C, N, R, C, F, D], ""),
        ("", [C, R, N], f"a reduction follows each cell, as in {[C, N, R]}"),
        ("", [R, C, N], f"a reduction follows each cell, as in {[C, N, R]}"),
        ("", [R], "it must have a block besides those that the engine places"),
        ("", [D, C, N], f"vectors come last, as in {[C, N, D]}"),
        ("maximum_depth: 2", [C, N, C], "it is deeper than maximum_depth 2"),
        ("maximum_depth: 2", [C, N, R], ""),
        (REPLICATED, [C, N], ""),
        (REPLICATED, [C, N, R, C, N, R], ""),
        (REPLICATED, [C, N, R], f"a reduction follows each cell, as in {[C, N, R, C, N, R]}"),
        (REPLICATED, [C, N, R, C, C, R], f"a reduction follows each cell, as in {[C, N, R, C, N, R]}"),
        (REPLICATED, [C, N, C, N], "it is deeper than num_blocks_in_cell 2"),
    ],
)
def test_suggestions_get_their_reductions_or_have_them_where_they_belong(text, listed, message):
    suggested = f"{text} user_suggestions {{ architecture: {listed} }}"
    if not message:
        spec_of(suggested)
        return
    with pytest.raises(UsageError) as caught:
        spec_of(suggested)
    assert str(caught.value).startswith("spec field user_suggestions[0].architecture is [")
    assert str(caught.value).endswith(f"]; {message}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("num_blocks_in_cell: 0", "num_blocks_in_cell is 0; it must be 1 or more"),
        (
            "num_blocks_in_cell: 3 maximum_depth: 2",
            "num_blocks_in_cell is 3; no tower has a full cell: it must not be above maximum_depth, which is 2",
        ),
        (
            "minimum_depth: 3 replicate_cell: true",
            "minimum_depth is 3; it must not be above num_blocks_in_cell, which is 2, where that cell is replicated",
        ),
        (
            f"blocks_to_use: '{R}'",
            f"blocks_to_use is '{R}'; it is the reduction_block_type, which stands after each cell and nowhere else",
        ),
        *(
            (
                f"blocks_to_use: '{other}'",
                f"blocks_to_use is '{other}'; it is a reduction: of these only the reduction_block_type has a place,"
                " after each cell",
            )
            for other in ("DOWNSAMPLE_CONVOLUTION_5X5", "DOWNSAMPLE_SEPARABLE_CONVOLUTION_3X3", "CIFAR_NASA_REDUCTION")
        ),
        (
            "reduction_block_type: 'FLATTEN'",
            "reduction_block_type is 'FLATTEN'; it must be a plate block, this is a flatten block",
        ),
        (
            f"reduction_block_type: '{D}'",
            f"reduction_block_type is '{D}'; it must be a plate block, this is a vector block",
        ),
    ],
)
def test_cells_that_cannot_be_are_refused(text, message):
    with pytest.raises(UsageError) as caught:
        spec_of(text)
    assert str(caught.value) == f"spec field {message}"


def test_an_unknown_reduction_gets_a_hint():
    with pytest.raises(UsageError, match=r"reduction_block_type is 'MAX_POOLING_2X3'; no block .* MAX_POOLING_2X2"):
        spec_of("reduction_block_type: 'MAX_POOLING_2X3'")


def test_cells_are_of_plates():
    name = "CONSTRAINED_ADAPTIVE_COORDINATE_DESCENT"
    with pytest.raises(UsageError, match=f"search_type is {name}; it needs problem_type CNN"):
        validate(parse_spec(f"problem_type: DNN search_type: {name} blocks_to_use: '{D}'", "x"))
    with pytest.raises(UsageError, match="it must have a plate block: cells are made of them"):
        validate(parse_spec(f"problem_type: CNN search_type: {name} blocks_to_use: '{D}'", "x"))
