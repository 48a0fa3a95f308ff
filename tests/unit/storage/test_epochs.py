"""Epochs: an unbroken chain at both ends, secrets that are sealed and really go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update

from node.crypto.sealing import Sealer
from node.errors import Code, LancangError
from node.storage import epochs
from node.storage.engine import Database, open_database
from node.storage.epochs import EpochSecrets, EpochState
from node.storage.schema_epochs import own_epoch
from node.storage.writer import Writer
from tests.unit.storage.builders import MS, statement

_SECRETS = EpochSecrets(b"s" * 32, b"k" * 32)


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.writing.connect() as connection, connection.begin():
        yield connection


def test_an_own_epoch_opens_and_closes(connection: Connection, sealer: Sealer) -> None:
    signed, digest = statement("th", 1, bytes(32))
    epochs.add_own(connection, sealer, signed, digest, _SECRETS)
    assert epochs.own(connection) == [epochs.OwnEpoch(1, EpochState.PREPARING, signed, digest)]
    assert epochs.secrets(connection, sealer, 1) == _SECRETS
    epochs.open_epoch(connection, signed, digest)
    with pytest.raises(LancangError):
        epochs.open_epoch(connection, signed, digest)
    assert epochs.close(connection, 1)
    assert not epochs.close(connection, 1)
    assert [each.state for each in epochs.own(connection)] == [EpochState.CLOSED]
    for epoch, code in ((1, Code.EPOCH_CLOSED), (2, Code.EPOCH_UNKNOWN)):
        with pytest.raises(LancangError) as refused:
            epochs.secrets(connection, sealer, epoch)
        assert refused.value.code is code


def test_only_an_epoch_that_never_opened_is_given_up_and_its_number_given_again(
    connection: Connection, sealer: Sealer
) -> None:
    first, digest = statement("th", 1, bytes(32))
    epochs.add_own(connection, sealer, first, digest, _SECRETS)
    epochs.open_epoch(connection, first, digest)
    second, later = statement("th", 2, digest)
    epochs.add_own(connection, sealer, second, later, _SECRETS)
    epochs.give_up(connection, 2)
    assert epochs.own(connection)[-1].told is False
    with pytest.raises(LancangError):
        epochs.secrets(connection, sealer, 2)
    epochs.forget(connection, 2)
    with pytest.raises(LancangError):
        epochs.give_up(connection, 1)
    epochs.add_own(connection, sealer, second, later, _SECRETS)
    assert [each.state for each in epochs.own(connection)] == [EpochState.OPEN, EpochState.PREPARING]


def test_own_epochs_follow_each_other(connection: Connection, sealer: Sealer) -> None:
    first, digest = statement("th", 1, bytes(32))
    epochs.add_own(connection, sealer, first, digest, _SECRETS)
    for wrong in (statement("th", 3, digest), statement("th", 2, bytes(32)), statement("th", 1, digest)):
        with pytest.raises(LancangError) as refused:
            epochs.add_own(connection, sealer, *wrong, _SECRETS)
        assert refused.value.code is Code.EPOCH_CHAIN
    second = statement("th", 2, digest)
    epochs.add_own(connection, sealer, *second, _SECRETS)
    assert epochs.own_statements(connection, 1) == (first, second[0])
    assert epochs.own_statements(connection, 2) == (second[0],)


def test_a_peers_second_key_or_gap_is_refused(connection: Connection) -> None:
    first, digest = statement("vn", 4, b"p" * 32)
    assert epochs.add_peer(connection, first, digest, MS)
    assert not epochs.add_peer(connection, first, digest, MS)
    wrong = (statement("vn", 4, b"p" * 32, key=2), statement("vn", 6, digest), statement("vn", 5, b"q" * 32))
    for each in wrong:
        with pytest.raises(LancangError) as refused:
            epochs.add_peer(connection, *each, MS)
        assert refused.value.code is Code.EPOCH_CHAIN
    second = statement("vn", 5, digest)
    assert epochs.add_peer(connection, *second, MS)
    assert epochs.of_peer(connection, "vn") == [first, second[0]]
    assert epochs.of_peer(connection, "vn", 5) == [second[0]]
    assert epochs.of_peer(connection, "vn", limit=1) == [first]
    assert epochs.of_peer(connection, "th") == []


def test_seed_and_key_cannot_change_places(connection: Connection, sealer: Sealer) -> None:
    epochs.add_own(connection, sealer, *statement("th", 1, bytes(32)), _SECRETS)
    connection.execute(update(own_epoch).values(seed=own_epoch.c.secret_key, secret_key=own_epoch.c.seed))
    with pytest.raises(LancangError) as refused:
        epochs.secrets(connection, sealer, 1)
    assert refused.value.code is Code.STORAGE_DAMAGED


def test_an_altered_statement_is_noticed(connection: Connection, sealer: Sealer) -> None:
    signed, digest = statement("th", 1, bytes(32))
    epochs.add_own(connection, sealer, signed, digest, _SECRETS)
    whole = signed.statement.encode()
    for altered in (whole[:-1], whole + b"x", b"x" + whole[1:], b""):
        connection.execute(update(own_epoch).values(statement=altered))
        with pytest.raises(LancangError) as refused:
            epochs.own(connection)
        assert refused.value.code is Code.STORAGE_DAMAGED


def test_an_erased_secret_is_gone_from_the_files(path: Path, sealer: Sealer) -> None:
    database = open_database(path)
    writer = Writer(database.writing)
    writer.call(lambda connection: epochs.add_own(connection, sealer, *statement("th", 1, bytes(32)), _SECRETS))
    with database.reading() as reading:
        sealed_seed = reading.scalar(select(own_epoch.c.seed))
    assert sealed_seed is not None
    assert sealed_seed in _on_disk(path)
    writer.call(lambda connection: epochs.open_epoch(connection, *statement("th", 1, bytes(32))))
    assert writer.call(lambda connection: epochs.close(connection, 1))
    assert database.empty_log()
    assert sealed_seed not in _on_disk(path)
    writer.close()
    database.close()


def test_the_log_is_emptied_once_no_reader_needs_it(path: Path, sealer: Sealer) -> None:
    database = open_database(path)
    writer = Writer(database.writing)
    with database.reading() as reading:
        assert reading.scalar(select(own_epoch.c.epoch)) is None
        writer.call(lambda connection: epochs.add_own(connection, sealer, *statement("th", 1, bytes(32)), _SECRETS))
        assert not database.empty_log()
    assert database.empty_log()
    assert path.with_name(path.name + "-wal").stat().st_size == 0
    writer.close()
    database.close()


def _on_disk(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.parent.iterdir())
