"""Checkpoints as they are kept: the newest counts, old ones go when nobody needs them, of others' logs one stays."""

from __future__ import annotations

from node.model.checkpoint import Checkpoint, Cosignature, SignedCheckpoint
from node.storage import checkpoints
from node.storage.engine import Database
from node.storage.writer import Writer

HOUR, DAY = 3_600_000, 86_400_000
NOW = 20_000 * DAY + 12 * HOUR


def signed(size: int, ms: int, *witnesses: str, owner: str = "th", generation: int = 1) -> SignedCheckpoint:
    said = Checkpoint("mekong", owner, generation, size, ms, bytes([size % 256]) * 32)
    return SignedCheckpoint(said, b"s" * 64, tuple(Cosignature(name, ms, b"c" * 64) for name in witnesses))


def kept(database: Database, owner: str = "th") -> list[int]:
    with database.reading() as reading:
        return [each.checkpoint.size for each in checkpoints.every(reading, owner, 10**6)]


def test_a_later_generation_is_newer_than_a_longer_log(database: Database, writer: Writer) -> None:
    for each in (signed(90, NOW), signed(40, NOW + 1, generation=2), signed(50, NOW + 2, "cn", generation=2)):
        writer.call(lambda connection, each=each: checkpoints.keep(connection, each))  # type: ignore[misc]  # a bound default
    with database.reading() as reading:
        assert checkpoints.newest(reading, "th") == signed(50, NOW + 2, "cn", generation=2)
        assert checkpoints.newest(reading, "la") is None
        vouched = checkpoints.newest_vouched(reading, "th", "cn")
        assert vouched is not None
        assert vouched.checkpoint.size == 50
        assert checkpoints.newest_vouched(reading, "th", "la") is None


def test_of_each_hour_and_each_earlier_day_one_stays_and_what_a_witness_vouched_for_last(
    database: Database, writer: Writer
) -> None:
    times = {
        10: NOW - 3 * DAY, 11: NOW - 3 * DAY + HOUR, 20: NOW - 2 * DAY, 30: NOW - 5 * HOUR, 31: NOW - 5 * HOUR + 1,
        40: NOW - 60_000, 41: NOW - 30_000, 42: NOW,
    }  # fmt: skip
    vouched = {10: ("la",), 30: ("mm",), 41: ("cn",)}
    for size, ms in times.items():
        each = signed(size, ms, *vouched.get(size, ()))
        writer.call(lambda connection, each=each: checkpoints.keep(connection, each))  # type: ignore[misc]  # a bound default
    writer.call(lambda connection: checkpoints.prune(connection, "th", NOW))
    # 10, 30 and 41 are the newest that la, mm and cn vouched for; 40 is neither the newest of its hour nor anybody's.
    assert kept(database) == [10, 11, 20, 30, 31, 41, 42]
    writer.call(lambda connection: checkpoints.prune(connection, "th", NOW))
    assert kept(database) == [10, 11, 20, 30, 31, 41, 42]


def test_of_anothers_log_the_newest_alone_is_kept(database: Database, writer: Writer) -> None:
    for each in (signed(5, NOW, "th", owner="cn"), signed(9, NOW + 1, "th", owner="cn"), signed(3, NOW, owner="la")):
        writer.call(lambda connection, each=each: checkpoints.replace_newest(connection, each))  # type: ignore[misc]  # a bound default
    assert (kept(database, "cn"), kept(database, "la")) == ([9], [3])
    with database.reading() as reading:
        assert [each.checkpoint.owner for each in checkpoints.newest_of_each(reading)] == ["cn", "la"]


def test_a_witness_that_vouches_again_is_kept_once(database: Database, writer: Writer) -> None:
    said = signed(5, NOW)
    writer.call(lambda connection: checkpoints.keep(connection, said))
    for ms in (NOW + 1, NOW + 2):
        given = Cosignature("cn", ms, b"d" * 64)
        writer.call(lambda connection, given=given: checkpoints.vouch(connection, said.checkpoint, given))  # type: ignore[misc]  # a bound default
    with database.reading() as reading:
        newest = checkpoints.newest(reading, "th")
        assert newest is not None
        assert newest.cosignatures == (Cosignature("cn", NOW + 2, b"d" * 64),)
