"""What waits too long is seen: by the doctor, and in the metrics."""

from __future__ import annotations

from node.acts.courier.waiting import show_waiting
from node.acts.oversight.check import Check, CheckState
from node.acts.oversight.examine_letters import examine_letters
from node.observe import REGISTRY
from tests.support.letter_pair import RECIPIENT, Pair

MINUTE = 60_000


async def letters_check(pair: Pair) -> Check:
    (found,) = await examine_letters(pair.sender)
    return found


async def test_the_doctor_warns_of_what_has_waited_for_more_than_an_hour(pair: Pair) -> None:
    await pair.write()
    pair.clock.advance(59 * MINUTE)
    assert (await letters_check(pair)).state is CheckState.OK
    pair.clock.advance(6 * MINUTE)
    found = await letters_check(pair)
    assert (found.name, found.state) == (f"letters to {RECIPIENT}", CheckState.WARNING)
    assert found.finding == "1 wait, the oldest for 1 h 5 min"
    assert "lancang outbox" in found.remedy
    await pair.send_all()
    assert (await letters_check(pair)).state is CheckState.OK


async def test_metrics_say_how_much_waits_for_whom_and_for_how_long(pair: Pair) -> None:
    for number in range(3):
        await pair.write(bytes([number]) * 16)
    pair.clock.advance(5 * MINUTE)
    await show_waiting(pair.sender)
    labels = {"node": RECIPIENT}
    assert REGISTRY.get_sample_value("lancang_letters_waiting", labels) == 3
    assert REGISTRY.get_sample_value("lancang_letters_oldest_age_seconds", labels) == 300
    await pair.send_all()
    await show_waiting(pair.sender)
    assert REGISTRY.get_sample_value("lancang_letters_waiting", labels) == 0
    assert REGISTRY.get_sample_value("lancang_letters_oldest_age_seconds", labels) == 0
