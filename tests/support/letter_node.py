"""A real node with two things more: it writes letters by itself, and keeps a row for each that it takes.

`python -m tests.support.letter_node HOME`. LETTERS_TO says to whom (ids, comma-separated), LETTERS_LINES in how many
conversations with each, LETTERS_AT_ONCE and LETTERS_PAUSE how many in one transaction and how many seconds it waits
after one; the file `letters` in its home says how many in all. The tables are written in the transaction of the letter
itself: a row stands for exactly one act.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from sqlalchemy import Connection

from node.acts.courier.queue import post
from node.acts.runtime.courier import Courier
from node.acts.runtime.node import Node
from node.app.run import _opened, _serve
from node.config import Home, load_settings
from node.errors import Code, LancangError
from node.exchange.letter import body_hash
from node.model.courier import Kind, Letter, Refusal
from node.observe import configure_logging

REFUSED = b"refuse this"
WANTED = "letters"
IDLE_SECONDS = 0.05
_TABLES = (
    "CREATE TABLE IF NOT EXISTS test_written (n INTEGER PRIMARY KEY, recipient TEXT, line BLOB, message_id BLOB)",
    "CREATE TABLE IF NOT EXISTS test_taken (n INTEGER PRIMARY KEY, sender TEXT, line BLOB, number INTEGER,"
    " message_id BLOB, hash BLOB)",
    "CREATE TABLE IF NOT EXISTS test_told (n INTEGER PRIMARY KEY, message_id BLOB, code TEXT)",
)


def take(connection: Connection, _node: Node, letter: Letter) -> None:
    """Keep a row of a letter; refuse the one that asks for it."""
    connection.exec_driver_sql(
        "INSERT INTO test_taken (sender, line, number, message_id, hash) VALUES (?, ?, ?, ?, ?)",
        (letter.sender, letter.conversation, letter.number, letter.message_id, body_hash(letter.body)),
    )
    if letter.body.startswith(REFUSED):
        # With the row written: a refusal leaves nothing of what its handler did.
        raise LancangError(Code.RECORD_NOT_FOUND, "no such record here")


def tell(connection: Connection, _node: Node, letter: Letter, refusal: Refusal) -> None:
    """Keep a row of a letter that was refused, or given up."""
    row = (letter.message_id, refusal.code)
    connection.exec_driver_sql("INSERT INTO test_told (message_id, code) VALUES (?, ?)", row)


def letters() -> Courier:
    """Takes requests and decisions; knows no other kind."""
    taking = dict.fromkeys((Kind.DISCLOSURE_REQUEST, Kind.DISCLOSURE_TAKEN), take)
    return Courier(dict(taking), dict.fromkeys(taking, tell))


def make_tables(connection: Connection) -> None:
    """Make the tables that count."""
    for table in _TABLES:
        connection.exec_driver_sql(table)


def write_letter(
    connection: Connection,
    node: Node,
    recipient: str,
    line: bytes,
    body: bytes,
    *,
    kind: Kind = Kind.DISCLOSURE_REQUEST,
    until_ms: int | None = None,
) -> bytes:
    """Post a letter and count it, in one transaction. Returns its message id."""
    message_id = post(connection, node, recipient, line, kind, body, node.clock.now_ms(), until_ms=until_ms)
    row = (recipient, line, message_id)
    connection.exec_driver_sql("INSERT INTO test_written (recipient, line, message_id) VALUES (?, ?, ?)", row)
    return message_id


async def _write_all(node: Node) -> None:
    """Write letters until there are as many as the file `letters` in the home says, looking again and again."""
    lines, pause = int(os.environ.get("LETTERS_LINES", "1")), float(os.environ.get("LETTERS_PAUSE", "0.01"))
    recipients = [name for name in os.environ.get("LETTERS_TO", "").split(",") if name not in ("", node.node_id)]
    at_once = int(os.environ.get("LETTERS_AT_ONCE", "3"))
    wanted = node.home.path / WANTED

    def some(connection: Connection, most: int) -> bool:
        done: int = connection.exec_driver_sql("SELECT count(*) FROM test_written").scalar_one()
        for n in range(done, min(done + at_once, most)):
            recipient = recipients[n % len(recipients)]
            line = (n // len(recipients) % lines).to_bytes(16, "big")
            write_letter(connection, node, recipient, line, os.urandom(100))
        return done < most

    while True:
        most = int(wanted.read_text(encoding="ascii")) if wanted.exists() else 0
        more = bool(recipients) and await node.write(some, most)
        await asyncio.sleep(pause if more else IDLE_SECONDS)


async def _main(home: Path) -> None:
    place = Home(home)
    settings = load_settings(place)
    configure_logging(settings.log_level, node_id=settings.node_id)
    with _opened(place, settings, letters()) as node:
        await node.write(make_tables)
        writing = asyncio.create_task(_write_all(node))
        await _serve(node)
        writing.cancel()


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1])))
