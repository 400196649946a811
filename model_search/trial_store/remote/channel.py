"""From a `grpc://` URL and the environment to a channel.

Secrets are never in the URL: the token comes from the environment variable `MODEL_SEARCH_TOKEN`, or from the file that
`MODEL_SEARCH_TOKEN_FILE` names. `grpcs://host:port?ca=FILE&certificate=FILE&key=FILE` names files of certificates.
"""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

import grpc

from ..contract import StoreError
from .names import TOKEN, TOKEN_FILE

KNOWN = "grpc://localhost:50051, or grpcs://host:50051 for TLS"
FILES = ("ca", "certificate", "key")

OPTIONS = (
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    # A service that was restarted is found again within two seconds.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.max_receive_message_length", 16 << 20),
    ("grpc.max_metadata_size", 64 << 10),
    # Stores of one process do not share a connection: limits of rate are by connection.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_retries", 0),  # `calls` repeats
)


@dataclass(frozen=True)
class Address:
    """Where a service is. `name` is for messages."""

    name: str
    target: str
    is_secure: bool
    is_local: bool
    files: Mapping[str, str]


def address_of(url: str) -> Address:
    """Reads a URL. Raises `StoreError`, without what may be a secret in it."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        query = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError:
        raise StoreError(f"trial store grpc://…: not the URL of a service; write {KNOWN}") from None
    if parts.scheme not in ("grpc", "grpcs") or not host or not port or parts.path not in ("", "/") or parts.fragment:
        raise StoreError(f"trial store {parts.scheme}://…: not the URL of a service; write {KNOWN}")
    if parts.username or parts.password:
        raise StoreError(
            f"trial store {parts.scheme}://…: no password belongs into the URL of a service; its token is read from"
            f" the environment variable {TOKEN} or the file named by {TOKEN_FILE}"
        )
    if unknown := sorted(set(query) - set(FILES)):
        raise StoreError(f"trial store {parts.scheme}://…: unknown setting {unknown[0]!r}; known: {', '.join(FILES)}")
    if query and parts.scheme == "grpc":
        raise StoreError(f"trial store {parts.scheme}://…: {next(iter(query))} belongs to TLS; write grpcs://…")
    shown = f"[{host}]" if ":" in host else host
    return Address(f"{shown}:{port}", f"{shown}:{port}", parts.scheme == "grpcs", is_loopback(host), query)


def is_loopback(host: str) -> bool:
    """Whether only this machine is behind a host's name or address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def client_token(address: Address, environment: Mapping[str, str] = os.environ) -> str:
    """The bearer token, or nothing. Raises `StoreError` where it would be sent in the open, or cannot be read."""
    token = read_token(environment.get(TOKEN, ""), environment.get(TOKEN_FILE, ""))
    if token and not address.is_secure and not address.is_local:
        raise StoreError(f"trial service {address.name}: the token would be sent unencrypted; write grpcs://…")
    return token


def read_token(token: str, path: str) -> str:
    """A token as given, else from the file. Raises `StoreError`, never with the token."""
    if not token and path:
        token = file_content(path, "token").decode("utf-8", "replace")
    token = token.strip()
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise StoreError(f"the token in {path or TOKEN} has other characters than ASCII letters, digits and signs")
    return token


def open_channel(address: Address) -> grpc.Channel:
    """A channel to the service; connects when it is used. Raises `StoreError` for a certificate that cannot be read."""
    if not address.is_secure:
        return grpc.insecure_channel(address.target, OPTIONS)
    content = {name: file_content(path, name) for name, path in address.files.items()}
    if ("certificate" in content) != ("key" in content):
        raise StoreError(f"trial service {address.name}: certificate and key belong together; one is missing")
    credentials = grpc.ssl_channel_credentials(content.get("ca"), content.get("key"), content.get("certificate"))
    return grpc.secure_channel(address.target, credentials, OPTIONS)


def file_content(path: str, what: str) -> bytes:
    """A file's content. Raises `StoreError`."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise StoreError(f"{what} {path} cannot be read: {error.strerror or error}") from None
