"""An independent verifier of exports of a log, made from docs/audit.md and docs/protocol.md: no code of node is used.

`python -m tests.support.log_verifier EXPORT [ROSTER]` prints what holds, as JSON; what does not hold is a Wrong.
"""

from __future__ import annotations

import base64
import json
import sys
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey


class Wrong(Exception):  # noqa: N818 - what it says
    """Something in the file does not hold."""


def verify(path: Path, roster: bytes | None = None) -> dict[str, Any]:
    """Verify a file. roster: the reader's own, else the export's newest is believed."""
    data = path.read_bytes()
    return verify_full(data, roster) if data.startswith(b"LCLOG\x01") else verify_partial(json.loads(data), roster)


def verify_full(data: bytes, roster: bytes | None) -> dict[str, Any]:
    """Every leaf, every checkpoint."""
    leaves, at = list[bytes](), 6
    at += 4 + number(data, at)
    while count := number(data, at):
        begin, size, at = at + 8, number(data, at + 4), at + 8
        at += 2 * count
        for each in range(count):
            length = int.from_bytes(data[begin + 2 * each : begin + 2 * each + 2], "big")
            if data[at] != 0:
                raise Wrong("a leaf without its zero byte")
            leaves.append(data[at + 1 : at + length])
            at += length
        if at != begin + size:
            raise Wrong("a block of another size")
    end = json.loads(data[at + 8 : at + 8 + number(data, at + 4)])
    found = signatures(end, roster)
    hashes = [sha256(b"\x00" + leaf).digest() for leaf in leaves]
    for size, root in found["roots"]:
        if root_of(hashes[:size]) != root or size > len(leaves):
            raise Wrong(f"other leaves than were signed for, among the first {size}")
    return {"acts": len(leaves), "vouched": found["vouched"], "kinds": [leaf[1] for leaf in leaves]}


def verify_partial(document: dict[str, Any], roster: bytes | None) -> dict[str, Any]:
    """Each act, and the fields that are opened."""
    found = signatures(document, roster)
    roots = dict(found["roots"])
    for act in document["acts"]:
        leaf, path = bytes.fromhex(act["leaf"]), [bytes.fromhex(each) for each in act["path"]]
        if climb(sha256(b"\x00" + leaf).digest(), act["number"] - 1, act["size"], path) != roots[act["size"]]:
            raise Wrong(f"act {act['number']} is not in the tree")
        names = 26 + 2 + int.from_bytes(leaf[26:28], "big")
        names += 2 + int.from_bytes(leaf[names : names + 2], "big")
        commitments = [leaf[at : at + 32] for at in range(names + 1, len(leaf), 32)]
        for field in act["opened"]:
            text, salt = prefixed(field["field"]) + prefixed(field["value"]), bytes.fromhex(field["salt"])
            if blake2b(text, digest_size=32, key=salt, person=b"lancang1.field").digest() not in commitments:
                raise Wrong(f"{field['field']} of act {act['number']} is not what was logged")
    return {"acts": len(document["acts"]), "vouched": found["vouched"]}


def signatures(end: dict[str, Any], own: bytes | None) -> dict[str, Any]:
    """Check who signed; returns (size, root) of each checkpoint, and for each witness the longest it vouches for."""
    documents = [json.loads(text)["roster"] for text in end["rosters"]] if own is None else [json.loads(own)["roster"]]
    keys: dict[str, set[bytes]] = {}
    for document in documents:
        for member in document["members"]:
            keys.setdefault(member["node_id"], set()).add(base64.b64decode(member["signing_key"]))
    roots, vouched = [], dict[str, int]()
    for each in end["checkpoints"]:
        said = bytes.fromhex(each["checkpoint"])
        if not said.startswith(b"lancang/1/checkpoint"):
            raise Wrong("no checkpoint")
        at = 20 + 2 + int.from_bytes(said[20:22], "big")
        owner = said[at + 2 : at + 2 + int.from_bytes(said[at : at + 2], "big")].decode()
        size, root = int.from_bytes(said[-48:-40], "big"), said[-32:]
        check(keys[owner], said, each["signature"])
        for given in each["cosignatures"]:
            if given["witness"] == owner:
                raise Wrong("an owner that vouches for itself")
            words = b"lancang/1/cosignature" + prefixed(given["witness"]) + given["ms"].to_bytes(8, "big") + said
            check(keys[given["witness"]], words, given["signature"])
            vouched[given["witness"]] = max(size, vouched.get(given["witness"], 0))
        roots.append((size, root))
    return {"roots": roots, "vouched": vouched}


def check(keys: set[bytes], message: bytes, signature: str) -> None:
    """One of the keys must have signed."""
    for key in keys:
        try:
            VerifyKey(key).verify(message, bytes.fromhex(signature))
        except BadSignatureError:
            continue
        return
    raise Wrong("a signature does not verify")


def root_of(hashes: list[bytes]) -> bytes:
    """RFC 6962, 2.1, from the leaves' hashes, level by level: whoever has no neighbour goes up alone."""
    while len(hashes) > 1:
        pairs = [sha256(b"\x01" + one + two).digest() for one, two in zip(hashes[::2], hashes[1::2], strict=False)]
        hashes = pairs + hashes[len(hashes) & ~1 :]
    return hashes[0] if hashes else sha256(b"").digest()


def climb(hash_: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root above a leaf: at each level its neighbour stands right or left, or it goes up alone."""
    rest = list(path)
    while size > 1:
        if index % 2 or index + 1 < size:
            if not rest:
                raise Wrong("a path that is too short")
            other = rest.pop(0)
            hash_ = sha256(b"\x01" + (other + hash_ if index % 2 else hash_ + other)).digest()
        index, size = index // 2, (size + 1) // 2
    if rest:
        raise Wrong("a path that is too long")
    return hash_


def number(data: bytes, at: int) -> int:
    """A number of four bytes."""
    return int.from_bytes(data[at : at + 4], "big")


def prefixed(text: str) -> bytes:
    """A text after its length in two bytes."""
    return len(text.encode()).to_bytes(2, "big") + text.encode()


if __name__ == "__main__":
    found = verify(Path(sys.argv[1]), Path(sys.argv[2]).read_bytes() if len(sys.argv) > 2 else None)
    sys.stdout.write(json.dumps({key: value for key, value in found.items() if key != "kinds"}) + "\n")
