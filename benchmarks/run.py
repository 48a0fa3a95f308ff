"""`make bench`: every figure as a ratio to its floor, measured in one run; a table on the screen, JSON beside it.

`python -m benchmarks.run [--only NAME ...] [--json FILE]`; names: crypto, index, audit, search, audit_search,
importing, disclosing, and rotation, which takes minutes and runs only when it is named.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import audit, audit_search, crypto, disclosing, importing, index, rotation, search
from benchmarks.machine import this_machine
from benchmarks.people import record_lines
from benchmarks.rows import Row
from tests.support.federation import MEMBERS, RunningFederation, running_federation
from tests.support.six_nodes import wait_spread

RESULTS = Path(__file__).resolve().parent / "results" / "latest.json"
RECORDS_EACH = 300
ALONE: dict[str, Callable[[], list[Row]]] = {"crypto": crypto.measure, "index": index.measure, "audit": audit.measure}
LONG: dict[str, Callable[[], list[Row]]] = {"rotation": rotation.measure}
AMONG_SIX: dict[str, Callable[[RunningFederation], list[Row]]] = {
    "search": search.measure,
    "audit_search": audit_search.measure,
    "importing": importing.measure,
    "disclosing": disclosing.measure,
}


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown."""
    lines = ["| what | measured | its floor | reached | limit | |", "|---|---|---|---|---|---|"]
    for row in rows:
        floor = row.floor.text() if row.floor else "-"
        reached = f"{row.reached:.3g} {row.limit.unit}"
        verdict = "met" if row.met else "**missed**"
        lines.append(f"| {row.what} | {row.measured.text()} | {floor} | {reached} | {row.limit.text()} | {verdict} |")
        lines += [f"| &nbsp;&nbsp;{name} | {text} | | | | |" for name, text in row.notes.items()]
    return "\n".join(lines)


def run(names: Sequence[str]) -> list[Row]:
    """Measure; says on standard error what is under way."""
    rows: list[Row] = []
    for name, measure in (ALONE | LONG).items():
        if name in names:
            _say(f"{name} ...")
            rows += measure()
    wanted = [name for name in AMONG_SIX if name in names]
    if wanted:
        with ExitStack() as stack:
            scratch = stack.enter_context(tempfile.TemporaryDirectory())
            _say("six nodes ...")
            running = stack.enter_context(running_federation(Path(scratch) / "federation"))
            for member in MEMBERS:
                lines = record_lines(RECORDS_EACH, seed=51, countries=(member.upper(),))
                running.load(member, [json.loads(line) for line in lines])
                wait_spread(running, member)
            for name in wanted:
                _say(f"{name} ...")
                rows += AMONG_SIX[name](running)
    return rows


def main() -> int:
    """Print the table and write the JSON. 1 if a limit was missed."""
    usual = [*ALONE, *AMONG_SIX]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run")
    parser.add_argument("--only", nargs="+", choices=[*usual, *LONG], default=usual)
    parser.add_argument("--json", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    machine = this_machine()
    began = datetime.now(UTC)
    rows = run(arguments.only)
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    result = {
        "version": 1,
        "measured": began.isoformat(timespec="seconds"),
        "machine": asdict(machine),
        "rows": [row.as_json() for row in rows],
    }
    arguments.json.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{machine.text()}\n\n{table(rows)}\n\nAlso in {arguments.json}")
    return 0 if all(row.met for row in rows) else 1


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
