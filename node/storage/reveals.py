"""Reveals: one auditor asks to see whom a search was about, another agrees; the database wants them to be two."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from node.storage.schema_reveals import reveal


@dataclass(frozen=True, slots=True)
class Reveal:
    """One reveal. agreed_by: '' and agreed_ms: 0 until a second auditor agrees."""

    reveal_id: bytes
    search_id: bytes
    reason: str
    asked_by: str
    asked_ms: int
    agreed_by: str = ""
    agreed_ms: int = 0


def add(connection: Connection, asked: Reveal) -> None:
    """Store what was asked."""
    connection.execute(
        insert(reveal).values(
            reveal_id=asked.reveal_id,
            search_id=asked.search_id,
            reason=asked.reason,
            asked_by=asked.asked_by,
            asked_ms=asked.asked_ms,
            agreed_by="",
            agreed_ms=0,
        )
    )


def agree(connection: Connection, reveal_id: bytes, officer: str, ms: int) -> None:
    """Say that a second auditor agrees."""
    connection.execute(update(reveal).where(reveal.c.reveal_id == reveal_id).values(agreed_by=officer, agreed_ms=ms))


def get(connection: Connection, reveal_id: bytes) -> Reveal | None:
    """The reveal of that id."""
    row = connection.execute(select(reveal).where(reveal.c.reveal_id == reveal_id)).first()
    return None if row is None else Reveal(*row)


def listed(connection: Connection, limit: int) -> list[Reveal]:
    """Reveals, the newest first."""
    found = connection.execute(select(reveal).order_by(reveal.c.asked_ms.desc()).limit(limit))
    return [Reveal(*row) for row in found]
