"""Real things that are rolled back, observed, taken back and observed again, through the whole of acting: plan, guards,
confirmation, lock, intent, effects, post-condition, receipt."""

import json
import os
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fleet.actions.action import Action, ActionState
from fleet.actions.plan import CommandRun
from fleet.errors import RefusedError
from tests.acting.bench import Whole, whole
from tests.actions.rollbacks.bench import program
from tests.actions.rollbacks.test_clusters import _cluster
from tests.actions.rollbacks.test_really_rolled import _archive, _git, _releases, _tree
from tests.actions.rollbacks.test_tools_automation import _Health, _project, coordinator

__all__ = ["coordinator"]

pytestmark = pytest.mark.anyio


async def there_and_back(it: Whole, name: str, to: str, seen: Callable[[], object], wanted: object) -> Action:
    """Roll, look at what is there, undo, look again; everything is on record."""
    before = seen()
    assert before != wanted
    done = await it.roll(to, name)
    assert done.state is ActionState.SUCCEEDED, done
    assert seen() == wanted
    assert "post-condition holds" in done.outcome
    undone = await it.run(await it.desk.plan_undo(done.id))
    assert undone.state is ActionState.SUCCEEDED, (undone.outcome, undone.items, undone.plan.steps, undone.plan.checks)
    assert seen() == before
    assert it.audited(done.id) == it.audited(undone.id) == ["intent", "sent", "outcome"]
    assert it.kept()[done.id].undone_by == undone.id
    await it.desk.refresh()
    assert not it.store.locks
    return done


async def test_a_release_tag_is_checked_out_and_back(tmp_path: Path) -> None:
    tree = _tree(tmp_path)
    rolled = {"kind": "git", "name": "conf", "tree": "tree", "tags": "v*"}
    async with whole(tmp_path, {"rollbacks": [rolled]}) as it:
        await there_and_back(it, "conf", "v1", (tree / "app.conf").read_text, "version = v1\n")
        (tree / "app.conf").write_text("by hand\n")
        with pytest.raises(RefusedError, match="not committed"):
            await it.roll("v2", "conf")
        assert (tree / "app.conf").read_text() == "by hand\n"


async def test_commits_are_reverted_and_the_reverts_too(tmp_path: Path) -> None:
    tree = _tree(tmp_path)
    first = _git(tree, "rev-list", "--max-parents=0", "HEAD").strip()
    rolled = {"kind": "git", "name": "conf", "tree": "tree", "mode": "revert"}
    async with whole(tmp_path, {"rollbacks": [rolled]}) as it:
        done = await it.roll(first, "conf")
        assert done.state is ActionState.SUCCEEDED, done
        assert (tree / "app.conf").read_text() == "version = v1\n"
        undone = await it.run(await it.desk.plan_undo(done.id))
        assert undone.state is ActionState.SUCCEEDED, undone
        assert (tree / "app.conf").read_text() == "version = v3\n"


async def test_a_blue_green_link_is_moved_and_back(tmp_path: Path) -> None:
    _releases(tmp_path / "releases", "r1", "r2")
    (tmp_path / "current").symlink_to("releases/r2")
    rolled = {"kind": "symlink", "name": "app", "link": "current", "releases": "releases"}
    async with whole(tmp_path, {"rollbacks": [rolled]}) as it:
        await there_and_back(it, "app", "r1", lambda: (tmp_path / "current").resolve().name, "r1")
        plan = await it.desk.plan_rollback("app", "r1")
        (tmp_path / "current").unlink()
        (tmp_path / "current").symlink_to("releases/r1")
        with pytest.raises(RefusedError, match="has changed since it was planned"):
            await it.start(plan)


async def test_a_link_whose_reload_does_not_end_has_not_succeeded_and_is_taken_back(tmp_path: Path) -> None:
    _releases(tmp_path / "releases", "r1", "r2")
    (tmp_path / "current").symlink_to("releases/r2")
    rolled: dict[str, Any] = {"kind": "symlink", "name": "app", "link": "current", "releases": "releases"}
    rolled["reload"] = ["/bin/sh", "-c", "test $1 = r2 || exec sleep 60", "-", "{to}"]
    async with whole(tmp_path, {"rollbacks": [rolled | {"timeout": "300ms"}]}) as it:
        done = await it.roll("r1", "app")
        assert (done.state, (tmp_path / "current").resolve().name) == (ActionState.FAILED, "r1")
        assert "“run sh” was not seen to end well" in done.outcome
    # The one that ends has all the time that a busy machine takes for it.
    async with whole(tmp_path, {"rollbacks": [rolled | {"timeout": "1m"}]}) as it:
        undone = await it.run(await it.desk.plan_undo(done.id))
        assert (undone.state, (tmp_path / "current").resolve().name) == (ActionState.SUCCEEDED, "r2")


async def test_a_folder_is_restored_from_an_archive_and_back_and_not_from_a_damaged_one(tmp_path: Path) -> None:
    for name in ("app", "backups", "kept"):
        (tmp_path / name).mkdir()
    _archive(tmp_path / "backups" / "b1.tar.gz", conf="one", extra="e")
    (tmp_path / "app" / "conf").write_text("two")
    rolled = {
        "kind": "files",
        "name": "app",
        "path": "app",
        "versions": "backups",
        "match": r"b[0-9]+[.]tar[.]gz",
        "archive_to": "kept",
    }

    def seen() -> dict[str, str]:
        return {path.name: path.read_text() for path in (tmp_path / "app").iterdir()}

    async with whole(tmp_path, {"rollbacks": [rolled]}) as it:
        await there_and_back(it, "app", "b1.tar.gz", seen, {"conf": "one", "extra": "e"})
        plan = await it.desk.plan_rollback("app", "b1.tar.gz")
        (tmp_path / "backups" / "b1.tar.gz").write_bytes(b"other")
        with pytest.raises(RefusedError):
            await it.start(plan)
        assert seen() == {"conf": "two"}


_UNIT = """#!/usr/bin/env python3
import json, os, pathlib, signal, subprocess, sys, time
here = pathlib.Path(__file__).parent
state = here / "unit.json"
known = json.loads(state.read_text()) if state.exists() else {"pid": 0}
words = [word for word in sys.argv[1:] if not word.startswith("--")]
def alive():
    try:
        os.kill(known["pid"], 0)
    except OSError:
        return False
    return known["pid"] > 0
if words[0] == "restart":
    if alive():
        os.kill(known["pid"], signal.SIGKILL)
    run = "cat version > running; exec sleep 600"
    started = subprocess.Popen(["/bin/sh", "-c", run], cwd=here, start_new_session=True, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    state.write_text(json.dumps({"pid": started.pid}))
elif words[0] == "show":
    up = alive()
    print("LoadState=loaded", "ActiveState=" + ("active" if up else "inactive"),
          "SubState=" + ("running" if up else "dead"), "MainPID=" + str(known["pid"] if up else 0),
          "ActiveEnterTimestamp=Sun 2026-03-01 11:00:00 UTC", sep="\\n")
"""


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[Path]:
    """A supervisor of one process, which writes down the version that it was started with."""
    yield program(tmp_path / "systemctl", _UNIT)
    if (tmp_path / "unit.json").exists():
        os.kill(json.loads((tmp_path / "unit.json").read_text())["pid"], 9)


async def test_a_supervised_process_is_restarted_with_the_version_that_was_put_back(unit: Path, tmp_path: Path) -> None:
    for name in ("versions", "kept"):
        (tmp_path / name).mkdir()
    for number in (1, 2):
        (tmp_path / "versions" / f"version-{number}").write_text(f"{number}\n")
    (tmp_path / "version").write_text("2\n")
    files = {
        "kind": "files",
        "name": "version",
        "mode": "copy",
        "path": "version",
        "versions": "versions",
        "match": "version-[0-9]+",
        "archive_to": "kept",
    }
    service = {"kind": "systemd", "name": "gateway", "unit": "gateway.service", "program": str(unit)}
    async with whole(tmp_path, {"rollbacks": [files, service]}) as it:

        async def restarted() -> str:
            done = await it.roll("", "gateway")
            assert done.state is ActionState.SUCCEEDED, done
            while not (tmp_path / "running").exists() or not (tmp_path / "running").read_text():
                await it.desk.refresh()
            return (tmp_path / "running").read_text()

        assert await restarted() == "2\n"
        pid = json.loads((tmp_path / "unit.json").read_text())["pid"]
        rolled = await it.roll("version-1", "version")
        assert rolled.state is ActionState.SUCCEEDED, rolled
        assert await restarted() in ("1\n", "2\n")
        assert json.loads((tmp_path / "unit.json").read_text())["pid"] != pid
        undone = await it.run(await it.desk.plan_undo(rolled.id))
        assert (undone.state, (tmp_path / "version").read_text()) == (ActionState.SUCCEEDED, "2\n")


async def test_the_script_that_deletes_and_says_success_is_judged_by_the_files(
    coordinator: tuple[str, type[_Health]], tmp_path: Path
) -> None:
    rolled = _project(tmp_path, coordinator[0])
    work = tmp_path / "work"
    async with whole(tmp_path, {"rollbacks": [rolled]}) as it:
        seen = (work / "agent_dashboard_api.py").read_text
        done = await there_and_back(it, "automation", "backup_20260201_101500_full.tar.gz", seen, "old\n")
        runs = [step.effect for step in done.plan.steps if isinstance(step.effect, CommandRun)]
        assert [run.argv[1] for run in runs] == ["list", "rollback"]
        assert "menu" not in done.output


async def test_the_script_that_leaves_nothing_and_exits_0_has_failed_and_all_is_put_back(
    coordinator: tuple[str, type[_Health]], tmp_path: Path
) -> None:
    rolled = _project(tmp_path, coordinator[0], broken=True)
    work = tmp_path / "work"
    async with whole(tmp_path, {"rollbacks": [{**rolled, "within": "1s"}]}) as it:
        done = await it.roll("backup_20260201_101500_full.tar.gz", "automation")
        assert done.state is ActionState.FAILED, done
        assert not (work / "agent_dashboard_api.py").exists()
        assert done.next_step.startswith("undo it")
        undone = await it.run(await it.desk.plan_undo(done.id))
        assert (work / "agent_dashboard_api.py").read_text() == "new and bad\n"
        assert undone.state is ActionState.SUCCEEDED, undone
        with tarfile.open(next((tmp_path / "kept").glob("*.tar.gz"))) as tar:
            assert any(name.endswith("agent_dashboard_api.py") for name in tar.getnames())


async def test_the_script_is_not_called_where_its_server_is_degraded(
    coordinator: tuple[str, type[_Health]], tmp_path: Path
) -> None:
    coordinator[1].status = 503
    async with whole(tmp_path, {"rollbacks": [_project(tmp_path, coordinator[0])]}) as it:
        with pytest.raises(RefusedError, match="503"):
            await it.roll("backup_20260201_101500_full.tar.gz", "automation")
        assert (tmp_path / "work" / "agent_dashboard_api.py").read_text() == "new and bad\n"


@pytest.mark.parametrize("argo", [False, True])
async def test_a_workload_of_a_cluster_is_undone_and_back(argo: bool, tmp_path: Path) -> None:
    rolled: dict[str, Any] = {"name": "gateway", "program": _cluster(tmp_path, argo=argo)}
    rolled |= {"context": "prod", "namespace": "agents"}
    rolled |= {"kind": "argo_rollouts", "rollout": "gateway"} if argo else {"kind": "kubectl"}
    rolled |= {} if argo else {"workload": "deployment/gateway"}

    def seen() -> str:
        sets = json.loads((tmp_path / "cluster.json").read_text())["sets"]
        return str(max(sets, key=lambda name: sets[name]["number"]))

    async with whole(tmp_path, {"rollbacks": [rolled]}) as it:
        await there_and_back(it, "gateway", "1", seen, "gateway-aaa")
