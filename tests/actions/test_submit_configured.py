"""The templates of the page about submitting, through the real configuration."""

import re
from pathlib import Path

import pytest

from actions.submitting import Submissions
from config.action_options import ActionsOptions
from config.kinds import installed_kinds
from config.load import load
from fleet.errors import RefusedError
from fleet.model import AgentStatus
from tests.actions.submit_parts import client, reach_of

pytestmark = pytest.mark.anyio
PAGE = Path(__file__).parents[2] / "docs" / "tasks.md"


async def test_the_templates_of_the_page_load_and_plan(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    path = tmp_path / "fleetdeck.yaml"
    path.write_text(example[1], encoding="utf-8")
    config = load(path, installed_kinds())
    http = client()
    reach = reach_of(http, tmp_path)
    reach.store.status.put("w-1", AgentStatus(name="w-1", labels={"role": "worker"}))
    reach.store.status.put("p-1", AgentStatus(name="p-1", labels={"role": "planner"}))
    book = Submissions(config.templates, reach, "test", lambda: "k", ActionsOptions())
    rows = {row.name: row for row in book.templates()}
    assert [row.error for row in rows.values()] == [""] * len(rows)
    assert rows["run"].agents == ("w-1",)
    plan = await book.plan("ingest", [{"content": "one\ntwo"}], [])
    assert [step.title for step in plan.steps] == ["add to shield:ingestion_queue"]
    with pytest.raises(RefusedError, match="not submitted to agents"):
        await book.plan("ingest", [{"content": "x"}], ["w-1"])
    await http.aclose()


def test_every_example_of_the_page_can_be_loaded_and_every_kind_has_one(tmp_path: Path) -> None:
    kinds = installed_kinds()
    used: set[str] = set()
    for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)):
        path = tmp_path / f"{number}.yaml"
        path.write_text(block, encoding="utf-8")
        used.update(entry.kind.name for entry in load(path, kinds).templates)
    assert used == set(kinds.templates)


async def test_a_schema_file_makes_the_form(tmp_path: Path) -> None:
    schema = '{"type": "object", "properties": {"text": {"type": "string", "maxLength": 9}}, "required": ["text"]}'
    (tmp_path / "form.json").write_text(schema, encoding="utf-8")
    path = tmp_path / "fleetdeck.yaml"
    path.write_text(
        "templates:\n  - {kind: orchestrator, name: good, url: 'http://127.0.0.1:1', schema: form.json}\n",
        encoding="utf-8",
    )
    http = client()
    book = Submissions(
        load(path, installed_kinds()).templates, reach_of(http, tmp_path), "t", lambda: "k", ActionsOptions()
    )
    assert [row.error for row in book.templates()] == [""]
    with pytest.raises(RefusedError, match="text: it has 10 characters, 9 is the most"):
        await book.plan("good", [{"text": "x" * 10}], [])
    assert await book.read_items("good", "a\nb\n") == ({"text": "a"}, {"text": "b"})
    await http.aclose()


async def test_what_is_not_followed_is_not_said_to_be_seen_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "fleetdeck.yaml"
    path.write_text(
        "templates:\n"
        "  - {kind: http, name: sent, url: 'http://127.0.0.1:1/jobs'}\n"
        "  - {kind: http, name: followed, url: 'http://127.0.0.1:1/jobs', follow: {url: 'http://127.0.0.1:1/{key}'}}\n"
        "  - {kind: http, name: by_id, url: 'http://127.0.0.1:1/jobs', id: id, follow: {url: 'http://127.0.0.1:1/{id}'}}\n"
        "  - {kind: command, name: run, argv: ['true']}\n",
        encoding="utf-8",
    )
    http = client()
    book = Submissions(
        load(path, installed_kinds()).templates, reach_of(http, tmp_path), "t", lambda: "k", ActionsOptions()
    )
    known = {"followed": (), "sent": (), "by_id": ("id",)}
    assert {name: (await book.plan(name, [{}], [])).asked_by for name in known} == known
    said = {name: (await book.plan(name, [{}], [])).expects for name in ("sent", "followed", "run")}
    assert said["followed"] == "each task is seen to end well at its target"
    assert said["sent"] == said["run"]
    assert "what becomes of it later is not seen" in said["run"]
    await http.aclose()
