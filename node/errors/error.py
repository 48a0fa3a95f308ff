"""The one exception that bears a code."""

from __future__ import annotations

from node.errors.catalogue import CATALOGUE
from node.errors.codes import Code


class LancangError(Exception):
    """A failure with a code, what exactly happened, and what to do.

    detail never holds a secret or personal data: it may be logged and sent to a peer.
    """

    def __init__(self, code: Code, detail: str = "", *, remedy: str = "", retry_after_ms: int | None = None) -> None:
        self.code = code
        self.detail = detail
        self.remedy = remedy or CATALOGUE[code].remedy
        self.retry_after_ms = retry_after_ms
        super().__init__(f"{code.value} {CATALOGUE[code].title}" + (f": {detail}" if detail else ""))

    @property
    def title(self) -> str:
        """What happened, in general."""
        return CATALOGUE[self.code].title

    @property
    def status(self) -> str:
        """Canonical gRPC status name."""
        return CATALOGUE[self.code].status

    @property
    def exit_code(self) -> int:
        """Exit code of the command line."""
        return CATALOGUE[self.code].exit_code

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way back from a worker process."""
        return (_rebuild, (self.code, self.detail, self.remedy, self.retry_after_ms))


def _rebuild(code: Code, detail: str, remedy: str, retry_after_ms: int | None) -> LancangError:
    return LancangError(code, detail, remedy=remedy, retry_after_ms=retry_after_ms)
