"""What the doctor says of the log: whether it is as it was written, and whether others vouch for it."""

from __future__ import annotations

from collections.abc import Iterator

from node.acts.oversight.check import Check, CheckState
from node.acts.runtime.node import Node
from node.acts.witnessing.log_state import LogStanding, log_standing
from node.errors import Code

UNVOUCHED_MS = 3_600_000
_CALL = "Call the others by another way, and look: `lancang --as auditor alarms list`."


async def examine_log(node: Node) -> list[Check]:
    """Its rows, and its witnesses."""
    standing = await log_standing(node)
    return [_rows(node, standing), *_witnesses(standing, node.clock.now_ms(), node.started_ms)]


def _rows(node: Node, standing: LogStanding) -> Check:
    found = node.witnessing.findings
    if found:
        remedy = "Do not trust what is named. Find out who could write the database; then restore it from a backup."
        return Check("log", CheckState.FAILED, f"{Code.LOG_ALTERED.value} {'; '.join(found)}", remedy)
    if node.witnessing.checked is None:
        return Check("log", CheckState.OK, f"{standing.size} acts, being checked")
    finding = f"{standing.size} acts, the first {node.witnessing.checked} checked"
    if standing.generation > 1:
        finding += f"; it was set back and began anew, generation {standing.generation}"
    return Check("log", CheckState.OK, finding)


def _witnesses(standing: LogStanding, now_ms: int, started_ms: int) -> Iterator[Check]:
    """Who refuses is named; that somebody is away now and then is no finding, that nobody vouches for an hour is."""
    for each in standing.witnesses:
        if each.code in (Code.LOG_FORK, Code.SIGNATURE_WRONG, Code.MESSAGE_MALFORMED):
            yield Check(f"log at {each.witness}", CheckState.FAILED, f"{each.code} {each.reason}", _CALL)
    since = max((each.ms for each in standing.witnesses), default=0)
    if not standing.witnesses:
        return
    if now_ms - max(since, started_ms) > UNVOUCHED_MS:
        finding = "nobody vouches for what was logged in the last hour" if since else "nobody vouches for it yet"
        yield Check("log witnesses", CheckState.WARNING, finding, "Check the network: who vouches must be reached.")
    elif since:
        newest = max(each.size for each in standing.witnesses)
        count = sum(each.size == newest for each in standing.witnesses)
        yield Check(
            "log witnesses", CheckState.OK, f"{count} of {len(standing.witnesses)} vouch for acts 1 to {newest}"
        )
