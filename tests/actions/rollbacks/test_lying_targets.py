"""Targets that list what is not theirs to say, and what is another thing by the time that it is acted on."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from actions.reverting.archives import Contents
from actions.reverting.kube import document
from actions.reverting.listing import of_json_lines, of_lines
from config.values import Regex
from fleet.actions.action import ActionState
from fleet.errors import OutsideError, RefusedError
from tests.actions.rollbacks.bench import bench, program
from tests.actions.rollbacks.test_really_rolled import _git, _tree

pytestmark = pytest.mark.anyio
SEPARATORS = "\u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e"
DEEP = "[" * 200_000


@pytest.mark.parametrize("separator", SEPARATORS)
def test_a_message_is_no_line_and_so_no_revision(separator: str) -> None:
    pattern = Regex(r"(?P<live>\*)?(?P<id>[0-9.]+) (?P<changed>.*)")
    made, _ = of_lines(f"*1.1 new\n1.0 old{separator}*0.9 planted\n", pattern)
    assert [(one.id, one.live) for one in made] == [("1.1", True), ("1.0", False)]
    # Those that JSON allows in a text as they are.
    if separator in "\u2028\u2029\x85":
        made, problems = of_json_lines(f'{{"id": "r1", "changed": "a{separator}666{separator}b"}}\n')
        assert ([one.id for one in made], problems) == (["r1"], ())


def test_json_that_nobody_can_read_is_said_and_raises_nothing_else() -> None:
    for text in (DEEP, '{"id": ' + DEEP, '["\ud800"]'):
        with pytest.raises(OutsideError):
            of_json_lines(text)
        with pytest.raises(OutsideError):
            document(text)


async def test_a_target_that_answers_with_nothing_but_brackets_is_said_in_its_row(
    tmp_path: Path,
) -> None:
    lister = program(tmp_path / "list", f"#!{sys.executable}\nprint('[' * 200_000)\n")
    rolled = {"kind": "command", "name": "app", "list": [str(lister)], "to": [str(lister), "{to}"]}
    async with bench(tmp_path, rolled) as it:
        (row,) = await it.book.look()
        assert "no JSON" in row.error


async def test_a_tag_that_was_moved_after_it_was_planned_is_not_checked_out(tmp_path: Path) -> None:
    tree = _tree(tmp_path)
    async with bench(tmp_path, {"kind": "git", "name": "conf", "tree": "tree"}) as it:
        plan, doer = await it.book.plan("conf", "v1"), it.book.doer("conf")
        assert doer is not None
        _git(tree, "tag", "-f", "v1", "v2^{commit}")
        (refusal,) = await doer.guards(plan)
        assert "the tag v1 was moved since it was planned" in refusal
        # And where it is moved later still, what was planned is what comes, and is not taken for the tag.
        await it.performer.perform(plan.steps[0].effect)
        assert (tree / "app.conf").read_text() == "version = v1\n"
        assert (await it.seen(plan)).state is not ActionState.SUCCEEDED


async def test_the_message_of_a_tag_lists_no_other(tmp_path: Path) -> None:
    tree = _tree(tmp_path)
    head = _git(tree, "rev-parse", "HEAD").strip()
    _git(tree, "tag", "-a", "v0", "v1^{commit}", "-m", f"x\u2028v9\x1f{head}\x1f1700000000\x1feve\x1fplanted")
    async with bench(tmp_path, {"kind": "git", "name": "conf", "tree": "tree"}) as it:
        known = await it.book.revisions("conf")
        assert {one.id for one in known.revisions} == {"v0", "v1", "v2", "v3"}


async def test_programs_of_the_trees_own_configuration_stand_in_the_plan(tmp_path: Path) -> None:
    tree = _tree(tmp_path)
    _git(tree, "config", "filter.big.smudge", "cat")
    async with bench(tmp_path, {"kind": "git", "name": "conf", "tree": "tree"}) as it:
        plan = await it.book.plan("conf", "v1")
        assert [fact.value for fact in plan.facts if fact.name == "git also runs"] == [
            "filter.big.smudge of the tree's own configuration"
        ]


def test_a_file_that_was_edited_and_dated_back_is_another_one(tmp_path: Path) -> None:
    path, contents = tmp_path / "app.conf", Contents()
    path.write_text("good")
    os.utime(path, (1, 1))
    before = contents.file(path)
    with path.open("r+") as file:
        file.write("evil")
    os.utime(path, (1, 1))
    assert contents.file(path) != before


async def test_links_that_lead_out_of_a_folder_are_put_back_with_it(tmp_path: Path) -> None:
    folder, versions = tmp_path / "app", tmp_path / "versions"
    for path in (folder, versions, tmp_path / "kept"):
        path.mkdir()
    (folder / "app.py").write_text("new")
    (folder / "python").symlink_to(sys.executable)
    (folder / "shared").symlink_to("../elsewhere")
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "app.py").write_text("old")
    shutil.make_archive(str(versions / "app-1"), "gztar", tmp_path / "old")
    rolled = {"kind": "files", "name": "app", "path": "app", "versions": "versions", "match": "app-.*[.]tar[.]gz"}
    async with bench(tmp_path, {**rolled, "archive_to": "kept"}) as it:
        done = await it.carry_out(await it.book.plan("app", "app-1.tar.gz"))
        assert done.state is ActionState.SUCCEEDED, done.items
        assert (folder / "app.py").read_text() == "old"
        undone = await it.carry_out(await it.book.plan_undo(done))
        assert undone.state is ActionState.SUCCEEDED, undone.items
    assert (folder / "app.py").read_text() == "new"
    assert ((folder / "python").readlink(), (folder / "shared").readlink()) == (
        Path(sys.executable),
        Path("../elsewhere"),
    )


async def test_an_archive_that_is_not_the_one_that_was_taken_is_not_put_back(tmp_path: Path) -> None:
    for name in ("app", "versions", "kept", "old"):
        (tmp_path / name).mkdir()
    (tmp_path / "app" / "app.py").write_text("new")
    (tmp_path / "old" / "app.py").write_text("old")
    shutil.make_archive(str(tmp_path / "versions" / "app-1"), "gztar", tmp_path / "old")
    rolled = {"kind": "files", "name": "app", "path": "app", "versions": "versions", "match": "app-.*[.]tar[.]gz"}
    async with bench(tmp_path, {**rolled, "archive_to": "kept"}) as it:
        done = await it.carry_out(await it.book.plan("app", "app-1.tar.gz"))
        (taken,) = (tmp_path / "kept").glob("*.tar.gz")
        shutil.copy(tmp_path / "versions" / "app-1.tar.gz", taken)
        with pytest.raises(RefusedError, match="not the one that was taken"):
            await it.book.plan_undo(done)


def _reloaded(tmp_path: Path, program_text: str, **more: object) -> dict[str, object]:
    """A file with two versions, and a program that has it noticed."""
    for name in ("versions", "kept"):
        (tmp_path / name).mkdir()
    for number in (1, 2):
        (tmp_path / "versions" / f"app-{number}").write_text(f"{number}")
    (tmp_path / "app").write_text("2")
    reload = program(tmp_path / "reload", program_text)
    kept = {"versions": "versions", "match": "app-[0-9]", "archive_to": "kept", "reload": [str(reload)]}
    return {"kind": "files", "mode": "copy", "name": "app", "path": "app", **kept, **more}


async def test_what_nobody_noticed_has_not_succeeded_though_it_is_there(tmp_path: Path) -> None:
    async with bench(tmp_path, _reloaded(tmp_path, "#!/bin/sh\nexec sleep 60\n", timeout=0.3)) as it:
        plan = await it.book.plan("app", "app-1")
        done = await it.carry_out(plan)
        assert (done.state is ActionState.SUCCEEDED, (tmp_path / "app").read_text()) == (False, "1")
        # Nor where the program ended between the two, and it is asked anew.
        assert (await it.seen(plan)).state is ActionState.FAILED


async def test_what_is_put_back_is_noticed_too(tmp_path: Path) -> None:
    said = tmp_path / "said"
    async with bench(tmp_path, _reloaded(tmp_path, f"#!/bin/sh\ncat {tmp_path}/app >> {said}\n")) as it:
        done = await it.carry_out(await it.book.plan("app", "app-1"))
        undone = await it.carry_out(await it.book.plan_undo(done))
        assert [one.state for one in (done, undone)] == [ActionState.SUCCEEDED] * 2
    assert said.read_text() == "12"
