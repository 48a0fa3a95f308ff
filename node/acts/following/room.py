"""Room on this node's disk for what others publish: never the last of it, so that its own acts go on.

What does not fit is refused before it is taken; the copy stays where it was and is searched as it stands. It is asked
for again by itself, so freeing space is all that an administrator has to do.
"""

from __future__ import annotations

import shutil

from node.config import Home
from node.errors import Code, LancangError

RESERVE_BYTES = 1 << 30
RESERVE_SHARE = 8
"""An eighth of a small disk: twice what an import leaves (node/acts/records), so that own acts go on."""

POSTING_BYTES_ON_DISK = 17
"""Label and content, and its share of a run's table."""

DELTA_COPIES = 4
"""A delta lies in the database and its log, then in a run, and in the run that this one is merged into."""


def reserve(total_bytes: int) -> int:
    """What others' indexes leave free of a disk of that size."""
    return min(RESERVE_BYTES, total_bytes // RESERVE_SHARE)


def check_room(home: Home, owner: str, wanted_bytes: int) -> None:
    """Raise LancangError(DISK_FULL) if taking so many bytes of an owner's index would go into the reserve."""
    disk = shutil.disk_usage(home.index)
    left = disk.free - reserve(disk.total)
    # Who brings nothing needs no room: an owner's heads keep a copy fresh also on a full disk.
    if wanted_bytes > max(0, left):
        raise LancangError(
            Code.DISK_FULL,
            f"the copy of {owner}'s index needs {_mib(wanted_bytes)} more, and {_mib(max(0, left))} are to spare",
            remedy="Free space on this node's disk: it goes on by itself. The copy that is here is searched meanwhile.",
        )


def _mib(size: int) -> str:
    return f"{size / (1 << 20):.1f} MiB"
