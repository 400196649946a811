"""What stands before every call: the token, the rate, readable messages; and behind it: errors as statuses."""

import hmac
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import grpc

from ..remote.errors import RefusedError, ServiceError, TooFastError, UnreadableError, status_of
from .rates import Rates
from .refusals import Refusals

log = logging.getLogger("model_search.service")

# Probes of load balancers and clusters have no token; they learn only whether the service serves.
OPEN_TO_ALL = "/grpc.health.v1.Health/"


@dataclass(frozen=True)
class Unreadable:
    """What stands for a request that is not read, and why."""

    reason: str


class Guard(grpc.ServerInterceptor):
    """Lets pass what is allowed; tells the client, and once the log, what is not."""

    def __init__(self, token: str, max_message_bytes: int, rates: Rates, refusals: Refusals):
        """Args: the token of clients (empty: none), the largest message, their rates, and where refusals are told."""
        self._max_message_bytes = max_message_bytes
        self._expected = f"Bearer {token}".encode() if token else b""
        self._rates = rates
        self._refusals = refusals

    def intercept_service(
        self, continuation: Callable[[Any], Any], handler_call_details: grpc.HandlerCallDetails
    ) -> grpc.RpcMethodHandler | None:
        """Puts the checks around a method."""
        handler = continuation(handler_call_details)
        if handler is None:
            return None
        if handler_call_details.method.startswith(OPEN_TO_ALL):
            return handler
        if not self._is_known(handler_call_details.invocation_metadata):
            return _with(handler, self._refusing(handler), _unread)
        reader = self._careful(handler.request_deserializer)
        return _with(handler, self._checked(handler), reader)

    def _is_known(self, metadata: Any) -> bool:
        if not self._expected:
            return True
        given = next((value for key, value in metadata or () if key == "authorization"), "")
        given = given if isinstance(given, bytes) else given.encode("utf-8", "replace")
        return hmac.compare_digest(given, self._expected)

    def _refusing(self, handler: grpc.RpcMethodHandler) -> Callable[..., Any]:
        def refuse(request: Any, context: grpc.ServicerContext) -> Any:
            self._refuse(context, RefusedError("a valid token is needed: MODEL_SEARCH_TOKEN or --token_file"))

        return refuse

    def _checked(self, handler: grpc.RpcMethodHandler) -> Callable[..., Any]:
        work = handler.stream_unary if handler.request_streaming else handler.unary_unary or handler.unary_stream
        work = work or handler.stream_stream

        def check(request: Any, context: grpc.ServicerContext) -> Any:
            if not self._rates.takes(context.peer()):
                self._refuse(context, TooFastError("more calls per second than one client may make"))
            if isinstance(request, Unreadable):
                self._refuse(context, UnreadableError(request.reason))
            return _readable(request) if handler.request_streaming else request

        if handler.response_streaming:

            def stream(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
                request = check(request, context)
                try:
                    yield from work(request, context)
                    return
                except Exception as error:
                    failed = error
                self._fail(context, failed)

            return stream

        def single(request: Any, context: grpc.ServicerContext) -> Any:
            request = check(request, context)
            try:
                return work(request, context)
            except Exception as error:
                failed = error
            return self._fail(context, failed)

        return single

    def _careful(self, deserializer: Callable[[bytes], Any] | None) -> Callable[[bytes], Any]:
        """Reads a message; what is none becomes `Unreadable`, where gRPC would write a traceback for each."""

        def read(content: bytes) -> Any:
            if len(content) > self._max_message_bytes:
                return Unreadable(f"a message is larger than the service takes, {self._max_message_bytes} bytes")
            try:
                return deserializer(content) if deserializer else content
            except Exception:  # the protobuf runtimes raise errors of different kinds
                return Unreadable("the request is no message of this service")

        return read

    def _fail(self, context: grpc.ServicerContext, error: Exception) -> Any:
        """Tells the client of an error of its call."""
        if isinstance(error, UnreadableError):
            self._refuse(context, error)
        if not context.is_active():
            return  # nobody is there to be told
        if status_of(error) is None:
            log.error("a call failed", exc_info=error)
            error = ServiceError(f"the service failed: {type(error).__name__}; its log has more")
        _abort(context, error)

    def _refuse(self, context: grpc.ServicerContext, error: Exception) -> None:
        self._refusals.tell(context.peer(), str(error))
        _abort(context, error)


def _abort(context: grpc.ServicerContext, error: Exception) -> None:
    status = status_of(error)
    assert status is not None
    context.set_trailing_metadata(status.metadata)
    context.abort(status.code, status.message)


def _unread(content: bytes) -> Any:
    """Nothing is parsed for a client that is not known."""
    return Unreadable("")


def _readable(requests: Iterator[Any]) -> Iterator[Any]:
    for request in requests:
        if isinstance(request, Unreadable):
            raise UnreadableError(request.reason)
        yield request


def _with(
    handler: grpc.RpcMethodHandler, behavior: Callable[..., Any], deserializer: Callable[[bytes], Any]
) -> grpc.RpcMethodHandler:
    """A handler of the same kind with other insides."""
    makers = {
        (False, False): grpc.unary_unary_rpc_method_handler,
        (False, True): grpc.unary_stream_rpc_method_handler,
        (True, False): grpc.stream_unary_rpc_method_handler,
        (True, True): grpc.stream_stream_rpc_method_handler,
    }
    make = makers[handler.request_streaming, handler.response_streaming]
    return make(behavior, deserializer, handler.response_serializer)
