"""fleetdeck's own observations as series: from what collecting takes in to what a rule can ask."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.series_page import BEGIN, END, rewritten, series_table
from collectors.ingest import Ingest
from fleet.evaluate import AgeLimits, Evaluator
from fleet.model import Agent, Disk, Endpoint, HealthReading, HostReading, ProbeKind, Source, SourceState
from fleet.promql.storage import Matcher, MatchOp
from fleet.samples.everything import Everything
from fleet.samples.feed import Feed
from fleet.samples.own import FAMILIES, OwnSeries
from fleet.samples.samples import Samples
from fleet.store import Store
from fleet.verdict import Rules
from fleet.vocabulary import AgentState
from fleet.work import BacklogReading, QueueReading
from tests.fleet.samples.asked import Asks, asks, named, page

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
UP = HealthReading(observed=AgentState.UP, claimed="ok", claimed_state=AgentState.UP)


class Watched:
    """A fleet of which every observation goes the real way, at a time that the test sets."""

    def __init__(self, *wanted: str, every_s: float = 15.0) -> None:
        self.at = START
        self.store = Store()
        self.samples = Samples()
        self.samples.want("rules", asks(*wanted))
        self.feed = Feed(self.samples, self.store, lambda: self.at)
        self.ingest = Ingest(self.store, queue_limit_s=lambda _: 30.0, backlog_limit_s=lambda _: 30.0, feed=self.feed)
        self.evaluator = Evaluator(
            self.store,
            Rules(),
            AgeLimits(health=lambda _: 60.0, metrics=lambda _: 60.0, process=lambda _: 60.0),
            wake=lambda: None,
        )
        self.own = OwnSeries(self.store, self.samples, self.feed.probed, every_s=every_s)

    def agent(self, name: str, **changes: object) -> None:
        url = f"http://127.0.0.1:9000/{name}"
        fields = {"kind": "planner", "health": Endpoint(url=url), "metrics": Endpoint(url=url), **changes}
        self.store.agents.put(name, Agent(name=name, **fields))  # type: ignore[arg-type]

    def judge(self, seconds: float = 0.0) -> None:
        self.at += timedelta(seconds=seconds)
        self.ingest.age(self.at)
        self.evaluator.evaluate(self.at)
        while not self.own.observe(self.at):
            pass

    def now(self, name: str, *labels: str) -> dict[tuple[str, ...], float]:
        """The present values of a name, by the values of these labels."""
        return present(self.samples, self.at, name, *labels)


def present(storage: Samples | Everything, at: datetime, name: str, *labels: str) -> dict[tuple[str, ...], float]:
    until_ms = round(at.timestamp() * 1000)
    found = storage.latest(named(name), until_ms - 300_000, until_ms)
    return {
        tuple(one.get(label) for label in labels): value for one, value in zip(found.labels, found.values, strict=True)
    }


def test_states_claims_and_labels_of_agents() -> None:
    watched = Watched("fleetdeck_agent_state", "fleetdeck_agent_claimed_state", "fleetdeck_agent_info")
    watched.agent("a", labels={"env": "prod", "team-name": "core"})
    watched.ingest.health("a", UP, START, 0.01)
    watched.judge()
    states = watched.now("fleetdeck_agent_state", "agent", "kind", "state")
    assert states.pop(("a", "planner", "up")) == 1.0
    assert len(states) == 5
    assert set(states.values()) == {0.0}
    assert watched.now("fleetdeck_agent_claimed_state", "state")["up",] == 1.0
    assert watched.now("fleetdeck_agent_info", "agent", "label_env", "label_team_name") == {("a", "prod", "core"): 1.0}


def test_each_health_probe_counts_whatever_the_rows_show() -> None:
    names = [f"fleetdeck_agent_health_{what}" for what in ("probes_total", "duration_seconds_bucket")]
    watched = Watched(*names, "fleetdeck_agent_health_duration_seconds_sum")
    watched.agent("a")
    for took_s in (0.004, 0.005, 0.3, 20.0):
        watched.ingest.health("a", UP, START, took_s)
    for _ in range(30):
        watched.ingest.health_failed("a", "time-out")
    watched.judge()
    assert watched.now(names[0], "agent", "result") == {("a", "ok"): 4.0, ("a", "failed"): 30.0}
    buckets = watched.now(names[1], "le")
    assert [buckets[le,] for le in ("0.005", "0.25", "0.5", "10.0", "+Inf")] == [2.0, 2.0, 3.0, 3.0, 4.0]
    assert watched.now("fleetdeck_agent_health_duration_seconds_sum")[()] == pytest.approx(20.309)


def test_changes_of_state_are_counted_and_agents_that_go_end() -> None:
    watched = Watched("fleetdeck_agent_state_changes_total", "up")
    watched.agent("a")
    watched.ingest.health("a", UP, START, 0.01)
    watched.ingest.page("a", page(m=1.0), START, 0.02)
    watched.judge()
    watched.judge(120)
    watched.ingest.health("a", UP, watched.at, 0.01)
    watched.ingest.page("a", page(m=2.0), watched.at, 0.02)
    watched.judge()
    watched.judge(15)
    assert watched.now("fleetdeck_agent_state_changes_total", "agent") == {("a",): 2.0}
    assert watched.now("up", "agent", "instance") == {("a", "127.0.0.1:9000"): 1.0}
    watched.store.agents.drop("a")
    watched.at += timedelta(seconds=1)
    watched.ingest.forget_agent("a")
    watched.judge(15)
    assert watched.now("fleetdeck_agent_state_changes_total") == {}
    assert watched.now("up") == {}


def test_a_scrape_that_fails_ends_the_series_of_its_page_and_up_says_so() -> None:
    watched = Watched("m", "up")
    watched.agent("a")
    watched.ingest.page("a", page(m=1.0), START, 0.02)
    assert watched.now("m", "agent") == {("a",): 1.0}
    watched.at += timedelta(seconds=15)
    watched.ingest.page_failed("a", "time-out")
    assert watched.now("m") == {}
    assert watched.now("up", "agent") == {("a",): 0.0}
    watched.at += timedelta(seconds=15)
    watched.ingest.page("a", page(m=2.0), watched.at, 0.02)
    assert watched.now("m", "agent") == {("a",): 2.0}
    watched.at += timedelta(seconds=1)
    watched.ingest.page_ended("a")
    assert watched.now("up") == {}


def test_the_page_of_a_source_has_its_job_and_ends_with_it() -> None:
    watched = Watched("agent_health", "up")
    watched.store.sources.put(
        "discovery:exporter",
        Source(id="discovery:exporter", kind=ProbeKind.DISCOVERY, target="http://127.0.0.1:9090/metrics"),
    )
    watched.ingest.page("exporter", page(agent_health=1.0), START)
    assert watched.now("agent_health", "job", "instance", "agent") == {("exporter", "127.0.0.1:9090", ""): 1.0}
    watched.at += timedelta(seconds=15)
    watched.ingest.source_failed("exporter")
    assert watched.now("agent_health") == {}
    assert watched.now("up", "job") == {("exporter",): 0.0}


def test_queues_and_backlogs_that_cannot_be_read_have_no_numbers() -> None:
    watched = Watched(
        "fleetdeck_queue_tasks", "fleetdeck_queue_up", "fleetdeck_queue_oldest_seconds", "fleetdeck_backlog_tasks"
    )
    reading = QueueReading(name="q", kind="list", queued=3, oldest_queued_at=START - timedelta(minutes=2))
    watched.ingest.queue("q", reading, START)
    watched.ingest.backlog("b", BacklogReading(name="b", kind="markdown", total=10, done=4), START)
    watched.judge()
    assert watched.now("fleetdeck_queue_tasks", "queue", "kind", "state") == {("q", "list", "queued"): 3.0}
    assert watched.now("fleetdeck_queue_oldest_seconds") == {(): 120.0}
    assert watched.now("fleetdeck_backlog_tasks", "state") == {("done",): 4.0, ("total",): 10.0}
    watched.ingest.queue_failed("q", "list", "refused")
    watched.ingest.backlog_failed("b", "markdown", "no such file")
    watched.judge(15)
    assert watched.now("fleetdeck_queue_tasks") == {}
    assert watched.now("fleetdeck_backlog_tasks") == {}
    assert watched.now("fleetdeck_queue_up", "queue") == {("q",): 0.0}


def test_sources_and_the_machine() -> None:
    watched = Watched("fleetdeck_source_up", "fleetdeck_host_disk_free_bytes", "fleetdeck_host_cpu_ratio")
    for name, state in (("a", SourceState.OK), ("b", SourceState.FAILING), ("c", SourceState.PENDING)):
        watched.store.sources.put(name, Source(id=name, kind=ProbeKind.QUEUE, target="", state=state))
    watched.ingest.host(HostReading(cpu_percent=25.0, disks=(Disk("/", 100, 40),)), START)
    watched.judge()
    assert watched.now("fleetdeck_source_up", "source", "kind") == {("a", "queue"): 1.0, ("b", "queue"): 0.0}
    assert watched.now("fleetdeck_host_disk_free_bytes", "mountpoint") == {("/",): 40.0}
    assert watched.now("fleetdeck_host_cpu_ratio") == {(): 0.25}


def test_only_what_is_asked_for_is_written_and_no_oftener_than_said() -> None:
    watched = Watched("fleetdeck_agent_gone", every_s=15.0)
    watched.agent("a")
    for _ in range(31):
        watched.judge(1.0)
    series = list(watched.samples.range(named("fleetdeck_agent_gone"), 0, 2**60))
    assert [len(one.times) for one in series] == [3]
    assert len(watched.samples) == 1
    watched.samples.want("rules", [])
    watched.judge(1.0)
    assert watched.now("fleetdeck_agent_gone") == {}


def test_a_query_sees_what_nobody_asked_for_before() -> None:
    watched = Watched()
    watched.agent("a")
    everything = Everything(watched.samples, watched.store, watched.feed, watched.own, lambda: watched.at)
    watched.ingest.page("a", page(m=1.0), START)
    watched.at += timedelta(seconds=15)
    watched.ingest.page("a", page(m=2.0), watched.at)
    watched.judge()
    assert present(everything, watched.at, "m", "agent", "job") == {("a", "agents"): 2.0}
    assert present(everything, START, "m", "agent") == {("a",): 1.0}
    assert present(everything, watched.at, "fleetdeck_agent_gone", "agent") == {("a",): 0.0}
    assert present(everything, watched.at, "up", "agent") == {("a",): 1.0}
    watched.samples.want("query:1", [*asks("m"), Asks((Matcher("x", MatchOp.EQUAL, "y"),))])
    watched.at += timedelta(seconds=15)
    watched.ingest.page("a", page(m=3.0), watched.at)
    [series] = everything.range(named("m"), 0, 2**60)
    assert list(series.values) == [1.0, 2.0, 3.0]
    assert present(everything, watched.at, "m", "agent") == {("a",): 3.0}
    watched.ingest.page_failed("a", "refused")
    assert present(everything, watched.at + timedelta(seconds=1), "up", "agent") == {("a",): 0.0}


def test_names_follow_the_conventions_and_stand_in_the_documentation() -> None:
    for family in FAMILIES:
        assert family.name.startswith("fleetdeck_")
        assert (family.type == "counter") == family.name.endswith("_total"), family.name
    names = [family.name for family in FAMILIES]
    assert len(set(names)) == len(names)
    text = (Path(__file__).parents[3] / "docs" / "series.md").read_text(encoding="utf-8")
    assert rewritten(text, f"\n{series_table()}\n", BEGIN, END) == text, "run `python -m cli.series_page`"


def test_a_large_fleet_is_written_in_steps_and_wholly() -> None:
    watched = Watched("fleetdeck_agent_state", "fleetdeck_agent_gone")
    for number in range(1_200):
        watched.agent(f"agent-{number}")
    watched.evaluator.evaluate(watched.at)
    assert not watched.own.observe(watched.at, lambda: True), "this many are not written at once"
    watched.store.status.drop("agent-7")
    while not watched.own.observe(watched.at, lambda: True):
        pass
    assert len(watched.now("fleetdeck_agent_state", "agent", "state")) == 6 * 1_200
    gone = watched.now("fleetdeck_agent_gone", "agent")
    assert len(gone) == 1_199 and ("agent-7",) not in gone, "read after it went"
    watched.judge(15.0)
    assert len(watched.now("fleetdeck_agent_state", "agent", "state")) == 6 * 1_199
