"""A member and a federation appear whole, private and ready, or not at all."""

from __future__ import annotations

import socket
import time
from datetime import UTC, datetime
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate

from certs.reading import verify_leaf
from node.acts.founding import found
from node.acts.founding.found import Founded, MemberPlan, found_member
from node.acts.founding.found_federation import Federation, found_federation, free_loopback_addresses, read_federation
from node.acts.membership.renew import add_officer, officers_of, renew_node_certificate, renew_officer_certificate
from node.config import Address, Home, load_settings, read_secret
from node.errors import Code, LancangError
from node.model.officer import OFFICER_ROLES, Caller, Role
from node.roster.acceptance import accept, verify_at
from node.roster.documents import parse_member
from node.roster.installed import install_roster, installed_roster
from node.roster.membership import identify_officer, identify_peer
from node.roster.policy_defaults import default_policy, with_daily_budget
from node.storage.keystore import open_keystore
from tests.unit.roster.builders import SIX, roster_of, signed_by

NOW_MS = time.time_ns() // 1_000_000
DAY_MS = 86_400_000
SECRET = b"the secret of Thailand's node"
PLAN = MemberPlan("mekong", "th", "Royal Thai Police", "th.example:7443", Address("192.0.2.7", 7443))


def leaf_of(path: Path) -> bytes:
    return load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER)


@pytest.fixture(scope="module")
def thailand(tmp_path_factory: pytest.TempPathFactory) -> Founded:
    """One member, founded once; tests that change it take `own`."""
    return found_member(Home(tmp_path_factory.mktemp("member") / "th"), PLAN, SECRET, NOW_MS)


@pytest.fixture
def own(tmp_path: Path) -> Founded:
    """A member of the test's own."""
    return found_member(Home(tmp_path / "th"), PLAN, SECRET, NOW_MS)


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory) -> Federation:
    """Three members, founded once."""
    directory = tmp_path_factory.mktemp("federation") / "demo"
    return found_federation(directory, ("cn", "th", "vn"), with_daily_budget(default_policy(), 6400), NOW_MS)


def refused(code: Code, home: Home, plan: MemberPlan = PLAN, secret: bytes = SECRET) -> LancangError:
    with pytest.raises(LancangError) as caught:
        found_member(home, plan, secret, NOW_MS)
    assert caught.value.code is code
    return caught.value


# --- One member -----------------------------------------------------------------------------------


def test_a_member_has_keys_that_its_entry_names(thailand: Founded) -> None:
    keys = open_keystore(thailand.home.keystore, "th", SECRET)
    assert keys == thailand.keys
    assert parse_member(thailand.home.member.read_bytes()) == thailand.member
    assert thailand.member.signing_key == keys.signing.public
    assert "Keys()" in repr(thailand)


def test_its_node_certificate_is_its_own_cas_and_its_key_is_in_the_keystore(thailand: Founded, tmp_path: Path) -> None:
    leaf = leaf_of(thailand.home.node_certificate)
    identity = verify_leaf(leaf, thailand.member.certificate_authority, datetime.now(UTC))
    assert (identity.node_id, identity.officer_id) == ("th", None)
    key = tmp_path / "key.pem"
    key.write_bytes(thailand.keys.tls_key_pem)
    SSLContext(PROTOCOL_TLS_SERVER).load_cert_chain(thailand.home.node_certificate, key)  # raises on a mismatch


def test_its_officers_each_have_a_role_and_a_private_key(thailand: Founded) -> None:
    assert set(officers_of(thailand.home)) == {role.value for role in OFFICER_ROLES}
    for officer_id in officers_of(thailand.home):
        leaf = leaf_of(thailand.home.officer_certificate(officer_id))
        identity = verify_leaf(leaf, thailand.member.certificate_authority, datetime.now(UTC))
        assert (identity.node_id, identity.officer_id, identity.role) == ("th", officer_id, officer_id)
        SSLContext(PROTOCOL_TLS_SERVER).load_cert_chain(
            thailand.home.officer_certificate(officer_id), thailand.home.officer_key(officer_id)
        )


def test_only_the_owner_enters_its_home_and_no_key_is_readable_by_others(thailand: Founded) -> None:
    for path in (thailand.home.path, *thailand.home.path.rglob("*")):
        mode = path.stat().st_mode & 0o777
        if path.is_dir():
            assert mode == 0o700, path.name
        elif b"PRIVATE KEY" in path.read_bytes() or path == thailand.home.keystore:
            assert mode == 0o600, path.name


def test_no_private_key_lies_in_clear_but_the_officers(thailand: Founded) -> None:
    clear = {path.parent.parent.name for path in thailand.home.path.rglob("*") if holds_clear_key(path)}
    assert clear == {"officers"}


def holds_clear_key(path: Path) -> bool:
    return path.is_file() and b"BEGIN PRIVATE KEY" in path.read_bytes()


def test_its_settings_can_be_read(thailand: Founded) -> None:
    settings = load_settings(thailand.home)
    assert (settings.alliance, settings.node_id, str(settings.listen)) == ("mekong", "th", "192.0.2.7:7443")


def test_a_home_with_something_in_it_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("keys")
    assert "never overwrites" in refused(Code.INPUT_INVALID, Home(tmp_path)).remedy
    assert [each.name for each in tmp_path.iterdir()] == ["precious"]


@pytest.mark.parametrize("kind", ["file", "dangling link"])
def test_what_is_no_empty_directory_is_refused(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "th"
    target.touch() if kind == "file" else target.symlink_to(tmp_path / "nowhere")
    refused(Code.INPUT_INVALID, Home(target))


def test_an_empty_directory_is_taken(tmp_path: Path) -> None:
    (tmp_path / "th").mkdir(mode=0o755)
    found_member(Home(tmp_path / "th"), PLAN, SECRET, NOW_MS)
    assert (tmp_path / "th").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("plan", "secret", "code"),
    [
        (PLAN, b"too short", Code.SECRET_MISSING),
        (MemberPlan("mekong", "TH", "x", "h:1", PLAN.listen), SECRET, Code.INPUT_INVALID),
        (MemberPlan("mekong", "../th", "x", "h:1", PLAN.listen), SECRET, Code.INPUT_INVALID),
        (MemberPlan("mekong", "th", "", "h:1", PLAN.listen), SECRET, Code.INPUT_INVALID),
        (MemberPlan("mekong", "th", "x", "nowhere", PLAN.listen), SECRET, Code.INPUT_INVALID),
    ],
)
def test_a_bad_plan_leaves_nothing_behind(tmp_path: Path, plan: MemberPlan, secret: bytes, code: Code) -> None:
    refused(code, Home(tmp_path / "th"), plan, secret)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_founding_leaves_nothing_usable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        assert not (tmp_path / "th").exists()
        raise KeyboardInterrupt

    monkeypatch.setattr(found, "write_officer", interrupted)
    with pytest.raises(KeyboardInterrupt):
        found_member(Home(tmp_path / "th"), PLAN, SECRET, NOW_MS)
    assert list(tmp_path.iterdir()) == []


# --- Renewal --------------------------------------------------------------------------------------


def test_a_renewed_node_keeps_its_key_and_gains_time(own: Founded) -> None:
    before = leaf_of(own.home.node_certificate)
    later = NOW_MS + 40 * DAY_MS  # the present one has expired by then
    identity = renew_node_certificate(own.home, SECRET, later)
    after = leaf_of(own.home.node_certificate)
    assert identity == verify_leaf(after, own.member.certificate_authority, datetime.fromtimestamp(later / 1000, UTC))
    old, new = (load_pem_x509_certificate(pem(each)).public_key() for each in (before, after))
    assert old == new
    assert before != after


def pem(der: bytes) -> bytes:
    from cryptography.x509 import load_der_x509_certificate

    return load_der_x509_certificate(der).public_bytes(Encoding.PEM)


def test_a_renewed_officer_keeps_the_role(own: Founded) -> None:
    identity = renew_officer_certificate(own.home, "approver", SECRET, NOW_MS + DAY_MS)
    assert (identity.officer_id, identity.role) == ("approver", "approver")
    with pytest.raises(LancangError) as caught:
        renew_officer_certificate(own.home, "../officers/approver", SECRET, NOW_MS)
    assert caught.value.code is Code.OFFICER_UNKNOWN


def test_an_officer_is_added_once(own: Founded) -> None:
    identity = add_officer(own.home, "somchai", Role.AUDITOR, SECRET, NOW_MS)
    assert (identity.node_id, identity.officer_id, identity.role) == ("th", "somchai", "auditor")
    for officer_id, role in (("somchai", Role.ANALYST), ("../x", Role.ANALYST), ("x", Role.MEMBER)):
        with pytest.raises(LancangError) as caught:
            add_officer(own.home, officer_id, role, SECRET, NOW_MS)
        assert caught.value.code is Code.INPUT_INVALID


def test_renewal_needs_the_authority_and_its_secret(own: Founded) -> None:
    with pytest.raises(LancangError) as caught:
        renew_node_certificate(own.home, b"the secret of another node", NOW_MS)
    assert caught.value.code is Code.SECRET_WRONG
    own.home.authority.rename(own.home.path / "offline")
    with pytest.raises(LancangError) as caught:
        renew_node_certificate(own.home, SECRET, NOW_MS)
    assert caught.value.code is Code.FILE_UNREADABLE
    assert "authority" in caught.value.remedy


def test_a_foreign_certificate_is_not_renewed(own: Founded, tmp_path: Path) -> None:
    other = found_member(Home(tmp_path / "other"), PLAN, SECRET, NOW_MS)
    planted = other.home.node_certificate.read_bytes()
    own.home.node_certificate.write_bytes(planted)
    with pytest.raises(LancangError) as caught:
        renew_node_certificate(own.home, SECRET, NOW_MS)
    assert caught.value.code is Code.PEER_CERTIFICATE
    assert own.home.node_certificate.read_bytes() == planted


# --- A federation ---------------------------------------------------------------------------------


def test_all_members_hold_one_roster_that_all_signed(federation: Federation) -> None:
    rosters = [installed_roster(node.home) for node in federation.nodes]
    first = rosters[0]
    assert first is not None
    assert rosters == [first] * 3
    verify_at(first, NOW_MS)
    assert accept(None, first, NOW_MS) == first
    assert {node_id for node_id, _ in first.signatures} == {"cn", "th", "vn"}
    assert first.roster.demo
    assert first.roster.policy.budget.member_day == 6400


def test_each_member_knows_the_others_and_its_own_officers(federation: Federation) -> None:
    for node in federation.nodes:
        roster = installed_roster(node.home)
        assert roster is not None
        for other in federation.nodes:
            caller = identify_peer(roster, leaf_of(other.home.node_certificate), NOW_MS)
            assert (caller.name, caller.role) == (other.node_id, Role.MEMBER)
        analyst = leaf_of(node.home.officer_certificate("analyst"))
        assert isinstance(identify_officer(roster, node.node_id, analyst, NOW_MS), Caller)


def test_each_home_finds_its_secret(federation: Federation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LANCANG_SECRET_FILE", raising=False)
    found_secrets = set()
    for node in federation.nodes:
        settings = load_settings(node.home)
        secret = read_secret(settings)
        assert open_keystore(node.home.keystore, node.node_id, secret).signing.public
        assert node.secret_file.stat().st_mode & 0o777 == 0o600
        assert settings.listen == node.endpoint
        found_secrets.add(secret)
    assert len(found_secrets) == 3


def test_each_node_has_an_address_of_its_own(federation: Federation) -> None:
    hosts = [node.endpoint.host for node in federation.nodes]
    assert len(set(hosts)) == 3
    assert all(node.endpoint.loopback and node.endpoint.port == 7443 for node in federation.nodes)


def test_a_federation_is_read_again(federation: Federation, tmp_path: Path) -> None:
    assert read_federation(federation.directory) == federation
    with pytest.raises(LancangError) as caught:
        read_federation(tmp_path)
    assert caught.value.code is Code.FILE_UNREADABLE
    (tmp_path / "federation.json").write_text("[]")
    with pytest.raises(LancangError) as caught:
        read_federation(tmp_path)
    assert caught.value.code is Code.FILE_UNREADABLE


def test_a_federation_leaves_nothing_behind_when_one_member_fails(tmp_path: Path) -> None:
    for node_ids in (("th", "TH"), ("th", "th"), ()):
        with pytest.raises(LancangError) as caught:
            found_federation(tmp_path / "demo", node_ids, default_policy(), NOW_MS)
        assert caught.value.code is Code.INPUT_INVALID
    assert list(tmp_path.iterdir()) == []


def test_addresses_in_use_are_not_chosen() -> None:
    with socket.socket() as busy:
        busy.bind(("", 0))  # every address, so that none is left on this port
        busy.listen()
        with pytest.raises(LancangError) as caught:
            free_loopback_addresses(1, port=busy.getsockname()[1], tries=3)
    assert caught.value.code is Code.CONFIG_INVALID


# --- The installed roster -------------------------------------------------------------------------


def test_a_refused_roster_leaves_the_installed_one(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert installed_roster(home) is None
    first = signed_by(roster_of(), SIX)
    now_ms = first.roster.issued_ms
    assert install_roster(home, first, now_ms) == installed_roster(home) == first
    unsigned_one = signed_by(roster_of("cn", "th"), ())
    with pytest.raises(LancangError):
        install_roster(home, unsigned_one, now_ms)
    assert installed_roster(home) == first
    assert home.roster.stat().st_mode & 0o777 == 0o600


def test_a_damaged_roster_is_refused(tmp_path: Path) -> None:
    home = Home(tmp_path)
    install_roster(home, signed_by(roster_of(), SIX), roster_of().issued_ms)
    home.roster.write_bytes(home.roster.read_bytes()[:-20])
    with pytest.raises(LancangError) as caught:
        installed_roster(home)
    assert caught.value.code is Code.ROSTER_INVALID
