"""Local silences and acknowledgements, with a real file and a real book."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from actions.intents import Intents
from actions.silencing import LocalSilencer
from fleet.alerts.book import AlertBook
from fleet.alerts.matching import parse_matchers
from fleet.clock import Clock, ManualClock
from fleet.errors import FleetdeckError
from fleet.store import Store
from journal.silences import SilenceFile
from tests.fleet.alerts.making import AT, reading

DOWN = (reading(agent="a"), reading(agent="b"))


class Bench:
    """A dashboard: its book, its silencer, its clock."""

    def __init__(
        self, path: Path, intents: Callable[[Clock], Intents | None] = lambda _: None, *, read_only: bool = False
    ) -> None:
        self.store, self.clock = Store(), ManualClock(AT)
        self.book = AlertBook(self.store)
        self.file = SilenceFile(path / "silences.json")
        self.silencer = LocalSilencer(
            self.store, self.book, self.file, self.clock, read_only=read_only, intents=intents(self.clock)
        )
        self.book.deliver("rules", DOWN, self.clock.now())

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(sorted(self.store.alerts, key=lambda id: self.store.alerts[id].labels["agent"]))

    async def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.book.step(self.clock.now())
        await self.silencer.keep()


@pytest.mark.anyio
async def test_a_silence_is_made_and_ended_with_name_and_reason(tmp_path: Path) -> None:
    it = Bench(tmp_path)
    made = await it.silencer.silence(parse_matchers("agent=a"), for_s=600, by="ann\x1b", comment="moving house")
    row = it.store.silences[made.id]
    assert (row.created_by, row.comment, row.matched, row.acknowledges) == ("ann\\x1b", "moving house", 1, False)
    assert row.ends_at - row.starts_at == timedelta(minutes=10)
    assert [it.store.alerts[id].suppressed for id in it.ids] == [True, False]
    await it.silencer.expire((made.id,))
    assert not any(it.store.alerts[id].suppressed for id in it.ids)
    with pytest.raises(FleetdeckError, match="no local silence"):
        await it.silencer.expire(("nowhere",))


@pytest.mark.anyio
async def test_an_acknowledgement_is_renewed_while_the_alert_fires_and_ends_with_it(tmp_path: Path) -> None:
    it = Bench(tmp_path)
    (ack,) = await it.silencer.acknowledge(it.ids[:1], by="ann", reason="on it")
    assert ack.comment == "ACK! on it"
    assert [it.store.alerts[id].acknowledged_by for id in it.ids] == ["ann", None]
    for _ in range(20):
        await it.wait(240)
    assert it.store.alerts[it.ids[0]].acknowledged_by == "ann"
    it.book.deliver("rules", DOWN[1:], it.clock.now())
    await it.wait(1)
    assert it.store.silences[ack.id].state == "expired"
    assert SilenceFile(it.file.path).read()[ack.id].ends_at == it.clock.now()


@pytest.mark.anyio
async def test_an_alert_whose_source_is_away_has_not_resolved(tmp_path: Path) -> None:
    it = Bench(tmp_path)
    (ack,) = await it.silencer.acknowledge(it.ids[:1], by="ann", reason="")
    it.book.deliver("other", (), it.clock.now(), stale=True)
    it.book.deliver("rules", DOWN[1:], it.clock.now())
    await it.wait(120)
    assert it.store.silences[ack.id].state == "active"


@pytest.mark.anyio
async def test_it_survives_a_restart_and_another_dashboard_sees_it(tmp_path: Path) -> None:
    it = Bench(tmp_path)
    await it.silencer.acknowledge(it.ids, by="ann", reason="both")
    again = Bench(tmp_path)
    await again.silencer.refresh()
    assert [again.store.alerts[id].acknowledged_by for id in again.ids] == ["ann", "ann"]
    await again.silencer.acknowledge(again.ids[:1], by="bob", reason="mine now")
    await it.silencer.refresh()
    assert [it.store.alerts[id].acknowledged_by for id in it.ids] == ["bob", "ann"]
    assert sum(one.state == "active" for one in it.store.silences.values()) == 2


@pytest.mark.anyio
async def test_read_only_refuses_and_still_shows(tmp_path: Path) -> None:
    await Bench(tmp_path).silencer.silence(parse_matchers("agent=a"), for_s=60, by="ann", comment="x")
    it = Bench(tmp_path, read_only=True)
    await it.silencer.refresh()
    (id,) = it.store.silences
    for act in (
        it.silencer.silence(parse_matchers("agent=b"), for_s=60, by="x", comment="y"),
        it.silencer.acknowledge(it.ids, by="x", reason="y"),
        it.silencer.expire((id,)),
    ):
        with pytest.raises(FleetdeckError, match="read-only"):
            await act
    assert it.store.alerts[it.ids[0]].silenced_by == (id,)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("matchers", "for_s"), [("", 60), ('agent=~".*"', 60), ("agent=a", 0), ("agent=a", 1e9), ("agent=a", float("nan"))]
)
async def test_a_silence_that_would_hold_everything_or_for_ever_is_refused(
    tmp_path: Path, matchers: str, for_s: float
) -> None:
    it = Bench(tmp_path)
    with pytest.raises(FleetdeckError):
        await it.silencer.silence(parse_matchers(matchers), for_s=for_s, by="a", comment="b")
    assert not it.store.silences


@pytest.mark.anyio
async def test_what_has_resolved_cannot_be_acknowledged(tmp_path: Path) -> None:
    it = Bench(tmp_path)
    ids = it.ids
    it.book.deliver("rules", (), it.clock.now())
    with pytest.raises(FleetdeckError, match="nothing to acknowledge"):
        await it.silencer.acknowledge((*ids, "nowhere"), by="a", reason="b")
