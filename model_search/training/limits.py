"""Networks that cost more than the user allows: refused before they train."""

from collections.abc import Iterable, Sequence

from ..errors import TrialError
from ..network.costs import Costs
from ..study import Result, Trial
from .options import TrainingOptions


class LimitError(TrialError):
    """A network costs more than a limit allows."""


def check_parameters(options: TrainingOptions, parameters: int) -> None:
    """Raises `LimitError` for more weights than `--max_parameters`."""
    limit = options.max_parameters
    if limit and parameters > limit:
        raise LimitError(f"the network has {parameters:,} parameters, --max_parameters allows {limit:,}")


def check_costs(options: TrainingOptions, costs: Costs) -> None:
    """Raises `LimitError` for costs above any limit, or where what is limited cannot be known."""
    check_parameters(options, costs.parameters)
    if options.max_flops and costs.flops is None:
        raise LimitError("the network's multiply-adds cannot be counted, which --max_flops needs")
    if options.max_flops and (costs.flops or 0) > options.max_flops:
        raise LimitError(f"the network has {costs.flops:,} multiply-adds, --max_flops allows {options.max_flops:,}")
    if options.max_latency_ms and costs.latency_ms > options.max_latency_ms:
        taken = f"the network takes {costs.latency_ms:.3g} ms an example"
        raise LimitError(f"{taken}, --max_latency_ms allows {options.max_latency_ms:g}")


def costs_together(results: Iterable[Result]) -> Costs:
    """What finished trials' networks cost that run one after another."""
    known = list(results)
    flops = [result.flops for result in known]
    return Costs(
        sum(result.parameters for result in known),
        None if None in flops else sum(value or 0 for value in flops),
        sum(result.latency_ms or 0.0 for result in known),
    )


def fit_together(options: TrainingOptions, trials: Sequence[Trial]) -> bool:
    """Whether the networks of finished trials together are within all limits."""
    if not options.limits():
        return True
    try:
        check_costs(options, costs_together(trial.result for trial in trials if trial.result))
    except LimitError:
        return False
    return True
