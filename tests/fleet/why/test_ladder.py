"""What a ladder says of each kind of subject, and what it admits not to know."""

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fleet.actions.revision import RollbackRow
from fleet.alerts.model import AlertState
from fleet.gates.engine import GateEngine, gate
from fleet.gates.target import parse_target
from fleet.model import Event, EventKind
from fleet.promql.limits import EvalLimits
from fleet.slo.definition import Counted, Indicator, Op, Raw, Threshold
from fleet.slo.engine import SloEngine
from fleet.slo.model import Burn, SloStatus
from fleet.store import Store
from fleet.vocabulary import AgentState
from fleet.why.climb import Climb, ladder
from fleet.why.explainer import Explainer
from fleet.why.model import Basis, Ladder, Mark, Rung, Subject, SubjectKind
from fleet.why.objective import burn_step
from fleet.why.objectives import evidence_in
from fleet.why.text import as_markdown, as_tree
from tests.fleet.promql.memory_storage import MemoryStorage
from tests.fleet.slo.samples import slo
from tests.fleet.why.fleets import (
    NOW,
    NOW_MS,
    ago,
    break_down,
    climbed,
    counter,
    fleet_of,
    gauge,
    put_agent,
    put_alert,
    step,
)

RATIO = "sum by (job) (rate(failed[5m])) / sum by (job) (rate(all[5m])) > 0.1"


def failing_fleet() -> tuple[Store, MemoryStorage]:
    """Of three agents of a job the second fails most; a fourth is of another job."""
    store, storage = fleet_of("a-1", "a-2", "a-3", "b-1"), MemoryStorage()
    break_down(store, "a-2")
    for name, job, failed in (("a-1", "a", 1), ("a-2", "a", 3), ("a-3", "a", 0), ("b-1", "b", 9)):
        counter(storage, failed, name="failed", job=job, agent=name)
        counter(storage, 10, name="all", job=job, agent=name)
    return store, storage


# ── objectives ──


def test_a_tier_that_would_fire_says_what_it_waits_for() -> None:
    burn = Burn(tier="page fast", severity="page", factor=1.0, long_s=3600, short_s=300, long_rate=2.1, short_rate=2.1)
    row = SloStatus(name="answers", objective_ratio=0.95, window_s=3600, burns=(burn,))
    found = burn_step(row)
    assert found.finding == "no tier fires yet: there is less data than its shorter window is long"
    assert found.rows[0].value == "1h 2.1×, 5m 2.1×; over 1× in both, and not yet 5m of data"
    calm = burn_step(replace(row, burns=(replace(burn, short_rate=0.5),)))
    assert calm.rows[0].value.endswith("over 1× not in both")


# ── alerts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_alert_leads_from_its_threshold_to_the_agent_that_fails_and_what_is_known_of_it() -> None:
    store, storage = failing_fleet()
    found = climbed(put_alert(store, RATIO, labels={"job": "a"}), store, storage)

    assert [one.rung for one in found.steps] == [
        Rung.SUBJECT, Rung.EXPRESSION, Rung.CONTRIBUTORS, Rung.AGENTS, Rung.CHANGES, Rung.TASKS, Rung.HEALTH
    ]  # fmt: skip
    expression = step(found, Rung.EXPRESSION)
    assert expression.finding.startswith("0.133333 now, which is > 0.1 since 09:28:00Z")
    assert (expression.asked[0].series, expression.asked[0].at) == (8, NOW)
    who = step(found, Rung.CONTRIBUTORS)
    assert [(row.agent, row.share) for row in who.rows] == [("a-2", 0.75), ("a-1", 0.25)]
    assert [one.query for one in who.asked] == ["rate(failed[5m])"]
    assert step(found, Rung.AGENTS).rows[0].value == "degraded since 09:27:50Z, status 500, but claims healthy"
    changes = step(found, Rung.CHANGES)
    assert [row.label for row in changes.rows] == ["10s before", "1m before"]
    assert "near in time is not the same as the cause" in changes.finding
    tasks = step(found, Rung.TASKS)
    assert [row.value for row in tasks.rows][:1] == ["job 0, failed 09:28:30Z, timeout"]
    health = [row.value for row in step(found, Rung.HEALTH).rows]
    assert "checks.db.status = DOWN" in health
    assert "db.error = no route" in health
    assert "metrics: status 500 Internal Server Error (3 failures in a row)" in health
    assert not any("disk" in text for text in health)
    assert any("logs are not collected" in text for text in step(found, Rung.HEALTH).unknown)
    assert found.end
    assert found.longer


@pytest.mark.parametrize(
    ("expr", "agents"),
    [
        ("sum(rate(failed[5m])) > 0.1", ["b-1", "a-2", "a-1"]),
        ("1 - sum(rate(good[5m])) / sum(rate(all[5m])) > 0.1", ["b-1", "a-2", "a-1"]),
        ("sum(rate(good[5m])) / sum(rate(all[5m])) < 0.99", ["b-1", "a-2", "a-1"]),
        ("count(up == 0) > 1", ["a-2", "b-1"]),
        ("count(up == 1) < 4", ["a-2", "b-1"]),
        ("avg(up) < 0.9", ["a-2", "b-1"]),
        ("max(load) > 1", ["b-1", "a-3", "a-2", "a-1"]),
        ("0.5 < max by (job) (load)", ["b-1", "a-3", "a-2", "a-1"]),
        ("sum(up) / count(up) < 0.9 and sum(up) >= 0", ["a-2", "b-1"]),
        ("histogram_quantile(0.5, sum by (le) (rate(took_bucket[5m]))) > 1", ["a-2", "a-1"]),
    ],
)
def test_aggregations_are_taken_apart_into_those_who_make_them_bad(expr: str, agents: list[str]) -> None:
    store, storage = failing_fleet()
    for place, (name, up, failed) in enumerate((("a-1", 1, 1), ("a-2", 0, 3), ("a-3", 1, 0), ("b-1", 0, 9)), 1):
        gauge(storage, up, name="up", agent=name)
        gauge(storage, place, name="load", agent=name)
        counter(storage, 10 - failed, name="good", agent=name, job=name[0])
    for name, slow in (("a-1", 1), ("a-2", 9)):
        counter(storage, 10 - slow, name="took_bucket", le="1", agent=name)
        counter(storage, 10, name="took_bucket", le="4", agent=name)
        counter(storage, 10, name="took_bucket", le="+Inf", agent=name)
    found = climbed(put_alert(store, expr), store, storage)
    assert [row.agent for row in step(found, Rung.CONTRIBUTORS).rows] == agents


def test_what_has_no_data_is_said_and_is_never_fine() -> None:
    store, storage = fleet_of(*(f"agent-{number}" for number in range(48))), MemoryStorage()
    for number in range(7):
        counter(storage, 1, name="failed", agent=f"agent-{number}")
    found = climbed(put_alert(store, "sum(rate(failed[5m])) > 0"), store, storage)
    assert "no data from 41 of 48 agents: there is no series of theirs" in step(found, Rung.CONTRIBUTORS).unknown

    nothing = climbed(put_alert(store, "sum(rate(nothing[5m])) > 0"), store, storage)
    assert step(nothing, Rung.EXPRESSION).mark is Mark.UNKNOWN
    assert step(nothing, Rung.EXPRESSION).basis is Basis.NOTHING
    who = step(nothing, Rung.CONTRIBUTORS)
    assert who.mark is Mark.UNKNOWN
    assert any("no data from any of 48 agents" in text for text in who.unknown)
    assert nothing.end.startswith("The chain ends here")


@pytest.mark.parametrize(
    ("expr", "why"),
    [
        ("absent(up)", "absent"),
        ("vector(1)", "constant"),
        ('count_values("v", up) > 0', "count_values says nothing about single series"),
        ("max_over_time(sum(up)[5m:1m]) > 0", "not taken apart"),
        ("sum by (", "cannot be read here"),
        ("(" * 400 + "up" + ")" * 400, "cannot be read here"),
        ("up" + " + up" * 3000, "cannot be read here"),
        ("", "no expression"),
    ],
)
def test_an_expression_that_cannot_be_taken_apart_is_said_and_the_chain_goes_on_by_the_labels(
    expr: str, why: str
) -> None:
    store = fleet_of("coder-1")
    found = climbed(put_alert(store, expr, labels={"agent": "coder-1"}), store)
    said = " ".join(text for one in found.steps for text in (one.finding, *one.unknown))
    assert why in said
    assert step(found, Rung.CONTRIBUTORS).rows[0].agent == "coder-1"
    assert step(found, Rung.AGENTS).rows[0].agent == "coder-1"


def test_of_two_sides_the_one_that_holds_is_explained() -> None:
    store, storage = fleet_of("a-1"), MemoryStorage()
    gauge(storage, 5, name="load", agent="a-1")
    found = climbed(put_alert(store, "max(heat) > 3 or max(load) > 3"), store, storage)
    assert step(found, Rung.EXPRESSION).finding.startswith("5 now, which is > 3")


def test_an_alert_about_a_queue_leads_to_those_who_fail_its_tasks() -> None:
    store, storage = fleet_of("a-1", "a-2"), MemoryStorage()
    break_down(store, "a-2")
    gauge(storage, 9, name="queued", queue="jobs")
    found = climbed(put_alert(store, "queued > 3", labels={"queue": "jobs"}), store, storage)
    assert [row.agent for row in step(found, Rung.AGENTS).rows] == ["a-2"]
    assert any("no agent is named" in text for text in found.limits)


def test_a_claimed_alert_is_told_as_a_claim() -> None:
    store = fleet_of("coder-1")
    found = climbed(put_alert(store, "", labels={"agent": "coder-1"}, claimed=True), store)
    assert step(found, Rung.SUBJECT).basis is Basis.CLAIMED


def test_a_resolved_alert_says_that_its_value_is_fine_again() -> None:
    store, storage = fleet_of("a-1"), MemoryStorage()
    gauge(storage, 1, name="load", agent="a-1")
    found = climbed(put_alert(store, "max(load) > 3", state=AlertState.RESOLVED), store, storage)
    assert found.state == "resolved"
    assert "not > 3 any more" in step(found, Rung.EXPRESSION).finding


@pytest.mark.parametrize("kind", list(SubjectKind))
def test_what_is_not_there_is_gone(kind: SubjectKind) -> None:
    found = climbed(Subject(kind, "nobody"), fleet_of("a-1"))
    assert found.gone
    assert not found.steps
    assert "gone" in as_markdown(found)


def test_a_group_is_explained_by_its_worst_alerts_and_their_agents() -> None:
    store = fleet_of("a-1", "a-2")
    for name in ("a-1", "a-2"):
        put_alert(store, "up == 0", name="Down", id=name, labels={"agent": name}, value=0.0)
    found = climbed(Subject(SubjectKind.GROUP, "by something", ("a-2", "a-1", "ended")), store)
    assert step(found, Rung.SUBJECT).finding == "2 alerts: 2 firing"
    assert [row.alert for row in step(found, Rung.CONTRIBUTORS).rows] == ["a-1", "a-2"]
    assert [row.agent for row in step(found, Rung.AGENTS).rows] == ["a-1", "a-2"]


# ── objectives ─────────────────────────────────────────────────────────────────────────────────────────────────────


def judged(store: Store, storage: MemoryStorage, indicator: Indicator) -> SloEngine:
    engine = SloEngine(store.slos, (slo("errors", target=0.99, indicator=indicator),), storage)
    engine.start()
    for seconds in (300, 240, 180, 120, 60, 0):
        assert not engine.step(ago(seconds), lambda: False)
    return engine


@pytest.mark.parametrize(
    "indicator",
    [
        Counted(total="all", bad="failed"),
        Counted(total="sum(rate(all[5m]))", good="sum(rate(good[5m]))"),
        Raw(query="failed_ratio", success=False),
        Threshold(query="failed_ratio", op=Op.LT, value=0.01),
    ],
)
def test_an_objective_leads_from_its_windows_to_the_agents_with_the_bad_events(indicator: Indicator) -> None:
    store, storage = failing_fleet()
    for name, failed in (("a-1", 1), ("a-2", 3), ("a-3", 0), ("b-1", 9)):
        counter(storage, 10 - failed, name="good", agent=name, job=name[0])
        gauge(storage, failed / 10, name="failed_ratio", agent=name)
    engine = judged(store, storage, indicator)
    found = climbed(Subject(SubjectKind.SLO, "errors"), store, storage, lambda name: evidence_in(engine.book, name))

    assert step(found, Rung.SUBJECT).finding.startswith("exhausted")
    assert step(found, Rung.BURN).rows
    rows = step(found, Rung.CONTRIBUTORS).rows
    assert {row.agent for row in rows} == {"b-1", "a-2", "a-1"}
    assert sum(row.share or 0 for row in rows) == pytest.approx(1)
    if not isinstance(indicator, Threshold):
        assert [row.agent for row in rows] == ["b-1", "a-2", "a-1"]
    assert step(found, Rung.AGENTS).rows[0].agent == rows[0].agent


def test_an_alert_on_an_objective_is_explained_by_the_objective() -> None:
    store, storage = failing_fleet()
    engine = judged(store, storage, Counted(total="all", bad="failed"))
    subject = put_alert(store, 'fleetdeck_slo_tier_firing{severity="page"} == 1', labels={"slo": "errors"})
    found = climbed(subject, store, storage, lambda name: evidence_in(engine.book, name))
    assert step(found, Rung.BURN).mark is Mark.BAD
    assert step(found, Rung.CONTRIBUTORS).rows[0].agent == "b-1"


# ── agents and gates ───────────────────────────────────────────────────────────────────────────────────────────────


def test_an_agent_is_explained_by_each_way_of_looking_and_by_what_judges_it() -> None:
    store, storage = failing_fleet()
    put_alert(store, "up == 0", name="Down", labels={"agent": "a-2"})
    found = climbed(Subject(SubjectKind.AGENT, "a-2"), store, storage)
    said = {row.label: row.value for row in step(found, Rung.SUBJECT).rows}
    assert said["health"] == "degraded, says healthy: db: DOWN (at 09:30:00Z)"
    assert said["claims"] == "healthy, which is not what was observed"
    assert step(found, Rung.SUBJECT).basis is Basis.BOTH
    assert [row.alert for row in step(found, Rung.EXPRESSION).rows] == ["a"]
    assert step(found, Rung.TASKS).mark is Mark.BAD
    assert Rung.AGENTS not in [one.rung for one in found.steps]


@pytest.mark.parametrize(
    ("expr", "target", "agents"),
    [
        ("sum(up) / count(up)", ">99.9%", ["a-2"]),
        ("sum(up)", "3/3 passing", ["a-2"]),
        ("max(load)", "<2", ["a-3", "a-2", "a-1"]),
        ("load", "<2", ["a-3", "a-2", "a-1"]),
    ],
)
def test_a_gate_is_explained_by_what_keeps_it_from_its_target(expr: str, target: str, agents: list[str]) -> None:
    store, storage = fleet_of("a-1", "a-2", "a-3"), MemoryStorage()
    for place, name in enumerate(("a-1", "a-2", "a-3"), 1):
        gauge(storage, name != "a-2", name="up", agent=name)
        gauge(storage, place, name="load", agent=name)
    engine = GateEngine(store.gates, [gate("ready", expr, parse_target(target))], storage)
    engine.step(NOW, lambda: False)
    found = climbed(Subject(SubjectKind.GATE, "ready"), store, storage)
    assert found.state == "fail"
    assert [row.agent for row in step(found, Rung.CONTRIBUTORS).rows] == agents


def test_changes_stand_by_their_closeness_before_the_trouble() -> None:
    store = fleet_of("a-1")
    put_agent(store, "a-1", AgentState.DOWN, since=ago(600))
    for seq, (seconds, after) in enumerate(((5000, "x"), (700, "y"), (610, "z"), (100, "after"))):
        event = Event(seq=seq, at=ago(seconds), kind=EventKind.AGENT, subject="a-1", before="up", after=after)
        store.events.put(seq, event)
    rows = step(climbed(Subject(SubjectKind.AGENT, "a-1"), store), Rung.CHANGES).rows
    assert [row.value.split("→ ")[1].split(" ")[0] for row in rows] == ["z", "y", "x", "after"]
    assert [row.label for row in rows] == ["10s before", "1m before", "1h before", "8m after"]


def test_what_was_done_from_here_to_an_agent_or_to_what_it_is_a_part_of_is_a_change() -> None:
    store = fleet_of("a-1", "b-1")
    store.rollbacks.put("checkout", RollbackRow(name="checkout", kind="command", agents=("a-1",)))
    for seq, (seconds, subject, act) in enumerate(
        [(300, "checkout", "rollback begun"), (240, "a-1", "submit succeeded"), (200, "b-1", "submit failed")], 1
    ):
        event = Event(
            seq=seq, at=ago(seconds), kind=EventKind.ACTION, subject=subject, before="", after=act, detail="to v1"
        )
        store.events.put(seq, event)
    put_agent(store, "a-1", AgentState.DOWN, since=ago(100))
    values = [row.value for row in step(climbed(Subject(SubjectKind.AGENT, "a-1"), store), Rung.CHANGES).rows]
    assert any("checkout: rollback begun: to v1" in value for value in values)
    assert any("a-1: submit succeeded" in value for value in values)
    assert not any("submit failed" in value for value in values)


def test_a_version_that_changed_on_the_page_is_a_change() -> None:
    store, storage = fleet_of("a-1"), MemoryStorage()
    for version, first in (("1.0", 20), ("1.1", 8)):
        labels = {"__name__": "agent_info", "agent": "a-1", "version": version}
        times = [NOW_MS - at * 15_000 for at in range(first, first - 6, -1)]
        storage.add(labels, times, [1.0] * len(times))
    changes = step(climbed(Subject(SubjectKind.AGENT, "a-1"), store, storage), Rung.CHANGES)
    assert changes.rows[0].value == "09:28:00Z a-1: version 1.0 → 1.1 (its page, claimed)"


# ── limits, hostility, determinism ─────────────────────────────────────────────────────────────────────────────────

HOSTILE = "\x1b]0;x\x07[red]`rm -rf`\u202e|# <b>"


def test_hostile_words_are_harmless_in_every_form() -> None:
    store, storage = failing_fleet()
    put_agent(store, HOSTILE, AgentState.DOWN, detail=HOSTILE, claimed=HOSTILE)
    counter(storage, 50, name="failed", job="a", agent=HOSTILE)
    subject = put_alert(store, RATIO, name=HOSTILE, labels={"job": "a"}, annotations={"summary": HOSTILE})
    found = climbed(subject, store, storage)
    text = as_markdown(found) + json.dumps(as_tree(found), ensure_ascii=False)
    for sign in ("\x1b", "\x07", "\u202e"):
        assert sign not in as_markdown(found)
    assert "\\`rm -rf\\`" in text
    assert "\n# <b>" not in text


def test_what_reads_too_much_is_not_asked_and_that_is_said() -> None:
    store, storage = fleet_of("a-1"), MemoryStorage()
    for number in range(30):
        gauge(storage, 1, name="load", agent=f"x-{number}")
    found = ladder(put_alert(store, "max(load) > 0"), store, storage, NOW, bounds=EvalLimits(series=20))
    assert any("not asked, as it reads too much" in text for text in found.limits)
    assert found.complete


def test_a_thousand_agents_are_explained_by_the_first_few() -> None:
    names = [f"agent-{number}" for number in range(1000)]
    store, storage = fleet_of(*names), MemoryStorage()
    for number, name in enumerate(names):
        counter(storage, number, minutes=2, name="failed", agent=name)
    found = climbed(put_alert(store, "sum(rate(failed[5m])) > 0"), store, storage)
    assert [row.agent for row in step(found, Rung.CONTRIBUTORS).rows] == [f"agent-{at}" for at in range(999, 994, -1)]
    assert any("only the first 5 of 999 agents" in text for text in found.limits)


@settings(max_examples=25, deadline=None)
@given(st.permutations(["a-1", "a-2", "a-3", "b-1", "c-1", "c-2"]), st.integers(1, 7))
def test_the_same_store_gives_the_same_ladder_however_it_was_filled_and_in_whatever_pieces(
    order: list[str], every: int
) -> None:
    def made(names: list[str]) -> tuple[Store, MemoryStorage, Subject]:
        store, storage = fleet_of(*names), MemoryStorage()
        for name in names:
            # Ties, which names must decide.
            counter(storage, 2, name="failed", job="a", agent=name)
            counter(storage, 10, name="all", job="a", agent=name)
        break_down(store, "a-2")
        return store, storage, put_alert(store, RATIO, labels={"job": "a"})

    store, storage, subject = made(sorted(order))
    whole = ladder(subject, store, storage, NOW)
    other, samples, subject = made(order)
    climb, calls = Climb(subject, other, samples, NOW), iter(range(10_000))
    while climb.go(lambda: next(calls) % every == 0):
        assert not climb.ladder.complete
    assert climb.ladder == whole


def test_an_interface_is_given_a_piece_a_call() -> None:
    store, storage = failing_fleet()
    subject = put_alert(store, RATIO, labels={"job": "a"})
    ticks = iter(range(10_000))
    explain = Explainer(store, storage, lambda: NOW, lambda: float(next(ticks)))
    pieces: list[Ladder] = [explain(subject)]
    while not pieces[-1].complete:
        pieces.append(explain(subject))
    assert len(pieces) > 3
    assert pieces[-1] == ladder(subject, store, storage, NOW)
    # Asked for another one it begins anew.
    assert explain(Subject(SubjectKind.AGENT, "a-1")).subject.key == "a-1"


def test_every_form_names_every_step() -> None:
    store, storage = failing_fleet()
    found = climbed(put_alert(store, RATIO, labels={"job": "a"}), store, storage)
    text, tree = as_markdown(found), as_tree(found)
    for number, one in enumerate(found.steps, 1):
        assert f"## {number}. " in text
        assert tree["steps"][number - 1]["finding"] == one.finding
    encoded: dict[str, Any] = json.loads(json.dumps(tree))
    assert datetime.fromisoformat(encoded["at"]) == NOW
