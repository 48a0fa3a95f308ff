"""The public words of the matcher about people: the shapes, reading a line, writing one, and what is refused."""

from __future__ import annotations

from matcher.dates import BirthDate, Calendar, parse_birth_date
from matcher.identifiers import Document, DocumentType, parse_document
from matcher.reading import person_from_json
from matcher.refusal import PersonError
from matcher.subject import Category, Name, NameType, Person, Sex, canonical_subject, person_to_json

__all__ = [
    "BirthDate",
    "Calendar",
    "Category",
    "Document",
    "DocumentType",
    "Name",
    "NameType",
    "Person",
    "PersonError",
    "Sex",
    "canonical_subject",
    "parse_birth_date",
    "parse_document",
    "person_from_json",
    "person_to_json",
]
