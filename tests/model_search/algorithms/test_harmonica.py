from itertools import product

import numpy as np
import pytest
from learned_studies import FORMS, VECTORS, history_of, propose, spec_of

from model_search.algorithms.alphabet import Alphabet, alphabet_of, written
from model_search.algorithms.fourier import Polynomial, sparse_polynomial
from model_search.algorithms.harmonica import Code, Cube, narrowed, narrowed_space
from model_search.errors import UsageError
from model_search.proto.search_spec_pb2 import HarmonicaSpec, ProblemType, SearchType
from model_search.study import TrialState

CUBE = np.array(list(product((1, -1), repeat=4)))


def harmonic(problem_type=ProblemType.DNN, own=None, **fields):
    own = HarmonicaSpec(**(own or {}))
    return spec_of(SearchType.HARMONICA_SEARCH, problem_type, **{"harmonica": own, **fields})


def space(spec, history):
    return narrowed_space(spec, history, Code(alphabet_of(spec), spec.minimum_depth), history.completed())


def test_a_sparse_polynomial_is_recovered_exactly():
    values = 7.0 + 3.0 * CUBE[:, 0] - 2.0 * CUBE[:, 1] * CUBE[:, 3] + 0.5 * CUBE[:, 2]
    deviation = np.sqrt(3.0**2 + 2.0**2 + 0.5**2)
    found = sparse_polynomial(CUBE, values, range(4), 2, 0.1, 5)
    assert found.monomials == ((0,), (1, 3), (2,))
    # On the whole cube the lasso shrinks each weight by the penalty, here a tenth of the deviation.
    assert found.weights == pytest.approx([3.0 - 0.1 * deviation, -2.0 + 0.1 * deviation, 0.5 - 0.1 * deviation])
    assert found.variables == (0, 1, 2, 3)
    assert found.values(CUBE[:1]) == pytest.approx([sum(found.weights)])
    assert sparse_polynomial(CUBE, values, range(4), 2, 0.2, 5).monomials == ((0,), (1, 3))
    assert sparse_polynomial(CUBE, values, range(4), 2, 0.1, 1).monomials == ((0,),)
    assert sparse_polynomial(CUBE, values, range(4), 1, 0.1, 5).monomials == ((0,), (2,))
    assert sparse_polynomial(CUBE, values, [1, 2, 3], 2, 0.1, 5).monomials == ((1, 3), (2,))


def test_a_polynomial_is_recovered_from_fewer_trials_than_monomials():
    chance = np.random.default_rng(0)
    bits = chance.choice([-1, 1], (60, 30))
    values = bits[:, 4] * bits[:, 9] - 0.7 * bits[:, 21] + 0.5 * bits[:, 2] * bits[:, 28]
    found = sparse_polynomial(bits, values, range(30), 2, 0.05, 3)
    assert found.monomials == ((4, 9), (21,), (2, 28))


def test_costs_without_difference_teach_nothing():
    assert sparse_polynomial(CUBE, np.ones(16), range(4), 2, 0.1, 5) == Polynomial((), ())


def test_bits_of_towers():
    code = Code(Alphabet(VECTORS, frozenset(), frozenset()), 2)
    spec = harmonic(blocks_to_use=VECTORS, minimum_depth=2)
    assert code.signs.tolist() == [[1, 1], [-1, 1], [1, -1], [-1, -1]]
    assert code.bits(written(spec, code.alphabet, (1, 2))) == (-1, 1, 1, -1)
    assert code.bits(written(spec, code.alphabet, (1, 2, 0))) is None
    assert Code(Alphabet(VECTORS[:3], frozenset(), frozenset()), 2).width == 2
    assert Code(Alphabet(VECTORS[:1], frozenset(), frozenset()), 2).width == 0


def test_the_best_assignments_are_all_that_is_left():
    code = Code(Alphabet(VECTORS, frozenset(), frozenset()), 2)
    polynomial = Polynomial(((0,), (1, 2)), (1.0, 0.25))
    whole = (Cube((0, 0, 0, 0)),)
    cubes = narrowed(code, whole, polynomial)
    # Minima at -1.25 with bits 1 and 2 apart, then -0.75 with both alike.
    assert {(cube.fixed, cube.cost) for cube in cubes} == {
        ((-1, 1, -1, 0), -1.25),
        ((-1, -1, 1, 0), -1.25),
        ((-1, 1, 1, 0), -0.75),
        ((-1, -1, -1, 0), -0.75),
    }
    again = narrowed(code, cubes, Polynomial(((3,),), (2.0,)))
    assert {cube.fixed for cube in again} == {(*cube.fixed[:3], -1) for cube in cubes}
    assert again[0].cost == -3.25
    assert narrowed(code, cubes, Polynomial((), ())) == cubes


def test_assignments_without_a_tower_give_way():
    three = Code(Alphabet(VECTORS[:3], frozenset(), frozenset()), 1)
    # Both bits at -1 would be the fourth of three blocks. Of four assignments two are kept.
    cubes = narrowed(three, (Cube((0, 0)),), Polynomial(((0,), (1,)), (1.0, 1.0)))
    assert {cube.fixed for cube in cubes} == {(-1, 1), (1, -1)}
    plate, vector = frozenset([0]), frozenset([1])
    ordered = Code(Alphabet(("PLATE", "VECTOR"), plate, vector), 2)
    # The vector first and then the plate would be cheapest.
    cubes = narrowed(ordered, (Cube((0, 0)),), Polynomial(((0,), (1,)), (1.0, -1.0)))
    assert [cube.fixed for cube in cubes] == [(1, 1), (-1, -1)]


@pytest.mark.parametrize("problem_type", FORMS)
def test_what_is_possible_is_what_can_be_drawn(problem_type):
    spec = harmonic(problem_type, minimum_depth=2)
    code = Code(alphabet_of(spec), 2)
    fixed = np.array(list(product((0, 1, -1), repeat=2 * code.width)))
    possible = code.possible(fixed)
    rng = np.random.default_rng(0)
    assert 0 < possible.sum() < len(fixed) or problem_type == ProblemType.DNN
    for row, can in zip(fixed, possible, strict=True):
        cube = Cube(tuple(row.tolist()))
        assert bool(code.choices(cube)) == can
        if can:
            bits = np.array(code.bits(written(spec, code.alphabet, code.draw([cube], rng))))
            assert (bits[row != 0] == row[row != 0]).all()


def test_draws_are_alike_for_all_towers_of_a_cube():
    code = Code(alphabet_of(harmonic(ProblemType.CNN, minimum_depth=2)), 2)
    rng = np.random.default_rng(0)
    drawn = [code.draw([Cube((0,) * 4)], rng) for _ in range(1300)]
    # 16 pairs of four blocks but the three of a vector before a plate.
    counts = [drawn.count(string) for string in set(drawn)]
    assert len(counts) == 14
    assert min(counts) > 50


def planted(string):
    """Bit 0 of the first place and the product of two bits of the others."""
    signs = [(1 - 2 * (letter & 1), 1 - 2 * (letter >> 1)) for letter in string]
    return 2.0 * signs[0][0] - 1.0 * signs[1][1] * signs[2][0]


def test_proposals_stay_in_what_a_stage_has_left():
    everything = list(product(range(4), repeat=3))
    chance = np.random.default_rng(0)
    strings = [everything[place] for place in chance.permutation(64)[:40]]
    own = {"trials_per_stage": 40, "stages": 1, "monomials": 2}
    spec = harmonic(blocks_to_use=VECTORS, minimum_depth=3, own=own)
    assert propose(spec, history_of(planted, strings[:39])).origin == "random"
    history = history_of(planted, strings)
    stage, cubes = space(spec, history)
    assert stage == 1
    # Free are the second bit of the first place, the first of the second and the second of the third.
    assert {cube.fixed for cube in cubes[:2]} == {(-1, 0, 0, 1, 1, 0), (-1, 0, 0, -1, -1, 0)}
    assert {cube.fixed[0] for cube in cubes} == {-1}
    proposals = [propose(spec, history, seed) for seed in range(30)]
    assert {proposal.origin for proposal in proposals} == {"harmonica, stage 1"}
    assert {planted([VECTORS.index(name) for name in p.architecture]) for p in proposals} <= {-3.0, -1.0}
    assert not {p.architecture for p in proposals} & {trial.architecture for trial in history.trials}


def test_later_stages_see_only_trials_of_their_space_and_fix_other_bits():
    own = {"trials_per_stage": 24, "stages": 2, "monomials": 1, "degree": 1}
    spec = harmonic(blocks_to_use=VECTORS, minimum_depth=3, own=own)
    chance = np.random.default_rng(1)
    strings = [tuple(string) for string in chance.integers(4, size=(100, 3)).tolist()]

    def cost(string):
        first, second = (1 - 2 * (string[place] & 1) for place in (0, 1))
        return 9.0 * first + (second if first < 0 else -8.0 * second)

    stage, cubes = space(spec, history_of(cost, strings[:24]))
    assert (stage, [cube.fixed for cube in cubes]) == (1, [(-1, 0, 0, 0, 0, 0)])
    inside = [place for place, string in enumerate(strings) if place >= 24 and string[0] & 1]
    last = inside[23]
    assert space(spec, history_of(cost, strings[:last]))[0] == 1
    stage, cubes = space(spec, history_of(cost, strings[: last + 1]))
    # Outside of the space the second place's bit would be better at +1.
    assert (stage, [cube.fixed for cube in cubes]) == (2, [(-1, 0, -1, 0, 0, 0)])


def test_a_stage_has_the_same_trials_in_whatever_order_they_come_in():
    own = {"trials_per_stage": 10, "stages": 1, "monomials": 2}
    spec = harmonic(blocks_to_use=VECTORS, minimum_depth=3, own=own)
    chance = np.random.default_rng(5)
    strings = [tuple(string) for string in chance.integers(4, size=(14, 3)).tolist()]
    whole = history_of(planted, strings)
    expected = space(spec, history_of(planted, strings[:10]))
    assert expected[0] == 1
    assert space(spec, whole) == expected
    late = history_of(planted, strings)
    late.trials[3] = history_of(planted, []).add(late.trials[3].architecture.blocks, state=TrialState.RUNNING)
    object.__setattr__(late.trials[3], "number", 4)
    assert len(late.completed()) == 13
    # Trial 4 will belong to the stage: it is waited for.
    assert space(spec, late)[0] == 0
    other = history_of(planted, strings)
    other.trials[12] = history_of(planted, []).add(other.trials[12].architecture.blocks, state=TrialState.RUNNING)
    object.__setattr__(other.trials[12], "number", 13)
    assert space(spec, other) == expected


def test_trials_of_another_depth_do_not_count():
    own = {"trials_per_stage": 4, "stages": 1}
    spec = harmonic(blocks_to_use=VECTORS, minimum_depth=2, own=own)
    strings = [(0, 0), (1, 0), (2, 0), (1, 1, 1), (3,)]
    assert space(spec, history_of(lambda string: float(string[0]), strings))[0] == 0
    assert space(spec, history_of(lambda string: float(string[0]), [*strings, (3, 0)]))[0] == 1


def test_a_space_that_is_used_up_gives_way_to_the_rest():
    own = {"trials_per_stage": 4, "stages": 1, "monomials": 1, "degree": 1, "lasso_penalty": 0.1}
    spec = harmonic(blocks_to_use=VECTORS[:3], minimum_depth=1, own=own)
    history = history_of(lambda string: float(string[0] == 0), [(0,), (1,), (0,), (1,)], VECTORS)
    assert propose(spec, history).architecture.blocks == (VECTORS[2],)


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"trials_per_stage": 1}, "harmonica.trials_per_stage is 1; it must be 2 or more"),
        ({"stages": 0}, "harmonica.stages is 0; it must be 1 or more"),
        ({"degree": 0}, "harmonica.degree is 0; it must be 1 or more"),
        ({"monomials": 0}, "harmonica.monomials is 0; it must be 1 or more"),
        (
            {"monomials": 9},
            "harmonica.monomials is 9; monomials times degree, which is 2, must be at most 16",
        ),
        ({"lasso_penalty": 0.0}, "harmonica.lasso_penalty is 0; it must be a finite number above 0"),
    ],
)
def test_mistakes_of_the_spec(own, message):
    with pytest.raises(UsageError) as caught:
        harmonic(own=own)
    assert str(caught.value) == f"spec field {message}"


def test_a_space_of_too_many_products_is_refused():
    # 20 places of 2 bits: 40 + 780 products of up to two bits, 9880 more of three.
    harmonic(blocks_to_use=VECTORS, minimum_depth=20, maximum_depth=20)
    with pytest.raises(UsageError) as caught:
        harmonic(blocks_to_use=VECTORS, minimum_depth=20, maximum_depth=20, own={"degree": 3})
    assert str(caught.value) == (
        "spec field harmonica.degree is 3; the 20 places (minimum_depth) of 4 blocks are 40 bits, which have 10700"
        " products of at most so many; the search takes up to 5000"
    )
