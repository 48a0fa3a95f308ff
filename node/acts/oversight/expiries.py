"""What ends by itself: certificates, the roster, the epoch. For the doctor and the metrics; logged when it is near."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import structlog
from cryptography import x509

from node.acts.epochs.own_epoch import current_epoch
from node.acts.runtime.node import Node
from node.clock import SystemClock
from node.observe import EXPIRES

DAY_MS = 86_400_000
WARN_DAYS = (30, 7, 1)
# Certificates live thirty days: warning at thirty would be warning always.
WARN_DAYS_LEAF = (7, 1)
_log = structlog.get_logger("expiry")


@dataclass(frozen=True, slots=True)
class Expiry:
    """Something that ends. ends_ms, now_ms: by the clock that it goes by; days: when to warn, the earliest first."""

    name: str
    ends_ms: int
    now_ms: int
    remedy: str
    days: tuple[int, ...] = WARN_DAYS

    @property
    def left_ms(self) -> int:
        """How long it still holds; negative once it is over."""
        return self.ends_ms - self.now_ms

    @property
    def reached(self) -> int | None:
        """The nearest warning mark that was passed, in days: 0 once it is over, None while there is time."""
        if self.left_ms <= 0:
            return 0
        return min((days for days in self.days if self.left_ms <= days * DAY_MS), default=None)


def expiries(node: Node) -> list[Expiry]:
    """Everything of this node that ends by itself."""
    system, now = SystemClock().now_ms(), node.clock.now_ms()
    leaves = [("node certificate", node.home.node_certificate)]
    leaves += [(f"officer {path.parent.name}", path) for path in sorted(node.home.officers.glob("*/cert.pem"))]
    found = [
        Expiry(name, _ends(path), system, "Renew it: `lancang certs renew`, no restart needed.", WARN_DAYS_LEAF)
        for name, path in leaves
    ]
    found.append(Expiry("roster", node.roster.roster.expires_ms, now, ROSTER_REMEDY))
    statement = current_epoch(node).statement
    found.append(Expiry("epoch", statement.ask_until_ms, now, EPOCH_REMEDY))
    return found


ROSTER_REMEDY = "The members must sign a new version (`lancang roster draft`); searches stop when it expires."
EPOCH_REMEDY = "It rotates by itself a day before; `lancang epoch rotate` does it now."


def _ends(path: Path) -> int:
    """When a certificate ends, in ms; one that cannot be read has ended."""
    try:
        return int(x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc.timestamp() * 1000)
    except (OSError, ValueError):
        return 0


@dataclass(slots=True)
class ExpiryWatch:
    """Logs each mark once a run of the node."""

    node: Node
    _said: dict[str, int] = field(default_factory=dict)

    async def turn(self) -> None:
        """Set the metrics, and log what has passed a mark since."""
        for one in expiries(self.node):
            EXPIRES.labels(one.name).set(one.ends_ms / 1000)
            reached = one.reached
            if reached is None:
                self._said.pop(one.name, None)
            elif self._said.get(one.name) != reached:
                self._said[one.name] = reached
                event = "expired" if reached == 0 else "expires soon"
                _log.warning(event, what=one.name, days=reached, remedy=one.remedy)
