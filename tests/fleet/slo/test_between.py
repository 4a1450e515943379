"""What history says of an objective between two times."""

from datetime import timedelta

from fleet.slo.between import EngineHistory
from fleet.slo.engine import SloEngine
from fleet.slo.model import SloStatus
from fleet.store import Slice
from tests.fleet.slo.samples import Lists, at, run, slo


def test_good_and_total_are_those_of_the_whole_minutes_between() -> None:
    storage = Lists()
    rows: Slice[str, SloStatus] = Slice()
    engine = SloEngine(rows, [slo()], storage)
    engine.start()
    good = total = 0.0
    for step in range(41):
        storage.put(step * 15, good, "good_total")
        storage.put(step * 15, total, "all_total")
        run(engine, step * 15)
        # Ten events a look; in the minutes from the sixth on three of them are bad.
        good, total = good + (10 if step < 20 else 7), total + 10
    (name,) = rows
    history = EngineHistory(engine)
    before, after = history.between(name, at(60), at(240)), history.between(name, at(360), at(600))
    assert before is not None
    assert after is not None
    assert (before.good, before.total, before.minutes) == (120.0, 120.0, 3)
    assert (after.good / after.total, after.seen_minutes) == (0.7, 4)
    # What begins and ends within one minute has none of its own.
    assert history.between(name, at(61), at(61) + timedelta(seconds=50)) == (0.0, 0.0, 0, 0)
    assert history.between("another", at(0), at(600)) is None
