"""`make quality`: measure who is found, beside other methods on the same data; write docs/quality.md."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.machine import this_machine
from benchmarks.quality import bands, crossing, development, febrl, febrl_fitted, speed
from benchmarks.quality.page import Quality, limits, page

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "quality.md"
PEERS = ROOT / ".venv-peers" / "bin" / "python"
METHODS = ("clkhash", "rapidfuzz", "splink")
_PEERS_LEFT_OUT = "left out: there is no .venv-peers (`make quality` makes it)"


def measure() -> Quality:
    """Everything, in one run."""
    machine, began = this_machine(), datetime.now(UTC)
    place = development.folder()
    _say("records to tokens ...")
    rates = {f"{speed.RECORDS:,} invented people of six countries": speed.records_a_second(speed.invented())}
    if place is not None:
        held = [person for _, person in development.people(place / "records.jsonl", "record_id")]
        rates[f"{len(held):,} records of the development set"] = speed.records_a_second(held)
    _say("scripts ...")
    crossings = crossing.measure()
    _say("development set ..." if place is not None else f"the development set was {development.LEFT_OUT}")
    judged, banded = development.measure(place) if place is not None else (None, None)
    _say("bands in large indexes ...")
    in_bands = [*([banded] if banded else []), *bands.measure()]
    methods, versions = _febrl()
    return Quality(
        measured=began.date().isoformat(),
        machine=machine,
        development=judged,
        bands=in_bands,
        development_left_out=development.LEFT_OUT,
        methods=methods,
        peers_left_out=_PEERS_LEFT_OUT,
        versions=versions,
        crossings=crossings,
        speed=rates,
    )


def _febrl() -> tuple[list[febrl.Method] | None, dict[str, str]]:
    """The methods and the versions of the peers' packages."""
    if not PEERS.exists():
        _say(f"FEBRL and the peers were {_PEERS_LEFT_OUT}")
        return None, {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        # Their warnings are about versions that the lock has chosen.
        command = [str(PEERS), "-W", "ignore", "-m", "benchmarks.quality.peers", str(folder)]
        subprocess.run(command, check=True, cwd=ROOT)
        _say("FEBRL: lancang ...")
        versions = json.loads((folder / "versions.json").read_text(encoding="utf-8"))
        return [febrl_fitted.measure(folder), *febrl.measure(folder, METHODS)], versions


def main() -> int:
    """Write the page. 1 if a limit was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality.run")
    parser.add_argument("--page", type=Path, default=PAGE, help="where the page is written")
    arguments = parser.parse_args()
    quality = measure()
    arguments.page.write_text(page(quality), encoding="utf-8")
    for row in limits(quality):
        print(f"{'met   ' if row.met else 'MISSED'}  {row.what}: {row.shown} (at least {row.at_least:,g})")
    print(f"\nAlso in {arguments.page}")
    return 0 if all(row.met for row in limits(quality)) else 1


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
