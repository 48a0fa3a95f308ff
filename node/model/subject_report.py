"""What a node can tell of one person, for that person's access request: as an owner of a record, as a requester."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HeldVersion:
    """A version of the record that is still kept. kind: put or withdraw; ms: when it was stored."""

    version: int
    kind: str
    ms: int


@dataclass(frozen=True, slots=True)
class PublishedTo:
    """A member in whose index the record stands, under a tag (hex) that means nothing to others."""

    member: str
    epoch: int
    tag: str


@dataclass(frozen=True, slots=True)
class OfficerDecided:
    """An officer's decision on a request."""

    officer: str
    role: str
    verdict: str
    ms: int


@dataclass(frozen=True, slots=True)
class CorrectionTold:
    """A correction that was written to whoever was given something. acknowledged_ms: 0 while outstanding."""

    number: int
    kind: str
    ms: int
    acknowledged_ms: int


@dataclass(frozen=True, slots=True)
class AskedOf:
    """A request for the record. given: names of the fields that were given; until_ms: when that copy is erased."""

    request_id: str
    requester: str
    purpose: str
    legal_basis: str
    asked: tuple[str, ...]
    state: str
    received_ms: int
    ended_ms: int
    decisions: tuple[OfficerDecided, ...]
    given: tuple[str, ...]
    given_ms: int
    until_ms: int
    corrections: tuple[CorrectionTold, ...]


@dataclass(frozen=True, slots=True)
class KeptApart:
    """An exclusion that concerns the person."""

    exclusion_id: str
    peer: str
    ground: str
    made_ms: int
    removed_ms: int


@dataclass(frozen=True, slots=True, repr=False)
class RecordReport:
    """What an owner holds and did. content: the record's line, '' once withdrawn. untold: what it can't know or say."""

    state: str
    content: str
    versions: tuple[HeldVersion, ...]
    published: tuple[PublishedTo, ...]
    requests: tuple[AskedOf, ...]
    exclusions: tuple[KeptApart, ...]
    untold: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HitAbout:
    """A hit of a search. request_id: '' if nothing was asked; came: names of the fields that came, if they are kept."""

    owner: str
    band: str
    agreed: tuple[str, ...]
    request_id: str
    request_state: str
    legal_basis: str
    category: str
    came: tuple[str, ...]
    until_ms: int


@dataclass(frozen=True, slots=True)
class SearchAbout:
    """A search about an equal subject that is still kept. equal: in what it is equal."""

    search_id: str
    officer: str
    purpose: str
    ms: int
    expires_ms: int
    equal: tuple[str, ...]
    hits: tuple[HitAbout, ...]


@dataclass(frozen=True, slots=True)
class SubjectReport:
    """What a requester did about a person. untold: what it can't know or say."""

    searches: tuple[SearchAbout, ...]
    exclusions: tuple[KeptApart, ...]
    untold: tuple[str, ...]
