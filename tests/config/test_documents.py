"""What is shipped beside the program is true: the reference page, the examples, the words for newcomers."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from config.find import HOW_TO_GET_ONE
from config.kinds import KindTables, installed_kinds
from config.load import load
from config.reference import PAGE, field_docs, reference, rewritten, undocumented
from config.schema import RootOptions
from tests.config.kinds import TABLES, FileOptions, HttpOptions

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "config" / "examples").glob("*.yaml"))


@pytest.fixture(scope="module")
def installed() -> KindTables:
    return installed_kinds()


def test_the_reference_page_is_up_to_date(installed: KindTables) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert rewritten(page, installed) == page, "run `python -m config.reference`"


def test_every_option_of_every_kind_is_explained(installed: KindTables) -> None:
    assert undocumented(installed) == []


def test_the_page_lists_every_key_with_its_default(installed: KindTables) -> None:
    page = PAGE.read_text(encoding="utf-8")
    for field in msgspec.structs.fields(RootOptions):
        assert f"\n| `{field.encode_name}` | " in page
    for section in ("discovery", "queues", "backlog"):
        for kind in installed.section(section).values():
            table = (
                page.partition(f"({'`' + section + '`'})")[2]
                .partition(f"#### `{kind.name}`\n")[2]
                .partition("#### ")[0]
            )
            for field in msgspec.structs.fields(kind.options):
                assert f"| `{field.encode_name}` | " in table, f"{kind.name}.{field.encode_name}"


def test_the_yaml_on_the_page_is_right(installed: KindTables, tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        (tmp_path / "fleetdeck.yaml").write_text(block, encoding="utf-8")
        load(tmp_path / "fleetdeck.yaml", installed)


def test_the_first_configuration_for_newcomers_is_right(installed: KindTables, tmp_path: Path) -> None:
    block = HOW_TO_GET_ONE.partition("A first fleetdeck.yaml:\n")[2].partition("Then ")[0]
    (tmp_path / "fleetdeck.yaml").write_text("\n".join(line[2:] for line in block.splitlines()), encoding="utf-8")
    assert len(load(tmp_path / "fleetdeck.yaml", installed).discovery) == 1


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_the_examples_are_right(installed: KindTables, path: Path) -> None:
    config = load(path, installed)
    assert config.entries
    assert "#" in path.read_text(encoding="utf-8")


def test_the_four_examples_are_there() -> None:
    assert {path.stem for path in EXAMPLES} == {"minimal", "tools-automation", "hx-citadel", "prometheus-sd"}


def test_plain_yaml_readers_read_the_examples_too() -> None:
    for path in EXAMPLES:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert isinstance(content["name"], str)


def test_docs_come_from_below_the_field_or_from_the_docstring() -> None:
    assert field_docs(FileOptions) == {"path": "The file.", "done": "Words that mean done."}
    docs = field_docs(HttpOptions)
    assert docs["url"] == "Its address."
    assert docs["token"] == docs["extra"] == "What it wants to see."
    assert docs["colour"] == "A colour."
    assert "refresh" not in docs


def test_the_reference_tells_types_and_defaults() -> None:
    text = reference(TABLES)
    assert "| `refresh` | duration | `1m30s` |  |" in text
    assert "| `colour` | `red` or `green` | `red` | A colour. |" in text
    assert "| `token` | secret | not set |" in text
    assert "| `agents[].labels` | mapping of text to text | `{}` | Its labels. |" in text
    assert "HttpOptions.refresh" in undocumented(TABLES)


def test_the_shape_of_the_issue_is_accepted(installed: KindTables, tmp_path: Path) -> None:
    missing = {"coordinator", "task_file", "redis_stream", "redis_list"} - set(installed.queues)
    assert not missing
    config_of_issue = """
name: staging
every: 5s
discovery:
  - {kind: static, agents: [{name: planner-1, health: "http://127.0.0.1:9501/health", metrics: "http://127.0.0.1:9501/metrics", labels: {env: staging}}]}
  - {kind: agent_status, path: agent_status.json}
  - {kind: coordinator, url: "http://127.0.0.1:5005"}
  - {kind: metrics_page, url: "http://127.0.0.1:8080/metrics", label: agent_name}
  - {kind: file_sd, files: ["targets/*.yml"]}
  - {kind: http_sd, url: "http://127.0.0.1:9000/sd"}
  - {kind: processes, match: "python .*agent"}
queues:
  - {kind: coordinator, url: "http://127.0.0.1:5005"}
  - {kind: task_file, path: task_queue.json}
  - {kind: redis_stream, url: "redis://127.0.0.1:6379/0", stream: "shield:ingestion_queue", group: lightrag-workers}
  - {kind: redis_list, url: "redis://127.0.0.1:6379/0", key: jobs}
backlog:
  - {kind: markdown, path: TODO.md}
  - {kind: batch_progress, path: todo_batch_progress.json}
  - {kind: todo_list, path: unified_todos.json}
  - {kind: csv, path: TASK-TRACKER.csv, status_column: Status, done: [Complete]}
"""  # noqa: E501
    (tmp_path / "fleetdeck.yaml").write_text(config_of_issue, encoding="utf-8")
    config = load(tmp_path / "fleetdeck.yaml", installed)
    assert (len(config.discovery), len(config.queues), len(config.backlog)) == (7, 4, 4)
