"""The roster: who is a member, with which keys, under which policy. Signing and acceptance: node/roster."""

from __future__ import annotations

from dataclasses import dataclass

from node.model.officer import Role


@dataclass(frozen=True, slots=True)
class Budget:
    """Evaluations one requester, and one declared operator of it, may buy from one owner per hour, day and epoch."""

    member_hour: int
    member_day: int
    member_epoch: int
    officer_hour: int
    officer_day: int
    officer_epoch: int


@dataclass(frozen=True, slots=True)
class Alarms:
    """From which numbers on a node calls its people (node/policy/probing.py says what each counts).

    night_from_hour: 0 to 23, UTC: 15 is 22 o'clock in Bangkok, Hanoi, Phnom Penh and Vientiane. window_seconds: over
    what time cases, names, dates and possible hits are counted; the others are counted over a day.
    """

    night_from_hour: int = 15
    night_hours: int = 7
    night_asks: int = 6
    rate_factor: int = 4
    rate_asks: int = 8
    officer_asks: int = 8
    single_ask_cases: int = 15
    dates_per_name: int = 4
    names_per_date: int = 4
    possible_hits: int = 20
    budget_refusals: int = 3
    empty_requests: int = 5
    window_seconds: int = 7 * 86_400
    numbers_alike: int = 8


@dataclass(frozen=True, slots=True)
class Disclosures:
    """The rules of disclosures. Seconds from the owner's receipt until a decision is due, by urgency.

    proof_bits: the information that a proof of match must carry beyond a name. request_seconds: how long a request
    stands undecided; silence is not refusal. core_seconds: after a confirmed urgent hit, until core data is due.
    most_open: open requests one member may have at one owner. longest_retention_seconds: of a disclosed copy.
    kept_seconds: how long what a request said is kept at both ends after it ended.
    """

    proof_bits: int = 12
    urgent_seconds: int = 8 * 3_600
    priority_seconds: int = 3 * 86_400
    routine_seconds: int = 7 * 86_400
    core_seconds: int = 48 * 3_600
    request_seconds: int = 30 * 86_400
    most_open: int = 200
    longest_retention_seconds: int = 366 * 86_400
    kept_seconds: int = 3 * 366 * 86_400


@dataclass(frozen=True, slots=True)
class Policy:
    """The constants of the protocol and the rules of the alliance. Times in seconds.

    automatic_rosters: nodes take up a valid successor that a peer brings, without waiting for their administrator.
    inspection_seconds: how long after an epoch's grace a requester still keeps what opens its asks to an inspector.
    index_records: how many records an index may hold; its requesters make no more room for it.
    inspectors: whom the alliance sends, each `name:key`, the key (X25519, 32 bytes) in hex.
    """

    purposes: tuple[str, ...]
    budget: Budget
    asks_per_minute: int
    postings_per_record: int = 24
    records_per_delta: int = 8
    list_cap: int = 256
    ask_size: int = 64
    prior_records: int = 65_536
    epoch_seconds: int = 90 * 86_400
    grace_seconds: int = 7 * 86_400
    hit_retention_seconds: int = 30 * 86_400
    stale_seconds: int = 90
    head_seconds: int = 30
    cover_traffic: bool = False
    automatic_rosters: bool = False
    inspection_seconds: int = 30 * 86_400
    index_records: int = 20_000_000
    alarms: Alarms = Alarms()
    disclosures: Disclosures = Disclosures()
    inspectors: tuple[str, ...] = ()

    def inspector(self, said: str) -> bytes | None:
        """The key of an inspector whom the alliance sends, by name or by the key in hex; None for a stranger."""
        for each in self.inspectors:
            name, _, key = each.partition(":")
            if said in (name, key):
                return bytes.fromhex(key)
        return None


@dataclass(frozen=True, slots=True)
class Member:
    """One node of the alliance. certificate_authority: its own CA as DER; keys: 32 bytes each (Ed25519, X25519).

    revoked: SHA-256 fingerprints (hex) of its certificates that must no longer be believed.
    """

    node_id: str
    name: str
    role: Role
    endpoint: str
    certificate_authority: bytes
    signing_key: bytes
    sealing_key: bytes
    revoked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Roster:
    """A version of the alliance. quorum: how many members must sign; demo: test clocks and demo secrets are allowed."""

    alliance: str
    version: int
    issued_ms: int
    expires_ms: int
    quorum: int
    members: tuple[Member, ...]
    policy: Policy
    previous: bytes
    demo: bool = False

    def member(self, node_id: str) -> Member | None:
        """The member of that id, or None."""
        return next((member for member in self.members if member.node_id == node_id), None)

    def holders(self) -> tuple[Member, ...]:
        """The members that hold records."""
        return tuple(member for member in self.members if member.role is Role.MEMBER)


@dataclass(frozen=True, slots=True)
class SignedRoster:
    """A roster with the signatures of members over its canonical JSON, and the SHA-256 of those bytes."""

    roster: Roster
    hash: bytes
    signatures: tuple[tuple[str, bytes], ...]
