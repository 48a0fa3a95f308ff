"""The one door of every method: who calls, may it, in what time, how large; only then is the message parsed.

Handlers are registered without a deserialiser: gRPC would otherwise parse first and send a parser's exception text
to the peer. What goes wrong becomes a status here and nowhere else.
"""

from __future__ import annotations

import asyncio
import inspect
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, NoReturn, Protocol, TypeVar, cast

import grpc
import structlog
from google.protobuf.message import DecodeError, Message

from node.errors import Code, LancangError
from node.model.officer import Caller
from node.observe import CALLS, whereabouts
from node.policy.permissions import require, require_free
from node.services.identity import leaf_of
from node.wire.status import to_grpc_status

Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)
Context = grpc.aio.ServicerContext[Any, Any]

REVIEW_SECONDS = 5.0
UNARY_SECONDS = 120.0
STREAM_SECONDS = 15 * 60.0
# Health and reflection: a service or a symbol by its name.
MOST_FOREIGN_BYTES = 4 * 1024
_log = structlog.get_logger("gate")


class Shape(Enum):
    """How a method's messages flow."""

    UNARY = "unary"
    SERVER_STREAM = "server-stream"
    BOTH_STREAM = "both-stream"


@dataclass(frozen=True, slots=True)
class Method(Generic[Request]):
    """One method: full name, what it parses, the largest message and longest deadline it takes, and what it does.

    act takes (request or iterator of requests, call) and returns an awaitable response or an iterator of responses.
    """

    name: str
    request: type[Request]
    act: Callable[..., Any]
    shape: Shape = Shape.UNARY
    most_bytes: int = 64 * 1024
    most_seconds: float = UNARY_SECONDS


@dataclass(frozen=True, slots=True)
class Call:
    """What a method may know of its call. seconds: left when it began; leaf: the certificate it came under, DER."""

    caller: Caller
    seconds: float
    leaf: bytes = b""


class Identify(Protocol):
    """Turns a verified TLS leaf (DER) into a caller, or raises LancangError."""

    def __call__(self, leaf: bytes) -> Caller:
        """Identify."""
        ...


class Gate:
    """Wraps methods into gRPC handlers, and guards the handlers of others (health, reflection)."""

    def __init__(self, identify: Identify, held: Callable[[], bool] = lambda: False) -> None:
        """held: whether the node was restored and waits for its administrator."""
        self._identify = identify
        self._held = held

    def handlers(self, methods: tuple[Method[Any], ...]) -> list[grpc.GenericRpcHandler]:
        """Generic handlers of these methods, one a service."""
        services: dict[str, dict[str, grpc.RpcMethodHandler[Any, Any]]] = {}
        for method in methods:
            service, _, name = method.name.rpartition("/")
            services.setdefault(service.lstrip("/"), {})[name] = self._handler(method)
        return [grpc.method_handlers_generic_handler(service, table) for service, table in services.items()]

    def _handler(self, method: Method[Any]) -> grpc.RpcMethodHandler[Any, Any]:
        if method.shape is Shape.UNARY:
            return grpc.unary_unary_rpc_method_handler(self._unary(method), response_serializer=_serialise)
        if method.shape is Shape.SERVER_STREAM:
            return grpc.unary_stream_rpc_method_handler(self._server_stream(method), response_serializer=_serialise)
        return grpc.stream_stream_rpc_method_handler(self._both_stream(method), response_serializer=_serialise)

    def _unary(self, method: Method[Any]) -> Callable[[bytes, Context], Awaitable[Message]]:
        async def serve(data: bytes, context: Context) -> Message:
            try:
                call = self.admit(method.name, method.most_seconds, context)
                response: Message = await method.act(parse(method, data), call)
            except Exception as problem:
                await refuse(method.name, problem, context)
            CALLS.labels(method.name, "OK").inc()
            return response

        return serve

    def _server_stream(self, method: Method[Any]) -> Callable[[bytes, Context], AsyncIterator[Message]]:
        async def serve(data: bytes, context: Context) -> AsyncIterator[Message]:
            try:
                call = self.admit(method.name, method.most_seconds, context)
                async for response in method.act(parse(method, data), call):
                    self.readmit(method.name, call)
                    yield response
            except Exception as problem:
                await refuse(method.name, problem, context)
            CALLS.labels(method.name, "OK").inc()

        return serve

    def _both_stream(self, method: Method[Any]) -> Callable[[AsyncIterator[bytes], Context], AsyncIterator[Message]]:
        async def serve(data: AsyncIterator[bytes], context: Context) -> AsyncIterator[Message]:
            async def requests(call: Call) -> AsyncIterator[Message]:
                async for item in data:
                    self.readmit(method.name, call)
                    yield parse(method, item)

            try:
                call = self.admit(method.name, method.most_seconds, context)
                async for response in method.act(requests(call), call):
                    self.readmit(method.name, call)
                    yield response
            except Exception as problem:
                await refuse(method.name, problem, context)
            CALLS.labels(method.name, "OK").inc()

        return serve

    def readmit(self, name: str, call: Call) -> None:
        """Ask again, while a stream is open, who calls and whether it may: a roster or a revocation counts at once."""
        require(name, self._identify(call.leaf))
        self._require_free(name)

    def _require_free(self, name: str) -> None:
        if self._held():
            require_free(name)

    def admit(self, name: str, most_seconds: float | None, context: Context) -> Call:
        """Identity, role and deadline of a call, before anything is parsed. Raises LancangError."""
        leaf = leaf_of(context.auth_context())
        caller = self._identify(leaf)
        require(name, caller)
        self._require_free(name)
        seconds = context.time_remaining()
        if most_seconds is None:
            return Call(caller, seconds or 0.0, leaf)
        # gRPC reports "no deadline" as None or as a time beyond any real one.
        if seconds is None or seconds > most_seconds + 5:
            raise LancangError(Code.DEADLINE_MISSING, f"at most {most_seconds:.0f} s for this method")
        return Call(caller, seconds, leaf)


class GuardInterceptor(grpc.aio.ServerInterceptor):
    """Lets only authenticated, permitted callers reach handlers that are not ours: health and reflection."""

    def __init__(self, gate: Gate, prefixes: tuple[str, ...]) -> None:
        self._gate, self._prefixes = gate, prefixes

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """Wrap the handler of a guarded service."""
        handler = await continuation(handler_call_details)
        name = handler_call_details.method
        if handler is None or not name.startswith(self._prefixes):
            return handler
        return self._guard(handler, name)

    def _guard(self, handler: grpc.RpcMethodHandler[Any, Any], name: str) -> grpc.RpcMethodHandler[Any, Any]:
        # The stubs know only the synchronous face of a handler.
        inner: Any = handler.unary_unary or handler.unary_stream or handler.stream_stream
        read, codec = _reader(handler), {"response_serializer": handler.response_serializer}

        async def unary(data: bytes, context: Context) -> Any:
            try:
                self._gate.admit(name, None, context)
                return await inner(read(data), context)
            except Exception as problem:
                await refuse(name, problem, context)

        async def stream(data: Any, context: Context) -> AsyncIterator[Any]:
            try:
                call = self._gate.admit(name, None, context)
                request = read(data) if handler.unary_stream is not None else _read_all(read, data)
                answers = inner(request, context)
                if inspect.isawaitable(answers):
                    # Health/Watch writes its answers to the context itself, for as long as the caller likes.
                    await self._while_admitted(name, call, asyncio.ensure_future(answers))
                    return
                async for response in answers:
                    self._gate.readmit(name, call)
                    yield response
            except Exception as problem:
                await refuse(name, problem, context)

        if handler.unary_unary is not None:
            return grpc.unary_unary_rpc_method_handler(unary, **codec)
        if handler.unary_stream is not None:
            return grpc.unary_stream_rpc_method_handler(stream, **codec)
        return grpc.stream_stream_rpc_method_handler(stream, **codec)

    async def _while_admitted(self, name: str, call: Call, watching: asyncio.Future[Any]) -> None:
        try:
            while not (await asyncio.wait({watching}, timeout=REVIEW_SECONDS))[0]:
                self._gate.readmit(name, call)
            await watching
        finally:
            watching.cancel()


def _reader(handler: grpc.RpcMethodHandler[Any, Any]) -> Callable[[bytes], Any]:
    """What parses a request of a handler that is not ours; gRPC itself would parse before anyone asks who calls."""
    deserialise: Callable[[bytes], Any] = cast("Any", handler.request_deserializer)

    def read(data: bytes) -> Any:
        if len(data) > MOST_FOREIGN_BYTES:
            raise LancangError(Code.INPUT_TOO_LARGE, f"{len(data)} bytes; at most {MOST_FOREIGN_BYTES}")
        try:
            return deserialise(data)
        except DecodeError:
            raise LancangError(Code.MESSAGE_MALFORMED, "not a message of this method") from None

    return read


async def _read_all(read: Callable[[bytes], Any], items: AsyncIterator[bytes]) -> AsyncIterator[Any]:
    async for item in items:
        yield read(item)


def parse(method: Method[Any], data: bytes) -> Message:
    """Check the size, then parse. Raises LancangError(INPUT_TOO_LARGE or MESSAGE_MALFORMED)."""
    if len(data) > method.most_bytes:
        raise LancangError(Code.INPUT_TOO_LARGE, f"{len(data)} bytes; this method takes at most {method.most_bytes}")
    message: Message = method.request()
    try:
        message.ParseFromString(data)
    except DecodeError:
        raise LancangError(Code.MESSAGE_MALFORMED, "not a message of this method") from None
    return message


async def refuse(name: str, problem: Exception, context: Context) -> NoReturn:
    """End the call with the status of a problem. An unforeseen one shows only a reference into the log."""
    if not isinstance(problem, LancangError):
        if isinstance(problem, grpc.aio.AbortError):
            raise problem
        reference = secrets.token_hex(4)
        # Where it happened, not what it said: an exception's text may hold a person's data.
        _log.error(
            "unforeseen", method=name, reference=reference, kind=type(problem).__name__, where=whereabouts(problem)
        )
        problem = LancangError(Code.INTERNAL, f"reference {reference}")
    CALLS.labels(name, problem.code.value).inc()
    _log.info("refused", method=name, code=problem.code.value, detail=problem.detail)
    await context.abort_with_status(to_grpc_status(problem))
    raise problem  # abort always raises; this tells the reader of types


def _serialise(message: Message) -> bytes:
    return message.SerializeToString()
