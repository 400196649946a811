"""Keeps files of trials for trainers that share no folder."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import grpc

from ...proto import trial_service_pb2 as pb
from ...proto.trial_service_pb2_grpc import FileServiceServicer
from ..contract import Claim, StoreError, TrialStore
from ..remote.convert import claim_from_proto
from ..remote.file_names import CHUNK, check_file_name, files_in, sha256_of

MOST_FILES = 30
"""Files of one trial."""
HEAVY = (".keras", ".npz", ".npy")
"""Endings of what is removed where a trial's files are no longer needed."""


class FileServicer(FileServiceServicer):
    """Files below `<folder>/<study>/trials/<number>`. Errors are for `guard.Guard` to translate."""

    def __init__(self, store: TrialStore, folder: str, max_file_bytes: int):
        """Args: the store that knows who holds a trial, the folder, the largest file."""
        self._store = store
        self._root = os.path.abspath(folder)
        self.max_file_bytes = max_file_bytes

    def Upload(self, requests: Iterator[pb.UploadRequest], context: grpc.ServicerContext) -> pb.FileInfo:
        """Takes a file of a trial from the trainer that holds it.

        The same file again replaces it with itself. What is incomplete or damaged never gets the file's name.

        Raises:
          ValueError: a name, size or digest that is not right, or too many files.
          LeaseLostError: the trial is somebody else's.
        """
        header = next(requests, pb.UploadRequest()).header
        claim, info = claim_from_proto(header.claim), header.file
        folder = self._checked(claim, info)
        self._store.heartbeat(claim)
        os.makedirs(folder, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(suffix=".upload", dir=folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                _receive(requests, file, info)
            # Held for another lease from here, so that nobody else can have the trial when the file gets its name.
            self._store.heartbeat(claim)
            os.replace(temporary, os.path.join(folder, info.name))
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
            raise
        return info

    def prune(self, study_id: int, numbers: Iterable[int]) -> None:
        """Removes models, weights and outputs of trials that were marked as without files."""
        for number in numbers:
            folder = self._folder(study_id, number)
            for name in files_in(folder):
                if name.endswith(HEAVY):
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(os.path.join(folder, name))

    def List(self, request: pb.ListFilesRequest, context: grpc.ServicerContext) -> pb.ListFilesResponse:
        """What files of a trial there are."""
        folder = self._folder(request.study_id, request.number)
        paths = {name: os.path.join(folder, name) for name in files_in(folder)}
        return pb.ListFilesResponse(
            files=[
                pb.FileInfo(name=name, size=os.path.getsize(path), sha256=sha256_of(path))
                for name, path in paths.items()
            ]
        )

    def Download(self, request: pb.DownloadRequest, context: grpc.ServicerContext) -> Iterator[pb.DownloadResponse]:
        """A file's content. Raises `ValueError` for a name that no file has, `StoreError` where there is none."""
        check_file_name(request.name)
        path = os.path.join(self._folder(request.study_id, request.number), request.name)
        try:
            with open(path, "rb") as file:
                while content := file.read(CHUNK):
                    yield pb.DownloadResponse(content=content)
        except FileNotFoundError:
            raise StoreError(f"the service has no file {request.name} of trial {request.number}") from None

    def _checked(self, claim: Claim, info: pb.FileInfo) -> str:
        check_file_name(info.name)
        if not 0 <= info.size <= self.max_file_bytes:
            raise ValueError(f"{info.name} has {info.size} bytes; at most {self.max_file_bytes} are taken")
        folder = self._folder(claim.study_id, claim.number)
        if len({*files_in(folder), info.name}) > MOST_FILES:
            raise ValueError(f"trial {claim.number} has {MOST_FILES} files already")
        return folder

    def _folder(self, study_id: int, number: int) -> str:
        # Both are integers, so nothing in them can lead elsewhere.
        return os.path.join(self._root, str(int(study_id)), "trials", str(int(number)))


def _receive(requests: Iterator[pb.UploadRequest], file: BinaryIO, info: pb.FileInfo) -> None:
    """Writes content as it comes. Raises `ValueError` where it is not what the header says."""
    digest, size = hashlib.sha256(), 0
    for request in requests:
        size += len(request.content)
        if size > info.size:
            raise ValueError(f"{info.name} is longer than the {info.size} bytes that were announced")
        digest.update(request.content)
        file.write(request.content)
    if size != info.size or digest.hexdigest() != info.sha256:
        raise ValueError(f"{info.name} was damaged on its way: {size} of {info.size} bytes, or another digest")
