"""What is offered and taken in by steps comes to the same as what is delivered at once, whatever happens in between."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fleet.alerts import book as book_module
from fleet.alerts import said as said_module
from fleet.alerts.book import AT_ONCE, AlertBook
from fleet.alerts.inhibition import InhibitRule
from fleet.alerts.matching import parse_matchers
from fleet.alerts.model import AlertState
from fleet.store import Store
from tests.fleet.alerts.making import at, reading, silence

RULE = InhibitRule(
    source=parse_matchers('alertname="Down"'), target=parse_matchers('alertname="Sick"'), equal=("agent",)
)
READINGS = st.builds(
    lambda one, value, note: replace(one, value=value, annotations={"summary": note}),
    st.builds(reading, st.sampled_from(["Down", "Sick"]), st.sampled_from(AlertState), agent=st.sampled_from("abc")),
    st.sampled_from([1.0, 2.0]),
    st.sampled_from(["is down", "is down\x1b"]),
)
ACTS = st.one_of(
    st.tuples(st.just("say"), st.sampled_from(["rules", "claims"]), st.lists(READINGS, max_size=6).map(tuple)),
    st.tuples(st.just("away"), st.sampled_from(["rules", "claims"]), st.none()),
    st.tuples(st.just("silence"), st.just("local"), st.sampled_from(['agent="a"', 'alertname="Down"'])),
    st.tuples(st.just("wait"), st.sampled_from([1, 900]), st.none()),
)


def one_piece() -> Callable[[], bool]:
    return lambda: True


def do(book: AlertBook, say: Callable[..., None], act: str, what: Any, value: Any, now: float) -> None:
    if act == "say":
        say(what, value, at(now))
    elif act == "away":
        say(what, (), at(now), stale=True)
    elif act == "silence":
        book.put_silences("local", [silence("s", value)], at(now))
    else:
        book.step(at(now))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(ACTS, st.integers(0, 12)), max_size=12))
def test_steps_come_to_the_same_as_all_at_once(acts: list[tuple[tuple[str, Any, Any], int]]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        for module, name in ((book_module, "_PIECE"), (book_module, "_SAID"), (said_module, "_DIGESTED")):
            patched.setattr(module, name, 1)
        whole, parts = Store(), Store()
        at_once, by_steps = AlertBook(whole, inhibit=(RULE,)), AlertBook(parts, inhibit=(RULE,))
        now = 0.0
        for (act, what, value), pieces in acts:
            now += what if act == "wait" else 1
            do(at_once, at_once.deliver, act, what, value, now)
            # Only a later answer of the same source may overtake one that waits.
            by_steps.take_in(lambda: False)
            do(by_steps, by_steps.offer, act, what, value, now)
            for _ in range(pieces):
                by_steps.take_in(one_piece())
        by_steps.take_in(lambda: False)
    assert dict(parts.alerts) == dict(whole.alerts)
    assert dict(parts.alert_groups) == dict(whole.alert_groups)
    assert dict(parts.silences) == dict(whole.silences)
    assert by_steps.away() == at_once.away()


def test_no_row_is_seen_before_it_is_known_what_explains_it() -> None:
    store = Store()
    book = AlertBook(store, inhibit=(RULE,))
    count = 300
    sick = [reading("Sick", agent=str(number)) for number in range(count)]
    down = [reading("Down", agent=str(number)) for number in range(count)]
    book.offer("rules", (*sick, *down), at(0))
    steps = 0
    while book.take_in(one_piece()):
        steps += 1
        assert all(row.inhibited_by for row in store.alerts.values() if row.name == "Sick")
    assert steps > 5
    assert len(store.alerts) == 2 * count


def test_what_else_happens_to_the_book_comes_after_what_was_offered() -> None:
    store = Store()
    book = AlertBook(store)
    book.offer("rules", [reading(agent=str(number)) for number in range(300)], at(0))
    assert book.take_in(one_piece())
    book.deliver("rules", (), at(15))
    assert {row.state for row in store.alerts.values()} == {AlertState.RESOLVED}
    assert not book.take_in(one_piece())


def test_a_silence_over_more_than_is_done_at_once_holds_them_all_in_the_end() -> None:
    store = Store()
    book = AlertBook(store)
    count = AT_ONCE + 1
    book.deliver("rules", [reading(agent=str(number)) for number in range(count)], at(0))
    book.put_silences("local", [silence("s", 'alertname="Down"')], at(1))
    while book.take_in(one_piece()):
        pass
    assert all(row.silenced_by == ("s",) for row in store.alerts.values())
    assert store.silences["s"].matched == count
