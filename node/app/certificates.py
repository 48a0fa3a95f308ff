"""The node's own certificate, followed on disk: a renewed one is taken up by server and channels without a restart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from node.peers.channel import Identity

_log = structlog.get_logger("certificates")


@dataclass(slots=True, repr=False)
class CertificateFile:
    """A PEM file and the private key that goes with it; reads again when the file changed."""

    path: Path
    private_key: Callable[[], bytes]
    _stamp: tuple[int, int, int] = (0, 0, 0)
    _pem: bytes = b""

    def identity(self) -> Identity:
        """What to present now. An unreadable file leaves the last good one in use."""
        try:
            found = self.path.stat()
            stamp = (found.st_mtime_ns, found.st_ino, found.st_size)
            if stamp != self._stamp:
                self._pem, self._stamp = self.path.read_bytes(), stamp
        except OSError as problem:
            if not self._pem:
                raise
            _log.error("certificate unreadable", errno=problem.errno)
        return Identity(self._pem, self.private_key())
