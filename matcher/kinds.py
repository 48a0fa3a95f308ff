"""The kinds of match token, as a declared table (protocol.md 1).

What may stand here is decided by recall and by what it costs to fish (docs/tokens.md). Full dates stand beside name
values that few people share, a year beside whole names. No kind holds month and day: with a year kind it would make a
birth date cost 366 + 50 guesses where it now costs 18,250.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from matcher.dates import BirthDate
from matcher.forms import MIN_LONG_FRAME, MIN_PART, Forms
from matcher.identifiers import phone_local
from matcher.person import Person, Sex

Function = Callable[[Person, Forms, tuple[BirthDate, ...]], Iterable[str]]
NAME, BIRTH_DATE, BIRTH_YEAR, SEX = "name", "birth-date", "birth-year", "sex"
PHONE, DOCUMENT, ACCOUNT = "phone", "document", "account"
IDENTIFIERS = frozenset({PHONE, DOCUMENT, ACCOUNT})


@dataclass(frozen=True, slots=True)
class Token:
    """What is compared: equal kind and value, or nothing. value: canonical NFC."""

    kind: int
    value: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of token.

    number: u8, never reused. name: as shown to officers. label: in plain words. attributes: what agrees when it agrees.
    collision: the public probability that two people of one country share a token of it by chance. function: the
    values of one reading of a person, given the full birth dates that may be theirs. readings: how many readings of a
    record's name carry it; a kind of one reading is asked of a search's first reading alone. shifts: whether a search
    also asks it with day and month exchanged and the years beside. heaped: whether a record that says 1 January
    carries it: very many are born then on paper, which makes them cheap to guess. misspelt: whether a search also asks
    it of the names that a misspelt one may have meant. whole: whether it holds the name with all its parts.
    """

    number: int
    name: str
    label: str
    attributes: frozenset[str]
    collision: float
    function: Function
    readings: int = 1
    shifts: bool = False
    heaped: bool = True
    misspelt: bool = False
    whole: bool = False

    @property
    def is_identifier(self) -> bool:
        """Whether one agreement names one person."""
        return bool(self.attributes & IDENTIFIERS)

    @property
    def is_exact(self) -> bool:
        """Whether it is an identifier with nothing left open, the country of a phone for one."""
        return self.is_identifier and self.name != "phone-local"

    @property
    def beyond_name(self) -> bool:
        """Whether its agreement is evidence beyond a name."""
        return not self.attributes <= {NAME, SEX}

    @property
    def is_namesake(self) -> bool:
        """Whether those who share it bear the same name, and no more is known of them."""
        return self.whole and self.attributes == {NAME}

    @property
    def dates_whole_name(self) -> bool:
        """Whether its agreement is a full birth date and the whole name."""
        return self.whole and BIRTH_DATE in self.attributes

    @property
    def dates_as_said(self) -> bool:
        """Whether it holds a full birth date and is asked of the date as said alone, not of dates near it."""
        return BIRTH_DATE in self.attributes and not self.shifts

    @property
    def contradicts(self) -> bool:
        """Whether a search asks it of what the subject is not (the other sex), so that a hit speaks against."""
        return SEX in self.attributes


def _document(person: Person, _: Forms, __: tuple[BirthDate, ...]) -> Iterator[str]:
    return (f"{entry.type.value}:{entry.issuer}:{entry.number}" for entry in person.documents)


def _phone(person: Person, _: Forms, __: tuple[BirthDate, ...]) -> Iterator[str]:
    return (number for number in person.phones if number.startswith("+"))


def _phone_local(person: Person, _: Forms, __: tuple[BirthDate, ...]) -> Iterator[str]:
    return (phone_local(number) for number in person.phones)


def _account(person: Person, _: Forms, __: tuple[BirthDate, ...]) -> Iterator[str]:
    return (entry.upper() for entry in person.accounts)


def _whole(depth: str) -> Function:
    def values(_: Person, forms: Forms, __: tuple[BirthDate, ...]) -> Iterator[str]:
        value = str(getattr(forms, depth))
        return iter((value,) if value else ())

    return values


def _rows(_: Person, forms: Forms, __: tuple[BirthDate, ...]) -> Iterator[str]:
    return iter(forms.rows)


def _pairs(_: Person, forms: Forms, __: tuple[BirthDate, ...]) -> Iterator[str]:
    return iter(forms.any_pairs)


def _dated(form: Callable[[Forms], Iterable[str]]) -> Function:
    def values(_: Person, forms: Forms, dates: tuple[BirthDate, ...]) -> Iterator[str]:
        return (f"{date.iso()}/{value}" for date in dates for value in form(forms))

    return values


def _yeared(form: Callable[[Forms], Iterable[str]]) -> Function:
    def values(person: Person, forms: Forms, _: tuple[BirthDate, ...]) -> Iterator[str]:
        if person.birth_date is not None:
            yield from (f"{person.birth_date.year:04d}/{value}" for value in form(forms))

    return values


def _sexed(form: Callable[[Forms], str]) -> Function:
    def values(person: Person, forms: Forms, _: tuple[BirthDate, ...]) -> Iterator[str]:
        if person.sex in (Sex.MALE, Sex.FEMALE) and form(forms):
            yield f"{person.sex.word}/{form(forms)}"

    return values


_DATE = frozenset({BIRTH_DATE, NAME})
_YEAR = frozenset({BIRTH_YEAR, NAME})
_NAME = frozenset({NAME})

# In order of what informs most: a record's tokens are cut from the end.
KINDS: tuple[Kind, ...] = (
    Kind(1, "document", "the same document number", frozenset({DOCUMENT}), 1e-9, _document),
    Kind(2, "phone", "the same phone number", frozenset({PHONE}), 1e-9, _phone),
    Kind(3, "account", "the same account", frozenset({ACCOUNT}), 1e-9, _account),
    Kind(4, "phone-local", "the same phone number, country left open", frozenset({PHONE}), 1e-7, _phone_local),
    Kind(
        10,
        "birth-date+name-frame",
        "birth date and the consonants of the name",
        _DATE,
        2e-8,
        _dated(lambda forms: (forms.frame,) if len(forms.frame) > 1 else ()),
        readings=3,
        shifts=True,
        misspelt=True,
        whole=True,
    ),
    Kind(
        20,
        "name-loose",
        "the name, as it sounds",
        _NAME,
        2.5e-4,
        _whole("loose"),
        readings=3,
        misspelt=True,
        whole=True,
    ),
    Kind(
        11,
        "year+name-loose",
        "birth year and the name as it sounds",
        _YEAR,
        5e-6,
        _yeared(lambda forms: (forms.loose,) if len(forms.loose) >= MIN_PART else ()),
        readings=2,
        misspelt=True,
    ),
    Kind(
        13,
        "birth-date+name-part",
        "birth date and one part of the name",
        _DATE,
        2e-6,
        _dated(lambda forms: forms.parts),
        heaped=False,
        readings=2,
        shifts=True,
        misspelt=True,
    ),
    Kind(
        14,
        "birth-date+name-pair",
        "birth date and two parts of the name",
        _DATE,
        4e-7,
        _dated(lambda forms: forms.pairs),
        heaped=False,
    ),
    Kind(
        18,
        "birth-date+initials",
        "birth date and the first sounds of all parts of the name",
        _DATE,
        5e-6,
        _dated(lambda forms: (forms.initials,) if forms.initials else ()),
        heaped=False,
        shifts=True,
    ),
    Kind(23, "name-frame", "the consonants of the name", _NAME, 1e-3, _whole("frame"), readings=2, whole=True),
    Kind(
        16,
        "year+name-frame",
        "birth year and the consonants of the name",
        _YEAR,
        2e-5,
        _yeared(lambda forms: (forms.frame,) if len(forms.frame) >= MIN_LONG_FRAME else ()),
    ),
    Kind(
        15,
        "birth-date+name-shape",
        "birth date and a similar name",
        _DATE,
        2.6e-6,
        _dated(lambda forms: forms.dated_rows),
        heaped=False,
    ),
    Kind(
        25,
        "sex+name-loose",
        "the sex, and the name as it sounds",
        frozenset({SEX, NAME}),
        1.3e-4,
        _sexed(lambda forms: forms.loose),
    ),
    Kind(24, "name-shape", "a similar name", _NAME, 2e-2, _rows),
    Kind(
        19,
        "year+name-part",
        "birth year and one rare part of the name",
        _YEAR,
        4e-5,
        _yeared(lambda forms: forms.rare_parts),
    ),
    Kind(
        26,
        "year+name-pair",
        "birth year and two parts of a longer name",
        _YEAR,
        4e-5,
        _yeared(lambda forms: forms.any_pairs),
    ),
    Kind(27, "name-pair", "two parts of a longer name", _NAME, 2e-3, _pairs),
)
