"""Keccak-256 as Ethereum uses it: Keccak before FIPS 202, whose padding byte is 0x01 where SHA3-256 has 0x06.

No locked library has it, so it stands here, after "The Keccak reference" 3.0 (Bertoni and others, 2011).
It checks the checksum of addresses and keeps no secret: it is not made to run in constant time.
"""

from __future__ import annotations

_MASK = (1 << 64) - 1
_RATE = 136  # bytes a block: 1600 bits less twice the 256 of the digest
_ROUNDS = 24
PADDING = 0x01


def keccak_256(message: bytes) -> bytes:
    """The digest of a message, 32 bytes."""
    padded = bytearray(message) + bytes([PADDING]) + bytes(-(len(message) + 1) % _RATE)
    padded[-1] |= 0x80
    lanes = [0] * 25  # lane (x, y) at x + 5 * y
    for start in range(0, len(padded), _RATE):
        for lane in range(_RATE // 8):
            at = start + 8 * lane
            lanes[lane] ^= int.from_bytes(padded[at : at + 8], "little")
        lanes = _permuted(lanes)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])


def _permuted(lanes: list[int]) -> list[int]:
    """Keccak-f[1600]: theta, rho and pi, chi, iota, 24 times."""
    constants = 1  # the state of the register that gives the round constants
    for _ in range(_ROUNDS):
        columns = [lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)]
        effects = [columns[(x - 1) % 5] ^ _turned(columns[(x + 1) % 5], 1) for x in range(5)]
        lanes = [lane ^ effects[place % 5] for place, lane in enumerate(lanes)]
        lanes = _moved(lanes)
        lanes = [
            lane ^ (~lanes[place - place % 5 + (place + 1) % 5] & lanes[place - place % 5 + (place + 2) % 5] & _MASK)
            for place, lane in enumerate(lanes)
        ]
        for power in range(7):
            constants = (constants << 1) ^ ((constants >> 7) * 0x171)
            if constants & 2:
                lanes[0] ^= 1 << ((1 << power) - 1)
    return lanes


def _moved(lanes: list[int]) -> list[int]:
    """Rho and pi in one walk: each lane is turned and goes to its next place; the first stays."""
    moved = list(lanes)
    x, y = 1, 0
    carried = lanes[1]
    for step in range(24):
        x, y = y, (2 * x + 3 * y) % 5
        moved[x + 5 * y] = _turned(carried, (step + 1) * (step + 2) // 2)
        carried = lanes[x + 5 * y]
    return moved


def _turned(lane: int, by: int) -> int:
    by %= 64
    return (lane << by | lane >> (64 - by)) & _MASK
