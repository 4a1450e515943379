"""Prometheus target groups, as its documents and its server have them."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents_registry.plain_yaml import load_yaml
from agents_registry.problems import Problems
from agents_registry.targets import TargetGroup, discovery, groups_from_json, groups_from_yaml
from fleet.errors import ParseError
from fleet.model import Sighting
from fleet.ports import Limits


def targets(*groups: dict[str, Any]) -> tuple[list[Sighting], tuple[str, ...]]:
    problems = Problems()
    decoded = [(group, {"__meta_url": "http://sd"}) for group in groups_from_json(json.dumps(groups).encode())]
    answer = discovery(decoded, problems, Limits())
    return list(answer.sightings), answer.problems


def test_an_address_becomes_the_default_url_and_the_name() -> None:
    (one,), problems = targets({"targets": ["10.0.0.1:9100"], "labels": {"env": "prod", "empty": ""}})
    assert one.name == "10.0.0.1:9100"
    assert one.metrics and one.metrics.url == "http://10.0.0.1:9100/metrics"
    assert one.labels == {"env": "prod", "instance": "10.0.0.1:9100"}
    assert one.health is None
    assert not problems


def test_the_special_labels_make_the_url_and_the_schedule() -> None:
    labels = {
        "__scheme__": "https",
        "__metrics_path__": "probe/me now",
        "__param_module": "http 2xx",
        "__param_target": "a&b",
        "__scrape_interval__": "1m30s",
        "__scrape_timeout__": "500ms",
        "__health_path__": "/healthz",
        "__tmp": "x",
        "agent_name": "planner",
        "agent_type": "testing",
        "instance": "mine",
    }
    (one,), _ = targets({"targets": ["host:1"], "labels": labels})
    assert (one.name, one.kind, one.labels) == ("planner", "testing", {"instance": "mine"})
    assert one.metrics and one.health
    assert one.metrics.url == "https://host:1/probe/me%20now?module=http+2xx&target=a%26b"
    assert (one.metrics.every_s, one.metrics.timeout_s) == (90.0, 0.5)
    assert one.health.url == "https://host:1/healthz"


@pytest.mark.parametrize(
    ("target", "labels", "why"),
    [
        ("", {}, "no address"),
        ("host/path", {}, "no valid host"),
        ("user:pass@host", {}, "no valid host"),
        ("host:1", {"__scheme__": "gopher"}, "scheme"),
        ("host:1", {"__scrape_interval__": "5"}, "no duration"),
        ("host:1", {"__scrape_interval__": "0"}, "cannot be 0"),
        ("host:1", {"__scrape_interval__": "0s"}, "cannot be 0s"),
        ("host:1", {"__scrape_interval__": "5s", "__scrape_timeout__": "6s"}, "greater than scrape interval"),
    ],
)
def test_a_target_that_makes_no_url_is_dropped_and_said(target: str, labels: dict[str, str], why: str) -> None:
    found, problems = targets({"targets": [target, "good:1"], "labels": {}}, {"targets": [target], "labels": labels})
    assert [one.name for one in found if one.name != target] == ["good:1"]
    assert any(why in text for text in problems)


def test_targets_that_share_a_name_are_kept_apart_whatever_their_order() -> None:
    group = {"targets": ["a:1", "b:1"], "labels": {"agent_name": "worker"}}
    found, problems = targets(group)
    swapped, _ = targets({**group, "targets": ["b:1", "a:1"]})
    assert {one.name for one in found} == {one.name for one in swapped} == {"worker@a:1/metrics", "worker@b:1/metrics"}
    assert "2 targets" in problems[0]


def test_the_same_target_twice_is_one() -> None:
    found, problems = targets({"targets": ["a:1", "a:1"]}, {"targets": ["a:1"]})
    assert len(found) == 1
    assert not problems


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[null]",
        b'[{"target": ["a"]}]',
        b'[{"targets": "a"}]',
        b'[{"targets": [1]}]',
        b'[{"targets": ["a"], "labels": {"x": 1}}]',
        b'[{"targets": ["a"], "labels": {"": "x"}}]',
        b'[{"targets": ["a"]}] []',
        b'[{"targets": ["\xff"]}]',
        b"[" * 100_000,
    ],
)
def test_malformed_json_is_refused_as_a_whole(content: bytes) -> None:
    with pytest.raises(ParseError):
        groups_from_json(content)


@pytest.mark.parametrize("content", [b"null", b"[]", b'[{"targets": null, "labels": null}]'])
def test_empty_json_is_no_targets(content: bytes) -> None:
    assert not [target for group in groups_from_json(content) for target in group.targets or ()]


def test_yaml_keeps_the_text_of_its_scalars_and_knows_anchors() -> None:
    groups = groups_from_yaml(
        b"- targets: [&one 'a:1']\n  labels: &shared {version: 1.10, on: yes, none: ~, quoted: 'null'}\n"
        b"- targets: [*one]\n  labels: {<<: *shared, version: 2}\n---\n- not: read\n"
    )
    assert groups == [
        TargetGroup(["a:1"], {"version": "1.10", "on": "yes", "none": None, "quoted": "null"}),
        TargetGroup(["a:1"], {"version": "2", "on": "yes", "none": None, "quoted": "null"}),
    ]
    assert groups_from_yaml(b"# nothing\n") == []


@pytest.mark.parametrize(
    "content",
    [
        b"- targets: [a]\n  targets: [b]\n",
        b"- targets: [a]\n  label: {}\n",
        b"- targets: {a: b}\n",
        b"- \n",
        b"targets: [a]\n",
        b"- targets: [a\n",
        b"- targets: [*nowhere]\n",
        b"- &me [*me]\n",
        b"- {[a]: b}\n",
        b"- <<: a\n",
        b"\xff\xfe\xff",
        b"- targets: [\x01]\n",
        b"- !!python/object/apply:os.system ['true']\n",
    ],
)
def test_malformed_yaml_is_refused_as_a_whole(content: bytes) -> None:
    with pytest.raises(ParseError):
        groups_from_yaml(content)


@pytest.mark.parametrize(
    "bomb",
    [
        b"[" * 200_000,
        b"{a: " * 100_000,
        "\n".join(
            ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30))]
        ).encode(),
        b"a: &a {k: v}\nb: [" + b"*a, " * 300_000 + b"]",
    ],
    ids=["lists", "maps", "laughs", "aliases"],
)
def test_a_bomb_is_refused_before_it_goes_off(bomb: bytes) -> None:
    before = time.process_time()
    with pytest.raises(ParseError, match=r"deep|too many"):
        load_yaml(bomb)
    assert time.process_time() - before < 10


@given(st.text(alphabet="-:[]{}&*a<>!|'\"#,? \n\t", max_size=80))
def test_any_text_at_all_is_a_value_or_a_parse_error(text: str) -> None:
    try:
        groups_from_yaml(text.encode())
    except ParseError as error:
        assert str(error)
