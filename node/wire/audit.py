"""Messages of the log's contract <-> model, with every check of content."""

from __future__ import annotations

from collections.abc import Iterable

from node.audit.checkpoints import MOST_PROOF, Beginning
from node.audit.tree import HASH_BYTES
from node.errors import Code, LancangError
from node.model.checkpoint import Checkpoint, Cosignature, SharedAct, SharedPage, SignedCheckpoint
from node.v1 import audit_pb2
from node.wire.reading import exact, moment, node_id, split

MOST_COSIGNATURES = 64
MOST_LOGS = 64
MOST_LEAF = 16_384
MOST_SHARED = 500
_MOST_ACTS = 2**48


def checkpoint_to_message(signed: SignedCheckpoint) -> audit_pb2.Checkpoint:
    """Encode the exact signed bytes."""
    return audit_pb2.Checkpoint(
        checkpoint=signed.checkpoint.encode(),
        signature=signed.signature,
        cosignatures=map(cosignature_to_message, signed.cosignatures),
    )


def checkpoint_from_message(message: audit_pb2.Checkpoint) -> SignedCheckpoint:
    """Decode; no signature is checked here. Raises LancangError(MESSAGE_MALFORMED)."""
    if len(message.cosignatures) > MOST_COSIGNATURES:
        raise LancangError(Code.MESSAGE_MALFORMED, f"cosignatures: at most {MOST_COSIGNATURES}")
    try:
        said = Checkpoint.decode(message.checkpoint)
    except ValueError as problem:
        raise LancangError(Code.MESSAGE_MALFORMED, f"checkpoint: {problem}") from None
    signature = exact(message.signature, "signature", 64)
    return SignedCheckpoint(said, signature, tuple(map(cosignature_from_message, message.cosignatures)))


def cosignature_to_message(given: Cosignature) -> audit_pb2.Cosignature:
    """Encode."""
    return audit_pb2.Cosignature(witness=given.witness, ms=given.ms, signature=given.signature)


def cosignature_from_message(message: audit_pb2.Cosignature) -> Cosignature:
    """Decode. Raises LancangError(MESSAGE_MALFORMED)."""
    return Cosignature(
        node_id(message.witness, "witness"), moment(message.ms, "ms"), exact(message.signature, "signature", 64)
    )


def cosign_to_message(
    signed: SignedCheckpoint, from_size: int, proof: Iterable[bytes], beginning: Beginning | None
) -> audit_pb2.CosignRequest:
    """Encode."""
    request = audit_pb2.CosignRequest(
        checkpoint=audit_pb2.Checkpoint(checkpoint=signed.checkpoint.encode(), signature=signed.signature),
        from_size=from_size,
        proof=b"".join(proof),
    )
    if beginning is not None:
        request.beginning.CopyFrom(
            audit_pb2.LogBeginning(
                act_no=beginning.act_no,
                leaf=beginning.leaf,
                salt=beginning.salt,
                after_generation=beginning.after_generation,
                after_size=beginning.after_size,
                after_root=beginning.after_root,
                path=b"".join(beginning.path),
            )
        )
    return request


def beginning_from_message(message: audit_pb2.CosignRequest) -> Beginning | None:
    """Decode. Raises LancangError(MESSAGE_MALFORMED)."""
    if not message.HasField("beginning"):
        return None
    begun = message.beginning
    return Beginning(
        act_no=_number(begun.act_no, "act_no"),
        leaf=_leaf(begun.leaf),
        salt=exact(begun.salt, "salt", 32),
        after_generation=begun.after_generation,
        after_size=_number(begun.after_size, "after_size"),
        after_root=exact(begun.after_root, "after_root", HASH_BYTES),
        path=proof_from_bytes(begun.path, "path"),
    )


def proof_from_bytes(data: bytes, field: str) -> tuple[bytes, ...]:
    """Hashes that stand one after the other. Raises LancangError(MESSAGE_MALFORMED)."""
    return split(data, field, HASH_BYTES, MOST_PROOF)


def checkpoints_from_message(message: audit_pb2.GetCheckpointsResponse) -> list[SignedCheckpoint]:
    """Decode. Raises LancangError(MESSAGE_MALFORMED)."""
    if len(message.checkpoints) > MOST_LOGS:
        raise LancangError(Code.MESSAGE_MALFORMED, f"checkpoints: at most {MOST_LOGS}")
    return [checkpoint_from_message(each) for each in message.checkpoints]


def shared_to_message(page: SharedPage) -> audit_pb2.ListSharedResponse:
    """Encode."""
    return audit_pb2.ListSharedResponse(
        checkpoint=checkpoint_to_message(page.signed),
        acts=[
            audit_pb2.SharedAct(act_no=each.act_no, leaf=each.leaf, path=b"".join(each.path)) for each in page.acts
        ],
        complete=page.complete,
    )  # fmt: skip


def shared_from_message(message: audit_pb2.ListSharedResponse) -> SharedPage:
    """Decode. Raises LancangError(MESSAGE_MALFORMED)."""
    if len(message.acts) > MOST_SHARED:
        raise LancangError(Code.MESSAGE_MALFORMED, f"acts: at most {MOST_SHARED}")
    acts = tuple(
        SharedAct(_number(each.act_no, "act_no"), _leaf(each.leaf), proof_from_bytes(each.path, "path"))
        for each in message.acts
    )
    return SharedPage(checkpoint_from_message(message.checkpoint), acts, message.complete)


def _leaf(data: bytes) -> bytes:
    if len(data) > MOST_LEAF:
        raise LancangError(Code.MESSAGE_MALFORMED, f"leaf: at most {MOST_LEAF} bytes")
    return data


def _number(value: int, field: str) -> int:
    if not 0 < value <= _MOST_ACTS:
        raise LancangError(Code.MESSAGE_MALFORMED, f"{field}: no log is so long")
    return value
