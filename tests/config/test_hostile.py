"""No file, whatever is in it, does more than raise ConfigError, and none takes long."""

import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.load import load
from config.problems import Problems
from config.schema import Config
from config.yaml_tree import Mapping, plain, read_tree
from fleet.errors import ConfigError
from fleet.text import scrub
from tests.config.kinds import TABLES, mistakes

LAUGHS = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 12)
)
MERGES = "b: &b {" + ", ".join(f"k{i}: 1" for i in range(5000)) + "}\nl:\n" + "- {<<: *b}\n" * 5000
BOMBS = {
    "a billion laughs": LAUGHS,
    "laughs in mappings": LAUGHS.replace("[", "{x: [").replace("]", "]}"),
    "merges of a wide mapping": MERGES,
    "deep lists": "a: " + "[" * 100_000,
    "deep mappings": "a: " + "{a: " * 100_000,
    "deep blocks": "\n".join(" " * depth + "a:" for depth in range(800)),
    "deep through aliases": "a0: &a0 [[[[1]]]]\n"
    + "".join(f"a{level}: &a{level} [[[[*a{level - 1}]]]]\n" for level in range(1, 20)),
    "many values": "[" + "1," * 400_000 + "]",
    "many keys": "".join(f"key{i}: 1\n" for i in range(80_000)),
    "one long key": "k" * 900_000 + ": 1",
    "one long text": "name: " + "x" * 1_000_000,
    "many addresses": "name: '" + "a://b." * 150_000 + "'",
    "one long number": "name: " + "9" * 1_000_000,
    "many anchors": "".join(f"a{i}: &a{i} x\n" for i in range(50_000)),
    "many wrong entries": "queues:\n" + "- {kind: nothing, a: b}\n" * 30_000,
    "a long duration": "every: " + "1h" * 400_000,
    "dashes": "- " * 400_000,
    "question marks": "? " * 400_000,
    "quotes": '"' * 900_000,
    "brackets and keys": "{a: [" * 50_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_quickly(tmp_path: Path, name: str) -> None:
    before = time.process_time()
    lines = mistakes(tmp_path, BOMBS[name])
    assert lines
    assert time.process_time() - before < 5
    assert max(map(len, lines)) < 2000
    assert len(lines) <= 201


WORDS = """
name every timeout probes health limits host disks self_metrics discovery queues backlog kind static agents url path
key done labels match coordinator redis_list task_file markdown 5s http://h redis://h/0 127.0.0.1:1 << env file token
"""
words = st.sampled_from(WORDS.split())
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | words
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words | leaves, inner, max_size=5),
    max_leaves=25,
)
entries = st.lists(st.dictionaries(words, values, max_size=4), max_size=3)
sections = st.dictionaries(st.sampled_from(["discovery", "queues", "backlog", "probes", "host"]), values | entries)


def outcome(path: Path, content: bytes) -> Config | str:
    path.write_bytes(content)
    try:
        return load(path, TABLES)
    except ConfigError as error:
        return str(error)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=values | sections)
def test_any_structure_is_a_configuration_or_a_named_mistake(tmp_path: Path, value: Any) -> None:
    text = yaml.safe_dump(value, allow_unicode=True)
    found = outcome(tmp_path / "fleetdeck.yaml", text.encode("utf-8", "surrogatepass"))
    if isinstance(found, str):
        lines = found.split("\n")
        assert all(line.startswith(str(tmp_path)) and scrub(line, 10_000) == line for line in lines), found


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=60) | st.text("ab:- \n[]{},&*!|>'\"#%@?<\t0", max_size=60).map(str.encode))
def test_any_bytes_are_a_configuration_or_a_named_mistake(tmp_path: Path, content: bytes) -> None:
    outcome(tmp_path / "fleetdeck.yaml", content)


tame = st.text("abc xyz.é-", min_size=1, max_size=6).map(str.strip).filter(bool)
trees = st.dictionaries(
    tame,
    st.recursive(
        st.booleans() | st.integers(-(10**9), 10**9) | tame,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(tame, inner, max_size=3),
        max_leaves=12,
    ),
    max_size=4,
)


@settings(max_examples=200, deadline=None)
@given(value=trees)
def test_what_is_written_is_what_is_read(value: dict[str, Any]) -> None:
    problems = Problems()
    tree = read_tree(yaml.safe_dump(value, allow_unicode=True), problems)
    assert isinstance(tree, Mapping)
    assert plain(tree) == value
    assert not len(problems)


def test_hostile_text_in_a_file_is_harmless_in_messages(tmp_path: Path) -> None:
    text = '"\\e]52;c;aGk=\\a": 1\n"\\u202Ename": 2\nevery: "\\e[2J"\n'
    lines = mistakes(tmp_path, text)
    assert len(lines) == 3
    assert all(line.isprintable() for line in lines)
