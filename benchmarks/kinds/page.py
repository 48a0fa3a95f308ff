"""docs/tokens.md and its chart: the table of kinds, the fishing curve, the size of an ask, the ceiling."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from math import log10

from benchmarks.fishing.__main__ import BUDGETS, LIMIT, LIMIT_AT
from benchmarks.kinds.fishing import Fished
from benchmarks.kinds.recall import Ceiling, Use
from matcher.kinds import KINDS, Kind
from matcher.report.judge import BUDGETS as FALSE
from matcher.report.judge import Judgement
from matcher.report.svg import Axis, Chart, Series, Style

CHART = "fishing.svg"
_WIDTH = 130
_OWNER, _REQUESTER = 0.14, 0.3


@dataclass(frozen=True, slots=True)
class Measured:
    """All that the page shows.

    size: of each country's population that is fished in. use, without: by number of kind. all_kinds: fitted and judged
    as those without one. asks: by size of the ask, with the weights in force; asked: the mean of real tokens. held: the
    mean and the most tokens of a record.
    """

    day: str
    size: int
    records: int
    queries: int
    use: dict[int, Use]
    all_kinds: Judgement
    without: dict[int, Judgement]
    asks: dict[int, Judgement]
    asked: float
    held: tuple[float, int]
    ceiling: Ceiling
    fished: list[Fished]


def page(measured: Measured) -> str:
    """The whole page, in Markdown."""
    parts = (_opening(measured), _kinds(measured), _fishing(measured), _asks(measured), _ceiling(measured))
    return "\n".join(line for part in parts for line in part).rstrip() + "\n"


def chart(fished: list[Fished]) -> Chart:
    """The share recovered by evaluations, in the country where most is and, dashed, where least is."""
    most = tuple((log10(budget), max(each.curve[budget] for each in fished)) for budget in BUDGETS)
    least = tuple((log10(budget), min(each.curve[budget] for each in fished)) for budget in BUDGETS)
    return Chart(
        "Fishing",
        "People named with their full birth date by a member who guesses as well as it can",
        Axis("evaluations spent, as a power of ten", 3.0, 6.0, (3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0)),
        Axis("share of the people in the index", 0.0, 1.0, (0.0, 0.03, 0.1, 0.25, 0.5, 0.75, 1.0)),
        (
            Series("the country where most is recovered", most, Style.LINE, (least, most)),
            Series("where least is", least, Style.DASHED),
        ),
        guides=(log10(LIMIT_AT),),
    )


def _opening(measured: Measured) -> Iterator[str]:
    yield from ("# Tokens", "")
    yield from _prose(
        "A match token is a kind and a value; only equality of tokens crosses a border. This page says which kinds "
        "there are, what each brings and what it costs. `python -m benchmarks.kinds` measures and writes it; the "
        "table itself is `matcher/kinds.py`. What a name's forms are: [names](names.md). Who is found: "
        "[quality](quality.md)."
    )
    yield from _prose(f"Last run, {measured.day}.")
    yield from ("## What a roster refers to", "")
    yield from _prose(
        "The kinds, their readings and the linguistic tables are hashed together. An owner's epoch statement names "
        "that hash; a node with other tables refuses to search and says who must update. The roster's policy fixes "
        "what the table was measured for: `postings_per_record` (24), `ask_size` (64), `list_cap` (256), "
        "`prior_records` (65,536) and the budget. Whoever changes one of them should run this page anew."
    )


def _kinds(measured: Measured) -> Iterator[str]:
    held, most = measured.held
    yield from ("## The kinds", "")
    yield from _prose(
        f"A record holds {held:.1f} tokens on average, {most} at most; a search asks {measured.asked:.1f} and is "
        f"padded to 64. Measured on the development set ({measured.records:,} records, {measured.queries:,} searches; "
        "[quality](quality.md)), which has no identifiers."
    )
    yield from _prose(
        "*Carried*: records that hold the kind. *Held, asked*: its tokens a record, a search. *Agrees*: searches for "
        "a known person whose record shares it. *Brings*: what recall loses when the kind is left out of both sides "
        "and the weights are fitted anew, in points: at the first place, and at 0.01 false candidates a search. The "
        "weights are fitted on one half of the searches and judged on the other. Below 0.5 points it may be chance. "
        f"*Fishing*: what an attacker who spends {LIMIT_AT:,} evaluations loses without it, in points, where it loses "
        "most (see below)."
    )
    yield "| no. | kind | what agrees | carried | held | asked | agrees | brings @1 | brings at 0.01 | fishing |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    yield from (_row(kind, measured) for kind in KINDS)
    yield ""
    yield from _prose(
        "Kinds help each other: several bring nothing alone because another finds the same people. They stand where "
        "they keep a search sure when the other fails: a name misspelt, a part replaced, an alias that another kind "
        "cuts off. A search asks sex+name-loose of the *other* sex: it only speaks against, so it agrees with "
        "nobody's record."
    )


def _row(kind: Kind, measured: Measured) -> str:
    start = f"| {kind.number} | {kind.name} | {', '.join(sorted(kind.attributes))} |"
    if kind.is_identifier:
        return f"{start} - | - | - | - | - | - | - |"
    use, whole, without = measured.use[kind.number], measured.all_kinds, measured.without.get(kind.number)
    brings = " - | - "
    if without is not None:
        first = 100 * (whole.recall_first().value - without.recall_first().value)
        within = 100 * (whole.recall_within(FALSE[0]).value - without.recall_within(FALSE[0]).value)
        brings = f" {first:+.1f} | {within:+.1f} "
    curves = [each for each in measured.fished if kind.number in each.without]
    lost = [100 * (each.curve[LIMIT_AT] - each.without[kind.number]) for each in curves]
    fishing = f"{max(lost):+.1f}" if lost else "-"
    shown = f"{use.carried:.2f} | {use.held:.1f} | {use.asked:.1f} | {use.agrees:.2f}"
    return f"{start} {shown} |{brings}| {fishing} |"


def _fishing(measured: Measured) -> Iterator[str]:
    yield from ("## Fishing", "")
    worst = max(each.curve[LIMIT_AT] for each in measured.fished)
    yield from _prose(
        f"An attacker holds an index of {measured.size:,} people of one country and knows the statistics of another "
        f"{measured.size:,}: names, birth years, the heap on 1 January. It tries seven plans: dates at once, names "
        "first, years between; after each round it looks at what came and chooses anew. Shown is the plan that names "
        f"most people with their full birth date. The limit is {LIMIT:.0%} at {LIMIT_AT:,} evaluations; the worst "
        f"country stands at {worst:.2%}. A member's default budget is just under {LIMIT_AT:,} an epoch."
    )
    yield f"| evaluations | {' | '.join(each.country for each in measured.fished)} |"
    yield "|---|" + "---|" * len(measured.fished)
    for budget in BUDGETS:
        yield f"| {budget:,} | {' | '.join(f'{each.curve[budget]:.2%}' for each in measured.fished)} |"
    yield from ("", f"![the same as a chart]({CHART})", "")
    yield from _prose(
        "The populations know fewer names than a country does (some thousands to twenty thousand whole names), which "
        "helps the attacker. What it can't be stopped from, an inspection finds: an ask of one person's tokens looks "
        "unlike a list of guesses."
    )
    yield from _prose(
        "Why no kind holds more: beside a full date a value costs 18,250 evaluations, so a value that 5% of the "
        "people bear gives at most 5% of them for that price. A head of a long part (its first four sounds) would "
        "find 0.5% more of FEBRL's people and is borne by up to 9% of a country; it stays out."
    )


def _asks(measured: Measured) -> Iterator[str]:
    yield from ("## The size of an ask", "")
    yield from _prose(
        "Every ask has the same size, whatever is in it. A token costs 0.14 ms at an owner and 0.3 ms at the "
        "requester. Tokens stand in order of what informs most, so a smaller ask cuts the end: dates beside the one "
        "given, misspelt names, further readings."
    )
    yield "| tokens an ask | recall@1 | at 0.01 | at 0.1 | worst country @1 | an owner, ms | the requester, ms |"
    yield "|---|---|---|---|---|---|---|"
    for size, judged in sorted(measured.asks.items(), reverse=True):
        recalls = (judged.recall_first(), *(judged.recall_within(budget) for budget in FALSE))
        shown = " | ".join(f"{each.value:.3f}" for each in recalls)
        yield f"| {size} | {shown} | {_worst(judged):.3f} | {size * _OWNER:.1f} | {size * _REQUESTER:.1f} |"
    yield ""
    first, small = measured.asks[64].recall_first().value, measured.asks[32].recall_first().value
    yield from _prose(
        f"32 instead of 64 would halve the price and lose {100 * (first - small):.1f} points at the first place here. "
        "The development set has few misspelt dates and replaced parts, for which the second half is meant; so 64 "
        "stands."
    )


def _worst(judged: Judgement) -> float:
    countries = {outcome.question.country for outcome in judged.outcomes if outcome.question.country}
    return min(
        judged.recall_first(lambda question, country=country: question.country == country).value  # type: ignore[misc]
        for country in countries
    )


def _ceiling(measured: Measured) -> Iterator[str]:
    found = measured.ceiling
    missed = found.namesakes + found.alike + found.apart + found.outranked
    yield from ("## The ceiling", "")
    yield from _prose(
        f"Of {found.known:,} searches for a person in some record, {missed} do not have it alone at the first place. "
        "What stands in the way:"
    )
    rows = (
        (
            "a namesake: the same written name, and nothing the search says of birth or sex tells them apart",
            found.namesakes,
        ),
        ("another record shares every token that the right one shares", found.alike),
        ("no token is shared", found.apart),
        ("another record is weighed higher", found.outranked),
    )
    yield from ("| why | searches |", "|---|---|")
    yield from (f"| {why} | {count} |" for why, count in rows)
    yield ""
    ceiling = 1 - found.namesakes / found.known
    yield from _prose(
        f"Namesakes can't be told apart by anything in the file, so recall@1 can't pass {ceiling:.3f} here. They are "
        "people whose birth date is missing or known to the year, with a common name."
    )


def _prose(text: str) -> list[str]:
    return [*textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False), ""]
