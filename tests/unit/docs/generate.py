"""What the code itself writes into the pages: docs/errors.md, and tables of docs/operations.md and docs/audit.md.

`python -m tests.unit.docs.generate` writes them; a test refuses pages that differ from what it would write.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from pathlib import Path

from node.audit.kinds import CODES
from node.audit.shared import FOR_ALL, OTHER_END
from node.cli.confirm import DECLINED_EXIT
from node.cli.doctor import FAILED_EXIT, WARNING_EXIT
from node.cli.failures import BROKEN_PIPE_EXIT, INTERRUPTED_EXIT
from node.cli.import_file import REFUSED_EXIT
from node.cli.results import NONE_EXIT, POSSIBLE_EXIT, STRONG_EXIT, UNANSWERED_EXIT
from node.errors import CATALOGUE, USAGE_EXIT, Code
from node.inspection.report import BROKEN_EXIT, PATTERN_EXIT
from node.model.officer import NODE_ROLES, OFFICER_ROLES, Role
from node.policy.permissions import MAY_CALL
from tests.unit.docs.pages import DOCS

ERRORS = DOCS / "errors.md"
OPERATIONS = DOCS / "operations.md"
AUDIT = DOCS / "audit.md"

_ROOMS = {
    "1": "Input",
    "2": "Identity and roles",
    "3": "Roster and epochs",
    "4": "The protocol",
    "5": "Budgets and rates",
    "6": "The node itself",
    "7": "Disclosures",
}
_ANSWERS = {
    STRONG_EXIT: "Done. For `search`: a strong hit. For `search --file`: every line was answered by every node asked.",
    NONE_EXIT: "`search`: nothing found, and every node asked was searched.",
    USAGE_EXIT: "The command or its input is wrong.",
    POSSIBLE_EXIT: "`search`: possible hits only. `audit verify`: it holds, but its last acts are the owner's word "
    "alone. `audit reconcile`: the two logs differ.",
    UNANSWERED_EXIT: "`search`: nothing found, but a node was not searched. `search --file`: not every line was "
    "answered by every node.",
    REFUSED_EXIT: "`record import`, `evaluate`: some lines were refused, the others were taken.",
    WARNING_EXIT: "`doctor`: warnings.",
    FAILED_EXIT: "`doctor`: something failed.",
    DECLINED_EXIT: "A question was not answered with yes: nothing was changed.",
    BROKEN_EXIT: "`inspect check`: a rule was broken, or an ask was not opened.",
    PATTERN_EXIT: "`inspect check`: something wants an explanation, or could not be checked with this matcher.",
    INTERRUPTED_EXIT: "Interrupted (Ctrl-C).",
    BROKEN_PIPE_EXIT: "Who read the output went away.",
}
_INTRODUCTION = """\
Every failure that a person or a peer may see has a code, one meaning and a remedy. This page is generated from the
catalogue in `node/errors/`; do not edit it by hand (`python -m tests.unit.docs.generate`).

A code never changes its meaning and is never used again. On the wire a failure is a `google.rpc.Status` with an
`ErrorInfo`: its reason is the code, its domain is `lancang`, and its metadata holds the remedy. The command line prints
the code, what happened and what to do on standard error, and ends with the exit code. See
[protocol.md](protocol.md#errors) and [operations.md](operations.md#exit-codes)."""
_FAILURES = {
    6: "No such record, hit or request here.",
    7: "The caller or officer is not known, or the certificate is not believed.",
    8: "Known, but not allowed.",
    9: "The roster is not valid, not current or not signed by enough members.",
    10: "A call without a deadline. The command line always sets one.",
    11: "An epoch is unknown, closed, or does not follow the one before.",
    12: "A message, an answer or an index breaks a rule of the protocol.",
    13: "The two nodes run versions that do not fit.",
    14: "A node is out of reach or not running. `network status`: a node is down.",
    15: "A budget or a rate is spent. The time to come back is shown.",
    16: "The node's secret is missing or wrong, or another process runs this node.",
    17: "The disk is full, or stored data is damaged or newer than this version.",
    18: "A disclosure is not possible so: the proof, the request or its state does not allow it.",
    70: "Something went wrong inside.",
}


def errors_page() -> str:
    """docs/errors.md."""
    lines = [
        "# Errors",
        "",
        *_INTRODUCTION.splitlines(),
    ]
    room = ""
    for code in Code:
        entry = CATALOGUE[code]
        if code.value[4] != room:
            room = code.value[4]
            lines += ["", f"## {_ROOMS[room]}", "", "| code | name | what happened | what to do | gRPC status | exit |"]
            lines += ["|---|---|---|---|---|---|"]
        name = code.name.lower().replace("_", "-")
        lines.append(f"| {code.value} | {name} | {entry.title} | {entry.remedy} | {entry.status} | {entry.exit_code} |")
    return "\n".join(lines) + "\n"


def exit_codes_table() -> str:
    """Exit codes: the answers, and the failures of the catalogue by exit code."""
    failures: defaultdict[int, list[str]] = defaultdict(list)
    for code, entry in CATALOGUE.items():
        failures[entry.exit_code].append(code.value)
    rows = ["| exit code | means | codes |", "|---|---|---|"]
    for number in sorted({*_ANSWERS, *failures}):
        # A new exit code without a word here is a KeyError, not an empty cell.
        meaning = _ANSWERS[number] if number in _ANSWERS else _FAILURES[number]
        rows.append(f"| {number} | {meaning} | {', '.join(sorted(failures[number]))} |")
    return "\n".join(rows) + "\n"


def roles_table() -> str:
    """Which role may call which method."""
    columns = [role for kind in (OFFICER_ROLES, NODE_ROLES) for role in Role if role in kind]
    head = " | ".join(role.value for role in columns)
    rows = [f"| method | {head} |", f"|---|{'---|' * len(columns)}"]
    for method, allowed in MAY_CALL.items():
        marks = " | ".join("yes" if role in allowed else "" for role in columns)
        rows.append(f"| `{method.lstrip('/')}` | {marks} |")
    return "\n".join(rows) + "\n"


def kinds_table() -> str:
    """The kinds of act, with the number that each has in leaves, and who else logs it."""
    rows = ["| number | kind | at the other end | shown to |", "|---|---|---|---|"]
    for kind, number in CODES.items():
        other = ", ".join(f"`{each.value}`" for each in OTHER_END.get(kind, ()))
        rows.append(f"| {number} | `{kind.value}` | {other} | {'everybody' if kind in FOR_ALL else ''} |")
    return "\n".join(rows) + "\n"


TABLES = {OPERATIONS: {"exit-codes": exit_codes_table, "roles": roles_table}, AUDIT: {"kinds": kinds_table}}


def with_tables(page: str, path: Path = OPERATIONS) -> str:
    """A page with the marked tables as the code has them. Raises ValueError if a mark is missing."""
    for name, table in TABLES[path].items():
        mark = re.compile(rf"(<!-- generated: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        if mark.search(page) is None:
            raise ValueError(f"no place for the table {name}")
        text = table()
        page = mark.sub(lambda found, text=text: f"{found[1]}\n{text}\n{found[2]}", page)  # type: ignore[misc]  # default binds text
    return page


def main() -> int:
    """Write the pages."""
    _write(ERRORS, errors_page())
    for path in TABLES:
        _write(path, with_tables(path.read_text(encoding="utf-8"), path))
    return 0


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
