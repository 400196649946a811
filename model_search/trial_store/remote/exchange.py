"""A trainer's side of the exchange of files: what it made goes to the service, what it needs comes from there."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

from ...proto import trial_service_pb2 as pb
from ...proto.trial_service_pb2_grpc import FileServiceStub
from ..contract import Claim, StoreError
from . import convert
from .calls import FILE_SECONDS, Caller
from .file_names import CHUNK, check_file_name, files_in, sha256_of

STUDY_FILES = ("signature.json",)
"""Files of the whole search that go along with each trial, for whoever takes its model."""


class FileExchange:
    """Files of trials between a folder of this machine and the service."""

    def __init__(self, calls: Callable[[], Caller], stub: FileServiceStub, folder: str, max_file_bytes: int):
        """Args: makes calls, the service, the model directory, the largest file that the service takes."""
        self._calls = calls
        self._stub = stub
        self._folder = folder
        self._max_file_bytes = max_file_bytes

    def publish(self, claim: Claim) -> None:
        """Sends the files of a trial. Raises `LeaseLostError`; `StoreError` for one that is too large."""
        folder = self._of_trial(claim.number)
        paths = [os.path.join(folder, name) for name in files_in(folder)]
        paths += [path for name in STUDY_FILES if os.path.exists(path := os.path.join(self._folder, name))]
        for path in paths:
            self._send(claim, path)

    def _send(self, claim: Claim, path: str) -> None:
        info = pb.FileInfo(name=os.path.basename(path), size=os.path.getsize(path), sha256=sha256_of(path))
        if info.size > self._max_file_bytes:
            raise StoreError(
                f"{path} has {info.size} bytes; the trial service takes files of {self._max_file_bytes} at most"
            )
        header = pb.UploadHeader(claim=convert.claim_right_to_proto(claim), file=info)

        def requests() -> Iterator[pb.UploadRequest]:
            yield pb.UploadRequest(header=header)
            with open(path, "rb") as file:
                while content := file.read(CHUNK):
                    yield pb.UploadRequest(content=content)

        def send(seconds: float, metadata: Any) -> None:
            self._stub.Upload(requests(), timeout=seconds, metadata=metadata)

        self._calls().work(send)

    def bring(self, study_id: int, number: int) -> None:
        """Fetches what the service has of a trial and this machine has not.

        Raises:
          StoreError: a file was damaged on its way, or the folder cannot be written.
        """
        request = pb.ListFilesRequest(study_id=study_id, number=number)
        found = self._calls().call(self._stub.List, request, seconds=FILE_SECONDS)
        folder = self._of_trial(number)
        for info in found.files:
            check_file_name(info.name)
            path = os.path.join(self._folder if info.name in STUDY_FILES else folder, info.name)
            # What is there is complete: it was written by this code or by the trial's own trainer, and renamed.
            if not os.path.exists(path):
                os.makedirs(os.path.dirname(path), exist_ok=True)
                self._fetch(pb.DownloadRequest(study_id=study_id, number=number, name=info.name), info, path)

    def _fetch(self, request: pb.DownloadRequest, info: pb.FileInfo, path: str) -> None:
        with tempfile.NamedTemporaryFile(dir=os.path.dirname(path), suffix=".download", delete=False) as file:

            def fetch(seconds: float, metadata: Any) -> str:
                file.seek(0)
                file.truncate()
                digest, size = hashlib.sha256(), 0
                for response in self._stub.Download(request, timeout=seconds, metadata=metadata):
                    size += len(response.content)
                    if size > info.size:
                        break
                    digest.update(response.content)
                    file.write(response.content)
                return digest.hexdigest()

            try:
                digest = self._calls().work(fetch)
                file.flush()
                if digest != info.sha256:
                    raise StoreError(f"{info.name} of trial {request.number} was damaged on its way from the service")
                os.replace(file.name, path)
            except BaseException:
                os.unlink(file.name)
                raise

    def _of_trial(self, number: int) -> str:
        return os.path.join(self._folder, "trials", str(number))
