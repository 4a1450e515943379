"""What differs between two configurations, entry by entry."""

from pathlib import Path

from cli.kinds import kind_tables
from config.changes import Changes, compare
from config.load import load
from config.schema import Config

FIRST = """\
discovery:
  - {kind: static, name: hand, agents: [{name: a}]}
  - {kind: agent_status, path: status.json}
queues:
  - {kind: task_file, path: jobs.json}
  - {kind: redis_list, url: "redis://127.0.0.1:1/0", key: jobs}
backlog:
  - {kind: markdown, path: TODO.md}
"""


def config(folder: Path, text: str) -> Config:
    (folder / "fleetdeck.yaml").write_text(text)
    return load(folder / "fleetdeck.yaml", kind_tables())


def changes(folder: Path, after: str, before: str = FIRST) -> Changes:
    return compare(config(folder, before), config(folder, after))


def ids(placed: tuple[tuple[str, object], ...]) -> list[str]:
    return [f"{section}/{getattr(entry, 'id', '')}" for section, entry in placed]


def test_comments_and_places_are_no_change(tmp_path: Path) -> None:
    found = changes(tmp_path, "# moved down\n\n" + FIRST)
    assert not found
    assert found == Changes()


def test_entries_come_go_and_change(tmp_path: Path) -> None:
    after = (
        FIRST.replace("{name: a}", "{name: a}, {name: b}")
        .replace("path: jobs.json", "path: jobs.json, every: 1m")
        .replace("  - {kind: markdown, path: TODO.md}\n", "  - {kind: todo_list, path: TODO.md}\n")
    )
    found = changes(tmp_path, after)
    assert ids(found.replaced) == ["discovery/static:hand"]
    assert ids(found.retimed) == ["queues/task_file:jobs.json"]
    assert (ids(found.removed), ids(found.added)) == (["backlog/markdown:TODO.md"], ["backlog/todo_list:TODO.md"])
    assert found.words() == "1 added, 2 changed, 1 removed"


def test_the_same_id_in_two_sections_is_two_entries(tmp_path: Path) -> None:
    before = 'discovery: [{kind: coordinator, url: "http://h"}]\nqueues: [{kind: coordinator, url: "http://h"}]\n'
    after = before.replace("discovery: [{", "discovery: [{client_id: me, ")
    assert ids(changes(tmp_path, after, before).replaced) == ["discovery/coordinator:h"]


def test_what_applies_now_and_what_at_the_next_start(tmp_path: Path) -> None:
    found = changes(tmp_path, FIRST + "name: x\nself_metrics: 127.0.0.1:9105\nkeep_gone: 1m\ndown_after: 5\n")
    assert set(found.restart) == {"name", "self_metrics"}
    assert found.settings == ("keep_gone", "intervals and limits of probes")
    assert not found.replaced


def test_other_limits_make_everything_anew(tmp_path: Path) -> None:
    found = changes(tmp_path, FIRST + "limits: {tasks: 10}\n")
    assert found.limits
    assert len(found.replaced) == 5


def test_the_order_of_discovery_is_precedence(tmp_path: Path) -> None:
    lines = FIRST.splitlines(keepends=True)
    after = "".join([lines[0], lines[2], lines[1], *lines[3:]])
    assert changes(tmp_path, after).settings == ("order of discovery",)
