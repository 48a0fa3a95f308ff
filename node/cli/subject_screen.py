"""How an answer to an access request looks: what is held, asked, given and found, and last what can't be told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from node.cli.record import facts
from node.cli.screen import local, table

if TYPE_CHECKING:
    from rich.console import Console


def show_record_report(to: Console, told: dict[str, Any]) -> None:
    """At an owner."""
    table(
        to, (f"Held here ({told['state']})", ""), facts(json.loads(told["content"] or "{}")) or [("record", "erased")]
    )
    versions = [(str(one["version"]), one["kind"], local(one["ms"])) for one in told["versions"]]
    table(to, ("Version", "What", "Stored"), versions)
    members = sorted({(one["member"].upper(), str(one["epoch"])) for one in told["published"]})
    table(to, ("In the index for", "Epoch"), members or [("nobody", "")])
    asked: list[tuple[str, ...]] = [
        (
            one["request_id"][:8],
            one["requester"].upper(),
            one["purpose"],
            one["legal_basis"],
            one["state"],
            local(one["received_ms"]),
            ", ".join(one["given"]) or "nothing",
            ", ".join(f"{each['officer']} ({each['role']}): {each['verdict']}" for each in one["decisions"])
            or "nobody",
        )
        for one in told["requests"]
    ]
    heads = ("Request", "From", "Purpose", "Legal basis", "State", "Received", "Given", "Decided by")
    table(to, heads, asked or [("none", *[""] * 7)])
    corrected = [
        (
            one["request_id"][:8],
            f"{each['number']}: {each['kind']}",
            local(each["ms"]),
            local(each["acknowledged_ms"]) if each["acknowledged_ms"] else "OUTSTANDING",
        )
        for one in told["requests"]
        for each in one["corrections"]
    ]
    if corrected:
        table(to, ("Request", "Correction", "Written", "Acknowledged"), corrected)
    _show_rest(to, told)


def show_subject_report(to: Console, told: dict[str, Any]) -> None:
    """At a node that searched."""
    made: list[tuple[str, ...]] = [
        (
            local(one["ms"]),
            one["officer"],
            one["purpose"],
            ", ".join(one["equal"]),
            str(len(one["hits"])),
            local(one["expires_ms"]),
        )
        for one in told["searches"]
    ]
    table(to, ("Searched", "By", "Purpose", "Equal in", "Hits", "Kept until"), made or [("never", *[""] * 5)])
    hits = [
        (
            local(one["ms"]),
            hit["owner"].upper(),
            hit["band"],
            f"{hit['request_id'][:8]} {hit['request_state']}".strip() or "nothing asked",
            hit["legal_basis"],
            ", ".join(hit["came"]) or "nothing",
        )
        for one in told["searches"]
        for hit in one["hits"]
    ]
    if hits:
        table(to, ("Search of", "Hit at", "Band", "Request", "Legal basis", "Came, and is kept"), hits)
    _show_rest(to, told)


def _decided(decisions: list[dict[str, Any]]) -> str:
    return ", ".join(f"{one['officer']} ({one['role']}): {one['verdict']}" for one in decisions) or "nobody"


def _show_rest(to: Console, told: dict[str, Any]) -> None:
    apart = [
        (
            one["exclusion_id"][:8],
            one["peer"].upper(),
            one["ground"],
            local(one["made_ms"]),
            f"removed {local(one['removed_ms'])}" if one["removed_ms"] else "stands",
        )
        for one in told["exclusions"]
    ]
    if apart:
        table(to, ("Exclusion", "With", "Ground", "Made", "State"), apart)
    to.print("What can't be told here:", style="bold", markup=False)
    for line in told["untold"]:
        to.print(f"- {line}", markup=False)
