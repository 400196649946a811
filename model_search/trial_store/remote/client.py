"""The trial database behind a service, as the contract wants it."""

import os
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from ...files import is_remote
from ...proto import trial_service_pb2 as pb
from ...proto.trial_service_pb2_grpc import FileServiceStub, TrialServiceStub
from ...study import Measurement, Result, Study, StudyConfig, Suggestion, Trial, TrialKind, TrialState
from ..contract import Claim, StoreError, TrialStore
from ..texts import check_config, check_lease, check_token, new_token, stored_text, unicode_text
from . import convert
from .calls import OPENING_SECONDS, PATIENCE_SECONDS, Caller
from .channel import address_of, client_token, open_channel
from .exchange import FileExchange

PROTOCOL = 1
LEAST_PATIENCE_SECONDS = 10.0


class GrpcTrialStore(TrialStore):
    """Trials of a service at `grpc://host:port`.

    Several threads may share one; a process that was forked opens its own.
    """

    def __init__(self, url: str):
        """Connects and asks what the service is.

        Raises:
          StoreError: the URL is wrong, the service cannot be reached, refuses, or is of another version.
        """
        address = address_of(url)
        token = client_token(address)
        self.name = address.name
        self._channel = open_channel(address)
        self._process = os.getpid()
        self._closed = False
        self._caller = Caller(self.name, (("authorization", f"Bearer {token}"),) if token else ())
        self._stub = TrialServiceStub(self._channel)
        self._exchange: FileExchange | None = None
        try:
            described = self._caller.call(self._stub.Describe, pb.DescribeRequest(), OPENING_SECONDS)
            if described.protocol != PROTOCOL:
                raise StoreError(
                    f"trial service {self.name} speaks protocol {described.protocol}, this version of model_search"
                    f" {PROTOCOL}; install the same version on both sides"
                )
        except BaseException:
            self._channel.close()
            raise
        self.max_attempts = described.max_attempts
        self.max_file_bytes = described.max_file_bytes

    def outlast(self, stop: threading.Event | None) -> None:
        """See `TrialStore`."""
        self._caller.patience.outlast(stop)

    def open_study(self, config: StudyConfig) -> Study:
        """See `TrialStore`."""
        check_config(config)
        request = pb.OpenStudyRequest(request_id=new_token(), config=convert.config_to_proto(config))
        return convert.study_from_proto(self._calls().call(self._stub.OpenStudy, request))

    def find_study(self, owner: str, name: str) -> Study | None:
        """See `TrialStore`."""
        if (unicode_text(owner), unicode_text(name)) != (owner, name):
            return None  # no study has such a name
        found = self._calls().call(self._stub.FindStudy, pb.FindStudyRequest(owner=owner, name=name))
        return convert.study_from_proto(found.study) if found.HasField("study") else None

    def studies(self) -> Sequence[Study]:
        """See `TrialStore`."""
        found = self._calls().collect(self._stub.ListStudies, pb.ListStudiesRequest())
        return [convert.study_from_proto(study) for study in found]

    def claim(self, study_id: int, trainer: str, lease_seconds: float, token: str = "") -> Claim | None:
        """See `TrialStore`."""
        check_lease(lease_seconds)
        token = token or new_token()
        check_token(token)
        request = pb.ClaimRequest(
            request_id=token, study_id=study_id, trainer=stored_text(trainer), lease_seconds=lease_seconds
        )
        answer = self._calls().call(self._stub.Claim, request)
        if not answer.HasField("claim"):
            return None
        claim = convert.claim_from_proto(answer.claim)
        self._bring_for(study_id, claim.suggestion)
        return claim

    def suggest(self, claim: Claim, suggestion: Suggestion) -> None:
        """See `TrialStore`."""
        message = convert.suggestion_to_proto(suggestion)
        self._calls().call(
            self._stub.Suggest,
            pb.SuggestRequest(request_id=new_token(), claim=convert.claim_right_to_proto(claim), suggestion=message),
        )
        self._bring_for(claim.study_id, suggestion)

    def refuse(self, claim: Claim) -> None:
        """See `TrialStore`."""
        self._calls().call(self._stub.Refuse, _claimed(claim))

    def heartbeat(self, claim: Claim) -> None:
        """See `TrialStore`. Gives up after half a lease, so that the caller learns of it in time."""
        patience = min(PATIENCE_SECONDS, max(LEAST_PATIENCE_SECONDS, claim.lease_seconds / 2))
        self._calls().call(self._stub.Heartbeat, _claimed(claim), patience)

    def measure(self, claim: Claim, measurement: Measurement) -> None:
        """See `TrialStore`."""
        message = convert.measurement_to_proto(measurement)
        self._calls().call(
            self._stub.Measure,
            pb.MeasureRequest(request_id=new_token(), claim=convert.claim_right_to_proto(claim), measurement=message),
        )

    def complete(self, claim: Claim, result: Result) -> None:
        """See `TrialStore`. Sends the trial's files before, where the service keeps them."""
        if self._exchange:
            self._exchange.publish(claim)
        self._calls().call(self._stub.Complete, _with_result(claim, result))

    def stop(self, claim: Claim, result: Result) -> None:
        """See `TrialStore`."""
        self._calls().call(self._stub.Stop, _with_result(claim, result))

    def fail(self, claim: Claim, reason: str) -> None:
        """See `TrialStore`."""
        self._calls().call(self._stub.Fail, _with_reason(claim, reason))

    def release(self, claim: Claim) -> None:
        """See `TrialStore`."""
        self._calls().call(self._stub.Release, _claimed(claim))

    def withdraw(self, claim: Claim, reason: str) -> None:
        """See `TrialStore`."""
        self._calls().call(self._stub.Withdraw, _with_reason(claim, reason))

    def reap(self, study_id: int, dead_trainers: Collection[str] = ()) -> Sequence[int]:
        """See `TrialStore`."""
        names = [stored_text(name) for name in dead_trainers]
        request = pb.ReapRequest(request_id=new_token(), study_id=study_id, dead_trainers=names)
        return list(self._calls().call(self._stub.Reap, request).numbers)

    def prune(self, study_id: int, numbers: Collection[int], seen: int) -> Sequence[int]:
        """See `TrialStore`."""
        request = pb.PruneRequest(request_id=new_token(), study_id=study_id, numbers=sorted(numbers), seen=seen)
        return list(self._calls().call(self._stub.Prune, request).numbers)

    def running_trainers(self, study_id: int) -> Sequence[str]:
        """See `TrialStore`."""
        return list(self._calls().call(self._stub.RunningTrainers, pb.StudyRequest(study_id=study_id)).trainers)

    def best(self, study_id: int, count: int, kinds: Collection[TrialKind] | None = None) -> Sequence[Trial]:
        """See `TrialStore`."""
        request = pb.BestRequest(study_id=study_id, count=count, kinds=convert.kinds_to_proto(kinds))
        return self._trials(self._stub.Best, request)

    def trial(self, study_id: int, number: int) -> Trial | None:
        """See `TrialStore`."""
        found = self._calls().call(self._stub.GetTrial, pb.TrialRequest(study_id=study_id, number=number))
        return convert.trial_from_proto(found.trial) if found.HasField("trial") else None

    def trials(self, study_id: int, states: Collection[TrialState] | None = None, since: int = 0) -> Sequence[Trial]:
        """See `TrialStore`."""
        request = pb.ListTrialsRequest(study_id=study_id, states=convert.states_to_proto(states), since=since)
        return self._trials(self._stub.ListTrials, request)

    def measurements(self, study_id: int, number: int) -> Sequence[Measurement]:
        """See `TrialStore`."""
        request = pb.TrialRequest(study_id=study_id, number=number)
        found = self._calls().collect(self._stub.ListMeasurements, request)
        return [convert.measurement_from_proto(measurement) for measurement in found]

    def rung_values(
        self, study_id: int, step: int, states: Collection[TrialState] | None = None
    ) -> Mapping[int, float]:
        """See `TrialStore`."""
        request = pb.RungValuesRequest(study_id=study_id, step=step, states=convert.states_to_proto(states))
        values = self._calls().call(self._stub.RungValues, request).values
        return {number: values[number] for number in sorted(values)}

    def counts(self, study_id: int) -> dict[TrialState, int]:
        """See `TrialStore`."""
        found = self._calls().call(self._stub.Counts, pb.StudyRequest(study_id=study_id)).counts
        return {state: found[state.value] for state in TrialState}

    def has_failed(self, study_id: int, architecture: Sequence[str]) -> bool:
        """See `TrialStore`."""
        return self._calls().call(self._stub.HasFailed, _architecture(study_id, architecture)).answer

    def has_tried(self, study_id: int, architecture: Sequence[str]) -> bool:
        """See `TrialStore`."""
        return self._calls().call(self._stub.HasTried, _architecture(study_id, architecture)).answer

    def number_of(self, study_id: int, fingerprint: str) -> int | None:
        """See `TrialStore`."""
        request = pb.NumberOfRequest(study_id=study_id, fingerprint=unicode_text(fingerprint))
        found = self._calls().call(self._stub.NumberOf, request)
        return found.number if found.HasField("number") else None

    def share_files(self, folder: str) -> None:
        """See `TrialStore`. A bucket is shared already, and a service may keep no files."""
        if self.max_file_bytes and not is_remote(folder):
            self._exchange = FileExchange(self._calls, FileServiceStub(self._channel), folder, self.max_file_bytes)

    def bring_files(self, study_id: int, number: int) -> None:
        """See `TrialStore`."""
        if not self._exchange:
            return
        self._exchange.bring(study_id, number)
        trial = self.trial(study_id, number)
        for member in trial.suggestion.members if trial and trial.suggestion else ():
            self.bring_files(study_id, member)

    def _bring_for(self, study_id: int, suggestion: Suggestion | None) -> None:
        """Fetches what a trial starts from."""
        if self._exchange and suggestion:
            teacher = () if suggestion.teacher is None else (suggestion.teacher,)
            for number in dict.fromkeys((*suggestion.parents, *suggestion.members, *teacher)):
                self.bring_files(study_id, number)

    def close(self) -> None:
        """See `TrialStore`."""
        self._closed = True
        if os.getpid() == self._process:
            self._channel.close()

    def _trials(self, method: Callable[..., Iterable[pb.Trials]], request: object) -> list[Trial]:
        pieces = self._calls().collect(method, request)
        return [convert.trial_from_proto(trial) for piece in pieces for trial in piece.trials]

    def _calls(self) -> Caller:
        """The caller, where it may be used."""
        if self._closed:
            raise StoreError(f"trial service {self.name} is closed; open it again")
        if os.getpid() != self._process:
            raise StoreError(
                f"trial service {self.name} was opened by process {self._process} and is used by its fork"
                f" {os.getpid()}; open it again in each process"
            )
        return self._caller


def _claimed(claim: Claim) -> pb.ClaimedRequest:
    return pb.ClaimedRequest(request_id=new_token(), claim=convert.claim_right_to_proto(claim))


def _with_result(claim: Claim, result: Result) -> pb.ResultRequest:
    message = convert.result_to_proto(result)
    return pb.ResultRequest(request_id=new_token(), claim=convert.claim_right_to_proto(claim), result=message)


def _with_reason(claim: Claim, reason: str) -> pb.ReasonRequest:
    text = stored_text(reason)
    return pb.ReasonRequest(request_id=new_token(), claim=convert.claim_right_to_proto(claim), reason=text)


def _architecture(study_id: int, architecture: Sequence[str]) -> pb.ArchitectureRequest:
    return pb.ArchitectureRequest(study_id=study_id, architecture=[unicode_text(block) for block in architecture])
