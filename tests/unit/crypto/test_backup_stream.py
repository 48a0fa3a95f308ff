"""A backup is read by the holder of its key alone, whole or not at all."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.public import PrivateKey

from node.crypto.backup_stream import MAGIC, PIECE_BYTES, BackupReader, BackupSealer
from node.errors import Code, LancangError

KEY = PrivateKey(b"k" * 32)


def sealed(pieces: list[bytes]) -> bytes:
    sealer = BackupSealer(bytes(KEY.public_key))
    return sealer.beginning + b"".join(map(sealer.frame, pieces)) + sealer.frame(b"", last=True)


def read(data: bytes, key: PrivateKey = KEY, step: int = 1 << 16) -> bytes:
    reader = BackupReader(io.BytesIO(data), key)
    found = b""
    while piece := reader.read(step):
        found += piece
    reader.check_ended()
    return found


def refused(act: Callable[[], object]) -> Code:
    with pytest.raises(LancangError) as refusal:
        act()
    return refusal.value.code


@given(st.lists(st.binary(min_size=1, max_size=200), max_size=5), st.integers(1, 300))
def test_what_went_in_comes_out(pieces: list[bytes], step: int) -> None:
    assert read(sealed(pieces), step=step) == b"".join(pieces)


def test_the_largest_piece_fits_a_frame() -> None:
    assert len(read(sealed([bytes(PIECE_BYTES)]))) == PIECE_BYTES


@given(st.data())
def test_cut_off_or_altered_anywhere_it_is_refused(data: st.DataObject) -> None:
    whole = sealed([b"first", b"second"])
    cut = data.draw(st.integers(0, len(whole) - 1))
    assert refused(lambda: read(whole[:cut])) is Code.BACKUP_DAMAGED
    at = data.draw(st.integers(0, len(whole) - 1))
    altered = bytearray(whole)
    altered[at] ^= data.draw(st.integers(1, 255))
    # The sealed key can't be told from one that was made for someone else.
    assert refused(lambda: read(bytes(altered))) in {Code.BACKUP_DAMAGED, Code.BACKUP_KEY}
    assert refused(lambda: read(whole + b"x")) is Code.BACKUP_DAMAGED


def test_frames_out_of_order_or_of_another_backup_are_refused() -> None:
    sealer, other = BackupSealer(bytes(KEY.public_key)), BackupSealer(bytes(KEY.public_key))
    first, second, last = sealer.frame(b"1"), sealer.frame(b"2"), sealer.frame(b"", last=True)
    assert refused(lambda: read(sealer.beginning + second + first + last)) is Code.BACKUP_DAMAGED
    assert refused(lambda: read(sealer.beginning + first + last)) is Code.BACKUP_DAMAGED
    assert refused(lambda: read(sealer.beginning + first + other.frame(b"2"))) is Code.BACKUP_DAMAGED


def test_another_key_opens_nothing_and_is_told_so() -> None:
    assert refused(lambda: read(sealed([b"x"]), PrivateKey(b"o" * 32))) is Code.BACKUP_KEY
    assert refused(lambda: read(b"not a backup at all, but long enough to look at")) is Code.BACKUP_DAMAGED
    assert sealed([]).startswith(MAGIC)
