"""An explanation for people: names and skeletons, tokens by kind, the score as a waterfall, and its limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from node.cli.screen import printable, table

if TYPE_CHECKING:
    from rich.console import Console

    from matcher.agreement import PlainAgreement
    from matcher.explanation import Explanation, NameSteps

_BAR = 24
_STYLES = {"strong": "bold green", "possible": "yellow", "none": "red"}


def show_explanation(to: Console, found: Explanation) -> None:
    """Print all of it."""
    from matcher.explanation import LEAD

    for title, names in (("The search", found.query), ("The record", found.record)):
        to.print(title, style="bold")
        for name in names:
            show_name(to, name)
    rows = ((kind.label, str(kind.asked), str(kind.held), str(kind.shared)) for kind in found.kinds)
    table(to, ("Kind of token", "Asked", "In the record", "Shared"), rows, title="Tokens")
    table(to, ("Log-odds", "", "From"), _waterfall(found), title="The score, step by step")
    # Never a 1.00: nothing here is certain.
    shown = ">0.99" if found.score > 0.99 else f"{found.score:.2f}"
    to.print(f"Band: {found.band.value}. Score {shown}.", style=_STYLES[found.band.value])
    for line in _sentences(found):
        to.print(printable(line), markup=False)
    table(to, ("Field", "In plain sight"), _plain(found.agreement), title="Plain agreement (not part of the score)")
    to.print(LEAD, markup=False)


def show_name(to: Console, name: NameSteps) -> None:
    """Print how one name is read."""
    rows = (
        (" ".join(getattr(part, depth) for part in parts) for depth in ("letters", "strict", "loose", "frame"))
        for parts in name.readings
    )
    title = printable(f"{name.text} ({', '.join(name.scripts) or 'no script found'})")
    if name.stages:
        to.print(title, style="bold", markup=False)
        for stage in name.stages:
            to.print(printable(f"  {stage.what}: {stage.text}"), markup=False, soft_wrap=True)
        title = ""
    table(to, ("Read as", "Strict", "As it sounds", "Consonants"), [tuple(row) for row in rows], title=title)


def _waterfall(found: Explanation) -> Iterator[tuple[str, str, str]]:
    from matcher.kinds import KINDS

    labels = {kind.name: kind.label for kind in KINDS}
    height = max([found.nobody, *(abs(step.log_odds) for step in found.steps)])
    yield f"{-found.nobody:+.2f}", _bar(-found.nobody, height), "the person may be in no record"
    total = -found.nobody
    for step in found.steps:
        if step.log_odds:
            total += step.log_odds
            what = f"{step.shared} shared, {step.bits:.1f} bits at best" if step.shared else "asked, not shared"
            yield f"{step.log_odds:+.2f}", _bar(step.log_odds, height), f"{labels[step.kind]} ({what})"
    yield f"{total:+.2f}", _bar(total, max(height, abs(total))), "in all"


def _bar(value: float, height: float) -> str:
    return ("+" if value > 0 else "-") * round(_BAR * abs(value) / height)


def _sentences(found: Explanation) -> Iterator[str]:
    others = "nobody else" if found.bearers == 1 else f"{found.bearers - 1} others"
    yield (
        f"Assumed: an index of {found.population:,} records (--population); {others} in it with this name (--bearers); "
        "every other token in this record alone. In a real index more records share tokens, and the score is lower."
    )
    if found.not_compared:
        yield f"Not compared: {', '.join(found.not_compared)}."


def _plain(agreement: PlainAgreement) -> Iterator[tuple[str, str]]:
    name = agreement.name
    if name is not None:
        yield "name", f"{name.query_reading} / {name.record_reading}"
        yield "", f"Jaro-Winkler {name.jaro_winkler:.2f}, token sort {name.token_sort:.2f}, sounds {name.sounds:.2f}"
    yield "birth date", agreement.birth_date.value
    yield "sex", agreement.sex.value
    yield "nationality", agreement.nationality.value
    for what, count in (
        ("documents", agreement.documents),
        ("phones", agreement.phones),
        ("accounts", agreement.accounts),
    ):
        if count:
            yield what, f"{count} shared"
    if agreement.doubtful:
        yield "documents", f"{agreement.doubtful} with a wrong check digit: a slip, or a forged paper"
