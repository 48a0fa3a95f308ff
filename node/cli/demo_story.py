"""What the demo shows and checks: searches both ways, a name alone, a stranger, what each side saw, a node down."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from node.cli.acts import act_json, newest, shortened
from node.cli.connection import SEARCH_SECONDS, SHORT_SECONDS, called
from node.cli.demo_after import AfterTheHit
from node.cli.demo_people import Person, choose, invent
from node.cli.invocation import DEFAULT_OFFICER, Invocation
from node.cli.result_screen import in_words, show_result
from node.cli.screen import printable, table

if TYPE_CHECKING:
    from rich.console import Console

    from node.cli.demo import Stage
    from node.v1 import operator_pb2

PURPOSE, CASE = "telecom-fraud", "K-2031/17"
ASKER, SHOWN = "cn", "th"
_SCRIPTS = {
    "Hans": "Chinese",
    "Khmr": "Khmer",
    "Laoo": "Lao",
    "Latn": "Vietnamese",
    "Mymr": "Burmese",
    "Thai": "Thai",
}
# A seed apart from every population's: whom nobody holds.
_NOBODY_SEED = 7_000_003


@dataclass(slots=True)
class Story:
    """The demo's scenes, in the order they are played. failures: promises that were not kept."""

    at: Invocation
    to: Console
    stage: Stage
    people: dict[str, list[Person]]
    failures: list[str] = field(default_factory=list)
    _hits: dict[str, str] = field(default_factory=dict)
    _found: dict[str, str] = field(default_factory=dict)
    _agreed: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)

    def search_the_five(self) -> None:
        """CN asks about a person each of the five others holds, by a name written as heard."""
        self.scene("1. An officer in CN searches five people, by names written as heard")
        for owner in (one for one in self.people if one != ASKER):
            person = choose(self.people[owner])
            self.say(f"{person.heard}, born {person.birth_date}")
            self._must_be_found(ASKER, owner, person, self._search(ASKER, person.query(f"demo-{owner}")))

    def search_the_other_way(self) -> None:
        """TH asks about a person CN holds."""
        self.scene(f"2. An officer in {SHOWN.upper()} searches a person whom {ASKER.upper()} holds")
        person = choose(self.people[ASKER])
        self.say(f"{person.heard}, born {person.birth_date}")
        self._must_be_found(SHOWN, ASKER, person, self._search(SHOWN, person.query("demo-other-way")))

    def show_six_scripts(self) -> None:
        """The six who were found, each as typed and as held; nothing new is asked."""
        self.scene("One person found in each of six scripts")
        if len(self._agreed) < len(_SCRIPTS):
            self.failures.append("not one person of each script was found")
            return
        rows = [
            (person.heard, person.name, _SCRIPTS.get(person.script, person.script), band, f"{len(kinds)} kinds")
            for owner, (band, kinds) in self._agreed.items()
            for person in (choose(self.people[owner]),)
        ]
        table(self.to, ("Typed as heard", "Held as", "Script", "Band", "Agreed"), rows)
        self.check(len({row[2] for row in rows}) == len(_SCRIPTS), "the six are not of six scripts")
        self.check(all(row[3] == "strong" for row in rows), "a person found by name and birth date was no strong hit")
        everywhere = [
            kind for kind in self._agreed[SHOWN][1] if all(kind in kinds for _, kinds in self._agreed.values())
        ]
        self.say(f"Agreed in all: {in_words(everywhere)}. lancang explain tells the rest.")

    def search_by_name_alone(self) -> None:
        """A name without anything else, and somebody whom nobody holds."""
        self.scene("3. A name alone, and somebody whom nobody holds")
        person = choose(self.people[SHOWN])
        self.say(f"{person.name}, as a chat account shows it - nothing else is known")
        found = self._search(ASKER, person.query_by_name("demo-name-alone"))
        self.check(all(answer.outcome != "hit" for answer in found.answers), "a name alone was a strong hit")
        self.check(self._tag_of(SHOWN, ASKER, person, found) is not None, "a name alone did not find its bearer")
        self.say(
            "Possible, not strong: a name alone never makes more, since several people may bear it. Heard with a birth "
            "date in scene 1 the same person was a strong hit. So ask for a date, a phone or a document first."
        )
        stranger = choose(invent("vn", _NOBODY_SEED))
        self.say(f"{stranger.heard}, born {stranger.birth_date} - nobody holds this person")
        found = self._search(ASKER, stranger.query("demo-nobody"))
        self.check(found.complete, "not every node answered about the stranger")
        self.check(all(answer.outcome != "hit" for answer in found.answers), "a stranger was a strong hit")

    def show_both_sides(self) -> None:
        """What CN asked beside what TH's log holds of it."""
        asker, owner = ASKER.upper(), SHOWN.upper()
        self.scene(f"4. The same search, seen from both sides: {asker} asked, {owner} was asked")
        person = choose(self.people[SHOWN])
        with called(self.stage.node(SHOWN).home, "auditor") as stub:
            acts = [act for act in newest(stub, 500) if act.peer == ASKER and act.kind == "ask-received"]
        if not acts:
            self.failures.append(f"{owner} logged no ask")
            return
        # CN asked TH for every search: that one for TH's own person, with the birth date, is shown.
        told = act_json(acts[self._place_of_first(SHOWN)])
        detail = dict(told["detail"])
        left = [("name", person.heard), ("birth date", person.birth_date), ("purpose", PURPOSE), ("case", CASE)]
        left += [("got", f"a strong hit, tag {self._found.get(SHOWN, '(none)')}")]
        right = [
            ("who", f"{told['peer']}, officer {shortened(detail.pop('officer', told['actor']))}"),
            ("when", told["at"]),
        ]
        right += [(key.replace("_", " "), shortened(str(value))) for key, value in detail.items()]
        rows = [
            (*(left[row] if row < len(left) else ("", "")), *(right[row] if row < len(right) else ("", "")))
            for row in range(max(len(left), len(right)))
        ]
        table(self.to, (f"{asker} asked", "", f"{owner}'s log holds", ""), rows)
        everything = json.dumps([act_json(act) for act in acts], ensure_ascii=False).casefold()
        secrets = [person.heard, person.name, person.birth_date, CASE, self._found.get(SHOWN, person.name)]
        leaked = [word for word in secrets if word.casefold() in everything]
        self.check(not leaked, f"{owner}'s log holds something of the question")
        self.say(f"{owner} does not learn the name, the birth date, the case number, nor whether there was a hit.")

    def go_on_after_the_hit(self) -> None:
        """What police, courts and auditors live by: scenes 5 to 8."""
        if SHOWN not in self._hits:
            self.failures.append("there is no hit to go on from")
            return
        AfterTheHit(self, ASKER, SHOWN, choose(self.people[SHOWN]), self._hits[SHOWN]).play()

    def search_without(self, down: str) -> None:
        """The same person, with a node down: an answer of its own."""
        self.scene(f"9. {down.upper()} is switched off: that is an answer, not a failure")
        person = choose(self.people[SHOWN])
        self.say(f"{person.heard}, born {person.birth_date}")
        found = self._search(ASKER, person.query("demo-without"))
        self._must_be_found(ASKER, SHOWN, person, found, all_answer=False)
        outcomes = {answer.node: answer.outcome for answer in found.answers}
        self.check(outcomes.get(down) in ("unreachable", "timeout"), f"{down} was off and is {outcomes.get(down)}")

    def explain(self, keep: Path | None) -> None:
        """What was seen, and how to go on."""
        self.say(
            "No record and no question left a country. Each node sent the others an index that nobody can read without "
            "buying evaluations of blinded tokens, a fixed number a search, from the owner, who counts and logs them. "
            "A tag is a pseudonym; only the owner can tell whom it stands for."
        )
        if keep is None:
            self.say("\nGo on by hand: lancang network demo --keep DIR leaves such a network running. Then try:")
        else:
            self.say("\nThe network keeps running. Go on by hand:")
        place = shlex.quote(str(keep)) if keep is not None else "DIR"
        for line in (
            f"lancang --home {place}/cn search --purpose {PURPOSE} --case K-1        (asks field by field)",
            f"lancang --home {place}/th inbox                                         (what is asked of TH)",
            f"lancang --home {place}/cn --as auditor history                          (who searched, never whom)",
            f"lancang --home {place}/th acts                                          (what TH's auditor sees)",
            f"lancang --home {place}/th record import {place}/people/th.jsonl --dry-run",
            f"lancang --home {place}/cn doctor",
            f"lancang network down {place}",
        ):
            self.say(f"  {line}")

    def _search(self, asker: str, query: bytes) -> operator_pb2.SearchResult:
        from node.v1 import operator_pb2

        request = operator_pb2.SearchRequest(query=query, purpose=PURPOSE, case_number=CASE)
        with called(self.stage.node(asker).home, DEFAULT_OFFICER) as stub:
            found = stub.Search(request, timeout=SEARCH_SECONDS).result
        show_result(self.to, found)
        return found

    def _must_be_found(
        self, asker: str, owner: str, person: Person, found: operator_pb2.SearchResult, *, all_answer: bool = True
    ) -> None:
        """The record must be among the hits, as its owner alone can tell from the tag; no other node may be sure."""
        self.check(found.complete or not all_answer, "not every node answered")
        for answer in found.answers:
            if answer.node != owner:
                self.check(answer.outcome != "hit", f"{answer.node} has a strong hit on a person of {owner}")
        tag = self._tag_of(owner, asker, person, found)
        self.check(tag is not None, f"{owner}'s record of the person searched was not found")
        if tag is not None:
            self._found[owner] = tag
            hit = next(hit for answer in found.answers for hit in answer.hits if hit.tag == tag)
            self._hits.setdefault(owner, hit.hit_id)
            self._agreed.setdefault(owner, (hit.band, tuple(hit.agreed)))
            self.say(f"Only {owner.upper()} can tell whose tag {tag} is: {person.name}, record {person.record_id}.")

    def _tag_of(self, owner: str, asker: str, person: Person, found: operator_pb2.SearchResult) -> str | None:
        """The tag among the owner's hits that stands for the person's record, as the owner alone can tell."""
        tags = [hit.tag for answer in found.answers if answer.node == owner for hit in answer.hits]
        return next((tag for tag in tags if self._record_of(owner, asker, tag) == person.record_id), None)

    def _record_of(self, owner: str, asker: str, tag: str) -> str:
        from node.v1 import operator_pb2

        reference = operator_pb2.TagReference(tag=bytes.fromhex(tag), audience=asker)
        with called(self.stage.node(owner).home, DEFAULT_OFFICER) as stub:
            shown = stub.ShowRecord(operator_pb2.ShowRecordRequest(tag=reference), timeout=SHORT_SECONDS)
        return str(json.loads(shown.record)["record_id"])

    def _place_of_first(self, owner: str) -> int:
        """Which of the asks at owner was about its own person: CN asked all five about each in turn."""
        return [one for one in self.people if one != ASKER].index(owner)

    def check(self, kept: bool, promise: str) -> None:
        """Note a promise that was not kept."""
        if not kept:
            self.failures.append(promise)

    def scene(self, title: str) -> None:
        """Begin a scene."""
        self.to.print(f"\n{title}", style="bold", markup=False)

    def say(self, text: str) -> None:
        """One line for the onlooker."""
        self.to.print(printable(text), markup=False)
