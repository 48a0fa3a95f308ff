"""`lancang search`: one subject by options, by a line on standard input or field by field; or a whole file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from node.cli.connection import SEARCH_SECONDS, SHORT_SECONDS, officer_of, operator
from node.cli.failures import usage
from node.cli.invocation import Invocation, examples, invocation
from node.cli.query import (
    MOST_LINE_BYTES,
    Subject,
    Terms,
    new_query_id,
    read_query,
    terms,
)
from node.cli.results import exit_code, result_json
from node.cli.screen import console, echo_json, waiting
from node.errors import Code, LancangError

EPILOG = examples(
    "lancang --home DIR/cn search --purpose telecom-fraud --case K-17",
    "lancang --home DIR/cn search - --purpose telecom-fraud --case K-17 < query.json",
    "lancang search --name 'Somchai Jaidee' --birth-date 1986-12-09 --purpose telecom-fraud --case K-17 --peer TH",
    "lancang search --file queries.jsonl --out results.jsonl --purpose telecom-fraud --case K-17",
    exits="0 a strong hit, 3 possible hits only, 1 none and every node answered, 4 none but a node did not answer; "
    "with --file 0 every line was answered by every node, 4 not all",
) + (
    "\n\nWithout a subject it asks field by field, in the order names, script, birth date, sex, nationality, "
    "documents, phones, accounts (names, documents, phones and accounts end with an empty line), then what is missing "
    "of purpose and case. Each answer is checked at once. Options are seen by every process of the machine: prefer "
    "that, or `search -`."
)


def search(
    context: typer.Context,
    source: Annotated[
        str | None, typer.Argument(metavar="[-]", help="`-`: one query line (JSON) on standard input.")
    ] = None,
    name: Annotated[
        list[str] | None, typer.Option("--name", metavar="NAME", help="A name, in any script. May be repeated.")
    ] = None,
    script: Annotated[
        str | None, typer.Option("--script", metavar="CODE", help="Script of the names (ISO 15924).")
    ] = None,
    birth_date: Annotated[
        str | None, typer.Option("--birth-date", metavar="DATE", help="YYYY-MM-DD, YYYY-MM or YYYY.")
    ] = None,
    sex: Annotated[
        str | None, typer.Option("--sex", metavar="SEX", help="male, female, unknown or not-applicable.")
    ] = None,
    nationality: Annotated[
        str | None, typer.Option("--nationality", metavar="XX", help="Two letters, ISO 3166-1.")
    ] = None,
    document: Annotated[
        list[str] | None, typer.Option("--document", metavar="TYPE:ISSUER:NUMBER", help="May be repeated.")
    ] = None,
    phone: Annotated[
        list[str] | None, typer.Option("--phone", metavar="NUMBER", help="Best in E.164. May be repeated.")
    ] = None,
    account: Annotated[
        list[str] | None,
        typer.Option("--account", metavar="ACCOUNT", help="BANK:NUMBER, IBAN, address or handle. May be repeated."),
    ] = None,
    purpose: Annotated[
        str | None, typer.Option("--purpose", metavar="PURPOSE", help="A purpose of the alliance (required).")
    ] = None,
    case: Annotated[
        str | None, typer.Option("--case", metavar="CASE", help="Your case number (required); peers never see it.")
    ] = None,
    peer: Annotated[
        list[str] | None,
        typer.Option("--peer", metavar="NODE", help="Search this node only. May be repeated. Default: all."),
    ] = None,
    query_id: Annotated[
        str | None, typer.Option("--query-id", metavar="ID", help="Your id of the query. Default: random.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Query lines (JSON lines) to search one by one.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where the results of --file go, a JSON line each.")
    ] = None,
) -> None:
    """Search a person at the other members, without showing them who it is."""
    at = invocation(context)
    subject = Subject(
        tuple(name or ()),
        script,
        birth_date,
        sex,
        nationality,
        tuple(document or ()),
        tuple(phone or ()),
        tuple(account or ()),
    )
    peers = [one.strip().lower() for one in peer or ()]
    if source not in (None, "-"):
        raise usage(f"a subject is given by options or by `-`, not by {source!r}")
    if sum((source is not None, file is not None, not subject.empty)) > 1:
        raise usage("give the subject in one way only: options, `-` or --file")
    if (file is None) != (out is None):
        raise usage("--file and --out belong together")
    if file is not None and out is not None:
        from node.cli.search_file import search_file

        under = terms(purpose, case)
        known = _purposes(at)
        if under.purpose not in known:
            raise LancangError(Code.UNKNOWN_PURPOSE, f"known: {', '.join(known)}")
        raise typer.Exit(search_file(at, file, out, under, peers))
    if source == "-":
        under = terms(purpose, case)
        line = read_query(_standard_input())
    elif subject.empty:
        from node.cli.interview import at_terminal, interview

        subject, under = interview(purpose, case, _purposes(at), at_terminal())
        line = subject.line(query_id or new_query_id())
    else:
        under = terms(purpose, case)
        line = subject.line(query_id or new_query_id())
    raise typer.Exit(_search_one(at, line, under, peers, as_json))


def _standard_input() -> bytes:
    """One line of a terminal; of a pipe or a file all there is, so that nothing of it is passed over unread."""
    source = sys.stdin.buffer
    return source.readline(MOST_LINE_BYTES + 2) if sys.stdin.isatty() else source.read(MOST_LINE_BYTES + 2)


def _purposes(at: Invocation) -> tuple[str, ...]:
    """The alliance's purposes. Before ten questions or a thousand lines it must be sure that this officer may search.

    Raises what a search would be refused with: no node, no such officer, not this officer's work.
    """
    from node.policy.permissions import require
    from node.roster.documents import parse_signed
    from node.v1 import operator_pb2

    require("/node.v1.OperatorService/Search", officer_of(at.the_home(), at.officer))
    with operator(at) as node:
        told = node.GetRoster(operator_pb2.GetRosterRequest(), timeout=SHORT_SECONDS)
    return parse_signed(told.signed_roster).roster.policy.purposes


def _search_one(at: Invocation, line: bytes, under: Terms, peers: list[str], as_json: bool) -> int:
    with operator(at) as node:
        from node.v1 import operator_pb2

        request = operator_pb2.SearchRequest(query=line, purpose=under.purpose, case_number=under.case, peers=peers)
        with waiting(at, "Asking the other members"):
            result = node.Search(request, timeout=SEARCH_SECONDS).result
    if as_json:
        echo_json(result_json(result))
    else:
        from node.cli.result_screen import show_result

        show_result(console(at), result)
    return exit_code(answer.outcome for answer in result.answers)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("search", epilog=EPILOG)(search)
