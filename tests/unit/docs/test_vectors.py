"""docs/protocol.md against the code: its vectors, its domain-separation strings, its numbers."""

from __future__ import annotations

import re

import pytest

from node.acts.following.sync_index import MOST_PENDING
from node.acts.publishing.serve_index import BURST, MOST_STREAMS
from node.model.session import CAPABILITIES, CONTRACT, MOST_EPOCHS
from node.roster.signing import DOMAIN
from node.services.gate import MOST_FOREIGN_BYTES, STREAM_SECONDS, UNARY_SECONDS
from tests.unit.docs.pages import DOCS, ROOT, text_of
from tests.unit.docs.vectors import vectors

PROTOCOL = text_of(DOCS / "protocol.md")


def test_the_vectors_of_the_page_are_those_the_code_computes() -> None:
    part = PROTOCOL.split("## Test vectors\n", 1)[1]
    shown = dict(re.findall(r"^\| ([^|]+?) \| `([0-9a-f]+)` \|$", part, re.MULTILINE))
    assert shown == dict(vectors())


def _strings_of_the_code() -> set[str]:
    rooms = [ROOT / "node" / room for room in ("exchange", "audit", "model", "roster", "crypto")]
    sources = [path.read_text(encoding="utf-8") for room in rooms for path in room.rglob("*.py")]
    return {found for source in sources for found in re.findall(r'"(lancang1?[./][a-z0-9./]+)"', source)}


def test_every_domain_separation_string_of_the_protocol_stands_on_the_page() -> None:
    local = {
        "lancang/1/backup",
        "lancang/1/place",
        "lancang1.purpose",
        "lancang1.officer",
    }  # within one node: no peer computes them
    wanted = _strings_of_the_code() - local
    assert len(wanted) > 10
    assert {found for found in wanted if f'"{found}"' not in PROTOCOL} == set()
    assert f'"{DOMAIN.decode()}"' in PROTOCOL


@pytest.mark.parametrize(
    "said",
    [
        f"at most {BURST} deltas",
        f"more than {MOST_PENDING} deltas",
        f"at most {MOST_STREAMS} streams",
        f"{MOST_FOREIGN_BYTES:,} bytes",
        f"at most {MOST_EPOCHS} statements",
        f"`contract` is {CONTRACT}",
        f"{UNARY_SECONDS:.0f} s",
        f"{STREAM_SECONDS / 60:.0f} minutes",
        *sorted(f"`{name}`" for name in CAPABILITIES),
    ],
)
def test_the_numbers_of_the_page_are_those_of_the_code(said: str) -> None:
    assert said in PROTOCOL
