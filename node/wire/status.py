"""One error, three shapes: a LancangError becomes a rich gRPC status here, and a status becomes a LancangError again.

Rich errors follow google.rpc: ErrorInfo (reason: the LCG code, metadata: remedy) and RetryInfo.
"""

from __future__ import annotations

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import DecodeError
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from node.errors import Code, LancangError

DOMAIN = "lancang"
LONGEST_DETAIL = 500
HANDSHAKE_FAILED = "the TLS handshake failed: the certificate does not verify"


def to_status(error: LancangError) -> status_pb2.Status:
    """What a peer or an operator is told: code, detail, remedy, and when to come back."""
    details = [
        _pack(error_details_pb2.ErrorInfo(reason=error.code.value, domain=DOMAIN, metadata={"remedy": error.remedy}))
    ]
    if error.retry_after_ms is not None:
        delay = duration_pb2.Duration()
        delay.FromMilliseconds(max(0, error.retry_after_ms))
        details.append(_pack(error_details_pb2.RetryInfo(retry_delay=delay)))
    message = said(error)
    return status_pb2.Status(code=code_pb2.Code.Value(error.status), message=message, details=details)


def said(error: LancangError) -> str:
    """What a refusal says of itself to another node: never more than this."""
    return (error.detail or error.title)[:LONGEST_DETAIL]


def _pack(message: error_details_pb2.ErrorInfo | error_details_pb2.RetryInfo) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed


def to_grpc_status(error: LancangError) -> grpc.Status:
    """The same as a grpc.Status, for abort_with_status."""
    return rpc_status.to_status(to_status(error))


def from_rpc_error(error: grpc.RpcError) -> LancangError:
    """What a failed call means. A status without our details is read by its gRPC code alone."""
    status = _status_of(error)
    if status is not None:
        code, remedy, retry = _our_details(status)
        if code is not None:
            return LancangError(code, shown(status.message), remedy=shown(remedy), retry_after_ms=retry)
    return _plain(error)


def _status_of(error: grpc.RpcError) -> status_pb2.Status | None:
    try:
        # A hostile peer may send a status whose details contradict the trailers: then it is read plainly.
        return rpc_status.from_call(error)  # type: ignore[arg-type]  # grpc.aio errors carry what it needs
    except (ValueError, AttributeError, DecodeError):
        return None


def _our_details(status: status_pb2.Status) -> tuple[Code | None, str, int | None]:
    code: Code | None = None
    remedy, retry = "", None
    try:
        for detail in status.details:
            info, delay = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
            if detail.Unpack(info) and info.domain == DOMAIN:
                code = Code(info.reason) if info.reason in set(Code) else None
                remedy = info.metadata.get("remedy", "")
            elif detail.Unpack(delay):
                retry = delay.retry_delay.ToMilliseconds()
    except DecodeError:
        return None, "", None
    return code, remedy, retry


def shown(text: str) -> str:
    """A peer's words as an officer may see them: bounded, and nothing that a terminal would obey."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text[:LONGEST_DETAIL])


def _plain(error: grpc.RpcError) -> LancangError:
    code = error.code() if callable(getattr(error, "code", None)) else grpc.StatusCode.UNKNOWN
    text = str(error.details() or "") if callable(getattr(error, "details", None)) else ""
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return LancangError(Code.NODE_TIMEOUT)
    if code is grpc.StatusCode.UNAVAILABLE:
        if is_handshake_failure(text):
            return LancangError(Code.PEER_CERTIFICATE, HANDSHAKE_FAILED)
        return LancangError(Code.NODE_UNREACHABLE)
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        return LancangError(Code.INPUT_TOO_LARGE, "a message passes the transport's size limit")
    if code is grpc.StatusCode.UNIMPLEMENTED:
        return LancangError(Code.UNKNOWN_CAPABILITY, "the called node does not have this method")
    return LancangError(Code.INTERNAL, f"the call ended with {code.name}")


def is_handshake_failure(text: str) -> bool:
    """Whether gRPC's text for UNAVAILABLE speaks of a certificate, not of a network."""
    lowered = text.lower()
    # "Handshake read failed (Socket closed)": a line that broke while greeting says nothing of certificates. Nor does
    # "TSI handshaker shutdown": the time to connect ran out while a busy machine was still computing.
    if any(sign in lowered for sign in ("handshake read failed", "handshake write failed", "timed out", "shutdown")):
        return False
    # "Custom verification check failed ... Hostname Verification Check failed": a certificate of another name.
    signs = ("certificate", "handshake", "ssl", "tls", "peer name", "verification check")
    return any(sign in lowered for sign in signs)
