"""Identifiers that carry their own proof: national numbers, machine-readable zones, crypto addresses, handles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.check_digits import address_holds, looks_like_address, mrz_check_digit, national_number_holds
from matcher.identifiers import account, parse_document
from matcher.person import PersonError

# Examples of the standards: GB 11643-1999 annex, ICAO 9303-4 appendix, BIP 173, BIP 350, the first block of Bitcoin.
CHINESE = "11010519491231002X"
THAI = "1234567890121"
GENESIS = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
SEGWIT = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
TAPROOT = "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"


def test_a_check_digit_of_the_issuer_is_verified() -> None:
    assert national_number_holds("CN", CHINESE)
    assert national_number_holds("TH", THAI)
    assert not national_number_holds("CN", "110105194912310021")
    assert not national_number_holds("TH", "1234567890122")
    assert national_number_holds("VN", "001090000001")


def test_a_national_number_with_a_wrong_check_digit_is_kept_in_doubt_since_forged_papers_carry_such_numbers() -> None:
    sound = parse_document(f"national-id:CN:{CHINESE.lower()}")
    assert (sound.number, sound.doubtful) == (CHINESE, False)
    forged = parse_document("national-id:TH:1-2345-67890-12-2")
    assert (forged.number, forged.doubtful) == ("1234567890122", True)
    assert not parse_document("passport:TH:1234567890122").doubtful


def test_the_number_is_taken_out_of_a_machine_readable_zone() -> None:
    assert mrz_check_digit("L898902C3") == 6
    assert parse_document("passport:XX:L898902C<3").number == "L898902C"
    assert parse_document("passport:XX:L898902C<3UTO6908061F9406236ZE184226B<<<<<14").number == "L898902C"
    with pytest.raises(PersonError, match="check digit"):
        parse_document("passport:XX:L898902C<4")


@pytest.mark.parametrize("address", [GENESIS, SEGWIT, SEGWIT.upper(), TAPROOT])
def test_a_crypto_address_is_kept_and_a_wrong_letter_refused(address: str) -> None:
    assert account("accounts", address).lower() == address.lower()
    wrong = address[:-1] + ("q" if address[-1] not in "qQ" else "p")
    with pytest.raises(PersonError, match="checksum"):
        account("accounts", wrong.upper() if address.isupper() else wrong)


def test_a_hexadecimal_address_is_one_whatever_its_case() -> None:
    assert account("accounts", "0x" + "aB" * 20) == account("accounts", "0x" + "Ab" * 20)


def test_a_handle_is_one_with_and_without_its_sign_and_keeps_its_dots() -> None:
    assert account("accounts", "Telegram: @Some.One") == account("accounts", "telegram:some.one") == "TELEGRAM:some.one"
    with pytest.raises(PersonError, match="handle"):
        account("accounts", "line:@")


@given(st.text(max_size=90))
def test_any_text_holds_or_not_and_nothing_else_happens(text: str) -> None:
    assert not address_holds(text) or looks_like_address(text)
    assert national_number_holds("CN", text) in {True, False}
