"""Officers whom their home believes no more: the list, read again when it changes, and closed when it is damaged."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from certs.reading import claimed_identity
from node.acts.founding.authority_files import pem_to_der
from node.acts.founding.found import MemberPlan, found_member
from node.acts.membership.renew import add_officer, officers_of, renew_if_due
from node.acts.membership.revocations import RevocationList, read_revocations, revoke_officer
from node.config import Address, Home
from node.errors import Code, LancangError
from node.model.officer import Role

NOW_MS = time.time_ns() // 1_000_000
DAY_MS = 86_400_000
SECRET = b"the secret of Thailand's node"
PLAN = MemberPlan("mekong", "th", "Royal Thai Police", "th.example:7443", Address("192.0.2.7", 7443))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return found_member(Home(tmp_path_factory.mktemp("revocations") / "th"), PLAN, SECRET, NOW_MS).home.path


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Home:
    """A member's home."""
    return Home(Path(shutil.copytree(template, tmp_path / "th")))


def fingerprint_of(home: Home, officer: str) -> str:
    return claimed_identity(pem_to_der(home.officer_certificate(officer).read_bytes())).fingerprint


def refusal(known: RevocationList, fingerprint: str) -> Code:
    with pytest.raises(LancangError) as refused:
        known.check(fingerprint)
    return refused.value.code


def test_a_revoked_certificate_is_refused_by_whoever_holds_the_list_open(home: Home) -> None:
    known, analyst, auditor = RevocationList(home), fingerprint_of(home, "analyst"), fingerprint_of(home, "auditor")
    known.check(analyst)
    revoke_officer(home, "analyst", NOW_MS)
    assert refusal(known, analyst) is Code.PEER_CERTIFICATE
    known.check(auditor)
    assert "analyst" not in officers_of(home)
    assert not home.officer_key("analyst").exists()


def test_an_id_may_be_given_again_and_the_certificate_before_stays_revoked(home: Home) -> None:
    old = fingerprint_of(home, "analyst")
    revoke_officer(home, "analyst", NOW_MS)
    add_officer(home, "analyst", Role.ANALYST, SECRET, NOW_MS)
    known = RevocationList(home)
    known.check(fingerprint_of(home, "analyst"))
    assert refusal(known, old) is Code.PEER_CERTIFICATE
    revoke_officer(home, "analyst", NOW_MS)
    assert [one.officer for one in read_revocations(home)] == ["analyst", "analyst"]


def test_only_an_officer_of_this_home_is_revoked(home: Home) -> None:
    for name in ("nobody", "../../cn"):
        with pytest.raises(LancangError) as refused:
            revoke_officer(home, name, NOW_MS)
        assert refused.value.code is Code.OFFICER_UNKNOWN
    assert read_revocations(home) == ()


@pytest.mark.parametrize(
    "damage", [b"{", b'[{"fingerprint": "x", "officer": "a", "ms": 1}]', b'[{"officer": "a"}]', b"7"]
)
def test_a_damaged_list_lets_nobody_in(home: Home, damage: bytes) -> None:
    known, auditor = RevocationList(home), fingerprint_of(home, "auditor")
    known.check(auditor)
    home.revoked.write_bytes(damage)
    assert refusal(known, auditor) is Code.STORAGE_DAMAGED
    home.revoked.unlink()
    known.check(auditor)


def test_what_has_less_than_a_third_left_is_renewed_and_nothing_else(home: Home) -> None:
    assert renew_if_due(home, lambda: SECRET, NOW_MS + 19 * DAY_MS) == ()
    renewed = renew_if_due(home, lambda: SECRET, NOW_MS + 21 * DAY_MS)
    assert set(renewed) == {"th", "analyst", "approver", "auditor", "administrator"}
    assert renew_if_due(home, lambda: SECRET, NOW_MS + 22 * DAY_MS) == ()


def test_nothing_is_renewed_and_no_secret_is_read_while_the_authority_is_offline(home: Home) -> None:
    shutil.rmtree(home.authority)

    def secret() -> bytes:
        raise AssertionError("the secret was read")

    assert renew_if_due(home, secret, NOW_MS + 29 * DAY_MS) == ()
