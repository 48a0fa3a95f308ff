"""Measure and write; some twenty minutes."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.kinds import fishing
from benchmarks.kinds.page import CHART, Measured, chart, page
from benchmarks.kinds.recall import ASKS, Development
from benchmarks.quality import development
from benchmarks.weights import committed
from matcher.kinds import KINDS
from matcher.report.svg import svg

DOCS = Path(__file__).resolve().parents[2] / "docs"


def measure(place: Path, size: int) -> Measured:
    """Everything. place: of the development set. size: of each population that is fished in."""
    found = Development(place)
    weights = [committed()]
    choices = found.choices()
    asks = {ask: found.judged(found.choices(ask), weights) for ask in ASKS}
    use = found.use()
    return Measured(
        day=datetime.now(UTC).date().isoformat(),
        size=size,
        records=len(found.records),
        queries=len(found.queries),
        use=use,
        all_kinds=found.with_kinds_but(None, choices),
        without={kind.number: found.with_kinds_but(kind, choices) for kind in KINDS if not kind.is_identifier},
        asks=asks,
        asked=sum(each.asked for each in use.values()),
        held=(sum(each.held for each in use.values()), found.most_held()),
        ceiling=found.ceiling(asks[ASKS[0]]),
        fished=fishing.measure(size),
    )


def main() -> int:
    """Write docs/tokens.md and its chart; 2 where the development set is missing."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kinds", description=__doc__)
    parser.add_argument("--size", type=int, default=100_000, help="of each population that is fished in")
    options = parser.parse_args()
    place = development.folder()
    if place is None:
        print(f"the development set was {development.LEFT_OUT}", file=sys.stderr)
        return 2
    measured = measure(place, options.size)
    (DOCS / "tokens.md").write_text(page(measured), encoding="utf-8")
    (DOCS / CHART).write_text(svg(chart(measured.fished)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
