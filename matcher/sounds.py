"""How a person's names sound, each in one word that other spellings share: to see that a name comes again."""

from __future__ import annotations

from matcher.forms import forms
from matcher.names import readings
from matcher.subject import Person


def sounds(person: Person) -> tuple[str, ...]:
    """The loose skeleton of the first reading of each name, whole and freed from order and spacing; no name twice."""
    first = (readings(name.text, name.script)[:1] for name in person.names)
    return tuple(dict.fromkeys(forms(reading).loose for found in first for reading in found))
