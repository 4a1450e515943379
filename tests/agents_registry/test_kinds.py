"""The seven kinds are found, decode strictly and say what each of their options means."""

from typing import Any

import msgspec
import pytest

from config.kinds import load_kinds
from config.reference import field_docs
from config.values import decode_hook
from tests.agents_registry.web import reach


def test_the_loader_finds_the_seven_kinds() -> None:
    assert set(load_kinds("agents_registry.sources")) == {
        "static",
        "agent_status",
        "coordinator",
        "metrics_page",
        "file_sd",
        "http_sd",
        "processes",
    }


def test_every_option_is_documented() -> None:
    for kind in load_kinds("agents_registry.sources").values():
        assert set(field_docs(kind.options)) == set(kind.options.__struct_fields__), kind.name


@pytest.mark.parametrize(
    ("kind", "options", "target"),
    [
        ("static", {"agents": [{"name": "planner", "health": "http://h/health", "every": "2s"}]}, "1 in"),
        ("agent_status", {"path": "status.json"}, "/status.json"),
        ("coordinator", {"url": "http://h:5005/"}, "http://h:5005/api/agents/status"),
        ("metrics_page", {"url": "http://h/metrics", "label": "agent_name"}, "http://h/metrics"),
        ("file_sd", {"files": ["targets/*.yml"]}, "targets/*.yml"),
        ("http_sd", {"url": "http://h/sd"}, "http://h/sd"),
        ("processes", {"match": "python .*agent"}, "python .*agent"),
    ],
)
def test_each_kind_is_built_from_its_options(kind: str, options: dict[str, Any], target: str, tmp_path: Any) -> None:
    found = load_kinds("agents_registry.sources")[kind]
    source = found.build(msgspec.convert(options, found.options, dec_hook=decode_hook), reach(tmp_path))
    assert target in source.target


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("static", {"agents": [{"name": "a"}, {"name": "a"}]}),
        ("static", {"agents": [{"name": ""}]}),
        ("static", {"agents": [{"name": "a", "health": "ftp://h"}]}),
        ("static", {"agents": [{"name": "a", "host_header": "evil\r\nX: y"}]}),
        ("agent_status", {"path": "a", "colour": 1}),
        ("coordinator", {"url": "http://user:secret@h"}),
        ("coordinator", {"url": "http://h", "auth": {"header": "a b", "secret": {"env": "X"}}}),
        ("file_sd", {"files": ["*/targets.yml"]}),
        ("file_sd", {"files": ["targets.txt"]}),
        ("file_sd", {"files": []}),
        ("processes", {"match": "("}),
    ],
)
def test_wrong_options_are_refused(kind: str, options: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(options, load_kinds("agents_registry.sources")[kind].options, dec_hook=decode_hook)
