"""Actions, templates, rollbacks and locks as rows."""

from datetime import timedelta

import pytest

from cli.get import as_table, rows_of
from fleet.actions.action import Action, ActionState, Item, Lock, StageState
from fleet.actions.plan import ActKind, Plan, Target, Tier
from fleet.actions.revision import RollbackRow
from fleet.actions.template import Field, Template
from fleet.filters.filter import parse_filter
from fleet.model import Event, EventKind
from fleet.output import values
from fleet.store import Store
from fleet.views.catalogue import table_view
from fleet.views.view import look
from tests.tui.factories import NOW, agent_store


def a_plan(key: str, *targets: str, act: ActKind = ActKind.SUBMIT) -> Plan:
    return Plan(
        key=key,
        act=act,
        kind="http",
        source="ask",
        fleet="blue",
        title=f"Ask {targets[0]}",
        tier=Tier.NAME,
        word=targets[0],
        targets=tuple(Target(name=name) for name in targets),
        steps=(),
        made_at=NOW,
    )


def an_action(key: str, state: ActionState, *, age_s: float = 60, items: int = 1, bad: int = 0) -> Action:
    began = NOW - timedelta(seconds=age_s)
    states = [ActionState.FAILED] * bad + [ActionState.SUCCEEDED] * (items - bad)
    return Action(
        id=key,
        plan=a_plan(key, f"planner-{key}", "coder-0"),
        state=state,
        actor="anna@edge-1",
        reason="because",
        ticket="OPS-1",
        planned_at=began,
        sent_at=began + timedelta(seconds=1),
        ended_at=began + timedelta(seconds=13.5) if state is ActionState.SUCCEEDED else None,
        items=tuple(Item(words=f"item {number}", state=one) for number, one in enumerate(states)),
        outcome="all were taken" if state is ActionState.SUCCEEDED else "",
    )


def acted_store() -> Store:
    store = agent_store()
    store.now = NOW
    for action in (
        an_action("a1", ActionState.SUCCEEDED, age_s=300),
        an_action("a2", ActionState.UNKNOWN, age_s=60),
        an_action("a3", ActionState.RUNNING, age_s=120, items=200, bad=10),
    ):
        store.actions.put(action.id, action)
    return store


def shown(store: Store, name: str, text: str = "") -> list[list[str]]:
    """The table of a view, as cells."""
    view = table_view(name)
    rows = rows_of(store, view, parse_filter(text, view))
    return [[column.cell(row, at).text for column in view.columns] for row, at in rows]


def test_the_newest_act_is_the_first_and_says_who_did_what_to_what() -> None:
    rows = shown(acted_store(), "actions")
    assert [row[0] for row in rows] == ["? unknown", "◐ running", "● succeeded"]
    state, act, title, target, progress, actor, age, took, outcome = rows[2]
    assert (state, act, title, target) == ("● succeeded", "submit", "Ask planner-a1", "planner-a1 +1")
    assert (progress, actor, age, took, outcome) == ("", "anna@edge-1", "5m", "12s", "all were taken")
    assert rows[1][4] == "200/200 ✖10"


def test_every_state_has_a_word_and_a_sign_of_its_own() -> None:
    store = acted_store()
    view = table_view("actions")
    cells = set()
    for state in ActionState:
        row = an_action("x", state)
        text = view.columns[0].cell(row, look(store, store.actions, "x")).text
        assert state.value in text
        assert not text[0].isalpha()
        cells.add(text)
    assert len(cells) == len(ActionState)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("state:unknown,running", ["a2", "a3"]),
        ("actor:anna act:submit planner-a1", ["a1"]),
        ("age>4m", ["a1"]),
        ("OPS-1 !planner-a2", ["a3", "a1"]),
        ("-l source=ask", ["a2", "a3", "a1"]),
    ],
)
def test_acts_are_filtered_like_any_rows(text: str, ids: list[str]) -> None:
    store = acted_store()
    view = table_view("actions")
    assert [row.id for row, _ in rows_of(store, view, parse_filter(text, view))] == ids


def test_what_failed_was_refused_or_is_not_known_is_a_fault() -> None:
    view = table_view("actions")
    bad = {state for state in ActionState if view.fault(an_action("x", state))}
    assert bad == {ActionState.FAILED, ActionState.REFUSED, ActionState.UNKNOWN, ActionState.TIMED_OUT}


def test_the_fields_are_a_receipt() -> None:
    store = acted_store()
    view = table_view("actions")
    (row,) = values(view, [(store.actions["a3"], look(store, store.actions, "a3"))])
    assert (row["id"], row["actor"], row["reason"], row["ticket"], row["tier"]) == (
        "a3",
        "anna@edge-1",
        "because",
        "OPS-1",
        2,
    )
    assert row["counts"] == {"failed": 10, "succeeded": 190}
    assert len(row["plan_sha256"]) == 64
    assert row["items"][0] == {"item": "item 0", "state": "failed", "said": "", "found": ""}
    assert row["ended_at"] is None


def test_stages_say_how_far_a_rollback_is() -> None:
    store = acted_store()
    stages = (
        StageState(title="10 %", state="passed"),
        StageState(title="50 %", state="checking", sentence="errors 3 %, want <1 %"),
        StageState(title="100 %"),
    )
    row = Action(id="r", plan=a_plan("r", "gateway"), state=ActionState.RUNNING, planned_at=NOW, stages=stages)
    store.actions.put("r", row)
    first = shown(store, "actions")[0]
    assert first[4] == "1/3 stages"
    assert first[-1] == "errors 3 %, want <1 %"


def test_a_lock_is_said_on_the_row_of_the_agent_and_takes_no_room_where_there_is_none() -> None:
    store = agent_store()
    store.now = NOW
    view = table_view("agents")
    before = shown(store, "agents", "coder-1")
    store.locks.put("coder-1", Lock(target="coder-1", owner="ben@edge-2", since=NOW - timedelta(minutes=3)))
    after = shown(store, "agents", "name=coder-1")
    assert after[0][-1].startswith("locked 3m by ben@edge-2")
    assert [row[:-1] for row in shown(store, "agents", "coder-1")] == [row[:-1] for row in before]
    assert len(shown(store, "agents", "locked_by:ben")) == 1
    (row,) = values(view, [(store.status["coder-1"], look(store, store.status, "coder-1"))])
    assert row["locked_by"] == "ben@edge-2"
    store.locks.put("coder-1", Lock(target="coder-1", owner="me@here", since=NOW, mine=True))
    assert shown(store, "agents", "name=coder-1")[0][-1].startswith("locked <1m by me@here (here)")


def test_templates_and_rollbacks_are_rows() -> None:
    store = Store()
    store.now = NOW
    fields = (Field(name="prompt", required=True, help="what to do"), Field(name="n", type="integer"))
    store.templates.put("ask", Template(name="ask", kind="http", agents=("a", "b", "c"), fields=fields, help="Ask one"))
    store.templates.put("odd", Template(name="odd", kind="http", error="no schema"))
    assert [(row[0], row[2], row[-1]) for row in shown(store, "templates")] == [
        ("odd", "–", "no schema"),
        ("ask", "a +2", "Ask one"),
    ]
    store.rollbacks.put("steady", RollbackRow(name="steady", kind="git", live="v2", preferred="v1"))
    store.rollbacks.put(
        "gateway",
        RollbackRow(name="gateway", kind="git", live="v9", preferred="v8", proposed="v8", because="it burns at 14.4x"),
    )
    store.locks.put("gateway", Lock(target="gateway", owner="ben@edge-2", since=NOW - timedelta(hours=1)))
    first, second = shown(store, "rollbacks")
    assert first[:4] == ["gateway", "v9", "▼ v8", "v8"]
    assert first[-1] == "locked 1h by ben@edge-2; it burns at 14.4x"
    assert second[0] == "steady"
    assert [row.name for row in store.rollbacks.values() if table_view("rollbacks").fault(row)] == ["gateway"]


def test_hostile_words_drive_no_terminal() -> None:
    store = acted_store()
    plan = a_plan("h", "\x1b]52;c;x\x07")
    store.actions.put("h", Action(id="h", plan=plan, state=ActionState.FAILED, planned_at=NOW, outcome="\x9b2J"))
    view = table_view("actions")
    text = as_table(view, rows_of(store, view, parse_filter("", view)))
    assert "\x1b" not in text
    assert "\x9b" not in text


def test_an_act_among_the_events_reads_like_the_others() -> None:
    store = Store()
    store.events.put(
        1,
        Event(
            seq=1,
            at=NOW,
            kind=EventKind.ACTION,
            subject="gateway",
            before="v9",
            after="v8",
            detail="rollback by anna@edge-1",
        ),
    )
    store.events.put(
        2,
        Event(seq=2, at=NOW, kind=EventKind.ACTION, subject="planner-1", before="submit", after="refused", bad=True),
    )
    refused, rolled = shown(store, "events", "kind:action")
    assert rolled[1:] == ["action", "gateway", "  v9 → v8", "rollback by anna@edge-1"]
    assert refused[3] == "▼ submit → refused"
