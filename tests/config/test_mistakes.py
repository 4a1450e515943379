"""Every kind of mistake is named with file, line, dotted key and the way out, and all of them at once."""

from pathlib import Path

import pytest

from config.load import load
from fleet.errors import ConfigError
from tests.config.kinds import TABLES, config_of, mistakes

CASES = [
    (
        "discovery:\n  - kind: coordinator\n    urll: http://h",
        "fleetdeck.yaml:3: discovery[0].urll: unknown key; did you mean url? "
        "(known: kind, name, every, timeout, url, token, extra, colour, side, refresh)",
    ),
    (
        "discovery: [{kind: agent_status, file: a.json}]",
        "fleetdeck.yaml:1: discovery[0].file: unknown key; did you mean path? "
        "(known: kind, name, every, timeout, path, done)",
    ),
    (
        "probes:\n  healht: {every: 5s}",
        "fleetdeck.yaml:2: probes.healht: unknown key; did you mean health? "
        "(known: discovery, health, metrics, process, queue, backlog, alerts, host, self)",
    ),
    ("every: soon", "fleetdeck.yaml:1: every: 'soon' is no duration such as 5s, 250ms or 1h30m"),
    ("every: 0s", "fleetdeck.yaml:1: every: a duration must be more than 0s and less than 31 years"),
    ("every: true", "fleetdeck.yaml:1: every: a duration such as 5s, 250ms or 1h30m is wanted"),
    ("name: 7", "fleetdeck.yaml:1: name: text is wanted, not a number; put it in quotes"),
    ("name: [a]", "fleetdeck.yaml:1: name: text is wanted, not a list"),
    ("name:", "fleetdeck.yaml:1: name: text is wanted, not nothing"),
    ("read_only: yes", "fleetdeck.yaml:1: read_only: true or false is wanted, not text; write true"),
    ('down_after: "2"', "fleetdeck.yaml:1: down_after: a whole number is wanted, not text; take the quotes away"),
    ("down_after: 1.5", "fleetdeck.yaml:1: down_after: a whole number is wanted, not a fraction"),
    ("down_after: 0", "fleetdeck.yaml:1: down_after: a whole number >= 1 is wanted"),
    ("host: 7", "fleetdeck.yaml:1: host: true or false or a mapping is wanted, not a number"),
    ("host: {disks: /}", "fleetdeck.yaml:1: host.disks: a list is wanted, not text"),
    ("queues: jobs", "fleetdeck.yaml:1: queues: a list of entries is wanted, not text"),
    ("queues: [jobs]", "fleetdeck.yaml:1: queues[0]: a mapping such as {kind: …} is wanted, not text"),
    ("queues: [{path: x}]", "fleetdeck.yaml:1: queues[0].kind: is missing (known: redis_list, task_file)"),
    (
        "queues: [{kind: [x]}]",
        "fleetdeck.yaml:1: queues[0].kind: text is wanted, not a list (known: redis_list, task_file)",
    ),
    (
        "queues: [{kind: task_fil}]",
        "fleetdeck.yaml:1: queues[0].kind: unknown kind 'task_fil'; did you mean task_file? "
        "(known: redis_list, task_file)",
    ),
    (
        "queues: [{kind: markdown}]",
        "fleetdeck.yaml:1: queues[0].kind: unknown kind 'markdown'; it belongs under backlog",
    ),
    ("queues: [{kind: task_file}]", "fleetdeck.yaml:1: queues[0].path: is missing"),
    (
        "queues:\n- {kind: task_file, path: a, name: q}\n- {kind: task_file, path: b, name: q}",
        "fleetdeck.yaml:3: queues[1].name: the name is taken by queues[0] (line 2)",
    ),
    (
        "discovery: [{kind: coordinator, url: 'h:80'}]",
        "fleetdeck.yaml:1: discovery[0].url: the scheme 'h' is not known here; write one of http, https, "
        "such as http://127.0.0.1:5005",
    ),
    (
        "queues: [{kind: redis_list, key: k, url: 'http://h'}]",
        "fleetdeck.yaml:1: queues[0].url: the scheme 'http' is not known here; write one of redis, rediss, unix, "
        "such as redis://127.0.0.1:6379/0",
    ),
    (
        "discovery: [{kind: coordinator, url: 'http://h:99999'}]",
        "fleetdeck.yaml:1: discovery[0].url: this is no URL: its port is no number from 1 to 65535",
    ),
    (
        "discovery: [{kind: coordinator, url: 'http:///x'}]",
        "fleetdeck.yaml:1: discovery[0].url: the URL names no host; write it such as http://127.0.0.1:5005",
    ),
    (
        "discovery:\n- kind: static\n  agents:\n  - name: a\n    health: ftp://h",
        "fleetdeck.yaml:5: discovery[0].agents[0].health: the scheme 'ftp' is not known here; "
        "write one of http, https, such as http://127.0.0.1:5005",
    ),
    (
        "discovery:\n- kind: static\n  agents:\n  - name: a\n    labels: {v: 1.10}",
        "fleetdeck.yaml:5: discovery[0].agents[0].labels.v: text is wanted, not a number; put it in quotes",
    ),
    (
        "discovery:\n- kind: static\n  agents: [{name: a}, {name: a}]",
        "fleetdeck.yaml:2: discovery[0]: an agent stands in the list twice",
    ),
    (
        "discovery: [{kind: processes, match: 'a('}]",
        "fleetdeck.yaml:1: discovery[0].match: the regular expression is wrong: missing ): a(",
    ),
    (
        "discovery: [{kind: coordinator, url: 'http://h', colour: gren}]",
        "fleetdeck.yaml:1: discovery[0].colour: not one of these; did you mean green? (known: red, green)",
    ),
    (
        "discovery: [{kind: coordinator, url: 'http://h', side: up}]",
        "fleetdeck.yaml:1: discovery[0].side: not one of these (known: left, right)",
    ),
    (
        "backlog: [{kind: markdown, path: a, done: [a, b, c]}]",
        "fleetdeck.yaml:1: backlog[0].done: a list of length <= 2 is wanted",
    ),
    (
        "self_metrics: 0.0.0.0:9105",
        "fleetdeck.yaml:1: self_metrics: only a loopback address is allowed here, such as 127.0.0.1:9105, "
        "unless public: true says so",
    ),
    (
        "self_metrics: 127.0.0.1:0",
        "fleetdeck.yaml:1: self_metrics: an address with a port from 1 to 65535 is wanted, such as 127.0.0.1:9105",
    ),
    ("name: a\nname: b", "fleetdeck.yaml:2: name: given twice (lines 1 and 2)"),
    (
        "discovery:\n- kind: static\n  agents: [{name: a, labels: {1: x}}]",
        'fleetdeck.yaml:3: discovery[0].agents[0].labels."1": a key must be text; write it in quotes, "1"',
    ),
    ("? [a]\n: b", "fleetdeck.yaml:1: a key must be text, not a list or mapping"),
    ("<<: 5", 'fleetdeck.yaml:1: "<<": a merge key takes a mapping, or a list of them'),
    ("- name: a", "fleetdeck.yaml:1: the top level must be a mapping, such as `name: staging`"),
    ("name: a\n---\nname: b", "fleetdeck.yaml:2: a second document begins; a file holds one document"),
    ("name: a\n\tevery: 5s", "fleetdeck.yaml:2: a tab in the indentation; YAML wants blanks"),
    (
        "name: a: b",
        "fleetdeck.yaml:1: not valid YAML: mapping values are not allowed in this context; "
        "quote a text that holds a colon and a blank",
    ),
    (
        "name: !!python/object/apply:os.system [true]",
        "fleetdeck.yaml:1: a tag; only plain text, numbers, true and false, lists and mappings are read",
    ),
    (
        "name: *base",
        "fleetdeck.yaml:1: an alias without an anchor before it; quote a text that begins with *",
    ),
    ("host: &h\n  disks: [*h]", "fleetdeck.yaml:2: host.disks: an alias to the very thing that it stands in"),
    ("name: a\n# \x01", "fleetdeck.yaml:2: a control character, which YAML does not allow"),
]


@pytest.mark.parametrize(("text", "line"), CASES, ids=[case[0][:40] for case in CASES])
def test_a_mistake_is_named_with_its_place_and_the_way_out(tmp_path: Path, text: str, line: str) -> None:
    assert mistakes(tmp_path, text) == [line]


def test_all_mistakes_are_named_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = "nmae: x\nevery: soon\nqueues:\n- {kind: task_file, pth: x}\n- {kind: nothing}\nread_only: 1\n"
    lines = mistakes(tmp_path, text)
    assert [line.split(": ")[0] for line in lines] == [f"fleetdeck.yaml:{number}" for number in (1, 2, 4, 5, 6)]


def test_a_name_for_later_is_an_unknown_key_now(tmp_path: Path) -> None:
    assert "unknown key" in mistakes(tmp_path, "x-anchors: {}")[0]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "there is no such file"),
        (lambda path: path.mkdir(), "cannot be read: Is a directory"),
        (lambda path: path.write_bytes(b"name: a\nevery: \xff"), "2: not UTF-8 (byte 15)"),
        (lambda path: path.write_bytes(b"#" * (1 << 20) + b"\n"), "larger than 1,048,576 bytes"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, make: object, said: str) -> None:
    path = tmp_path / "fleetdeck.yaml"
    assert callable(make)
    make(path)
    with pytest.raises(ConfigError) as caught:
        load(path, TABLES)
    assert str(caught.value).startswith(str(path))
    assert str(caught.value).endswith(said)


def test_a_fifo_in_its_place_does_not_hang(tmp_path: Path) -> None:
    import os

    path = tmp_path / "fleetdeck.yaml"
    os.mkfifo(path)
    with pytest.raises(ConfigError, match="no regular file"):
        load(path, TABLES)


def test_paths_below_the_working_folder_are_named_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"^fleetdeck\.yaml:1: every: "):
        config_of(tmp_path, "every: x")
