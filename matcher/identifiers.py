"""Identifiers of a person: documents (numbers as in ICAO 9303), phones (E.164), accounts.

Each has one canonical form, is bounded, and is refused with a reason.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers

from matcher.check_digits import address_holds, address_key, looks_like_address, mrz_check_digit, national_number_holds
from matcher.refusal import PersonError
from matcher.tables import word_set

MAX_IDENTIFIER = 128
_COUNTRIES = word_set("codes.toml", "countries")
_SERVICES = word_set("codes.toml", "services")
_DROPPED_IN_NUMBERS = re.compile(r"[\s\-‐-―./\\()·]+")


class DocumentType(StrEnum):
    """What kind of document a number is from: a closed list, so that both sides write the same word."""

    PASSPORT = "passport"
    NATIONAL_ID = "national-id"
    DRIVING_LICENCE = "driving-licence"
    RESIDENCE_PERMIT = "residence-permit"
    WORK_PERMIT = "work-permit"
    BORDER_PASS = "border-pass"  # noqa: S105 - a document, not a secret
    SEAFARER_BOOK = "seafarer-book"
    HOUSEHOLD_BOOK = "household-book"
    BIRTH_CERTIFICATE = "birth-certificate"
    REFUGEE_CARD = "refugee-card"
    VISA = "visa"


@dataclass(frozen=True, slots=True)
class Document:
    """A document: its type, its issuer (ISO 3166-1 alpha-2, XX unknown), its number in capitals without spaces."""

    type: DocumentType
    issuer: str
    number: str

    @property
    def doubtful(self) -> bool:
        """Whether its check digit is wrong: a slip, or a forged paper. It is kept and compared all the same."""
        return self.type is DocumentType.NATIONAL_ID and not national_number_holds(self.issuer, self.number)


def country_code(field: str, value: object) -> str:
    """An ISO 3166-1 alpha-2 code in upper case. Raises PersonError."""
    if isinstance(value, str) and len(value) <= 8 and value.strip().upper() in _COUNTRIES:
        return value.strip().upper()
    raise PersonError(field, "it is not a country", "Use the two letters of ISO 3166-1, such as TH or CN")


def parse_document(text: object, *, field: str = "documents") -> Document:
    """Read "TYPE:ISSUER:NUMBER", such as "passport:TH:AA1234567". Raises PersonError."""
    if not isinstance(text, str):
        raise PersonError(field, "it is not text", "Write TYPE:ISSUER:NUMBER, such as passport:TH:AA1234567")
    parts = text.split(":", 2)
    if len(parts) != 3:
        raise PersonError(
            field, "it does not have three parts", "Write TYPE:ISSUER:NUMBER, such as passport:TH:AA1234567"
        )
    return document(field, {"type": parts[0].strip(), "issuer": parts[1].strip(), "number": parts[2]})


def document(field: str, value: Mapping[str, object]) -> Document:
    """Check {"type", "issuer", "number"}. Raises PersonError."""
    known = ", ".join(kind.value for kind in DocumentType)
    kind = value.get("type")
    if not isinstance(kind, str) or kind.lower() not in {entry.value for entry in DocumentType}:
        raise PersonError(f"{field}.type", "it is not a known type of document", f"Use one of: {known}")
    issuer = country_code(f"{field}.issuer", value.get("issuer"))
    number = _compact(f"{field}.number", value.get("number"), 3, 44).upper()
    if not any(char.isdigit() for char in number):
        raise PersonError(f"{field}.number", "it holds no digit", "Give the number as printed on the document")
    if "<" in number:
        number = _from_mrz(f"{field}.number", number)
    return Document(DocumentType(kind.lower()), issuer, number)


def _from_mrz(field: str, text: str) -> str:
    """The number out of a machine-readable zone: its nine places and check digit, or a whole second line of 44."""
    if len(text) not in {10, 44}:
        raise PersonError(field, "a filler stands in it", "Give the number alone, or 10 or 44 characters of the zone")
    number, check = text[:9], text[9]
    if not number.replace("<", "0").isalnum() or not number.isascii() or check != str(mrz_check_digit(number)):
        raise PersonError(field, "its check digit is wrong", "Compare it with the machine-readable zone")
    return number.replace("<", "")


def account(field: str, value: object) -> str:
    """An account in its canonical form: no spaces; an IBAN with its check digits verified. Raises PersonError.

    Bank accounts are written BANK:NUMBER (BIC or CNAPS code first), IBANs and crypto addresses as they
    are (a wrong checksum is refused), handles SERVICE:NAME.
    """
    if not isinstance(value, str):
        raise PersonError(field, "it is not text", "Write the account as text")
    prefix, colon, rest = value.rpartition(":")
    if prefix.strip().lower() in _SERVICES:
        return f"{prefix.strip().upper()}:{_handle(field, rest)}"
    number = _compact(field, rest, 3, MAX_IDENTIFIER)
    if looks_like_address(number):
        if not address_holds(number):
            raise PersonError(field, "the checksum of this crypto address is wrong", "Copy it again, letter by letter")
        return address_key(number)
    if colon:
        return f"{_compact(field, prefix, 2, 32).upper()}:{number}"
    if re.fullmatch(r"[A-Za-z]{2}\d{2}[A-Za-z0-9]{11,30}", number, re.ASCII) and number[:2].upper() in _COUNTRIES:
        number = number.upper()
        digits = "".join(str(int(char, 36)) for char in number[4:] + number[:4])
        if int(digits) % 97 != 1:
            raise PersonError(field, "the check digits of this IBAN are wrong", "Compare it with the document")
    return number


def _handle(field: str, text: str) -> str:
    """A messaging handle: no sign before it, case folded, its own dots and lines kept."""
    handle = unicodedata.normalize("NFKC", text).strip().lstrip("@").casefold()
    if not 2 <= len(handle) <= 64 or not handle.isprintable() or any(char.isspace() for char in handle):
        raise PersonError(field, "it is not a handle", "Write SERVICE:name, such as telegram:name")
    return handle


def phone(field: str, value: object, nationality: str | None) -> str:
    """A phone number in E.164 ("+66812345678") where "+", "00" or the nationality tells the country, else its digits.

    Raises PersonError.
    """
    if not isinstance(value, str) or len(value) > 64:
        raise PersonError(field, "it is not a phone number", "Write it as text, best as +66812345678")
    text = unicodedata.normalize("NFKC", value)
    text = "".join(str(int(char)) if char.isdecimal() else char for char in text).strip()
    digits = "".join(char for char in text if char.isdigit())
    if not 5 <= len(digits) <= 17 or any(char.isalpha() for char in text):
        raise PersonError(field, "it is not a phone number", "Give 5 to 15 digits, best with + and the country code")
    if text.startswith("00"):
        text = "+" + text[2:]
    international = text.startswith("+")
    if not international and nationality is None:
        return digits
    try:
        parsed = phonenumbers.parse(text, None if international else nationality)
        if phonenumbers.is_possible_number(parsed):
            return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
    except phonenumbers.NumberParseException:
        pass
    if international:
        raise PersonError(
            field, "no country has such a phone number", "Check the country code and the number of digits"
        )
    return digits


def phone_local(number: str) -> str:
    """The digits a caller at home would dial, without trunk zeros and country code: what both forms share."""
    if number.startswith("+"):
        return str(phonenumbers.parse(number, None).national_number)
    return number.lstrip("0") or number


def _compact(field: str, value: object, least: int, most: int) -> str:
    if not isinstance(value, str) or len(value) > 4 * MAX_IDENTIFIER:
        raise PersonError(field, "it is not text of a reasonable length", f"Give {least} to {most} letters and digits")
    text = _DROPPED_IN_NUMBERS.sub("", unicodedata.normalize("NFKC", value))
    text = "".join(str(int(char)) if char.isdecimal() else char for char in text)
    if not least <= len(text) <= most or not all(char.isprintable() for char in text):
        raise PersonError(
            field, "its length or a character in it is not possible", f"Give {least} to {most} letters and digits"
        )
    return unicodedata.normalize("NFC", text)
