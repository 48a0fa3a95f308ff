"""A restored node is held: it serves neither members nor officers before its administrator has let it go.

What was decided since the backup is not in it: whom this node suspended, which officers it revoked. Nobody else knows
it, so somebody who does must look (docs/decisions/0021).
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from sqlalchemy import Connection

from node.acts.backup.restore import marked_number, members_left_out, read_marker
from node.acts.membership.renew import officers_of
from node.acts.runtime.node import Node
from node.acts.runtime.to_the_end import to_the_end
from node.audit.journal import ActKind, Detail, record_act
from node.errors import Code, LancangError
from node.storage.durable_files import sync_directory

_log = structlog.get_logger("restore")


@dataclass(frozen=True, slots=True)
class Restored:
    """What the backup was, and who is believed here because of it. backup_ms: when it was made."""

    backup_ms: int
    acts: int
    not_heard: tuple[str, ...]
    officers: tuple[str, ...]


def look_after_restore(node: Node) -> Restored | None:
    """What to look at before the node is let go; None if it is not held. Raises LancangError(STORAGE_DAMAGED)."""
    marker = read_marker(node.home) if node.held else None
    if marker is None:
        return None
    return Restored(
        marked_number(marker, "ms"),
        marked_number(marker, "acts"),
        tuple(sorted(members_left_out(marker))),
        tuple(sorted(officers_of(node.home))),
    )


async def let_go(node: Node, officer: str) -> None:
    """Serve from now on. Raises LancangError(INPUT_INVALID) if the node is not held."""
    if not node.held:
        raise LancangError(Code.INPUT_INVALID, "this node is not held after a restore", remedy="Nothing is to be done.")
    detail: Detail = {
        "roster": node.roster.roster.version,
        "suspended": " ".join(sorted(node.suspended)),
        "officers": " ".join(sorted(officers_of(node.home))),
    }
    now = node.clock.now_ms()

    def store(connection: Connection) -> None:
        record_act(connection, ActKind.RESTORED_CONFIRMED, officer, "", now, detail)

    async def done() -> None:
        await node.write(store)
        # After the act: a kill in between asks once more.
        node.home.restored.unlink(missing_ok=True)
        sync_directory(node.home.restored.parent)
        node.held = False
        _log.warning("restored node let go", officer=officer)

    await to_the_end(done())
