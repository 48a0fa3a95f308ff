"""Show and withdraw single records at their owner."""

from __future__ import annotations

from sqlalchemy import Connection

from node.acts.runtime.node import Node
from node.audit.journal import ActKind, record_act
from node.errors import Code, LancangError
from node.model.records import PublishedTag, ShownRecord
from node.storage import changes, epochs, records, tags
from node.storage.records import Record


async def show_by_id(node: Node, record_id: str, officer: str) -> ShownRecord:
    """A record by its id, with the tags it is known by. Raises LancangError(RECORD_NOT_FOUND)."""
    record = await node.read(records.get, node.sealer, node.row_keys, record_id)
    return await _show(node, record, officer, "")


async def show_by_tag(node: Node, tag: bytes, audience: str, epoch: int, officer: str) -> ShownRecord:
    """The record that an audience knows by a tag (epoch 0: any that is kept, the newest first).

    Raises LancangError(RECORD_NOT_FOUND).
    """

    def find(connection: Connection) -> Record | None:
        kept = [epoch] if epoch else sorted((own.epoch for own in epochs.own(connection)), reverse=True)
        for number in kept:
            found = tags.find(connection, audience, number, tag)
            if found is not None:
                return records.get_row(connection, node.sealer, found.row)
        return None

    return await _show(node, await node.read(find), officer, audience)


async def _show(node: Node, record: Record | None, officer: str, audience: str) -> ShownRecord:
    if record is None:
        raise LancangError(Code.RECORD_NOT_FOUND)
    published = await node.read(tags.of_row, record.row)
    now, detail = node.clock.now_ms(), {"version": record.version}
    await node.write(record_act, ActKind.RECORD_SHOWN, officer, audience, now, detail)
    known = tuple(PublishedTag(each.audience, each.epoch, each.tag) for each in published)
    return ShownRecord(record.content, record.state.value, record.version, known)


async def withdraw_record(node: Node, record_id: str, officer: str) -> int:
    """Withdraw a record: its content is erased here, its tags are revoked everywhere. Returns the version."""
    now = node.clock.now_ms()

    def withdraw(connection: Connection) -> int:
        version = changes.withdraw(connection, node.row_keys.record(record_id), now)
        record_act(connection, ActKind.RECORD_WITHDRAWN, officer, "", now, {"version": version})
        return version

    version = await node.write(withdraw)
    node.news.set()
    return version
