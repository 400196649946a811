"""What a service allows, and to whom."""

from dataclasses import dataclass

from ...errors import UsageError
from ..remote.channel import is_loopback


@dataclass(frozen=True)
class ServiceOptions:
    """How a service listens.

    Attributes:
      host: address or name to listen at.
      port: 0 for any that is free.
      token: what clients must have; empty for none, on loopback only.
      certificate, key: of the server, PEM; empty for no TLS, on loopback only.
      client_ca: PEM of the authority that clients' certificates must come from; empty: they need none.
      folder: where files of trials are kept; empty: the service keeps none.
      workers: calls that are answered at the same time.
      max_calls: that wait or are answered at the same time; more are refused.
      max_message_bytes: of one message.
      max_calls_per_second: of one connection, on average; twice as many in a burst.
      max_file_bytes: of one file.
      grace_seconds: that calls in flight get at the end.
    """

    host: str = "127.0.0.1"
    port: int = 50051
    token: str = ""
    certificate: bytes = b""
    key: bytes = b""
    client_ca: bytes = b""
    folder: str = ""
    workers: int = 32
    max_calls: int = 2000
    max_message_bytes: int = 4 << 20
    max_calls_per_second: float = 1000.0
    max_file_bytes: int = 1 << 30
    grace_seconds: float = 10.0

    def __post_init__(self) -> None:
        if bool(self.certificate) != bool(self.key):
            raise UsageError("--tls_certificate and --tls_key belong together; one is missing")
        if self.client_ca and not self.certificate:
            raise UsageError("--tls_client_ca needs --tls_certificate and --tls_key")
        if is_loopback(self.host):
            return
        if not (self.certificate and self.token):
            missing = "a token" if self.certificate else "TLS" if self.token else "TLS and a token"
            raise UsageError(
                f"--host={self.host} is beyond this machine, where a service needs {missing}: --tls_certificate,"
                " --tls_key, and a token in MODEL_SEARCH_TOKEN or --token_file"
            )
