"""Links, trees, files and services that are really rolled back and forth in temporary folders."""

import gzip
import hashlib
import os
import subprocess
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actions.reverting import archives
from fleet.actions.action import ActionState
from fleet.actions.plan import CommandRun, FileWork
from fleet.errors import RefusedError
from tests.actions.rollbacks.bench import bench, program

_OLD = datetime(2026, 1, 1, tzinfo=UTC).timestamp()


def _releases(folder: Path, *names: str) -> None:
    for number, name in enumerate(names):
        (folder / name).mkdir(parents=True)
        (folder / name / "NOTES").write_text(f"\nwhat {name} brought\n")
        os.utime(folder / name, (_OLD + number, _OLD + number))


# ── symlink ──


@pytest.mark.anyio
async def test_a_blue_green_link_is_moved_back_and_forth(tmp_path: Path) -> None:
    _releases(tmp_path / "releases", "r1", "r2")
    (tmp_path / "current").symlink_to("releases/r2")
    told = tmp_path / "told"
    reload = program(tmp_path / "reload", f'#!/bin/sh\necho "$1" >> {told}\n')
    rolled = {
        "kind": "symlink",
        "name": "app",
        "link": "current",
        "releases": "releases",
        "note": "NOTES",
        "reload": [str(reload), "{to}"],
    }
    async with bench(tmp_path, rolled) as it:
        known = await it.book.revisions("app")
        assert [(one.id, one.live, one.changed) for one in known.revisions] == [
            ("r2", True, "what r2 brought"),
            ("r1", False, "what r1 brought"),
        ]
        plan = await it.book.plan("app")
        assert (plan.revision, plan.before, plan.targets[0].mark) == ("r1", "r2", "r2")
        done = await it.carry_out(plan)
        assert done.state is ActionState.SUCCEEDED
        assert (tmp_path / "current").resolve() == tmp_path / "releases" / "r1"
        assert told.read_text() == "r1\n"
        again = await it.carry_out(await it.book.plan_undo(done))
        assert again.state is ActionState.SUCCEEDED
        assert (again.plan.of, (tmp_path / "current").resolve().name) == (plan.key, "r2")


@pytest.mark.anyio
async def test_a_link_that_was_moved_meanwhile_is_not_moved(tmp_path: Path) -> None:
    _releases(tmp_path / "releases", "r1", "r2", "r3")
    (tmp_path / "current").symlink_to(tmp_path / "releases" / "r3")
    rolled = {"kind": "symlink", "name": "app", "link": "current", "releases": "releases"}
    async with bench(tmp_path, rolled) as it:
        plan = await it.book.plan("app")
        doer = it.book.doer("app")
        assert doer is not None
        (tmp_path / "current").unlink()
        (tmp_path / "current").symlink_to(tmp_path / "releases" / "r1")
        (refusal,) = await doer.guards(plan)
        assert refusal == "app has changed since it was planned: r3 was live then, r1 is now"
        result = await it.performer.perform(plan.steps[0].effect)
        assert "not to" in result.fault
        assert (tmp_path / "current").resolve().name == "r1"
        with pytest.raises(RefusedError, match="cannot be rolled in stages"):
            await it.book.plan("app", "r2", staged=True)
        refused = await it.book.plan("app", "r1")
        assert refused.refusals == ("r1 is live already",)
        with pytest.raises(RefusedError, match="no revision 'r9'"):
            await it.book.plan("app", "r9")


# ── git ──


def _git(tree: Path, *words: str) -> str:
    env = {"PATH": "/usr/bin:/bin", "HOME": str(tree), "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    names = ("-c", "user.name=Ann", "-c", "user.email=ann@localhost", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *names, *words], cwd=tree, env=env, check=True, capture_output=True, text=True)
    return done.stdout


def _tree(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    tree.mkdir()
    _git(tree, "init", "-q")
    for version in ("v1", "v2", "v3"):
        (tree / "app.conf").write_text(f"version = {version}\n")
        _git(tree, "add", ".")
        _git(tree, "commit", "-q", "-m", f"release {version}")
        _git(tree, "tag", "-a", version, "-m", f"what {version} brought")
    return tree


@pytest.mark.anyio
async def test_a_release_tag_is_checked_out_and_no_hook_runs(tmp_path: Path) -> None:
    tree = _tree(tmp_path)
    ran = tmp_path / "hook-ran"
    program(tree / ".git" / "hooks" / "post-checkout", f"#!/bin/sh\ntouch {ran}\n")
    async with bench(tmp_path, {"kind": "git", "name": "conf", "tree": "tree", "tags": "v*"}) as it:
        known = await it.book.revisions("conf")
        assert {one.id: (one.live, one.author, one.changed) for one in known.revisions} == {
            "v3": (True, "Ann", "what v3 brought"),
            "v2": (False, "Ann", "what v2 brought"),
            "v1": (False, "Ann", "what v1 brought"),
        }
        plan = await it.book.plan("conf", "v1")
        assert "M app.conf" in plan.blast
        assert ("HEAD", True) in {(fact.name, "main" in fact.value) for fact in plan.facts}
        done = await it.carry_out(plan)
        assert done.state is ActionState.SUCCEEDED
        assert (tree / "app.conf").read_text() == "version = v1\n"
        assert not ran.exists()
        await it.carry_out(await it.book.plan_undo(done))
        assert (tree / "app.conf").read_text() == "version = v3\n"


@pytest.mark.anyio
async def test_what_is_not_committed_or_would_be_lost_refuses_a_checkout(tmp_path: Path) -> None:
    tree = _tree(tmp_path)
    async with bench(tmp_path, {"kind": "git", "name": "conf", "tree": "tree"}) as it:
        plan = await it.book.plan("conf", "v1")
        (tree / "app.conf").write_text("changed by hand\n")
        doer = it.book.doer("conf")
        assert doer is not None
        (refusal,) = await doer.guards(plan)
        assert refusal.startswith("changes: 1 that are not committed")
        assert (await it.book.plan("conf", "v1")).refusals == (refusal,)
        _git(tree, "checkout", "-q", "--detach")
        _git(tree, "commit", "-q", "-am", "on no branch")
        (refusal,) = (await it.book.plan("conf", "v1")).refusals
        assert "on no branch and no tag" in refusal


@pytest.mark.anyio
async def test_commits_are_reverted_by_commits_and_the_content_is_the_old_one(tmp_path: Path) -> None:
    tree = _tree(tmp_path)
    async with bench(tmp_path, {"kind": "git", "name": "conf", "tree": "tree", "mode": "revert"}) as it:
        known = await it.book.revisions("conf")
        assert [one.changed for one in known.revisions] == ["release v3", "release v2", "release v1"]
        first = known.revisions[-1]
        done = await it.carry_out(await it.book.plan("conf", first.id))
        assert done.state is ActionState.SUCCEEDED
        assert (tree / "app.conf").read_text() == "version = v1\n"
        now = await it.book.revisions("conf")
        assert now.live is not None
        assert now.live.id == first.id
        assert _git(tree, "log", "-1", "--format=%an %s").startswith("fleetdeck Revert")
        assert _git(tree, "symbolic-ref", "--short", "HEAD").strip()


# ── files ──


def _archive(path: Path, **files: str) -> None:
    folder = path.parent / f"{path.name}.d"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    with tarfile.open(path, "w:gz") as tar:
        for name in files:
            tar.add(folder / name, f"./{name}")
        for name in files:
            (folder / name).unlink()
    folder.rmdir()


@pytest.mark.anyio
async def test_a_folder_is_restored_from_an_archive_and_put_back_from_our_own(tmp_path: Path) -> None:
    for name in ("app", "backups", "kept"):
        (tmp_path / name).mkdir()
    _archive(tmp_path / "backups" / "b1.tar.gz", conf="one", extra="e")
    _archive(tmp_path / "backups" / "b2.tar.gz", conf="two")
    (tmp_path / "app" / "conf").write_text("two")
    rolled = {
        "kind": "files",
        "name": "app",
        "path": "app",
        "versions": "backups",
        "match": r"b[0-9]+[.]tar[.]gz",
        "archive_to": "kept",
    }
    async with bench(tmp_path, rolled) as it:
        known = await it.book.revisions("app")
        assert known.live is not None
        assert known.live.id == "b2.tar.gz"
        plan = await it.book.plan("app", "b1.tar.gz")
        assert [step.effect.work for step in plan.steps if isinstance(step.effect, FileWork)] == ["archive", "restore"]
        assert plan.steps[0].effect != (await it.book.plan("app", "b1.tar.gz")).steps[0].effect
        (tmp_path / "app" / "conf").write_text("two")
        done = await it.carry_out(plan)
        assert done.state is ActionState.SUCCEEDED
        assert {path.name: path.read_text() for path in (tmp_path / "app").iterdir()} == {"conf": "one", "extra": "e"}
        undone = await it.carry_out(await it.book.plan_undo(done))
        assert undone.state is ActionState.SUCCEEDED
        assert {path.name: path.read_text() for path in (tmp_path / "app").iterdir()} == {"conf": "two"}


@pytest.mark.anyio
async def test_what_is_too_much_to_be_compared_when_it_is_put_back_is_warned_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MOST_MEMBERS", 2)
    for name in ("app", "backups", "kept"):
        (tmp_path / name).mkdir()
    _archive(tmp_path / "backups" / "b1.tar.gz", conf="one", extra="e")
    rolled = {"kind": "files", "name": "app", "path": "app", "versions": "backups", "match": "b1.*"}
    async with bench(tmp_path, {**rolled, "archive_to": "kept"}) as it:
        for name in ("conf", "more"):
            (tmp_path / "app" / name).write_text("by hand")
        assert "holds more than" not in " ".join((await it.book.plan("app", "b1.tar.gz")).warnings)
        (tmp_path / "app" / "third").write_text("by hand")
        plan = await it.book.plan("app", "b1.tar.gz")
        assert any("undoing would put it back, but could not verify that" in text for text in plan.warnings)
        done = await it.carry_out(plan)
        assert done.state is ActionState.SUCCEEDED
        undone = await it.carry_out(await it.book.plan_undo(done))
        assert undone.state is not ActionState.SUCCEEDED
        assert {path.name for path in (tmp_path / "app").iterdir()} == {"conf", "more", "third"}


@pytest.mark.anyio
async def test_a_damaged_backup_cannot_be_rolled_to(tmp_path: Path) -> None:
    for name in ("app", "backups", "kept"):
        (tmp_path / name).mkdir()
    _archive(tmp_path / "backups" / "good.tar.gz", conf="one")
    whole = gzip.compress(b"no tar at all")
    (tmp_path / "backups" / "bad.tar.gz").write_bytes(whole)
    _archive(tmp_path / "backups" / "other.tar.gz", conf="three")
    sums = hashlib.sha256(b"something else").hexdigest()
    (tmp_path / "backups" / "SHA256SUMS").write_text(f"{sums}  other.tar.gz\n")
    rolled = {
        "kind": "files",
        "name": "app",
        "path": "app",
        "versions": "backups",
        "match": r"[a-z]+[.]tar[.]gz",
        "archive_to": "kept",
    }
    async with bench(tmp_path, rolled) as it:
        known = await it.book.revisions("app")
        troubles = {one.id: one.trouble.split(":")[0] for one in known.revisions}
        assert troubles["bad.tar.gz"] == "is no tar.gz that can be read"
        assert troubles["other.tar.gz"] == "is damaged"
        assert known.preferred == "good.tar.gz"
        assert "bad.tar.gz: is no tar.gz" in (await it.book.plan("app", "bad.tar.gz")).refusals[0]


@pytest.mark.anyio
async def test_a_file_is_replaced_by_a_version_of_it_and_the_edited_one_is_put_back(tmp_path: Path) -> None:
    for name in ("versions", "kept"):
        (tmp_path / name).mkdir()
    for number in (1, 2):
        (tmp_path / "versions" / f"routing-{number}.yaml").write_text(f"n: {number}\n")
    (tmp_path / "routing.yaml").write_text("edited by hand\n")
    rolled = {
        "kind": "files",
        "name": "routing",
        "mode": "copy",
        "path": "routing.yaml",
        "versions": "versions",
        "match": "routing-[0-9]+[.]yaml",
        "archive_to": "kept",
    }
    async with bench(tmp_path, rolled) as it:
        # Two that are planned in one moment do not keep what was there under one name.
        plan, other = [await it.book.plan("routing", "routing-1.yaml") for _ in range(2)]
        kept = [one.steps[0].effect.path for one in (plan, other) if isinstance(one.steps[0].effect, FileWork)]
        assert [Path(one).name[:-8] for one in kept] == ["routing.yaml-20260301T120000Z-"] * 2
        assert len(set(kept)) == 2
        assert plan.before == ""
        done = await it.carry_out(plan)
        assert (done.state, (tmp_path / "routing.yaml").read_text()) == (ActionState.SUCCEEDED, "n: 1\n")
        undone = await it.carry_out(await it.book.plan_undo(done))
        assert (undone.state, (tmp_path / "routing.yaml").read_text()) == (ActionState.SUCCEEDED, "edited by hand\n")


# ── systemd ──

_SUPERVISOR = """#!/usr/bin/env python3
import json, os, pathlib, signal, subprocess, sys
state = pathlib.Path(__file__).with_name("state.json")
known = json.loads(state.read_text()) if state.exists() else {"pid": 0}
words = [word for word in sys.argv[1:] if not word.startswith("--")]
def alive():
    try:
        os.kill(known["pid"], 0)
        return known["pid"] > 0
    except OSError:
        return False
if words[0] == "restart":
    if alive():
        os.kill(known["pid"], signal.SIGKILL)
    started = subprocess.Popen(["/bin/sleep", "600"], start_new_session=True, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    state.write_text(json.dumps({"pid": started.pid}))
elif words[0] == "show":
    up = alive()
    print("ActiveState=" + ("active" if up else "inactive"))
    print("SubState=" + ("running" if up else "dead"))
    print("MainPID=" + str(known["pid"] if up else 0))
    print("ActiveEnterTimestamp=Sun 2026-03-01 11:00:00 UTC")
    print("LoadState=loaded")
"""


def _call(path: Path, *words: str) -> None:
    subprocess.run([str(path), *words], check=True)


@pytest.mark.anyio
async def test_a_supervised_process_is_restarted_and_is_another_one_then(tmp_path: Path) -> None:
    systemctl = program(tmp_path / "systemctl", _SUPERVISOR)
    _call(systemctl, "restart", "--", "gateway.service")
    rolled = {"kind": "systemd", "name": "gateway", "unit": "gateway.service", "program": str(systemctl)}
    pids = []
    async with bench(tmp_path, rolled) as it:
        try:
            known = await it.book.revisions("gateway")
            assert (known.preferred, known.live is not None) == ("restart", True)
            plan = await it.book.plan("gateway")
            pids.append(int(plan.before.partition(":")[2]))
            assert next(step.effect.argv[-3:] for step in plan.steps if isinstance(step.effect, CommandRun)) == (
                "restart",
                "--",
                "gateway.service",
            )
            done = await it.carry_out(plan)
            assert done.state is ActionState.SUCCEEDED
            now = (await it.book.revisions("gateway")).live
            assert now is not None
            pids.append(int(now.id.partition(":")[2]))
            assert pids[0] != pids[1]
            with pytest.raises(RefusedError, match="cannot be taken back"):
                await it.book.plan_undo(done)
        finally:
            os.kill(pids[-1], 9)


@pytest.mark.anyio
async def test_a_restart_that_keeps_the_process_is_a_failure(tmp_path: Path) -> None:
    systemctl = program(tmp_path / "systemctl", _SUPERVISOR.replace('words[0] == "restart"', "not known"))
    (tmp_path / "state.json").write_text(f'{{"pid": {os.getpid()}}}')
    rolled = {"kind": "systemd", "name": "gateway", "unit": "gateway.service", "program": str(systemctl)}
    async with bench(tmp_path, rolled) as it:
        done = await it.carry_out(await it.book.plan("gateway"))
        assert done.state is ActionState.FAILED
        assert "is the one of before" in done.items[0].sentence
