"""Serves a trial database to trainers that cannot reach it themselves: --trial_store=grpc://host:port is then theirs.

Beyond this machine (--host) it needs TLS and a token. SIGTERM and Ctrl-C let calls in flight finish.
"""

import logging
import os
import signal
import sys
import threading

from absl import flags

from ...errors import UsageError
from ...trial_store.open import open_store
from ...trial_store.remote.channel import file_content, read_token
from ...trial_store.remote.names import TOKEN, TOKEN_FILE
from ...trial_store.service.options import ServiceOptions
from ..flags import FLAGS, define_token_flag, refuse_arguments


def define_flags() -> None:
    """Flags of `serve`."""
    default = ServiceOptions()
    flags.DEFINE_string("trial_store", "", "URL of the trial database. Required.")
    flags.DEFINE_string("host", default.host, "Address to listen at; other than this machine's own needs TLS, a token.")
    flags.DEFINE_integer("port", default.port, "Port to listen at; 0: one that is free.", 0, 65535)
    define_token_flag()
    flags.DEFINE_string("tls_certificate", "", "PEM file of the service's certificate, with the chain behind it.")
    flags.DEFINE_string("tls_key", "", "PEM file of its private key.")
    flags.DEFINE_string("tls_client_ca", "", "PEM file of the authority that clients' certificates must come from.")
    flags.DEFINE_string("files", "", "Folder for files of trials, where trainers share none; by default none are kept.")
    flags.DEFINE_integer("max_file_bytes", default.max_file_bytes, "Of one file of a trial.", lower_bound=1)
    flags.DEFINE_integer("workers", default.workers, "Calls that are answered at the same time.", lower_bound=1)
    flags.DEFINE_integer("max_message_bytes", default.max_message_bytes, "Of one message.", lower_bound=1 << 16)
    flags.DEFINE_float(
        "max_calls_per_second", default.max_calls_per_second, "Of one connection, on average.", lower_bound=1
    )
    flags.DEFINE_float("grace_seconds", default.grace_seconds, "For calls in flight at the end.", lower_bound=0)


def main(arguments: list[str]) -> int:
    """Serves until told to end."""
    refuse_arguments("serve", arguments)
    if not FLAGS.trial_store:
        raise UsageError("--trial_store is missing: the URL of the database to serve, such as sqlite:///search.db")
    options = options_from_flags()
    # gRPC takes long to import its parts of the server.
    from ...trial_store.service.server import Service

    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.WARNING, stream=sys.stderr)
    told_to_end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told_to_end.set())
    store = open_store(FLAGS.trial_store)
    service = Service(store, options)
    scheme = "grpcs" if options.certificate else "grpc"
    print(f"serving at {scheme}://{options.host}:{service.port}", flush=True)
    told_to_end.wait()
    print("ending: calls in flight are finished", flush=True)
    service.stop()
    store.close()
    return 0


def options_from_flags() -> ServiceOptions:
    """The flags as a value. Raises `UsageError` and `StoreError`."""

    def pem(flag: str) -> bytes:
        path = FLAGS[flag].value
        return file_content(path, f"--{flag}:") if path else b""

    return ServiceOptions(
        host=FLAGS.host,
        port=FLAGS.port,
        token=read_token(os.environ.get(TOKEN, ""), os.environ.get(TOKEN_FILE, "")),
        certificate=pem("tls_certificate"),
        key=pem("tls_key"),
        client_ca=pem("tls_client_ca"),
        folder=FLAGS.files,
        max_file_bytes=FLAGS.max_file_bytes,
        workers=FLAGS.workers,
        max_message_bytes=FLAGS.max_message_bytes,
        max_calls_per_second=FLAGS.max_calls_per_second,
        grace_seconds=FLAGS.grace_seconds,
    )
