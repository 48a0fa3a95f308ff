"""The checker as a program: `python -m node.inspection --roster FILE [--key FILE] [--json] FILE...`, on any machine.

`lancang inspect check` is the same. Exit codes: report.exit_code, and 2 for a file that cannot be taken.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from node.inspection.keys import read_key
from node.inspection.reading import FileRefusedError
from node.inspection.run import Order, run


def main() -> int:
    """Read the files named, check them, print the report."""
    parser = argparse.ArgumentParser(
        prog="python -m node.inspection", description="Check drawn asks and their openings."
    )
    parser.add_argument("files", nargs="+", type=Path, help="draws and openings, in any order")
    parser.add_argument("--roster", action="append", required=True, type=Path, help="a roster that a quorum has signed")
    parser.add_argument("--key", type=Path, help="the inspector's key, for sealed openings")
    parser.add_argument("--subjects", action="store_true", help="show whom each ask was about")
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    given = parser.parse_args()
    try:
        order = Order(
            tuple(path.read_bytes() for path in given.files),
            tuple(path.read_bytes() for path in given.roster),
            read_key(given.key.read_bytes()) if given.key is not None else None,
            given.subjects,
        )
        done = run(order)
    except (FileRefusedError, OSError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    shown = json.dumps(done.as_json(), ensure_ascii=False, indent=2) if given.json else "\n".join(done.in_words())
    sys.stdout.write(f"{shown}\n")
    return done.exit_code


if __name__ == "__main__":
    sys.exit(main())
