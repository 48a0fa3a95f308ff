"""What the catalogue says of one error."""

from __future__ import annotations

from dataclasses import dataclass

# gRPC status names that many entries share, and the exit code of a wrong command.
INVALID, DENIED, PRECONDITION = "INVALID_ARGUMENT", "PERMISSION_DENIED", "FAILED_PRECONDITION"
USAGE_EXIT = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the catalogue.

    status: canonical gRPC status name. exit_code: what the command line ends with (5 and up; 0 to 4 are
    answers). title: what happened. remedy: what to do about it.
    """

    status: str
    exit_code: int
    title: str
    remedy: str
