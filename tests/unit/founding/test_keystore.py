"""A node's keys open under its secret alone, as they were, or not at all."""

from __future__ import annotations

import json
import pickle
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certs.issuing import generate_key, private_key_pem
from node.crypto.signing import verify
from node.errors import Code, LancangError
from node.storage.keystore import Keys, new_keys, open_keystore, write_keystore

SECRET = b"the secret of Thailand's node"
KEYS = new_keys(private_key_pem(generate_key()))


@pytest.fixture
def keystore(tmp_path: Path) -> Path:
    """A keystore of node th."""
    path = tmp_path / "home" / "keystore"
    write_keystore(path, KEYS, "th", SECRET)
    return path


def refused(path: Path, code: Code, node_id: str = "th", secret: bytes = SECRET) -> None:
    with pytest.raises(LancangError) as caught:
        open_keystore(path, node_id, secret)
    assert caught.value.code is code
    assert secret.decode() not in str(caught.value)


def edit(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_the_keys_come_back_under_the_secret(keystore: Path) -> None:
    opened = open_keystore(keystore, "th", SECRET)
    assert opened == KEYS
    verify(opened.signing.public, b"message", KEYS.signing.sign(b"message"))


def test_another_secret_does_not_open_them(keystore: Path) -> None:
    refused(keystore, Code.SECRET_WRONG, secret=b"the secret of another node")


def test_the_keystore_is_private_and_holds_no_key_in_clear(keystore: Path) -> None:
    assert keystore.stat().st_mode & 0o777 == 0o600
    assert keystore.parent.stat().st_mode & 0o777 == 0o700
    assert [each.name for each in keystore.parent.iterdir()] == ["keystore"]
    data = keystore.read_bytes()
    assert b"PRIVATE KEY" not in data
    assert set(json.loads(data)) == {"format", "version", "node_id", "salt", "sealed"}


def test_two_keystores_of_one_secret_have_nothing_in_common(keystore: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    write_keystore(other, KEYS, "th", SECRET)
    first, second = json.loads(keystore.read_text()), json.loads(other.read_text())
    assert first["salt"] != second["salt"]
    assert first["sealed"] != second["sealed"]


def test_a_keystore_belongs_to_one_node(keystore: Path) -> None:
    refused(keystore, Code.CONFIG_INVALID, node_id="cn")
    edit(keystore, node_id="cn")
    refused(keystore, Code.SECRET_WRONG, node_id="cn")


# Each example stretches the secret: 0.1 s.
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_changed_bit_is_refused(keystore: Path, data: st.DataObject) -> None:
    whole = keystore.read_bytes()
    bit = data.draw(st.integers(0, len(whole) * 8 - 1))
    changed = bytearray(whole)
    changed[bit // 8] ^= 1 << bit % 8
    path = keystore.with_name("changed")
    path.write_bytes(changed)
    with pytest.raises(LancangError) as caught:
        open_keystore(path, "th", SECRET)
    assert caught.value.code in {
        Code.SECRET_WRONG,
        Code.STORAGE_DAMAGED,
        Code.STORAGE_NEWER,
        Code.CONFIG_INVALID,
    }


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b"[" * 60_000, b" " * 70_000 + b"{}"])
def test_what_is_no_keystore_is_called_damaged(keystore: Path, data: bytes) -> None:
    keystore.write_bytes(data)
    refused(keystore, Code.STORAGE_DAMAGED)


@pytest.mark.parametrize("changes", [{"salt": 1}, {"salt": "AAAA"}, {"sealed": "%"}, {"version": 0}, {"version": "1"}])
def test_a_field_of_another_form_is_called_damaged(keystore: Path, changes: dict[str, object]) -> None:
    edit(keystore, **changes)
    refused(keystore, Code.STORAGE_DAMAGED)


def test_a_later_format_asks_for_a_later_program(keystore: Path) -> None:
    edit(keystore, version=2)
    refused(keystore, Code.STORAGE_NEWER)


def test_a_missing_keystore_is_unreadable(tmp_path: Path) -> None:
    refused(tmp_path / "none", Code.FILE_UNREADABLE)


def test_keys_are_neither_shown_nor_pickled() -> None:
    assert repr(KEYS) == str(KEYS) == "Keys()"
    with pytest.raises(TypeError):
        pickle.dumps(KEYS)


def test_fresh_keys_are_all_different() -> None:
    values = [getattr(keys, each.name) for keys in (KEYS, new_keys(b"pem")) for each in fields(Keys)]
    assert len(set(values)) == len(values)
    with pytest.raises(ValueError, match="signing_seed has 32 bytes"):
        Keys(b"", b"", b"", b"", b"")
