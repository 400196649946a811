from itertools import product

import pytest
from learned_studies import FORMS, spec_of

from model_search.algorithms.alphabet import alphabet_of, written
from model_search.architecture import Architecture
from model_search.proto.search_spec_pb2 import SearchType
from model_search.spec.towers import tower


@pytest.mark.parametrize("problem_type", FORMS)
def test_orders_admit_each_tower_once(problem_type):
    spec = spec_of(SearchType.NONADAPTIVE_RANDOM_SEARCH, problem_type)
    alphabet = alphabet_of(spec)
    for places in (1, 2, 3):
        admitted = [
            string
            for mask in alphabet.orders(places)
            for string in product(range(len(alphabet.names)), repeat=places)
            if all(mask[place, letter] for place, letter in enumerate(string))
        ]
        towers = {written(spec, alphabet, string) for string in admitted}
        assert len(towers) == len(admitted)
        assert towers == {tower(spec, names) for names in product(alphabet.names, repeat=places)}
        assert {alphabet.read(architecture) for architecture in towers} == set(admitted)


def test_towers_of_other_blocks_are_not_read():
    alphabet = alphabet_of(spec_of(SearchType.LINEAR_MODEL, blocks_to_use=["FULLY_CONNECTED", "IDENTITY"]))
    assert alphabet.read(Architecture.of(["IDENTITY", "FULLY_CONNECTED"])) == (1, 0)
    assert alphabet.read(Architecture.of(["IDENTITY", "LOWRANK_1"])) is None
