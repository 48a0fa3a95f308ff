"""Where a failure becomes a message on standard error and an exit code; the only such place of the command line.

Codes, titles, remedies and exit codes come from the catalogue (node/errors). Nobody is shown a traceback unasked.
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from datetime import datetime, timedelta

import typer

from node.errors import USAGE_EXIT, Code, LancangError

INTERRUPTED_EXIT = 130
BROKEN_PIPE_EXIT = 141
DEBUG_VARIABLE = "LANCANG_DEBUG"
_FULL = (errno.ENOSPC, errno.EDQUOT)


def report(problem: BaseException) -> int:
    """Tell the person at the terminal what went wrong and what to do; return the exit code."""
    if isinstance(problem, typer.Exit):
        return problem.exit_code
    if isinstance(problem, KeyboardInterrupt | typer.Abort):
        typer.echo("Interrupted.", err=True)
        return INTERRUPTED_EXIT
    if isinstance(problem, BrokenPipeError):
        _silence(sys.stdout)
        return BROKEN_PIPE_EXIT
    if isinstance(problem, typer.TyperException):
        return _usage(problem)
    known = translate(problem)
    if os.environ.get(DEBUG_VARIABLE) and known is not problem:
        traceback.print_exception(problem)
    typer.echo(message(known), err=True)
    return known.exit_code


def translate(problem: BaseException) -> LancangError:
    """The catalogue's word for a problem. Modules that were never loaded cannot have raised it."""
    if isinstance(problem, LancangError):
        return problem
    if "grpc" in sys.modules:
        import grpc

        if isinstance(problem, grpc.RpcError):
            from node.wire.status import from_rpc_error

            return from_rpc_error(problem)
    if "certs.profiles" in sys.modules:
        from certs.profiles import CertificateError

        if isinstance(problem, CertificateError):
            return LancangError(Code.PEER_CERTIFICATE, problem.problem, remedy=problem.remedy)
    if isinstance(problem, OSError) and (problem.filename is not None or problem.errno in _FULL):
        return of_file(problem)
    if isinstance(problem, UnicodeEncodeError):
        # What was typed came in as bytes that are no text; it could not be sent or shown.
        return LancangError(Code.INPUT_INVALID, "an option is not UTF-8", remedy="Set this terminal to UTF-8.")
    return LancangError(
        Code.INTERNAL,
        f"{type(problem).__name__} in this command",
        remedy=f"Run it again with {DEBUG_VARIABLE}=1 to see where, and report it.",
    )


def of_file(problem: OSError) -> LancangError:
    """A file that cannot be read or written."""
    reason = (problem.strerror or "cannot be read").lower()
    if problem.errno in _FULL:
        return LancangError(Code.DISK_FULL, reason)
    remedy = "Check the path."
    if problem.errno in (errno.EACCES, errno.EPERM):
        remedy = "Use an account that may; a node's files are its own account's: `sudo -u lancang lancang ...`."
    return LancangError(Code.FILE_UNREADABLE, f"{problem.filename}: {reason}", remedy=remedy)


def message(problem: LancangError, now: datetime | None = None) -> str:
    """What is shown: the code and what happened, what to do, and when to come back."""
    title = f"{problem.code.value} {problem.title}" + (
        f": {problem.detail}" if problem.detail not in ("", problem.title) else ""
    )
    remedy = problem.remedy if problem.remedy.endswith((".", "?", "!")) else f"{problem.remedy}."
    lines = [f"lancang: {title}", f"  What to do: {remedy}"]
    if problem.retry_after_ms is not None:
        seconds = max(1, -(-problem.retry_after_ms // 1000))
        back = (now or datetime.now().astimezone()) + timedelta(seconds=seconds)
        lines.append(f"  Come back: in {duration(seconds)}, at {back:%Y-%m-%d %H:%M:%S %Z}".rstrip())
    return "\n".join(lines)


def duration(seconds: int) -> str:
    """Seconds in words a person reads at a glance."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{round(seconds / size)} {unit}"
    return f"{seconds} s"


def usage(text: str) -> LancangError:
    """A command that was typed wrongly in a way its options cannot express."""
    return LancangError(Code.INPUT_INVALID, text, remedy="Add --help to the command to see what it takes.")


def _usage(problem: typer.TyperException) -> int:
    show = getattr(problem, "show", None)
    if callable(show):
        show()
    else:
        typer.echo(problem.format_message(), err=True)
    return int(problem.exit_code) or USAGE_EXIT


def _silence(stream: object) -> None:
    """Nobody reads any more: what is still buffered must not fail again when the interpreter ends."""
    try:
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, stream.fileno())  # type: ignore[attr-defined]  # a test's stream may have none: see below
    except (OSError, AttributeError, ValueError):
        return
