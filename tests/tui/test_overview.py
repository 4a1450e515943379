"""The overview: what its numbers mean, which panes it shows, and that a hostile fleet cannot break it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.model import AgentStatus, Event, EventKind, ProbeKind, Source, SourceState
from fleet.store import Store
from fleet.views.events import VIEW as EVENTS
from fleet.views.text import progress_bar
from fleet.views.view import Tone, look
from fleet.vocabulary import AgentState
from fleet.work import Backlog, Queue
from tests.tui.factories import NOW, deck, empty_store, firing_store, healthy_store
from tui.panes import load_panes
from tui.panes.pulse import WORST_FIRST, Counting, segments
from tui.snapshot import render, screen_text

STATES = st.dictionaries(st.sampled_from(list(AgentState)), st.integers(0, 20_000))


@given(STATES, st.integers(0, 250))
def test_the_bar_is_as_wide_as_its_room_and_hides_no_state(states: dict[AgentState, int], width: int) -> None:
    shares = segments(states, width)
    present = [state for state in WORST_FIRST if states.get(state)]
    if present and width >= len(present):
        assert sum(cells for _, cells in shares) == width
        assert [state for state, _ in shares] == present
        assert all(cells > 0 for _, cells in shares)
    else:
        assert shares == []


@given(st.none() | st.floats(0, 1), st.none() | st.floats(0, 1e9), st.integers(1, 40))
def test_a_progress_bar_never_leaves_its_width(done: float | None, claimed: float | None, width: int) -> None:
    assert len(progress_bar(done, claimed, width)) == width


def test_a_claim_over_all_there_is_is_marked_at_the_end_of_a_clamped_bar() -> None:
    assert progress_bar(0.5, 2.21, 8) == "━━━━╌╌╌»"
    assert progress_bar(0.5, 0.75, 8) == "━━━━╌╌│╌"
    assert progress_bar(1.0, 1.0, 8) == "━━━━━━━━"
    assert progress_bar(None, 1.0, 4) == "····"


def test_the_pulse_counts_agents_that_never_answered_as_not_observed() -> None:
    counts = Counting(firing_store()).counts()
    assert (counts.total, counts.observed) == (24, 23)
    assert counts.disagree == 4
    assert (counts.sources_ok, counts.sources) == (4, 6)


def test_each_pane_is_found_once_in_its_order() -> None:
    names = [pane.__name__ for pane in load_panes()]
    assert names == ["PulsePane", "WorstPane", "QueuesPane", "BacklogPane", "EventsPane", "SourcesPane"]


@pytest.mark.anyio
async def test_a_pane_with_nothing_to_show_takes_no_place() -> None:
    frame = (await render(deck(empty_store()), (120, 40))).text()
    assert "Queues " not in frame
    assert "Backlog " not in frame
    assert "Worst agents" in frame


@pytest.mark.anyio
async def test_a_pane_comes_when_its_probe_does() -> None:
    store = empty_store()
    async with deck(store).run_test(size=(120, 40)) as pilot:
        assert not pilot.app.screen.query_one("QueuesPane").display
        store.sources.put("q", Source(id="q", kind=ProbeKind.QUEUE, target="q", state=SourceState.PENDING))
        for _ in range(80):
            await pilot.pause(0.05)
            if pilot.app.screen.query_one("QueuesPane").display:
                break
        assert "Queues" in screen_text(pilot.app)


@pytest.mark.anyio
@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_what_matters_is_on_every_size(size: tuple[int, int]) -> None:
    frame = (await render(deck(firing_store()), size)).text()
    for words in (
        "staging",
        "observed 23/24",
        "1 never answered",
        "✖ 2 down 8%",
        "● 18 up 75%",
        "sources 4/6",
        "refused: 127.0.0.1",
        "ingest",
        "TODO.md",
        "━━",
        "▼ up → unknown",
    ):
        assert words in frame, words
    assert all(len(line) <= size[0] for line in frame.splitlines())


@pytest.mark.parametrize(
    ("after", "bad", "tone"),
    [
        ("down", True, Tone.DOWN),
        ("waiting", True, Tone.WAITING),
        ("odd", True, Tone.DEGRADED),
        ("up", False, Tone.PLAIN),
    ],
)
def test_a_change_for_the_worse_has_the_colour_of_the_state_it_led_to(after: str, bad: bool, tone: Tone) -> None:
    event = Event(seq=1, at=NOW, kind=EventKind.AGENT, subject="a", before="stale", after=after, bad=bad)
    store = Store()
    store.events.put(1, event)
    change = next(column for column in EVENTS.columns if column.id == "change")
    assert change.cell(event, look(store, store.events, 1)).tone is tone


@pytest.mark.anyio
async def test_tab_takes_the_only_cursor_along_in_a_fleet_where_nothing_changes() -> None:
    async with deck(firing_store()).run_test(size=(120, 40)) as pilot:
        seen = set()
        for _ in range(4):
            await pilot.press("tab")
            await pilot.pause()
            lines = screen_text(pilot.app).splitlines()
            cursors = [(y, x) for y, line in enumerate(lines) for x, char in enumerate(line) if char == "▌"]
            assert len(cursors) == 1
            seen.update(cursors)
        assert len(seen) == 4


HOSTILE = "\x1b]52;c;aGk=\x07[/red][@click=app.quit]x[/]\x9b31m\u202e{0}%s" + "界" * 3


def hostile_store() -> Store:
    """A fleet in which every text is an attack."""
    store = healthy_store()
    store.now = NOW
    for number in range(3):
        name = HOSTILE + str(number)
        row = AgentStatus(
            name=name, kind=HOSTILE, state=AgentState.DOWN, claimed=HOSTILE, detail=HOSTILE, labels={HOSTILE: HOSTILE}
        )
        store.status.put(name, row)
        store.queues.put(name, Queue(name=name, kind=HOSTILE, error=HOSTILE, anomalies=(HOSTILE,)))
        store.backlog.put(name, Backlog(name=name, kind=HOSTILE, error=HOSTILE, anomalies=(HOSTILE,)))
        source = Source(id=name, kind=ProbeKind.DISCOVERY, target=HOSTILE, error=HOSTILE, problems=(HOSTILE,))
        store.sources.put(name, source)
    return store


@pytest.mark.anyio
async def test_hostile_text_neither_breaks_a_view_nor_reaches_the_terminal() -> None:
    app = deck(hostile_store())
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        app.say(HOSTILE, bad=True)
        for number in range(1, 8):
            await pilot.press(str(number), "enter")
            await pilot.pause()
            frame = screen_text(app)
            assert not any(char in frame for char in "\x1b\x07\x9b\u202e"), number
        await pilot.press("escape", "colon", *"agent zz", "enter")
        assert app.is_running


@pytest.mark.anyio
async def test_the_same_store_gives_the_same_frame() -> None:
    first = await render(deck(firing_store()), (120, 40))
    second = await render(deck(firing_store()), (120, 40))
    assert first.svg() == second.svg()
    assert first.text() == second.text()
