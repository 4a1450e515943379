"""Stores of a fleet of which something can be rolled back, and of rollbacks at every point of their way."""

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from fleet.actions.action import Action, ActionState, Item, Proposal, StageState
from fleet.actions.plan import AgentsUp, Fact, GatePasses, Holds, Plan, RevisionLive, SloHolds, Stage
from fleet.actions.revision import Revision, Revisions, RollbackRow
from fleet.gates.model import GateState
from fleet.store import Store
from tests.tui.acting_stores import Remembered, action, rollback_plan
from tests.tui.alert_stores import alert, put_alerts
from tests.tui.factories import NOW, agent_store
from tests.tui.slo_stores import burning_slo, gate, put_slos, slo

SLO = "availability/coder"
BECAUSE = "SLO availability/coder burns at page level (page fast at 21×)"
AGENTS = ("coder-1", "coder-6", "coder-11", "coder-16")
_EXPR = 'sum(rate(agent_tasks_failed_total{agent=~"coder-[0-9]+"}[1m]) / rate(agent_tasks_total[1m]) > bool 0.5)'


def ago(**span: float) -> Any:
    return NOW - timedelta(**span)


def coder_revisions(**more: Any) -> Revisions:
    """Five revisions: the live one burns, the one before it was good, one is damaged."""
    known: dict[str, Any] = {
        "target": "coder",
        "revisions": (
            Revision(
                id="r42", name="2.4.0", at=ago(minutes=14), author="release-bot", live=True, good=False,
                changed="tool calls go through the new batching client", sli_ratio=0.71, error_ratio=0.29,
                live_from=ago(minutes=12),
            ),
            Revision(
                id="r41", name="2.3.7", at=ago(days=2), author="r.almeida", good=True, sli_ratio=0.99962,
                changed="retries with a budget of one in ten", error_ratio=0.00038,
                live_from=ago(days=2), live_until=ago(minutes=12),
            ),
            Revision(
                id="r40", name="2.3.6", at=ago(days=9), author="s.lindqvist", good=False, sli_ratio=0.9931,
                changed="time-outs of tools from the configuration", error_ratio=0.0069,
                live_from=ago(days=9), live_until=ago(days=2),
            ),
            Revision(
                id="r39", name="2.3.5", at=ago(days=23), author="m.okafor",
                changed="connection pool of 64 in place of one for each tool",
            ),
            Revision(id="r38", name="2.3.4", at=ago(days=41), trouble="its archive is damaged: SHA-256 differs"),
        ),
        "preferred": "r41",
        "facts": (Fact("instances", "4, all at r42"),),
        "warnings": ("managed by Argo CD: it may put back what is rolled back here",),
    }  # fmt: skip
    return Revisions(**(known | more))


def coder_row(**more: Any) -> RollbackRow:
    known: dict[str, Any] = {
        "name": "coder",
        "kind": "http",
        "target": "http://127.0.0.1:5010/services/coder",
        "agents": AGENTS,
        "slo": SLO,
        "gate": "agent_health_checks",
        "live": "r42",
        "preferred": "r41",
        "stages": ("10 %", "50 %", "100 %"),
        "seen": ago(seconds=4),
    }
    return RollbackRow(**(known | more))


def rolling_store(*, proposed: bool = False) -> Store:
    """An objective burns, and what could heal it can be rolled back; so can the prompts, which nothing judges."""
    store = put_slos(agent_store(), (burning_slo(), slo("latency", 0.71, 0.95)))
    store.gates.put("agent_health_checks", gate("agent_health_checks", GateState.FAIL, ">99%", observed_text="96.2%"))
    put_alerts(store, (alert("SLOBurns", labels={"slo": SLO}), alert("QueueGrows", "coder-1", "warning")))
    why = {"proposed": "r41", "because": BECAUSE} if proposed else {}
    store.rollbacks.replace(
        {
            "coder": coder_row(**why),
            "prompts": RollbackRow(name="prompts", kind="git", target="/srv/prompts", live="v1.2", preferred="v1.1"),
        }
    )
    if proposed:
        store.proposals.put("coder", Proposal(target="coder", revision="r41", because=BECAUSE, since=ago(seconds=30)))
    return store


def rolling(store: Store) -> Remembered:
    """An `Acting` that knows the two."""
    acting = Remembered(store)
    by = {SLO: ("coder",), "SLOBurns/": ("coder",), "agent_health_checks": ("coder",)}
    acting.found = {**by, "coder-1": ("coder", "prompts"), "coder": ("coder",), "prompts": ("prompts",)}
    plain = Revision(id="v1.1", name="v1.1", at=ago(days=3), author="anna", changed="shorter")
    live = Revision(id="v1.2", name="v1.2", at=ago(days=1), author="anna", live=True, changed="longer")
    acting.listed = {
        "coder": coder_revisions(),
        "prompts": Revisions(target="prompts", revisions=(live, plain), preferred="v1.1"),
    }
    acting.rolled = staged_plan()
    return acting


def staged_plan() -> Plan:
    """Three stages with their checks, and what must hold afterwards."""
    plan = rollback_plan()
    stages = tuple(
        Stage(
            title=title,
            share=share,
            checks=(AgentsUp(agents=AGENTS), Holds(expr=_EXPR, target=f"<={left}")),
            hold_s=10.0,
        )
        for title, share, left in (("10 %", 0.1, 3), ("50 %", 0.5, 2), ("100 %", 1.0, 0))
    )
    ends = (
        RevisionLive(revision="r41"),
        AgentsUp(agents=AGENTS),
        SloHolds(slo=SLO),
        GatePasses(gate="agent_health_checks"),
    )
    steps = tuple(
        replace(plan.steps[0], title=f"roll {stage.title} to 2.3.7", target="coder", stage=number)
        for number, stage in enumerate(stages)
    )
    return replace(
        plan,
        source="coder",
        kind="http",
        title="roll coder to 2.3.7 in stages",
        word="coder",
        steps=steps,
        stages=stages,
        checks=ends,
        items=("roll coder",),
        facts=(Fact("instances", "4, all at r42"),),
        expects="coder says that r41 is live; 4 agents seen up; SLO availability/coder does not burn",
        undo=("roll to 2.4.0 again",),
        warnings=("managed by Argo CD: it may put back what is rolled back here",),
    )


def passed(title: str, began: float, ended: float, left: int) -> StageState:
    return StageState(
        title=title,
        state="passed",
        checks=("4 of 4 agents up", f"{_EXPR}: 0 (target <={left})"),
        holds=(True, True),
        since=ago(seconds=began),
        until=ago(seconds=ended),
    )


def mid_stage(**more: Any) -> Action:
    """The first stage is passed, the second holds for six of its ten seconds."""
    checking = StageState(
        title="50 %",
        state="checking",
        checks=("4 of 4 agents up", f"{_EXPR}: 1 (target <=2)"),
        holds=(True, True),
        since=ago(seconds=16),
        held_from=ago(seconds=6),
    )
    known: dict[str, Any] = {
        "items": (Item(words="roll coder", state=ActionState.RUNNING, sentence="2 of 4 instances are at r41"),),
        "stages": (passed("10 %", 42, 16, 3), checking, StageState(title="100 %")),
        "stage": 1,
        "output": "drained coder-1\nrolled coder-1 to 2.3.7\nrolled coder-6 to 2.3.7",
    }
    return action(staged_plan(), ActionState.RUNNING, **(known | more))


def failed_stage() -> Action:
    """The second stage did not pass in time."""
    words = f"{_EXPR}: 3 (target <=2)"
    failed = StageState(
        title="50 %",
        state="failed",
        sentence=f"not within 2m: {words}",
        checks=("4 of 4 agents up", words),
        holds=(True, False),
        since=ago(seconds=136),
        until=ago(seconds=16),
    )
    row = mid_stage(
        stages=(passed("10 %", 162, 136, 3), failed, StageState(title="100 %", state="skipped")),
        outcome=f"stopped in stage 2 of 3 (50 %): not within 2m: {words}",
        next_step="undo it, which takes coder back to r42; or look at coder first",
    )
    return replace(row, sent_at=ago(seconds=162))


def ended(row: Action, state: ActionState) -> Action:
    """The same, ended ten seconds ago."""
    item = replace(row.items[0], state=state)
    return replace(row, state=state, items=(item,), ended_at=ago(seconds=10))


def succeeded() -> Action:
    """All stages are passed, and it holds."""
    return ended(
        mid_stage(
            stages=(passed("10 %", 42, 32, 3), passed("50 %", 32, 22, 2), passed("100 %", 22, 12, 0)),
            stage=2,
            checks=("live is r41", "4 of 4 agents up", "SLO availability/coder: ok, burn rate 0.2"),
            holds=(True, True, True),
            outcome="the post-condition holds: live is r41; 4 of 4 agents up; SLO availability/coder: ok",
        ),
        ActionState.SUCCEEDED,
    )
