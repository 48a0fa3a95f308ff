"""The checker: a draw and its opening in, a report out. No node, no network, no clock (protocol.md 10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from matcher.person import canonical_subject
from node.inspection.documents import Draw, DrawnAsk, EpochTerms, Keys, OpenedAsk, Opening, names_epoch
from node.inspection.findings import Finding, Found
from node.inspection.one_ask import Looked, check_drawn, check_opened
from node.inspection.patterns import Subject, across
from node.inspection.sample import drawn
from node.inspection.seals import signed_by


@dataclass(frozen=True, slots=True)
class AskReport:
    """What is said of one ask. tokens, padding: how many positions hold which; 0 where that could not be told.

    subject: whom it was about, canonical; '' where that could not be read.
    """

    owner: str
    requester: str
    ask: DrawnAsk
    found: tuple[Found, ...]
    tokens: int
    padding: int
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What an inspection found: by ask, and what concerns a whole draw or several asks."""

    asks: tuple[AskReport, ...]
    overall: tuple[Found, ...]

    @property
    def every(self) -> tuple[Found, ...]:
        """All findings and patterns."""
        return (*self.overall, *(found for ask in self.asks for found in ask.found))

    @property
    def broken(self) -> bool:
        """Whether a rule was broken, by the owner or by the requester."""
        return any(not found.finding.is_pattern for found in self.every)

    @property
    def clean(self) -> bool:
        """Whether nothing at all was found."""
        return not self.every


@dataclass(frozen=True, slots=True)
class Case:
    """A draw with its opening; None where the requester delivered none."""

    draw: Draw
    opening: Opening | None


def inspect(cases: Sequence[Case], rosters: Sequence[Keys]) -> Report:
    """Check every drawn ask, then look across all of them. rosters: those under which the asks were made."""
    overall: list[Found] = []
    reports: list[AskReport] = []
    subjects: list[Subject] = []
    for case in cases:
        overall += _check_draw(case.draw, rosters) + _check_opening(case, rosters)
        for ask in case.draw.asks:
            looked, draw = _look(case, ask, rosters), case.draw
            subject = canonical_subject(looked.person).decode() if looked.person is not None else ""
            counts = (looked.tokens, looked.padding)
            reports.append(AskReport(draw.owner, draw.requester, ask, looked.found, *counts, subject))
            if looked.person is not None:
                subjects.append(Subject(ask.ask_id, draw.owner, ask.case, looked.person))
    return Report(tuple(reports), (*overall, *_blinds_across(cases), *across(subjects)))


def _keys_of(rosters: Iterable[Keys], alliance: str, member: str) -> list[bytes]:
    return [keys.signing[member] for keys in rosters if keys.alliance == alliance and member in keys.signing]


def _signed(rosters: Iterable[Keys], alliance: str, member: str, message: bytes, signature: bytes) -> bool:
    return any(signed_by(key, message, signature) for key in _keys_of(rosters, alliance, member))


def _check_draw(draw: Draw, rosters: Sequence[Keys]) -> list[Found]:
    found = []
    if not _signed(rosters, draw.alliance, draw.owner, b"lancang/1/draw" + draw.signed, draw.signature):
        found.append(Found(Finding.DRAW_SIGNATURE))
    wanted = drawn(draw.population, draw.seed, draw.count)
    if [ask.ask_id for ask in draw.asks] != wanted or len(set(draw.population)) != len(draw.population):
        found.append(Found(Finding.DRAW_SELECTION))
    # An owner takes one ask of a search in an epoch; a second one under it was never paid for.
    times = Counter((ask.epoch, ask.search_id) for ask in draw.asks)
    twice = {ask.ask_id.hex() for ask in draw.asks if times[ask.epoch, ask.search_id] > 1}
    if twice:
        found.append(Found(Finding.ASK_TWICE, tuple(sorted(twice))))
    if not draw.from_ms < draw.until_ms <= draw.made_ms:
        found.append(Found(Finding.DRAW_PERIOD, (), "the period was not over when it was drawn"))
    sent = {key for keys in rosters if keys.alliance == draw.alliance for key in keys.inspectors}
    if draw.inspector and draw.inspector not in sent:
        found.append(Found(Finding.DRAW_INSPECTOR, (), draw.inspector.hex()))
    return found


def _check_dates(draw: Draw, ask: DrawnAsk, terms: EpochTerms) -> list[Found]:
    """What the owner says of an ask beside what its requester signed must go with the draw and with its statement."""
    found, ids = [], (ask.ask_id.hex(),)
    epoch = terms.from_ms <= ask.ms < terms.grace_until_ms
    if not (draw.from_ms <= ask.ms < draw.until_ms and epoch):
        found.append(Found(Finding.DRAW_PERIOD, ids, "" if epoch else f"outside epoch {terms.epoch}"))
    if draw.officer and ask.officer != draw.officer:
        found.append(Found(Finding.DRAW_OFFICER, ids))
    return found


def _check_opening(case: Case, rosters: Sequence[Keys]) -> list[Found]:
    draw, opening = case.draw, case.opening
    if opening is None:
        return []
    found = []
    named = (opening.alliance, opening.owner, opening.requester, opening.draw)
    if named != (draw.alliance, draw.owner, draw.requester, draw.hash):
        found.append(Found(Finding.OPENING_FOREIGN))
    if not _signed(rosters, draw.alliance, draw.requester, b"lancang/1/opening" + opening.signed, opening.signature):
        found.append(Found(Finding.OPENING_SIGNATURE))
    left_out = set(opening.left_out) - set(draw.population)
    if left_out:
        found.append(Found(Finding.LEFT_OUT, tuple(sorted(ask_id.hex() for ask_id in left_out))))
    return found


def _look(case: Case, ask: DrawnAsk, rosters: Sequence[Keys]) -> Looked:
    draw, ids = case.draw, (ask.ask_id.hex(),)
    keys = _keys_of(rosters, draw.alliance, draw.requester)
    key = next((each for each in keys if signed_by(each, ask.ask_id, ask.signature)), None)
    wrong = check_drawn(ask, draw.alliance, draw.owner, draw.requester, key)
    if wrong:
        # What the requester did not sign it need not answer for.
        return Looked(tuple(wrong), None)
    terms = _terms(draw, ask, rosters)
    if terms is None:
        return Looked((Found(Finding.DRAW_EPOCH, ids),), None)
    dates = tuple(_check_dates(draw, ask, terms))
    looked = _look_inside(case, ask, terms)
    return replace(looked, found=(*dates, *looked.found))


def _look_inside(case: Case, ask: DrawnAsk, terms: EpochTerms) -> Looked:
    ids = (ask.ask_id.hex(),)
    opened = _opened(case.opening, ask)
    if opened is None:
        why = case.opening.missing.get(ask.ask_id, "") if case.opening is not None else "no opening was delivered"
        return Looked((Found(Finding.REFUSED if why == "refused" else Finding.OPENING_MISSING, ids, why),), None)
    return check_opened(ask, opened, terms)


def _terms(draw: Draw, ask: DrawnAsk, rosters: Sequence[Keys]) -> EpochTerms | None:
    for terms in draw.epochs:
        if terms.epoch == ask.epoch and names_epoch(terms, draw.alliance, draw.owner):
            signed = _signed(rosters, draw.alliance, draw.owner, terms.statement, terms.signature)
            return terms if signed else None
    return None


def _opened(opening: Opening | None, ask: DrawnAsk) -> OpenedAsk | None:
    if opening is None:
        return None
    return next((each for each in opening.asks if each.ask_id == ask.ask_id), None)


def _blinds_across(cases: Iterable[Case]) -> list[Found]:
    """Blinds and padding are drawn anew for each search: used twice, two asks could be told to be alike."""
    seen: dict[bytes, tuple[bytes, str]] = {}
    shared: set[str] = set()
    for case in cases:
        searches = {ask.ask_id: ask.search_id for ask in case.draw.asks}
        for opened in case.opening.asks if case.opening is not None else ():
            search = searches.get(opened.ask_id)
            if search is None:
                continue
            for blind in opened.blinds:
                other, ask_id = seen.setdefault(blind, (search, opened.ask_id.hex()))
                if other != search:
                    shared |= {ask_id, opened.ask_id.hex()}
    return [Found(Finding.BLIND_TWICE, tuple(sorted(shared)), "across searches")] if shared else []
