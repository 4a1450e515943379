"""Saved filters and times in a configuration: taken as they are, and wrong ones named with their line."""

from pathlib import Path

import pytest

from config.load import load
from fleet.errors import ConfigError
from tests.config.kinds import TABLES


def loaded(tmp_path: Path, text: str) -> str:
    """The messages about a configuration, "" where it is right."""
    (tmp_path / "fleetdeck.yaml").write_text(text)
    try:
        load(tmp_path / "fleetdeck.yaml", TABLES)
    except ConfigError as error:
        return str(error).replace(f"{tmp_path}/", "")
    return ""


def test_they_are_there(tmp_path: Path) -> None:
    (tmp_path / "fleetdeck.yaml").write_text(
        "filters: {mine: 'team:core or env:prod', sick: '@mine !up'}\ntime: local\n"
    )
    config = load(tmp_path / "fleetdeck.yaml", TABLES)
    assert config.filters == {"mine": "team:core or env:prod", "sick": "@mine !up"}
    assert config.time == "local"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("filters:\n  ok: up\n  bad: (a or", "3: filters.bad: a term is wanted after 'or' (at character 6)"),
        ("filters:\n  mine: x\n  b: '@mien'", "3: filters.b: no saved filter 'mien'; did you mean mine?"),
        ("filters:\n  a: '@b'\n  b: '@a'", "2: filters.a: @b: the saved filters go in a circle"),
        ("filters:\n  a b: x", "2: filters.\"a b\": 'a b' cannot name a filter"),
        ("filters:\n  a: 5", "2: filters.a: text is wanted"),
        ("filters: [a]", "1: filters: a mapping is wanted"),
        ("name: x\ntime: Europe/Berln", "2: time: no time zone 'Europe/Berln'; did you mean Europe/Berlin?"),
        ("time: 5", "1: time: text is wanted"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    assert f"fleetdeck.yaml:{message}" in loaded(tmp_path, text)
