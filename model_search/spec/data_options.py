"""What a spec says about the data."""

from dataclasses import replace

from ..data.provider import DataOptions
from ..proto.search_spec_pb2 import ProblemType, SearchSpec
from .tasks import tasks_of


def with_spec(options: DataOptions, spec: SearchSpec) -> DataOptions:
    """Data options with what a completed, valid spec adds: form of the examples, lengths, tasks, weights."""
    problem = ProblemType.Name(spec.problem_type)
    return replace(
        options,
        problem_type=problem,
        lengths=options.lengths or (spec.lengths_feature_name if problem.startswith("RNN") else ""),
        tasks=tasks_of(spec),
        weight=options.weight or spec.weight_feature_name,
    )
