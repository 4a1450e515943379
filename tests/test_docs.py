"""The documentation says what the program does: keys, commands, configuration, links."""

import asyncio
import re
from pathlib import Path

import click
import pytest

from cli import filter_page
from cli.key_table import (
    INCIDENT_BEGIN,
    INCIDENT_END,
    PRESETS_BEGIN,
    PRESETS_END,
    incident_table,
    key_table,
    preset_table,
    rewritten,
)
from cli.kinds import kind_tables
from cli.main import GET_VIEWS, main
from config.load import load

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_key_table_is_that_of_the_live_bindings() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    assert rewritten(page, asyncio.run(key_table())) == page, "run `python -m cli.key_table`"
    assert rewritten(page, incident_table(), INCIDENT_BEGIN, INCIDENT_END) == page, "run `python -m cli.key_table`"


def test_the_table_of_presets_is_that_of_the_declared_bindings() -> None:
    page = (ROOT / "docs" / "keys.md").read_text(encoding="utf-8")
    assert rewritten(page, preset_table(), PRESETS_BEGIN, PRESETS_END) == page, "run `python -m cli.key_table`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "docs" / "configuration.md"], ids=lambda page: page.name)
def test_whole_configurations_in_the_pages_are_right(page: Path, tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(name:.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        (tmp_path / "fleetdeck.yaml").write_text(block, encoding="utf-8")
        load(tmp_path / "fleetdeck.yaml", kind_tables())


def test_commands_in_the_readme_exist() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^ {4}fleetdeck ([a-z]+)", page, re.MULTILINE))
    context = click.Context(main)
    assert [name for name in named if main.get_command(context, name) is None] == []
    assert {"get", "screenshot", "config"} <= named
    assert all(view in page for view in GET_VIEWS)


def test_make_targets_in_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^ {4}make ([a-z]+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(targets) == {"demo", "test"}
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def test_the_examples_of_filters_are_those_that_are_tested() -> None:
    page = filter_page.PAGE.read_text(encoding="utf-8")
    assert filter_page.rewritten(page) == page, "run `python -m cli.filter_page`"
