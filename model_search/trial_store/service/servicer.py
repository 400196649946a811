"""The calls of the service: each is one method of a trial store."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import grpc

from ...proto import trial_service_pb2 as pb
from ...proto.trial_service_pb2_grpc import TrialServiceServicer
from ...study import Trial
from ..contract import TrialStore
from ..remote import convert
from ..remote.client import PROTOCOL
from ..texts import check_token
from .answers import Answers
from .file_servicer import FileServicer

PIECE = 200
"""Trials of one message."""
WAIT_SECONDS = 60.0


class TrialServicer(TrialServiceServicer):
    """Answers from a trial store. Its errors are for `guard.Guard` to translate."""

    def __init__(self, store: TrialStore, files: FileServicer | None = None):
        """Args: the store, and what keeps files of trials where that is done."""
        self._store = store
        self._files = files
        self._answers = Answers()

    def _write(
        self, what: str, request: Any, context: grpc.ServicerContext, work: Callable[[], Any], is_kept: bool = True
    ) -> Any:
        """Does a write once."""
        check_token(request.request_id)
        left = context.time_remaining()
        # A release and a refusal look alike but for what is asked.
        content = what.encode() + request.SerializeToString(deterministic=True)
        patience = WAIT_SECONDS if left is None else min(left, WAIT_SECONDS)
        return self._answers.once(request.request_id, content, work, patience, is_kept)

    def _claimed(self, request: Any, context: grpc.ServicerContext, work: Callable[..., None], *values: Any) -> pb.Done:
        """Does a write of a claim's holder once."""
        claim = convert.claim_from_proto(request.claim)
        self._write(work.__name__, request, context, lambda: work(claim, *values))
        return pb.Done()

    def Describe(self, request: pb.DescribeRequest, context: grpc.ServicerContext) -> pb.Description:
        """What this service is."""
        max_file_bytes = self._files.max_file_bytes if self._files else 0
        return pb.Description(protocol=PROTOCOL, max_attempts=self._store.max_attempts, max_file_bytes=max_file_bytes)

    def OpenStudy(self, request: pb.OpenStudyRequest, context: grpc.ServicerContext) -> pb.Study:
        """See `TrialStore.open_study`."""
        config = convert.config_from_proto(request.config)
        return convert.study_to_proto(
            self._write("open_study", request, context, lambda: self._store.open_study(config))
        )

    def FindStudy(self, request: pb.FindStudyRequest, context: grpc.ServicerContext) -> pb.FindStudyResponse:
        """See `TrialStore.find_study`."""
        study = self._store.find_study(request.owner, request.name)
        return pb.FindStudyResponse(study=convert.present(convert.study_to_proto, study))

    def ListStudies(self, request: pb.ListStudiesRequest, context: grpc.ServicerContext) -> Iterator[pb.Study]:
        """See `TrialStore.studies`."""
        yield from map(convert.study_to_proto, self._store.studies())

    def Claim(self, request: pb.ClaimRequest, context: grpc.ServicerContext) -> pb.ClaimResponse:
        """See `TrialStore.claim`; the request's id is the token, by which the database itself knows it again."""
        arguments = (request.study_id, request.trainer, request.lease_seconds, request.request_id)
        claim = self._write("claim", request, context, lambda: self._store.claim(*arguments), is_kept=False)
        return pb.ClaimResponse(claim=convert.present(convert.claim_to_proto, claim))

    def Suggest(self, request: pb.SuggestRequest, context: grpc.ServicerContext) -> pb.Done:
        """See `TrialStore.suggest`."""
        suggestion = convert.suggestion_from_proto(request.suggestion)
        return self._claimed(request, context, self._store.suggest, suggestion)

    def Refuse(self, request: pb.ClaimedRequest, context: grpc.ServicerContext) -> pb.Done:
        """See `TrialStore.refuse`."""
        return self._claimed(request, context, self._store.refuse)

    def Heartbeat(self, request: pb.ClaimedRequest, context: grpc.ServicerContext) -> pb.Done:
        """See `TrialStore.heartbeat`."""
        return self._claimed(request, context, self._store.heartbeat)

    def Measure(self, request: pb.MeasureRequest, context: grpc.ServicerContext) -> pb.Done:
        """See `TrialStore.measure`."""
        measurement = convert.measurement_from_proto(request.measurement)
        return self._claimed(request, context, self._store.measure, measurement)

    def Complete(self, request: pb.ResultRequest, context: grpc.ServicerContext) -> pb.Done:
        """See `TrialStore.complete`."""
        return self._claimed(request, context, self._store.complete, convert.result_from_proto(request.result))

    def Stop(self, request: pb.ResultRequest, context: grpc.ServicerContext) -> pb.Done:
        """See `TrialStore.stop`."""
        return self._claimed(request, context, self._store.stop, convert.result_from_proto(request.result))

    def Fail(self, request: pb.ReasonRequest, context: grpc.ServicerContext) -> pb.Done:
        """See `TrialStore.fail`."""
        return self._claimed(request, context, self._store.fail, request.reason)

    def Release(self, request: pb.ClaimedRequest, context: grpc.ServicerContext) -> pb.Done:
        """See `TrialStore.release`."""
        return self._claimed(request, context, self._store.release)

    def Withdraw(self, request: pb.ReasonRequest, context: grpc.ServicerContext) -> pb.Done:
        """See `TrialStore.withdraw`."""
        return self._claimed(request, context, self._store.withdraw, request.reason)

    def Reap(self, request: pb.ReapRequest, context: grpc.ServicerContext) -> pb.ReapResponse:
        """See `TrialStore.reap`."""
        names = list(request.dead_trainers)
        numbers = self._write("reap", request, context, lambda: self._store.reap(request.study_id, names))
        return pb.ReapResponse(numbers=numbers)

    def Prune(self, request: pb.PruneRequest, context: grpc.ServicerContext) -> pb.PruneResponse:
        """See `TrialStore.prune`."""
        numbers = list(request.numbers)
        pruned = self._write("prune", request, context, lambda: self._pruned(request.study_id, numbers, request.seen))
        return pb.PruneResponse(numbers=pruned)

    def _pruned(self, study_id: int, numbers: Sequence[int], seen: int) -> Sequence[int]:
        pruned = self._store.prune(study_id, numbers, seen)
        if self._files:
            self._files.prune(study_id, pruned)
        return pruned

    def RunningTrainers(self, request: pb.StudyRequest, context: grpc.ServicerContext) -> pb.RunningTrainersResponse:
        """See `TrialStore.running_trainers`."""
        return pb.RunningTrainersResponse(trainers=self._store.running_trainers(request.study_id))

    def Best(self, request: pb.BestRequest, context: grpc.ServicerContext) -> Iterator[pb.Trials]:
        """See `TrialStore.best`."""
        kinds = convert.kinds_from_proto(request.kinds, request.HasField("kinds"))
        yield from _pieces(self._store.best(request.study_id, request.count, kinds))

    def GetTrial(self, request: pb.TrialRequest, context: grpc.ServicerContext) -> pb.GetTrialResponse:
        """See `TrialStore.trial`."""
        trial = self._store.trial(request.study_id, request.number)
        return pb.GetTrialResponse(trial=convert.present(convert.trial_to_proto, trial))

    def ListTrials(self, request: pb.ListTrialsRequest, context: grpc.ServicerContext) -> Iterator[pb.Trials]:
        """See `TrialStore.trials`."""
        states = convert.states_from_proto(request.states, request.HasField("states"))
        yield from _pieces(self._store.trials(request.study_id, states, request.since))

    def ListMeasurements(self, request: pb.TrialRequest, context: grpc.ServicerContext) -> Iterator[pb.Measurement]:
        """See `TrialStore.measurements`."""
        yield from map(convert.measurement_to_proto, self._store.measurements(request.study_id, request.number))

    def RungValues(self, request: pb.RungValuesRequest, context: grpc.ServicerContext) -> pb.RungValuesResponse:
        """See `TrialStore.rung_values`."""
        states = convert.states_from_proto(request.states, request.HasField("states"))
        return pb.RungValuesResponse(values=self._store.rung_values(request.study_id, request.step, states))

    def Counts(self, request: pb.StudyRequest, context: grpc.ServicerContext) -> pb.CountsResponse:
        """See `TrialStore.counts`."""
        counts = self._store.counts(request.study_id)
        return pb.CountsResponse(counts={state.value: count for state, count in counts.items()})

    def HasFailed(self, request: pb.ArchitectureRequest, context: grpc.ServicerContext) -> pb.Answer:
        """See `TrialStore.has_failed`."""
        return pb.Answer(answer=self._store.has_failed(request.study_id, list(request.architecture)))

    def HasTried(self, request: pb.ArchitectureRequest, context: grpc.ServicerContext) -> pb.Answer:
        """See `TrialStore.has_tried`."""
        return pb.Answer(answer=self._store.has_tried(request.study_id, list(request.architecture)))

    def NumberOf(self, request: pb.NumberOfRequest, context: grpc.ServicerContext) -> pb.NumberOfResponse:
        """See `TrialStore.number_of`."""
        return pb.NumberOfResponse(number=self._store.number_of(request.study_id, request.fingerprint))


def _pieces(trials: Sequence[Trial]) -> Iterator[pb.Trials]:
    """Trials in messages of moderate size."""
    for first in range(0, len(trials), PIECE):
        yield pb.Trials(trials=[convert.trial_to_proto(trial) for trial in trials[first : first + PIECE]])
