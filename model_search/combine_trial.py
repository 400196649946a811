"""Ensembles that train nothing: the mean of the logits that their members have stored. They cost milliseconds."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from . import files
from .data.trees import Tree, mapped
from .ensemble_networks import is_combined_only
from .network.costs import Costs
from .replay import write_replay
from .search_parts import Search
from .study import Measurement, Result, Suggestion
from .training.artifacts import LOGITS, MODEL, logits_bytes, trial_folder, write_records
from .training.evaluation_labels import LogitsError, read_labels, read_logits
from .training.limits import costs_together
from .training.metrics import evaluate
from .trial_store.contract import Claim


@dataclass(frozen=True)
class Combined:
    """An ensemble of trained towers: combined logits and metrics over the evaluation data, and what it costs."""

    suggestion: Suggestion
    costs: Costs
    logits: Tree
    metrics: dict[str, float]


def combined(search: Search, suggestion: Suggestion) -> Combined | None:
    """The ensemble, from what its members have stored.

    None where that is not enough: something is to be trained, or the logits or the model of a member are not there or
    damaged. Then its network is built and run.

    Raises:
      NonFiniteLossError: the logits are not all finite.
    """
    if not is_combined_only(search, suggestion):
        return None
    members = [search.store.trial(search.study.id, number) for number in suggestion.members]
    known = read_labels(search.model_dir)
    have_models = (
        m is not None and m.result and files.is_whole_archive(files.join(search.model_dir, m.result.model))
        for m in members
    )  # fmt: skip
    if known is None or not all(have_models):
        return None
    try:
        logits = mean_logits([read_logits(search.model_dir, number) for number in suggestion.members])
    except LogitsError:
        return None
    metrics = evaluate(search.pipeline.task, logits, known.labels, known.weights)
    costs = costs_together(member.result for member in members if member and member.result)
    return Combined(suggestion, costs, logits, metrics)


def mean_logits(logits: Sequence[Tree]) -> Tree:
    """The mean of the members' logits, task by task. Raises `LogitsError` where they are not of the same examples."""
    if len({str(mapped(lambda array: array.shape, tree)) for tree in logits}) > 1:
        raise LogitsError("the members' evaluation logits are not of the same examples")
    return mapped(lambda *of_members: sum(of_members[1:], of_members[0]) / len(of_members), *logits)


def report_combined(search: Search, claim: Claim, begin: float, ensemble: Combined) -> None:
    """Writes the records of an ensemble and completes its trial.

    Its model is put together from the members' when somebody wants it, see `composed_model`: for most ensembles nobody
    does, and reading and writing models would cost a hundred times what the ensemble does.
    """
    metrics, costs = ensemble.metrics, ensemble.costs
    search.store.heartbeat(claim)
    folder = trial_folder(search.model_dir, claim.number)
    files.make_folder(folder)
    write_replay(search, claim.number, ensemble.suggestion)
    write_records(folder, claim.number, ensemble.suggestion, [Measurement(0, metrics)])
    files.write_atomically(files.join(folder, LOGITS), logits_bytes(ensemble.logits))
    objective = metrics[search.study.config.objective.metric]
    model = f"trials/{claim.number}/{MODEL}"
    seconds = time.monotonic() - begin
    result = Result(
        objective, metrics["loss"], metrics, costs.parameters, seconds, model, costs.flops, costs.latency_ms
    )
    search.store.complete(claim, result)
