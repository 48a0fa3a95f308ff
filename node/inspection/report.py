"""A report for people and for programs. Neither names a person unless it is asked to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from node.inspection.check import AskReport, Case, Report
from node.inspection.documents import Keys
from node.inspection.findings import Found

CLEAN_EXIT = 0
BROKEN_EXIT = 22
PATTERN_EXIT = 23
ONE_PERSON = "tokens of one person"


def exit_code(report: Report) -> int:
    """0 nothing found, 22 a rule was broken, 23 something to be explained or not to be checked here."""
    if report.broken:
        return BROKEN_EXIT
    return CLEAN_EXIT if report.clean else PATTERN_EXIT


def as_json(report: Report, cases: Sequence[Case], rosters: Sequence[Keys], subjects: bool) -> dict[str, Any]:
    """The report as JSON. subjects: with whom each ask was about."""
    return {
        "version": 1,
        "result": {CLEAN_EXIT: "clean", BROKEN_EXIT: "findings", PATTERN_EXIT: "patterns"}[exit_code(report)],
        "rosters": [{"version": keys.version, "hash": keys.hash.hex()} for keys in rosters],
        "draws": [_draw(case) for case in cases],
        "overall": [_found(found) for found in report.overall],
        "asks": [_ask(ask, subjects) for ask in report.asks],
    }


def _draw(case: Case) -> dict[str, Any]:
    draw = case.draw
    return {
        "draw": draw.hash.hex(),
        "owner": draw.owner,
        "requester": draw.requester,
        "from": _iso(draw.from_ms),
        "until": _iso(draw.until_ms),
        "officer": draw.officer,
        "inspector": draw.inspector.hex(),
        "seed": draw.seed,
        "population": len(draw.population),
        "drawn": len(draw.asks),
        "past_their_epoch": draw.erased,
        "opened": case.opening is not None,
    }


def _found(found: Found) -> dict[str, Any]:
    said = {"finding": found.finding.value, "pattern": found.finding.is_pattern, "meaning": found.finding.meaning}
    return said | {"detail": found.detail, "asks": list(found.ask_ids)}


def _ask(ask: AskReport, subjects: bool) -> dict[str, Any]:
    drawn = ask.ask
    said: dict[str, Any] = {
        "ask_id": drawn.ask_id.hex(),
        "owner": ask.owner,
        "requester": ask.requester,
        "at": _iso(drawn.ms),
        "epoch": drawn.epoch,
        "purpose": drawn.purpose,
        "case": drawn.case.hex(),
        "officer": drawn.officer,
        "verdict": _verdict(ask),
        "tokens": ask.tokens,
        "padding": ask.padding,
        "findings": [_found(found) for found in ask.found],
    }
    return said | {"subject": ask.subject} if subjects else said


def in_words(report: Report, cases: Sequence[Case], rosters: Sequence[Keys], subjects: bool) -> Iterator[str]:
    """The report, line by line. Who is inspected wrote what it quotes: nothing of that may break or rewrite a line."""
    return map(_plain, _in_words(report, cases, rosters, subjects))


def _plain(line: str) -> str:
    return "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in line)


def _in_words(report: Report, cases: Sequence[Case], rosters: Sequence[Keys], subjects: bool) -> Iterator[str]:
    for keys in rosters:
        yield f"Roster of {keys.alliance}, version {keys.version}, hash {keys.hash.hex()}"
    for case in cases:
        draw = case.draw
        yield ""
        yield f"{draw.requester.upper()} asked {draw.owner.upper()}, {_iso(draw.from_ms)} to {_iso(draw.until_ms)}"
        by = f", seed {draw.seed!r}" if draw.seed else ""
        yield f"  {len(draw.asks)} of {len(draw.population)} asks drawn{by}"
        if draw.erased:
            yield f"  {draw.erased} asks of that time are past their epoch and were not to be drawn"
    yield ""
    for ask in report.asks:
        yield f"{ask.ask.ask_id.hex()[:16]}  {_iso(ask.ask.ms)}  {ask.ask.purpose}  {_verdict(ask)}"
        if subjects and ask.subject:
            yield f"    {ask.subject}"
        yield from (f"    {line}" for found in ask.found for line in _lines(found, with_asks=False))
    for found in report.overall:
        yield from _lines(found, with_asks=True)
    yield ""
    clean = sum(not ask.found for ask in report.asks)
    yield f"{clean} of {len(report.asks)} asks: {ONE_PERSON}. {_summary(report)}"


def _lines(found: Found, *, with_asks: bool) -> Iterator[str]:
    mark = "?" if found.finding.is_pattern else "!"
    yield f"{mark} {found.finding.value}{f' ({found.detail})' if found.detail else ''}: {found.finding.meaning}"
    if with_asks and found.ask_ids:
        yield f"    asks {' '.join(ask_id[:16] for ask_id in found.ask_ids)}"


def _verdict(ask: AskReport) -> str:
    if not ask.found:
        return f"{ONE_PERSON} ({ask.tokens}) and padding ({ask.padding})"
    return ", ".join(dict.fromkeys(found.finding.value for found in ask.found))


def _summary(report: Report) -> str:
    if report.broken:
        return "A rule was broken: see the lines with '!'."
    return "Nothing was found." if report.clean else "To be explained: see the lines with '?'."


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
