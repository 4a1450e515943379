"""Objectives that come while others run: their past is read first, and nothing of the others is counted twice."""

from pathlib import Path

import pytest

from fleet.slo.definition import Rolling, SloDefinition
from fleet.slo.engine import LOADING, SloEngine
from fleet.slo.model import SloStatus
from fleet.store import Slice
from journal.keeping import Keeper
from journal.rollups import RollupFile
from tests.fleet.slo.samples import Lists, at, run, slo

OTHER = slo(name="other", by=("agent",))


class Following:
    """An engine with its file; every 15 s one bad event of ten comes."""

    def __init__(self, path: Path, *definitions: SloDefinition) -> None:
        self.storage, self.rows = Lists(), Slice[str, SloStatus]()
        self.engine = SloEngine(self.rows, definitions, self.storage)
        self.keeper = Keeper(self.engine, RollupFile(path))
        self.at_s = 0

    async def go_on(self, rounds: int) -> None:
        for _ in range(rounds):
            self.storage.put(self.at_s, self.at_s // 15 * 9.0, "good_total", agent="a")
            self.storage.put(self.at_s, self.at_s // 15 * 10.0, "all_total", agent="a")
            run(self.engine, self.at_s)
            await self.keeper.keep()
            self.at_s += 15

    def counted(self, name: str) -> tuple[float, float]:
        (line,) = (line for line in self.engine.book.lines if line.definition.name == name)
        found = [track.sums(0, 1 << 40) for track in line.meter.tracks.by_group.values()]
        return (round(sum(one.good for one in found), 6), round(sum(one.total for one in found), 6))

    @property
    def events(self) -> tuple[float, float]:
        """Good and all that came by now."""
        return ((self.at_s // 15 - 1) * 9.0, (self.at_s // 15 - 1) * 10.0)


@pytest.mark.anyio
async def test_an_edit_counts_nothing_twice(tmp_path: Path) -> None:
    it = Following(tmp_path / "slos.sqlite", slo())
    await it.keeper.load(at(0))
    # Not at a minute's end: what was kept last is older than what is known.
    await it.go_on(42)
    assert it.counted("slo") == it.events
    it.engine.reconfigure([slo(), OTHER])
    run(it.engine, it.at_s - 15)
    assert it.rows["other"].error == LOADING
    assert it.counted("slo") == it.events, "the others go on"
    await it.keeper.load(at(it.at_s))
    await it.go_on(6)
    assert it.counted("slo") == it.events


@pytest.mark.anyio
async def test_an_objective_that_comes_back_knows_its_past(tmp_path: Path) -> None:
    it = Following(tmp_path / "slos.sqlite", slo(), OTHER)
    await it.keeper.load(at(0))
    await it.go_on(42)
    it.engine.reconfigure([slo()])
    await it.go_on(30)
    assert set(it.rows) == {"slo"}
    it.engine.reconfigure([OTHER, slo()])
    await it.go_on(2)
    await it.keeper.load(at(it.at_s))
    await it.go_on(6)
    assert it.counted("other") == it.events
    assert it.counted("slo") == it.events


@pytest.mark.anyio
async def test_an_objective_that_comes_while_the_past_is_read_gets_its_own(tmp_path: Path) -> None:
    it = Following(tmp_path / "slos.sqlite", slo(), OTHER)
    await it.keeper.load(at(0))
    await it.go_on(42)
    it.keeper.finish()
    again = Following(tmp_path / "slos.sqlite", slo())
    again.storage, again.at_s = it.storage, it.at_s
    again.engine = SloEngine(again.rows, [slo()], again.storage)
    file = RollupFile(tmp_path / "slos.sqlite")
    again.keeper = Keeper(again.engine, file)
    pieces = list(file.load(again.engine.keys, again.engine.keys, 0))

    class Interrupted:
        def load(self, *_: object) -> list[object]:
            again.engine.reconfigure([slo(), OTHER])
            return list(pieces)

        def save(self, _: object) -> bool:
            return True

    await Keeper(again.engine, Interrupted()).load(at(again.at_s))  # type: ignore[arg-type]
    assert not again.engine.loaded
    await again.keeper.load(at(again.at_s))
    assert again.engine.loaded
    await again.go_on(6)
    assert again.counted("slo") == again.events
    assert again.counted("other") == again.events


@pytest.mark.anyio
async def test_a_longer_window_beside_it_takes_nothing_of_an_objective(tmp_path: Path) -> None:
    it = Following(tmp_path / "slos.sqlite", slo())
    it.engine.start()
    await it.go_on(42)
    it.engine.reconfigure([slo(), slo(name="long", window=Rolling(90 * 86_400.0))])
    it.engine.start()
    await it.go_on(6)
    assert it.counted("slo") == it.counted("long") == it.events
