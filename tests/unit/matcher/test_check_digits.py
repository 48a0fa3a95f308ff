"""Identifiers that carry their own proof: national numbers, machine-readable zones, crypto addresses, handles."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher import keccak
from matcher.check_digits import address_holds, looks_like_address, mrz_check_digit, national_number_holds
from matcher.identifiers import account, parse_document
from matcher.keccak import keccak_256
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


# The addresses that ERC-55 itself gives as examples.
@pytest.mark.parametrize(
    "address",
    [
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ],
)
def test_an_address_of_ethereum_is_checked_by_its_case_and_compared_without(address: str) -> None:
    bare = [address.lower(), "0x" + address[2:].upper()]
    assert {account("accounts", way) for way in (address, *bare)} == {address.lower()}
    letter = next(place for place, char in enumerate(address) if char.isupper())
    with pytest.raises(PersonError, match="checksum"):
        account("accounts", address[:letter] + address[letter].lower() + address[letter + 1 :])


def test_keccak_256_is_that_of_ethereum() -> None:
    assert keccak_256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert keccak_256(b"abc").hex() == "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"


@given(st.binary(max_size=400))
def test_keccak_differs_from_sha3_in_its_padding_alone(message: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keccak, "PADDING", 0x06)
        assert keccak_256(message) == hashlib.sha3_256(message).digest()


def test_a_handle_is_one_with_and_without_its_sign_and_keeps_its_dots() -> None:
    assert account("accounts", "Telegram: @Some.One") == account("accounts", "telegram:some.one") == "TELEGRAM:some.one"
    with pytest.raises(PersonError, match="handle"):
        account("accounts", "line:@")


@given(st.text(max_size=90))
def test_any_text_holds_or_not_and_nothing_else_happens(text: str) -> None:
    assert not address_holds(text) or looks_like_address(text)
    assert national_number_holds("CN", text) in {True, False}
