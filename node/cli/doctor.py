"""`lancang doctor`: what an administrator should know before it hurts; with an exit code for monitoring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.connection import called
from node.cli.invocation import Invocation, examples, invocation
from node.cli.offline_checks import FAILED, OK, WARNING, Finding, examine_home
from node.cli.screen import console, echo_json, table
from node.errors import CATALOGUE, Code, LancangError

if TYPE_CHECKING:
    from node.config import Home

WARNING_EXIT = 20
FAILED_EXIT = 21
_SECONDS = 60.0
_EXITS = {OK: 0, WARNING: WARNING_EXIT, FAILED: FAILED_EXIT}


def doctor(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print the checks as JSON.")] = False,
) -> None:
    """Check clock, disk, modes of secret files, expiries, indexes and budgets; a remedy for each finding."""
    at = invocation(context)
    found = findings(at, at.the_home())
    if as_json:
        checks = [
            {"name": one.name, "state": one.state, "finding": one.finding}
            | ({"remedy": one.remedy} if one.remedy else {})
            for one in found
        ]
        echo_json({"version": 1, "state": worst(found), "checks": checks})
    else:
        rows = [(one.name, one.state.upper() if one.state != OK else OK, one.finding, one.remedy) for one in found]
        table(console(at), ("Check", "State", "Finding", "What to do"), rows)
    raise typer.Exit(_EXITS[worst(found)])


def findings(at: Invocation, home: Home) -> list[Finding]:
    """The running node's own checks; without it, those that need only its files, and that it is down."""
    from node.v1 import operator_pb2

    try:
        with called(home, at.officer) as node:
            told = node.RunDoctor(operator_pb2.RunDoctorRequest(), timeout=_SECONDS).checks
    except LancangError as problem:
        # A dead node is a finding. Whoever may not ask, or has an expired certificate, still learns what the files say.
        if problem.code in (Code.ROLE_FORBIDDEN, Code.OFFICER_UNKNOWN):
            raise
        said = f"{problem.code.value} {CATALOGUE[problem.code].title}"
        if problem.code is Code.NODE_RESTORED:
            said += f": {problem.detail}"
        return [Finding("node", FAILED, said, problem.remedy), *examine_home(home)]
    states = {
        operator_pb2.CHECK_STATE_OK: OK,
        operator_pb2.CHECK_STATE_WARNING: WARNING,
        operator_pb2.CHECK_STATE_FAILED: FAILED,
    }
    # A state this version does not know is no reason to be calm.
    checks = [Finding(one.name, states.get(one.state, FAILED), one.finding, one.remedy) for one in told]
    return [Finding("node", OK, "serving"), *checks]


def worst(found: list[Finding]) -> str:
    """The worst state found."""
    states = {one.state for one in found}
    return FAILED if FAILED in states else WARNING if WARNING in states else OK


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "doctor",
        epilog=examples(
            "lancang --home DIR/cn doctor",
            "lancang --home DIR/cn doctor --json",
            exits="0 all well, 20 warnings, 21 something failed",
        ),
    )(doctor)
