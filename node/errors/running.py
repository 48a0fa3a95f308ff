"""6xx: the node itself."""

from __future__ import annotations

from node.errors.codes import Code
from node.errors.entry import PRECONDITION, USAGE_EXIT, Entry

RUNNING: dict[Code, Entry] = {
    Code.NODE_UNREACHABLE: Entry(
        "UNAVAILABLE",
        14,
        "The node cannot be reached",
        "Check the network and the node's status; the search went on without it.",
    ),
    Code.NODE_TIMEOUT: Entry(
        "DEADLINE_EXCEEDED",
        14,
        "The node did not answer in time",
        "Search again; if it persists, ask the node's administrator.",
    ),
    Code.NODE_DRAINING: Entry("UNAVAILABLE", 14, "The node is shutting down", "Try again when it is back."),
    Code.NODE_LOCKED: Entry(
        PRECONDITION,
        16,
        "Another process runs this node",
        "Stop the other process first; `lancang node status` shows it.",
    ),
    Code.NODE_NOT_RUNNING: Entry(
        "UNAVAILABLE",
        14,
        "This node is not running",
        "Start it with `lancang node run` or `lancang network up`.",
    ),
    Code.SECRET_MISSING: Entry(
        PRECONDITION,
        16,
        "The node's secret was not given",
        "Set LANCANG_SECRET_FILE, a systemd credential, or LANCANG_SECRET.",
    ),
    Code.SECRET_WRONG: Entry(
        PRECONDITION,
        16,
        "The node's secret does not open its keys",
        "Give the secret this node was created with.",
    ),
    Code.STORAGE_DAMAGED: Entry(
        "DATA_LOSS",
        17,
        "Stored data is damaged or was altered",
        "Restore the node from a backup; do not use what it shows.",
    ),
    Code.STORAGE_NEWER: Entry(
        PRECONDITION,
        17,
        "The database was written by a newer Lancang",
        "Run at least the version that wrote it.",
    ),
    Code.DISK_FULL: Entry(
        "RESOURCE_EXHAUSTED", 17, "The disk is full", "Free space; nothing was lost, the act was not done."
    ),
    Code.CONFIG_INVALID: Entry(
        PRECONDITION,
        USAGE_EXIT,
        "The node's configuration is not valid",
        "Correct the named setting; docs/operations.md lists all of them.",
    ),
    Code.BACKUP_DAMAGED: Entry(
        "DATA_LOSS",
        17,
        "The backup is cut off, altered, or no backup",
        "Take another one; nothing of this was restored.",
    ),
    Code.BACKUP_KEY: Entry(
        PRECONDITION,
        16,
        "The backup was made for another key",
        "Name the private half of the key that `node backup` was given.",
    ),
    Code.NODE_RESTORED: Entry(
        "UNAVAILABLE",
        14,
        "The node was restored from a backup and is held until its administrator lets it go",
        "Its administrator looks at what was decided since, then: `lancang node restored --confirm`.",
    ),
    Code.INTERNAL: Entry(
        "INTERNAL",
        70,
        "Something went wrong inside the node",
        "See the node's log under the reference shown.",
    ),
}
