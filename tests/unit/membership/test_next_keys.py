"""New keys of a node: they hold with the roster that names them, never before; a kill leaves the one or the other."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from certs.reading import fingerprint, read_certificate, verify_leaf
from node.acts.founding.authority_files import pem_to_der
from node.acts.founding.found import Founded, MemberPlan, found_member
from node.acts.membership import next_keys
from node.acts.membership.next_keys import keys_named, prepare_next_keys, signing_keys, sweep_next, take_up_next_keys
from node.config import Address, Home
from node.errors import Code, LancangError
from node.model.roster import Roster, SignedRoster
from node.roster.documents import unsigned
from node.roster.installed import install_roster, installed_roster
from node.roster.policy_defaults import default_policy
from node.roster.signing import sign_roster
from node.storage.keystore import open_keystore
from tests.unit.roster.builders import DAY_MS

NOW_MS = time.time_ns() // 1_000_000
SECRET = b"the secret of Thailand's node"
PLAN = MemberPlan("mekong", "th", "Royal Thai Police", "th.example:7443", Address("192.0.2.7", 7443))


def first_roster(founded: Founded) -> SignedRoster:
    """An alliance of one."""
    roster = Roster("mekong", 1, NOW_MS, NOW_MS + 300 * DAY_MS, 1, (founded.member,), default_policy(), bytes(32))
    return sign_roster(unsigned(roster), "th", founded.keys.signing)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = Home(tmp_path_factory.mktemp("next-keys") / "th")
    install_roster(home, first_roster(found_member(home, PLAN, SECRET, NOW_MS)), NOW_MS)
    return home.path


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Home:
    """A member's home under its first roster."""
    return Home(Path(shutil.copytree(template, tmp_path / "th")))


def naming(home: Home, *, new_authority: bool = False) -> Roster:
    """Prepare new keys, and the roster that names them."""
    entry = prepare_next_keys(home, "th", SECRET, NOW_MS, new_authority=new_authority)
    present = installed_roster(home)
    assert present is not None
    return replace(present.roster, version=2, previous=present.hash, members=(entry,))


def test_new_keys_hold_with_the_roster_that_names_them_and_not_before(home: Home) -> None:
    present = installed_roster(home)
    assert present is not None
    before = open_keystore(home.keystore, "th", SECRET)
    new = naming(home)
    assert keys_named(home, "th", SECRET, present.roster)[0].signing_seed == before.signing_seed
    after, waiting = keys_named(home, "th", SECRET, new)
    assert waiting
    assert after.signing.public == new.members[0].signing_key
    assert (after.signing_seed, after.sealing_key, after.tls_key_pem) != (
        before.signing_seed,
        before.sealing_key,
        before.tls_key_pem,
    )
    # What is sealed on disk, and under which names peers know officers, is not the roster's business.
    assert (after.storage_master, after.officer_pseudonym) == (before.storage_master, before.officer_pseudonym)


def test_the_entry_revokes_the_certificate_that_it_replaces(home: Home) -> None:
    old = pem_to_der(home.node_certificate.read_bytes())
    assert naming(home).members[0].revoked == (fingerprint(old),)


def test_both_keys_sign_the_roster_that_changes_them(home: Home) -> None:
    new = naming(home)
    keys = {key.public for key in signing_keys(home, "th", SECRET, new)}
    assert keys == {new.members[0].signing_key, open_keystore(home.keystore, "th", SECRET).signing.public}


def test_new_keys_are_not_made_over_others_that_wait(home: Home) -> None:
    naming(home)
    with pytest.raises(LancangError) as refused:
        prepare_next_keys(home, "th", SECRET, NOW_MS)
    assert refused.value.code is Code.INPUT_INVALID


def test_without_its_authority_a_node_gets_no_new_certificate(home: Home) -> None:
    shutil.rmtree(home.authority)
    with pytest.raises(LancangError) as refused:
        prepare_next_keys(home, "th", SECRET, NOW_MS)
    assert refused.value.code is Code.FILE_UNREADABLE
    assert not home.next.exists()


def test_a_roster_that_names_other_keys_or_not_this_node_is_not_taken_up(home: Home) -> None:
    new = naming(home)
    foreign = replace(new.members[0], signing_key=bytes(32))
    with pytest.raises(LancangError, match="a key that this node does not hold"):
        keys_named(home, "th", SECRET, replace(new, members=(foreign,)))
    with pytest.raises(LancangError, match="no longer names th"):
        keys_named(home, "th", SECRET, replace(new, members=(replace(foreign, node_id="cn"),)))


@pytest.mark.parametrize("new_authority", [False, True])
def test_taking_up_may_be_killed_at_every_step_and_is_finished_by_the_next_start(
    home: Home, monkeypatch: pytest.MonkeyPatch, new_authority: bool
) -> None:
    new = naming(home, new_authority=new_authority)
    move, steps = next_keys._move, 0
    budget = 0

    def dying_move(source: Path, target: Path) -> None:
        nonlocal steps
        if steps == budget:
            raise KeyboardInterrupt
        steps += 1
        move(source, target)

    monkeypatch.setattr(next_keys, "_move", dying_move)
    while True:
        steps, budget = 0, 1
        # As a start does it: the roster says which keys hold, wherever they lie by now.
        keys, waiting = keys_named(home, "th", SECRET, new)
        assert keys.signing.public == new.members[0].signing_key
        if not waiting:
            break
        try:
            take_up_next_keys(home)
        except KeyboardInterrupt:
            continue
    monkeypatch.undo()
    sweep_next(home)
    assert not home.next.exists()
    leaf = pem_to_der(home.node_certificate.read_bytes())
    assert verify_leaf(leaf, new.members[0].certificate_authority, datetime.now(UTC))
    key = load_pem_private_key(open_keystore(home.keystore, "th", SECRET).tls_key_pem, None)
    shape = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert key.public_key().public_bytes(*shape) == read_certificate(leaf).public_key().public_bytes(*shape)
    for officer in ("analyst", "administrator"):
        officer_leaf = pem_to_der(home.officer_certificate(officer).read_bytes())
        assert verify_leaf(officer_leaf, new.members[0].certificate_authority, datetime.now(UTC))
