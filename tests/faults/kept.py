"""A fleet of one, whose past is kept on disk: what is done to the files of it, and what is said and lost then.

Time is driven: nothing waits for the minute in which roll-ups are kept.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cli.judging.judgement import Judgement
from cli.judging.past import past_of
from cli.kinds import kind_tables
from config.load import load
from fleet.clock import SystemClock
from fleet.promql.labels import Labels
from fleet.promql.storage import Matcher, MatchOp
from fleet.samples.feed import Feed
from fleet.samples.samples import Samples
from fleet.store import Store

START = datetime(2026, 3, 1, tzinfo=UTC)
CONFIG = """\
host: false
default_rules: false
rules: [rules.yml]
slos: [{name: one, objective: 99%, window: 1d, total: all_total, good: good_total}]
"""
RULES = "groups: [{name: g, rules: [{alert: Ours, expr: 'up_now == 1', for: 1h}]}]\n"
SILENCES, ALERTS, ROLLUPS = "silences", "alert state", "roll-ups"
FILES = {SILENCES: "fleet.silences.json", ALERTS: "fleet.alerts.msgpack", ROLLUPS: "fleet.slos.sqlite"}


class Driven(SystemClock):
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at


class Kept:
    """What judges one fleet, and the folder that it keeps its past in."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "state"
        (root / "fleetdeck.yaml").write_text(CONFIG)
        (root / "rules.yml").write_text(RULES)
        self.counted = 0.0
        self.clock, self.store, self.samples = Driven(), Store(), Samples()
        config = load(root / "fleetdeck.yaml", kind_tables())
        feed = Feed(self.samples, self.store, self.clock.now, str)
        past = past_of(self.folder / "fleet.json", writes=True)
        self.judged = Judgement(config, self.store, self.samples, feed, self.clock, past)

    def file(self, name: str) -> Path:
        return self.folder / FILES[name]

    async def begin(self) -> None:
        """Take up the past."""
        await self.judged.prepare(whole=True)

    async def minutes(self, number: int) -> None:
        """Samples, rounds, and what is kept, for some minutes."""
        for _ in range(4 * number):
            self.clock.at += timedelta(seconds=15)
            at_ms = round(self.clock.at.timestamp() * 1000)
            for labels in ({}, {"turn": str(self.clock.at.minute)}):
                # One that stays, and others that change what is to be kept.
                self.samples.add(Labels.of({"__name__": "up_now", **labels}), at_ms, 1.0)
            self.counted += 10.0
            for series in ("all_total", "good_total"):
                self.samples.add(Labels.of({"__name__": series}), at_ms, self.counted)
            self.judged.settle(self.clock.at)
            await self.judged.keep()

    async def silence(self, name: str) -> None:
        matchers = (Matcher("alertname", MatchOp.EQUAL, name),)
        await self.judged.silencer.silence(matchers, for_s=7200, by="ann", comment="night")

    async def said(self) -> str:
        """What the row of the sources says."""
        job = self.judged.kept_job()
        assert job is not None
        return "; ".join(job.deliver(await job.look(), self.clock.at, 0.0).problems)
