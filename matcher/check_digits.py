"""Check digits of national numbers, machine-readable zones and crypto addresses: what a number itself tells of a slip.

GB 11643-1999 (China), the 13 digits of Thailand's civil registration, ICAO 9303-3 4.9, Base58Check (Bitcoin, TRON),
Bech32 and Bech32m (BIP 173, BIP 350), the letters' case of Ethereum's addresses (ERC-55). Not checked: Vietnam's 12
digits, which have no check digit.
"""

from __future__ import annotations

import hashlib
import re

from matcher.keccak import keccak_256

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE58_ADDRESS = re.compile(f"(?=.*[A-Za-z])(?:[13][{_BASE58}]{{25,34}}|T[{_BASE58}]{{33}})")
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_ADDRESS = re.compile(f"(bc|tb|ltc)1([{_BECH32}]{{14,87}})")
_HEX_ADDRESS = re.compile("0x[0-9a-fA-F]{40}")
_BECH32_RESULTS = {1, 0x2BC830A3}
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_MRZ_WEIGHTS = (7, 3, 1)
_CHINESE = re.compile(r"\d{17}[\dX]", re.ASCII)
_THAI = re.compile(r"\d{13}", re.ASCII)


def national_number_holds(issuer: str, number: str) -> bool:
    """False where the number has a check digit of that issuer's and it is wrong. number: capitals, no spaces."""
    if issuer == "CN" and _CHINESE.fullmatch(number):
        total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(number[:17]))
        return "10X98765432"[total % 11] == number[17]
    if issuer == "TH" and _THAI.fullmatch(number):
        total = sum(int(digit) * (13 - place) for place, digit in enumerate(number[:12]))
        return (11 - total % 11) % 10 == int(number[12])
    return True


def mrz_check_digit(field: str) -> int:
    """The check digit of a field of a machine-readable zone: 0-9, A-Z and the filler "<". Raises ValueError."""
    values = (0 if char == "<" else int(char, 36) for char in field)
    return sum(value * _MRZ_WEIGHTS[place % 3] for place, value in enumerate(values)) % 10


def looks_like_address(text: str) -> bool:
    """Whether a text has the form of a crypto address."""
    forms = (_BASE58_ADDRESS.fullmatch(text), _BECH32_ADDRESS.fullmatch(text.lower()), _HEX_ADDRESS.fullmatch(text))
    return any(forms)


def address_key(text: str) -> str:
    """An address in the form that is compared: without regard to case where its kind has none, Base58 as it is."""
    return text if _BASE58_ADDRESS.fullmatch(text) else text.lower()


def address_holds(text: str) -> bool:
    """Whether the checksum of such an address is right; a Bech32 address in mixed case is not.

    An address of Ethereum in one case bears no checksum, and holds.
    """
    if _BASE58_ADDRESS.fullmatch(text):
        return _base58_holds(text)
    if _HEX_ADDRESS.fullmatch(text):
        digits = text[2:]
        return digits in {digits.lower(), digits.upper()} or digits == _erc55(digits)
    found = _BECH32_ADDRESS.fullmatch(text.lower())
    return found is not None and text in {text.lower(), text.upper()} and _bech32_holds(found[1], found[2])


def _erc55(digits: str) -> str:
    """The 40 digits with capitals where the hash of the lower-case ones has a digit of 8 or more (ERC-55)."""
    marks = keccak_256(digits.lower().encode()).hex()
    return "".join(
        char.upper() if int(mark, 16) >= 8 else char for char, mark in zip(digits.lower(), marks, strict=False)
    )


def _base58_holds(text: str) -> bool:
    number = 0
    for char in text:
        number = number * 58 + _BASE58.index(char)
    if number >= 1 << 200:
        return False
    payload = number.to_bytes(25, "big")
    return hashlib.sha256(hashlib.sha256(payload[:21]).digest()).digest()[:4] == payload[21:]


def _bech32_holds(prefix: str, data: str) -> bool:
    values = [ord(char) >> 5 for char in prefix] + [0] + [ord(char) & 31 for char in prefix]
    checksum = 1
    for value in (*values, *(_BECH32.index(char) for char in data)):
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATOR):
            checksum ^= generator if top >> bit & 1 else 0
    return checksum in _BECH32_RESULTS
