"""What outlives the process of the acts: kept whole, bounded, and without anything private."""

import json
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from actions.records import SLACK, Records
from fleet.actions.action import Action, ActionState, Item
from fleet.actions.plan import ActKind, HttpRequest, Plan, Stage, Step, Target, Tier, plan_sha256, public
from fleet.errors import RefusedError

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def an_action(id: str, state: ActionState = ActionState.SUCCEEDED, *, age_s: float = 0, fleet: str = "blue") -> Action:
    plan = Plan(
        key=id,
        act=ActKind.SUBMIT,
        kind="http",
        source="ask",
        fleet=fleet,
        title="Ask planner-1",
        tier=Tier.YES,
        word="planner-1",
        targets=(Target(name="planner-1"),),
        steps=(
            Step(
                title="POST",
                target="planner-1",
                effect=HttpRequest(method="POST", url="http://h/run", body='{"prompt": "the secret plan"}'),
                private=True,
            ),
        ),
        made_at=NOW,
        stages=(Stage(title="all"),),
    )
    when = NOW - timedelta(seconds=age_s)
    return Action(id=id, plan=plan, state=state, planned_at=when, changed_at=when, items=(Item(words="one"),))


@pytest.mark.anyio
async def test_an_act_is_found_again_without_what_is_private_in_it(tmp_path: Path) -> None:
    records = Records(tmp_path / "actions")
    await records.keep(an_action("a1", ActionState.SENT))
    await records.keep(an_action("a1", ActionState.RUNNING))
    (found,) = Records(tmp_path / "actions").read()
    assert (found.id, found.state, found.items[0].words) == ("a1", ActionState.RUNNING, "one")
    assert found.plan == public(an_action("a1").plan)
    assert plan_sha256(found.plan) == plan_sha256(an_action("a1").plan)
    file = tmp_path / "actions" / "a1.json"
    assert b"secret plan" not in file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    # Kept again as it was read, it is the same: a hash is not hashed once more.
    await records.keep(found)
    assert records.read() == (found,)


def test_only_what_has_ended_is_let_go_of_and_the_newest_stays(tmp_path: Path) -> None:
    records = Records(tmp_path, most=10)
    records.write(an_action("running", ActionState.RUNNING, age_s=10_000))
    records.write(an_action("unknown", ActionState.UNKNOWN, age_s=10_000))
    for number in range(10 + 2 * SLACK + 5):
        records.write(an_action(f"done-{number}", age_s=9_000 - number))
    kept = [action.id for action in records.read()]
    assert {"running", "unknown"} <= set(kept)
    assert len(kept) <= 10 + SLACK + 2
    newest = 10 + 2 * SLACK + 4
    assert kept[-10:] == [f"done-{number}" for number in range(newest - 9, newest + 1)]


def test_what_a_dashboard_before_left_is_let_go_of_too(tmp_path: Path) -> None:
    first = Records(tmp_path, most=1_000)
    for number in range(30):
        first.write(an_action(f"done-{number}", age_s=900 - number))
    Records(tmp_path, most=10).write(an_action("new"))
    assert len(first.read()) == 10


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"id": "a2"}', b"\0" * 500],
)
def test_a_damaged_file_is_moved_aside_and_named(tmp_path: Path, content: bytes) -> None:
    records = Records(tmp_path)
    records.write(an_action("a1"))
    (tmp_path / "a2.json").write_bytes(content)
    assert [action.id for action in records.read()] == ["a1"]
    assert len(records.trouble) == 1
    assert "a2.json cannot be used" in records.trouble[0]
    assert (tmp_path / "a2.json.broken").read_bytes() == content
    again = Records(tmp_path)
    assert again.read()
    assert not again.trouble


@pytest.mark.parametrize("field", ["changed_at", "ended_at", "made_at"])
def test_one_whose_times_have_no_zone_is_moved_aside(tmp_path: Path, field: str) -> None:
    records = Records(tmp_path)
    records.write(an_action("a1"))
    path = tmp_path / "a1.json"
    document = json.loads(path.read_text())
    about = document["plan"] if field == "made_at" else document
    about[field] = "2026-03-01T12:00:00"
    path.write_text(json.dumps(document))
    assert records.read() == ()
    assert "a1.json cannot be used" in records.trouble[0]


def test_what_is_no_file_of_ours_is_left_alone(tmp_path: Path) -> None:
    records = Records(tmp_path)
    records.write(an_action("a1"))
    os.mkfifo(tmp_path / "fifo.json")
    (tmp_path / "folder.json").mkdir()
    (tmp_path / ".a3.json.x1").write_text("half")
    (tmp_path / "copy.json").write_bytes((tmp_path / "a1.json").read_bytes())
    assert [action.id for action in records.read()] == ["a1"]
    assert len(records.trouble) == 3
    assert Records(tmp_path / "none").read() == ()


def test_acts_are_those_of_one_fleet(tmp_path: Path) -> None:
    records = Records(tmp_path)
    records.write(an_action("a1", fleet="blue"))
    records.write(an_action("a2", fleet="green"))
    assert [action.id for action in records.read("green")] == ["a2"]


@pytest.mark.parametrize("id", ["", "../x", "a/b", ".hidden", "a" * 200, "a\n"])
def test_an_id_cannot_lead_out_of_the_folder(tmp_path: Path, id: str) -> None:
    with pytest.raises(RefusedError):
        Records(tmp_path / "actions").write(an_action(id))
    assert list(tmp_path.rglob("*")) == []


def test_what_is_kept_in_another_thread_while_changes_are_looked_for_harms_nothing(tmp_path: Path) -> None:
    records = Records(tmp_path)

    class Sign(tuple[int, int, int, int]):
        """The sign of a record; another is kept while it is looked at."""

        __slots__ = ()

        def __getitem__(self, index: Any) -> Any:
            records.write(an_action("another"))
            return super().__getitem__(index)

    for number in range(3):
        records.write(an_action(f"a{number}"))
    records._signs = {id: Sign(sign) for id, sign in records._signs.items()}
    for _ in range(4):
        # Signs are looked at only once nothing has changed for a while.
        records._calm, records._folder_at = True, tmp_path.stat().st_mtime_ns
        assert records.changed(()) == ()


def test_what_cannot_be_kept_is_refused(tmp_path: Path) -> None:
    (tmp_path / "actions").write_text("")
    with pytest.raises(RefusedError, match="cannot be kept"):
        Records(tmp_path / "actions").write(an_action("a1"))
