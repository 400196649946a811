"""Starts and ends the service."""

import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from ...errors import UsageError
from ...proto import trial_service_pb2 as pb
from ...proto.trial_service_pb2_grpc import add_FileServiceServicer_to_server, add_TrialServiceServicer_to_server
from ..contract import TrialStore
from .file_servicer import FileServicer
from .guard import Guard
from .options import ServiceOptions
from .rates import Rates
from .refusals import Refusals
from .servicer import TrialServicer

SERVICE = pb.DESCRIPTOR.services_by_name["TrialService"].full_name
FILE_SERVICE = pb.DESCRIPTOR.services_by_name["FileService"].full_name


class Service:
    """A running service in front of a trial store.

    Attributes:
      port: where it listens.
    """

    def __init__(self, store: TrialStore, options: ServiceOptions):
        """Listens at once.

        Args:
          store: that answers; the caller closes it after the service.
          options: how.

        Raises:
          UsageError: the address cannot be listened at, or a certificate is none.
        """
        self._options = options
        guard = Guard(options.token, options.max_message_bytes, Rates(options.max_calls_per_second), Refusals())
        self._server = grpc.server(
            ThreadPoolExecutor(options.workers, thread_name_prefix="call"),
            interceptors=[guard],
            options=_channel_options(options),
            maximum_concurrent_rpcs=options.max_calls,
        )
        files = FileServicer(store, options.folder, options.max_file_bytes) if options.folder else None
        add_TrialServiceServicer_to_server(TrialServicer(store, files), self._server)
        if files:
            add_FileServiceServicer_to_server(files, self._server)
        self._health = health.HealthServicer(experimental_non_blocking=True)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        names = (SERVICE, *((FILE_SERVICE,) if options.folder else ()), health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self._server)
        self.port = _listen(self._server, options)
        self._server.start()
        self._set_health(health_pb2.HealthCheckResponse.SERVING)

    def stop(self) -> None:
        """Takes no new calls, finishes those in flight, at most `grace_seconds` long."""
        self._health.enter_graceful_shutdown()
        stopped: threading.Event = self._server.stop(self._options.grace_seconds)
        stopped.wait()

    def _set_health(self, status: int) -> None:
        for name in ("", SERVICE):
            self._health.set(name, status)


def _channel_options(options: ServiceOptions) -> list[tuple[str, int]]:
    return [
        # Messages somewhat too large are read and refused by `guard`, which tells; larger ones are not even read.
        ("grpc.max_receive_message_length", 4 * options.max_message_bytes),
        ("grpc.max_metadata_size", 16 << 10),
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.keepalive_permit_without_calls", 1),
        # Clients ping every 20 seconds.
        ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
        ("grpc.so_reuseport", 0),  # a second service at the same port is told so
    ]


def _listen(server: grpc.Server, options: ServiceOptions) -> int:
    host = f"[{options.host}]" if ":" in options.host else options.host
    address = f"{host}:{options.port}"
    try:
        if not options.certificate:
            return server.add_insecure_port(address)
        credentials = grpc.ssl_server_credentials(
            [(options.key, options.certificate)], options.client_ca or None, bool(options.client_ca)
        )
        return server.add_secure_port(address, credentials)
    except (RuntimeError, ValueError):
        secure = " with this certificate and key" if options.certificate else ""
        raise UsageError(f"--host={options.host} --port={options.port} cannot be listened at{secure}") from None
