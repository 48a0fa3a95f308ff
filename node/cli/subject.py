"""`lancang subject report`: a person asks what is known of him, and an approver answers."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.connection import SHORT_SECONDS, channel_of
from node.cli.failures import usage
from node.cli.invocation import Invocation, examples, invocation, noun
from node.cli.query import MOST_LINE_BYTES, Subject, new_query_id, read_query
from node.cli.screen import console, echo_json

if TYPE_CHECKING:
    from node.v1.operator_subjects_pb2_grpc import OperatorSubjectsServiceStub

app = noun("A person asks what is known of him: gather what this node can tell. For approvers.")


@app.callback()
def subject() -> None:
    """Keep it a noun with one verb."""


@app.command(
    epilog=examples(
        'lancang --home DIR/th --as approver subject report --record TH-0042 --reason "access request 12/2026"',
        'lancang --home DIR/cn --as approver subject report - --reason "access request 12/2026" --json < person.json',
        exits="0 shown, 6 no such record, 8 not an approver",
    )
    + "\n\nThe reason stands in the log of acts: name no person in it. Options are seen by every process: prefer `-`."
)
def report(
    context: typer.Context,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, 1 to 200 characters; it is logged.")],
    source: Annotated[
        str | None, typer.Argument(metavar="[-]", help="`-`: the person as a query line (JSON) on standard input.")
    ] = None,
    record: Annotated[
        str | None, typer.Option("--record", metavar="ID", help="At an owner: the record that is the person's.")
    ] = None,
    name: Annotated[list[str] | None, typer.Option("--name", help="A name. May be repeated.")] = None,
    birth_date: Annotated[str | None, typer.Option("--birth-date", metavar="DATE", help="YYYY-MM-DD.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show what is held of a person, was asked, given and found, under which basis; and what can't be told."""
    from node.cli.subject_screen import show_record_report, show_subject_report
    from node.v1 import operator_subjects_pb2 as messages

    person = Subject(names=tuple(name or ()), birth_date=birth_date)
    if sum((record is not None, source is not None, not person.empty)) != 1 or source not in (None, "-"):
        raise usage("name one: --record, or --name and --birth-date, or -")
    at = invocation(context)
    with _subjects(at) as node:
        if record is not None:
            wanted = messages.ReportRecordRequest(record_id=record, reason=reason)
            told = json.loads(node.ReportRecord(wanted, timeout=SHORT_SECONDS).report)
        else:
            line = person.line(new_query_id()) if source is None else read_query(_standard_input())
            asked = messages.ReportSubjectRequest(subject=line, reason=reason)
            told = json.loads(node.ReportSubject(asked, timeout=SHORT_SECONDS).report)
    if as_json:
        echo_json({"version": 1} | _with_record(told))
    elif record is not None:
        show_record_report(console(at), told)
    else:
        show_subject_report(console(at), told)


def _with_record(told: dict[str, Any]) -> dict[str, Any]:
    """The record as an object rather than as its line."""
    return told | {"content": json.loads(told["content"] or "{}")} if "content" in told else told


def _standard_input() -> bytes:
    return sys.stdin.buffer.read(MOST_LINE_BYTES + 2)


@contextmanager
def _subjects(at: Invocation) -> Iterator[OperatorSubjectsServiceStub]:
    from node.v1.operator_subjects_pb2_grpc import OperatorSubjectsServiceStub

    with channel_of(at, "approver") as channel:
        yield OperatorSubjectsServiceStub(channel)
