"""Ensembles of linear towers, whose logits and gradients numpy works out: what is combined, and what a step trains.

Towers are `x @ kernel + bias` with weights of whole numbers. All rows are in one batch, so that their order does not
matter, and one step of plain gradient descent has one right answer.
"""

import itertools
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
import pytest
from searches import open_small

from model_search.architecture import Architecture
from model_search.combine_trial import combined, mean_logits
from model_search.ensemble_networks import ensemble_of
from model_search.network.ensemble import Ensemble
from model_search.network.weights_file import write_weights
from model_search.search_parts import Search
from model_search.spec import complete, parse_spec
from model_search.study import Result, Suggestion, TrialKind
from model_search.training.artifacts import LOGITS, logits_bytes
from model_search.training.evaluation_labels import LogitsError, read_labels
from model_search.training.fit import Fit
from model_search.training.fit_ensemble import fit_network
from model_search.training.inference import logits_of

RATE = 0.5
SPEC = """
problem_type: DNN minimum_depth: 1 maximum_depth: 1 blocks_to_use: "IDENTITY"
ensemble_spec { ensemble_search_type: %s_ENSEMBLE_SEARCH combining_type: %s_ENSEMBLE freeze_previous: %s }
"""
GROWING, DRAWN = ("ADAPTIVE", "RESIDUAL"), ("NONADAPTIVE", "INTERMIXED_NONADAPTIVE")
WAYS = [*GROWING, *DRAWN]
COMBININGS = ["AVERAGE", "WEIGHTED"]

Linear = tuple[np.ndarray, np.ndarray]
"""Kernel and bias."""


def linear(*rows: Sequence[float]) -> Linear:
    """Of rows of the kernel, and the bias last."""
    return np.array(rows[:-1], np.float32), np.array(rows[-1], np.float32)


FIRST = linear([1, -2], [0, 1], [1, -1])
SECOND = linear([-1, 1], [2, 0], [0, 1])
FIRST_AFTER_TRAINING = linear([2, 0], [-1, 1], [0, -2])
"""Of the first tower as a third trial, which was grown from it, has it."""
OWN = linear([0, 3], [1, -1], [-1, 1])
MIX = linear([1, 0], [0, 2], [-1, 1], [0, 1], [2, 0], [1, -1], [1, 0])
"""Of logits of three towers; of two the first four rows, and the bias."""


def mix_of(towers: int) -> Linear:
    kernel, bias = MIX
    return kernel[: 2 * towers], bias


@pytest.fixture(scope="module")
def opened(tmp_path_factory) -> Search:
    """A search whose trials 1 and 2 are towers, and trial 3 one that was grown from trial 1 and trained that on."""
    x = np.random.default_rng(0).normal(size=(20, 2)).astype(np.float32)
    spec = SPEC % ("ADAPTIVE", "AVERAGE", "true")
    search = open_small(tmp_path_factory.mktemp("by_hand"), spec, data=(x, np.arange(20) % 2), train_steps=1)
    given: list[tuple[tuple[int, ...], Mapping[str, Linear]]] = [
        ((), {"tower_0": FIRST}),
        ((), {"tower_0": SECOND}),
        ((1,), {"tower_1": FIRST_AFTER_TRAINING, "tower_0": SECOND}),
    ]
    for number, (members, towers) in enumerate(given, 1):
        claim = search.store.claim(search.study.id, "tester", 60.0)
        assert claim is not None and claim.number == number
        # Rates of their own, so that no trial is the same as another.
        search.store.suggest(claim, tower_trial(members, rate=number / 10))
        folder = Path(search.model_dir) / "trials" / str(number)
        folder.mkdir(parents=True)
        write_towers(folder, towers)
        # What a mean needs of its members' models is that they are whole.
        with zipfile.ZipFile(folder / "model.keras", "w") as archive:
            archive.writestr("of", "nothing")
        search.store.complete(claim, Result(0.5, 1.0, {"accuracy": 0.5}, 6, 1.0, f"trials/{number}/model.keras"))
    return search


def tower_trial(members: tuple[int, ...], rate: float = RATE) -> Suggestion:
    """A linear tower of its own beside those of members."""
    return Suggestion(Architecture.of(["IDENTITY"]), {"learning_rate": rate, "optimizer": "sgd"}, members=members)


def write_towers(folder: Path, towers: Mapping[str, Linear]) -> None:
    x = keras.Input((2,))
    layers = {name: keras.layers.Dense(2, name=f"{name}.logits") for name in towers}
    model = keras.Model(x, [layer(x) for layer in layers.values()])
    for name, layer in layers.items():
        layer.set_weights(towers[name])
    write_weights(str(folder), model)


def in_way(search: Search, way: str, combining: str, freeze: bool = True) -> Search:
    return replace(search, spec=complete(parse_spec(SPEC % (way, combining, str(freeze).lower()), "test")))


@dataclass(frozen=True)
class Case:
    """A trial with members, and the weights that its towers start with: the members', and then its own."""

    suggestion: Suggestion
    towers: list[Linear]


def case_of(way: str) -> Case:
    if way in GROWING:
        return Case(tower_trial((1, 3)), [FIRST_AFTER_TRAINING, SECOND, OWN])
    drawn = replace(tower_trial((1, 2)), kind=TrialKind.ENSEMBLE, architecture=Architecture(()))
    return Case(drawn, [FIRST, SECOND])


def network_of(search: Search, case: Case) -> Ensemble:
    """The ensemble with its members' weights from their files; its own tower and the mix are set by hand."""
    network = ensemble_of(search, case.suggestion)
    if network.own is not None:
        network.own.model.get_layer("tower_0.logits").set_weights(OWN)
    for layer in network.combination.layers.values():
        layer.set_weights(mix_of(len(case.towers)))
    return network


def weights_now(network: Ensemble) -> list[Linear]:
    """Of each tower, and of the mix where there is one."""
    variables = [tower.weights for tower in network.towers]
    variables += [layer.weights for layer in network.combination.layers.values()]
    kernels_and_biases = [[keras.ops.convert_to_numpy(variable) for variable in pair] for pair in variables]
    return [(kernel, bias) for kernel, bias in kernels_and_biases]


@pytest.mark.parametrize(("way", "combining"), itertools.product(WAYS, COMBININGS))
def test_combined_logits(opened, way, combining) -> None:
    case, search = case_of(way), in_way(opened, way, combining)
    network = network_of(search, case)
    x = search.pipeline.evaluation_arrays().x
    logits = [x @ kernel + bias for kernel, bias in case.towers]
    if combining == "AVERAGE":
        expected = sum(logits) / len(logits)
    else:
        kernel, bias = mix_of(len(logits))
        expected = bias + sum(part @ kernel[2 * i : 2 * i + 2] for i, part in enumerate(logits))
    found = np.concatenate([part for part, _, _ in logits_of(network.model, search.pipeline.evaluation())])
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("way", WAYS)
def test_a_mix_starts_as_the_mean(opened, way) -> None:
    case = case_of(way)
    network = ensemble_of(in_way(opened, way, "WEIGHTED"), case.suggestion)
    (kernel, bias) = weights_now(network)[-1]
    count = len(case.towers)
    np.testing.assert_allclose(kernel, [[1 / count, 0], [0, 1 / count]] * count)
    np.testing.assert_array_equal(bias, [0, 0])


@pytest.mark.parametrize("way", DRAWN)
def test_a_mean_of_stored_logits_is_scored(opened, way) -> None:
    labels = read_labels(opened.model_dir).labels
    rows = len(labels)
    right, wrong = np.eye(2, dtype=np.float32)[labels], np.eye(2, dtype=np.float32)[1 - labels]
    # The first member is right of all rows by 2; the second wrong of all by 1, but of the first row by 4.
    second = 1 * wrong
    second[0] *= 4
    for number, logits in ((1, 2 * right), (2, second)):
        (Path(opened.model_dir) / "trials" / str(number) / LOGITS).write_bytes(logits_bytes(logits))
    found = combined(in_way(opened, way, "AVERAGE"), case_of(way).suggestion)
    expected = 1 * right + 0.5 * wrong
    expected[0] = (1 * right + 2 * wrong)[0]
    np.testing.assert_array_equal(found.logits, expected)
    assert found.metrics["accuracy"] == pytest.approx((rows - 1) / rows)
    of_right, of_wrong = np.log1p(np.exp(-0.5)), np.log1p(np.exp(1.0))
    assert found.metrics["loss"] == pytest.approx(((rows - 1) * of_right + of_wrong) / rows, rel=1e-5)
    assert found.costs.parameters == 12
    for other in (in_way(opened, way, "WEIGHTED"), in_way(opened, way, "AVERAGE", freeze=False)):
        assert combined(other, case_of(way).suggestion) is None, "there is something to train"


def test_means_of_logits() -> None:
    parts = [np.array([[1.0, 4.0]]), np.array([[2.0, -1.0]]), np.array([[6.0, 0.0]])]
    np.testing.assert_array_equal(mean_logits(parts), [[3.0, 1.0]])
    of_tasks = mean_logits([{"a": parts[0], "b": parts[1]}, {"a": parts[2], "b": parts[1]}])
    np.testing.assert_array_equal(of_tasks["a"], [[3.5, 2.0]])
    np.testing.assert_array_equal(of_tasks["b"], parts[1])
    with pytest.raises(LogitsError, match="not of the same examples"):
        mean_logits([parts[0], np.zeros((2, 2))])


@dataclass(frozen=True)
class Descent:
    """One step down the mean cross-entropy of labels, by numpy in double precision."""

    x: np.ndarray
    y: np.ndarray

    def through(self, towers: Sequence[Linear], mix: Linear | None) -> tuple[list[Linear], Linear | None]:
        """All towers and the mix after a step on the loss of them together; of their mean where there is no mix."""
        logits = [self.x @ kernel + bias for kernel, bias in towers]
        joined = np.concatenate(logits, axis=1)
        kernel, bias = (np.tile(np.eye(2), (len(towers), 1)) / len(towers), np.zeros(2)) if mix is None else mix
        powers = np.exp(joined @ kernel + bias)
        error = (powers / powers.sum(axis=1, keepdims=True) - np.eye(2)[self.y]) / len(self.y)
        parts = np.split(error @ kernel.T, len(towers), axis=1)
        moved = [_moved(tower, self.x, part) for tower, part in zip(towers, parts, strict=True)]
        return moved, None if mix is None else _moved(mix, joined, error)

    def expected(self, way: str, towers: Sequence[Linear], mix: Linear | None, freeze: bool) -> list[Linear]:
        """Each tower, and the mix where there is one, when a trial of one step is over."""
        members, own = ([*towers[:-1]], towers[-1]) if way in GROWING else ([*towers], None)
        if way == "ADAPTIVE":
            (own,), _ = self.through([own], None)
            if not freeze:
                members, _ = self.through(members, None)
            if mix is not None:
                _, mix = self.through([*members, own], mix)
        else:
            moved, mix = self.through(towers, mix)
            if not freeze:
                members = moved[: len(members)]
            if way == "RESIDUAL":
                own = moved[-1]
        return [*members, *([own] if own else []), *([mix] if mix else [])]


def _moved(layer: Linear, inputs: np.ndarray, error: np.ndarray) -> Linear:
    return layer[0] - RATE * inputs.T @ error, layer[1] - RATE * error.sum(axis=0)


def after_a_step(search: Search, case: Case, folder: Path) -> list[Linear]:
    """Weights of a network that `fit_network` trained for one step on all rows at once."""
    network = network_of(search, case)
    options = replace(search.options, batch_size=len(search.pipeline.train_arrays()))
    checkpoint = str(folder / "checkpoint")
    plan = Fit(search.spec, case.suggestion, search.pipeline, options, search.strategy, 1, 0, checkpoint)
    fit_network(plan, network, lambda step, loss: None)
    return weights_now(network)


def distance(one: Linear, other: Linear) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(("way", "combining", "freeze"), itertools.product(WAYS, COMBININGS, [True, False]))
def test_one_step_of_training(opened, tmp_path, way, combining, freeze) -> None:
    case, search = case_of(way), in_way(opened, way, combining, freeze)
    arrays = search.pipeline.train_arrays()
    descent = Descent(arrays.x.astype(np.float64), arrays.y)
    mix = mix_of(len(case.towers)) if combining == "WEIGHTED" else None
    expected = descent.expected(way, case.towers, mix, freeze)
    found = after_a_step(search, case, tmp_path)
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected, strict=True):
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)
    for (kernel, bias), start in zip(found[:2], case.towers[:2], strict=True):
        if freeze:
            assert (kernel.tobytes(), bias.tobytes()) == (start[0].tobytes(), start[1].tobytes())
        else:
            assert distance((kernel, bias), start) > 1e-2
    if way in GROWING:
        (other_way,) = {*GROWING} - {way}
        other = descent.expected(other_way, case.towers, mix, freeze)
        assert distance(found[2], other[2]) > 1e-2, "on the loss of the whole ensemble, or on that of its own"
