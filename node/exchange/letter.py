"""Rules of letters: what their sender and their recipient sign, and what each checks of the other (protocol.md)."""

from __future__ import annotations

from node.crypto.hashing import blake
from node.crypto.signing import SigningKey, verify
from node.errors import Code, LancangError
from node.model.courier import (
    CONVERSATION_BYTES,
    LONGEST_KIND,
    MESSAGE_ID_BYTES,
    MOST_BODY_BYTES,
    Letter,
    Receipt,
    Refusal,
    SignedLetter,
)
from node.model.encoding import lp, u8, u64

HASH_BYTES = 32
_ACCEPTED, _REFUSED = 1, 2

PASSING = frozenset(
    {
        Code.NODE_UNREACHABLE,
        Code.NODE_TIMEOUT,
        Code.NODE_DRAINING,
        Code.NODE_RESTORED,
        Code.NODE_LOCKED,
        Code.NODE_NOT_RUNNING,
        Code.SECRET_MISSING,
        Code.SECRET_WRONG,
        Code.STORAGE_DAMAGED,
        Code.STORAGE_NEWER,
        Code.DISK_FULL,
        Code.INTERNAL,
        Code.RATE_LIMITED,
        Code.CLOCK_DOUBTFUL,
        Code.PEER_SUSPENDED,
        Code.ROSTER_EXPIRED,
        Code.ROSTER_STALE,
        Code.LETTER_GAP,
    }
)
"""What may be over later: the letter is sent again. Every other code with which a handler refuses is for good."""


def body_hash(body: bytes) -> bytes:
    """The hash by which a body stands in what is signed, 32 bytes."""
    return blake("lancang1.letter", b"", body, HASH_BYTES)


def letter_bytes(alliance: str, letter: Letter, hashed: bytes | None = None) -> bytes:
    """What the sender signs. hashed: body_hash of a body that is not at hand any more."""
    return b"".join(
        (
            b"lancang/1/letter",
            lp(alliance),
            lp(letter.sender),
            lp(letter.recipient),
            letter.message_id,
            letter.conversation,
            u64(letter.number),
            lp(letter.kind),
            u64(letter.ms),
            body_hash(letter.body) if hashed is None else hashed,
        )
    )


def letter_hash(signed: bytes) -> bytes:
    """The hash by which a receipt names a letter: of what its sender signs, 32 bytes."""
    return blake("lancang1.written", b"", signed, HASH_BYTES)


def sign_letter(alliance: str, letter: Letter, key: SigningKey) -> SignedLetter:
    """Sign a letter with the key that the roster names now."""
    return SignedLetter(letter, key.sign(letter_bytes(alliance, letter)))


def check_letter(signed: SignedLetter, *, alliance: str, sender: str, recipient: str, sender_key: bytes) -> None:
    """Check who wrote a letter to whom, its sizes, its signature. sender: the authenticated caller.

    Raises LancangError: LETTER_ALTERED, INPUT_TOO_LARGE, SIGNATURE_WRONG.
    """
    letter = signed.letter
    if letter.sender != sender or letter.recipient != recipient:
        raise LancangError(Code.LETTER_ALTERED, "the letter is from another node than its caller, or to another one")
    if len(letter.message_id) != MESSAGE_ID_BYTES or len(letter.conversation) != CONVERSATION_BYTES:
        raise LancangError(Code.LETTER_ALTERED, "a message id and a conversation have 16 bytes")
    if not 1 <= letter.number < 1 << 63:
        raise LancangError(Code.LETTER_ALTERED, "numbers begin with 1")
    if not 1 <= len(letter.kind) <= LONGEST_KIND:
        raise LancangError(Code.LETTER_ALTERED, f"a kind has 1 to {LONGEST_KIND} characters")
    if len(letter.body) > MOST_BODY_BYTES:
        raise LancangError(Code.INPUT_TOO_LARGE, f"a letter's body has at most {MOST_BODY_BYTES} bytes")
    verify(sender_key, letter_bytes(alliance, letter), signed.signature)


def sign_receipt(letter: Letter, refusal: Refusal | None, ms: int, written: bytes, key: SigningKey) -> Receipt:
    """Say what became of a letter. written: letter_hash of it."""
    return Receipt(written, refusal, ms, key.sign(_receipt_bytes(letter.message_id, refusal, ms, written)))


def check_receipt(receipt: Receipt, letter: Letter, written: bytes, recipient_key: bytes) -> None:
    """Check that a receipt is for this letter, by its recipient. Raises LancangError: LETTER_ALTERED, SIGNATURE_WRONG.

    written: letter_hash of what was sent.
    """
    if receipt.letter_hash != written:
        raise LancangError(Code.LETTER_ALTERED, "the receipt is for another letter")
    said = _receipt_bytes(letter.message_id, receipt.refusal, receipt.ms, written)
    verify(recipient_key, said, receipt.signature)


def receipt_words(letter: Letter, receipt: Receipt) -> bytes:
    """A receipt as its letter's sender keeps it: what was signed, then the signature (64 bytes)."""
    return _receipt_bytes(letter.message_id, receipt.refusal, receipt.ms, receipt.letter_hash) + receipt.signature


def _receipt_bytes(message_id: bytes, refusal: Refusal | None, ms: int, written: bytes) -> bytes:
    outcome = u8(_ACCEPTED) if refusal is None else u8(_REFUSED) + lp(refusal.code) + lp(refusal.reason)
    return b"lancang/1/receipt" + message_id + outcome + u64(ms) + written
