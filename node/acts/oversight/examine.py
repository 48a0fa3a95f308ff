"""The doctor: everything an administrator should know before it hurts, each with a remedy."""

from __future__ import annotations

import shutil
import stat
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime

from node.acts.disclosing.deadlines import Standing, calls
from node.acts.membership.roster_fork import standing_forks
from node.acts.oversight.check import Check, CheckState
from node.acts.oversight.examine_letters import examine_letters
from node.acts.oversight.examine_log import examine_log
from node.acts.oversight.expiries import Expiry, expiries
from node.acts.oversight.oversee import NO_INDEX, SUSPENDED_HERE, SUSPENDED_THERE, PeerStatus, list_peers
from node.acts.runtime.clock_doubt import clock_doubtful
from node.acts.runtime.node import Node
from node.errors import Code
from node.model.alarm import AlarmKind
from node.storage import alarms, corrections, pending_rosters, records
from node.storage.request_events import Side

LOW_DISK_BYTES = 1 << 30
LATE_MS = 86_400_000
SKEW_WARNING_MS = 2_000
SKEW_FAILED_MS = 30_000
_NEARLY = 0.9


async def examine(node: Node) -> list[Check]:
    """Run every check."""
    checks = [_disk(node), _modes(node), *_restored(node), *_clock(node), *map(_expiry, expiries(node))]
    checks += await _rosters(node)
    checks += _own_index((await node.read(records.counts)).live, node.policy.index_records)
    checks += [check async for check in _peers(node)]
    checks += await examine_letters(node)
    checks += await examine_log(node)
    checks.append(_alarms(await node.read(alarms.open_by_kind)))
    checks.append(_disclosures(await node.read(calls)))
    checks.append(_corrections(await node.read(corrections.outstanding_since, node.clock.now_ms() - LATE_MS)))
    damage = await node.read(lambda _connection: node.database.damage())
    if damage:
        checks.append(Check("database", CheckState.FAILED, "SQLite finds damage", "Restore the node from a backup."))
    else:
        checks.append(Check("database", CheckState.OK, "sound"))
    return checks


def _disclosures(standing: Mapping[Side, Standing]) -> Check:
    """Requests that somebody should look at now."""
    here, there = standing[Side.IN], standing[Side.OUT]
    if here.called or there.called:
        finding = f"{here.called} asked of this node and {there.called} of its own call for the duty desk"
        return Check("disclosures", CheckState.WARNING, finding, "`lancang inbox` and `lancang disclosure list`.")
    return Check("disclosures", CheckState.OK, f"{here.open} open here, {there.open} open elsewhere")


def _alarms(opened: Mapping[AlarmKind, int]) -> Check:
    """How many; of which kind is the auditor's to know: the doctor tells every officer, and one may be concerned."""
    if opened:
        remedy = "An auditor or an administrator looks into each: `lancang --as auditor alarms list`."
        return Check("alarms", CheckState.WARNING, f"{sum(opened.values())} open", remedy)
    return Check("alarms", CheckState.OK, "none open")


def _corrections(late: int) -> Check:
    if late:
        finding = f"{late} not acknowledged for more than a day: others may act on what no longer holds"
        remedy = "See for whom: `lancang correction list`. Call their duty desk."
        return Check("corrections", CheckState.WARNING, finding, remedy)
    return Check("corrections", CheckState.OK, "none outstanding for more than a day")


def _disk(node: Node) -> Check:
    free = shutil.disk_usage(node.home.path).free
    finding = f"{free / 2**30:.1f} GiB free"
    if free < LOW_DISK_BYTES:
        return Check("disk", CheckState.FAILED, finding, "Free space before an act has to be refused.")
    return Check("disk", CheckState.OK, finding)


def _modes(node: Node) -> Check:
    """Files that only the node's own account may read."""
    wrong = [
        str(path.relative_to(node.home.path))
        for path in (node.home.path, node.home.keystore, node.home.database, *node.home.officers.glob("*/key.pem"))
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    if wrong:
        listed = ", ".join(wrong)
        return Check("file modes", CheckState.FAILED, f"others may read {listed}", "chmod go-rwx these files.")
    return Check("file modes", CheckState.OK, "secret files are the node's alone")


def _own_index(live: int, most: int) -> list[Check]:
    if live <= most * _NEARLY:
        return []
    remedy = "The alliance raises `index_records` in a new roster: the others take no more than that."
    return [Check("own index", CheckState.WARNING, f"{live} of at most {most} records", remedy)]


def _restored(node: Node) -> list[Check]:
    if not node.held:
        return []
    finding = "restored from a backup: it serves neither members nor searches until an administrator lets it go"
    remedy = "`lancang node restored` says what to look at, then add --confirm."
    return [Check("restored", CheckState.FAILED, finding, remedy)]


def _clock(node: Node) -> list[Check]:
    if not clock_doubtful(node):
        return []
    finding = "it leapt, or others who agree say another time: nothing is opened or erased now"
    return [Check("clock", CheckState.FAILED, finding, "Synchronise this machine's clock (NTP).")]


async def _rosters(node: Node) -> list[Check]:
    """A newer roster that waits for its administrator, and two of one version."""
    checks = []
    waiting = await node.read(pending_rosters.every)
    if waiting:
        versions = ", ".join(str(one.version) for one in waiting)
        finding = f"version {versions} waits, brought by {waiting[0].peer}; {node.roster.roster.version} is in force"
        remedy = "Read it: `lancang roster diff`. Then take it up: `lancang roster accept`."
        checks.append(Check("roster to take up", CheckState.WARNING, finding, remedy))
    for act in await standing_forks(node):
        finding = f"two rosters of version {act.detail.get('version')} are signed, act {act.act_no}"
        remedy = "Call the other members by another way: somebody signed two. Both are kept as evidence."
        checks.append(Check("roster fork", CheckState.FAILED, finding, remedy))
    return checks


def _expiry(found: Expiry) -> Check:
    ends = f"{datetime.fromtimestamp(found.ends_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"
    if found.reached is None:
        return Check(found.name, CheckState.OK, f"valid until {ends}")
    if found.reached == 0:
        return Check(found.name, CheckState.FAILED, f"expired on {ends}", found.remedy)
    return Check(found.name, CheckState.WARNING, f"valid until {ends}, less than {found.reached} days", found.remedy)


async def _peers(node: Node) -> AsyncIterator[Check]:
    stale_ms = node.policy.stale_seconds * 1000
    for peer in await list_peers(node):
        if peer.state == NO_INDEX:
            # An observer: it vouches for this log, and there is nothing else between the two.
            continue
        yield _index(peer, node.clock.now_ms(), stale_ms)
        skew = node.copies.view(peer.node_id).skew_ms
        if skew is not None:
            yield _skew(peer.node_id, skew)
        yield _budget(peer, node.policy.ask_size)


def _index(peer: PeerStatus, now_ms: int, stale_ms: int) -> Check:
    name = f"index of {peer.node_id}"
    lag = max(0, now_ms - peer.as_of_ms) / 1000
    if peer.state == "in-sync" and lag * 1000 <= stale_ms:
        return Check(name, CheckState.OK, f"in sync, {lag:.0f} s old")
    if peer.state == "syncing":
        return Check(name, CheckState.WARNING, "synchronising", "Wait; if it lasts, see this node's log.")
    if peer.state == SUSPENDED_HERE:
        remedy = f"When its cause is over: `lancang peer resume {peer.node_id.upper()} --reason ...`."
        return Check(name, CheckState.WARNING, peer.reason, remedy)
    if peer.state == SUSPENDED_THERE:
        return Check(name, CheckState.FAILED, f"{peer.code} {peer.reason}", "Call its duty desk and ask why.")
    if peer.code == Code.DISK_FULL.value:
        remedy = "Free space: it goes on by itself. The copy that is here is searched meanwhile, and shown as old."
        return Check(name, CheckState.FAILED, f"{peer.code} {peer.reason}", remedy)
    remedy = "Check the network and the peer's duty desk; searches go on with the last copy where there is one."
    return Check(name, CheckState.FAILED, f"{peer.state} {peer.code} {peer.reason}".strip(), remedy)


def _skew(peer: str, skew_ms: int) -> Check:
    name, finding = f"clock against {peer}", f"{skew_ms / 1000:+.1f} s"
    if abs(skew_ms) > SKEW_FAILED_MS:
        return Check(name, CheckState.FAILED, finding, "Synchronise this machine's clock (NTP).")
    if abs(skew_ms) > SKEW_WARNING_MS:
        return Check(name, CheckState.WARNING, finding, "Synchronise this machine's clock (NTP).")
    return Check(name, CheckState.OK, finding)


def _budget(peer: PeerStatus, ask_size: int) -> Check:
    name = f"budget at {peer.node_id}"
    asks = peer.budget_left_day // ask_size
    if asks == 0:
        return Check(name, CheckState.WARNING, "spent for today", "Wait, or ask the alliance for a larger budget.")
    return Check(name, CheckState.OK, f"{peer.budget_left_day} evaluations ({asks} searches) left today")
