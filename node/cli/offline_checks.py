"""What can be checked of a node from its files alone: modes, disk, expiry of certificates and roster."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from node.errors import LancangError

if TYPE_CHECKING:
    from node.config import Home

OK, WARNING, FAILED = "ok", "warning", "failed"

LOW_DISK_BYTES = 1 << 30
_WARN_DAYS = (1, 7, 30)
# Certificates live thirty days: warning at thirty would be warning always.
_WARN_DAYS_LEAF = (1, 7)
_RENEW = "Renew it: `lancang certs renew`; a running node takes it up by itself."


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor. state: ok, warning or failed."""

    name: str
    state: str
    finding: str
    remedy: str = ""


def examine_home(home: Home, now: datetime | None = None) -> list[Finding]:
    """Every check that needs no running node. now: aware UTC; the system's time unless given."""
    moment = now or datetime.now(UTC)
    return [_disk(home), _modes(home), *_restored(home), *_certificates(home, moment), _roster(home, moment)]


def _disk(home: Home) -> Finding:
    free = shutil.disk_usage(home.path).free
    finding = f"{free / 2**30:.1f} GiB free"
    if free < LOW_DISK_BYTES:
        return Finding("disk", FAILED, finding, "Free space before an act has to be refused.")
    return Finding("disk", OK, finding)


def _modes(home: Home) -> Finding:
    secret = (home.path, home.keystore, home.database, home.authority / "key.pem", *home.officers.glob("*/key.pem"))
    wrong = [str(path.relative_to(home.path)) for path in secret if _open_to_others(path)]
    if wrong:
        return Finding("file modes", FAILED, f"others may read {', '.join(wrong)}", "chmod go-rwx what is named.")
    return Finding("file modes", OK, "secret files are the node's alone")


def _restored(home: Home) -> Iterator[Finding]:
    if home.restored.exists():
        remedy = "After its start: `lancang node restored` says what to look at, then add --confirm."
        yield Finding("restored", FAILED, "restored from a backup, and not let go since", remedy)


def _open_to_others(path: Path) -> bool:
    try:
        return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
    except OSError:
        return False


def _certificates(home: Home, now: datetime) -> Iterator[Finding]:
    from cryptography import x509

    leaves = [("node certificate", home.node_certificate)]
    leaves += [(f"officer {path.parent.name}", path) for path in sorted(home.officers.glob("*/cert.pem"))]
    for name, path in leaves:
        try:
            ends = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
        except (OSError, ValueError):
            yield Finding(
                name, FAILED, "cannot be read", "Restore it from a backup, or renew it: `lancang certs renew`."
            )
            continue
        yield expiry(name, ends, now, _RENEW, _WARN_DAYS_LEAF)


def _roster(home: Home, now: datetime) -> Finding:
    from node.roster.installed import installed_roster

    try:
        signed = installed_roster(home)
    except LancangError as problem:
        return Finding("roster", FAILED, f"{problem.code.value} {problem.title}", problem.remedy)
    if signed is None:
        return Finding("roster", FAILED, "none installed yet", "Install it: `lancang roster install FILE`.")
    ends = datetime.fromtimestamp(signed.roster.expires_ms / 1000, UTC)
    remedy = "The members must sign a new version; searches stop when it expires."
    return expiry("roster", ends, now, remedy, _WARN_DAYS)


def expiry(name: str, ends: datetime, now: datetime, remedy: str, warn_days: tuple[int, ...]) -> Finding:
    """Whether something ends soon. The nearest of the warning marks that was passed is named."""
    if now >= ends:
        return Finding(name, FAILED, f"expired on {ends:%Y-%m-%d %H:%M} UTC", remedy)
    finding = f"valid until {ends:%Y-%m-%d %H:%M} UTC"
    reached = [days for days in warn_days if ends - now <= timedelta(days=days)]
    if reached:
        return Finding(name, WARNING, f"{finding}, less than {min(reached)} days", remedy)
    return Finding(name, OK, finding)
