"""A peer that knows the first contract alone: what it reads and writes goes through the descriptors of then.

They stand in proto/image.binpb, against which `make lint` checks every change of the contracts.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

from node.model.session import REQUIRED
from tests.support.contracts import IMAGE
from tests.support.hostile_owner import FakeOwner, Said


def _pool() -> descriptor_pool.DescriptorPool:
    files = descriptor_pb2.FileDescriptorSet.FromString(IMAGE.read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return pool


_POOL = _pool()


def as_then(message: Message) -> bytes:
    """What the program of then would have written: without the fields that came later."""
    kind: Any = message_factory.GetMessageClass(_POOL.FindMessageTypeByName(message.DESCRIPTOR.full_name))
    old = kind.FromString(message.SerializeToString())
    old.DiscardUnknownFields()
    written: bytes = old.SerializeToString()
    return written


class PreviousContract(FakeOwner):
    """Does nothing wrong, and knows nothing new: methods of later contracts it does not have at all."""

    def greeting(self, **changed: Any) -> Said:
        """Without what was added since."""
        return _then(FakeOwner.greeting(self, capabilities=REQUIRED, **changed))

    def epochs(self) -> Said:
        """As then."""
        return _then(FakeOwner.epochs(self))

    def stream(self, position: Any) -> Any:
        """As then."""
        for said in FakeOwner.stream(self, position):
            yield _then(said)

    def answer(self, ask: Any) -> Said:
        """As then."""
        return _then(FakeOwner.answer(self, ask))


def _then(said: Said) -> Said:
    return said if isinstance(said, bytes) else as_then(said)
