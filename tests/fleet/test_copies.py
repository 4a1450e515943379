"""What is copied of rows: for shells, chats and Prometheus, and never a danger to any of them."""

import csv
import io
import re
import shlex
import subprocess
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fleet.copies import FORMATS, JSON, NAME, CopyFormat, Picked, copied, curl, formats_for, selector, target_labels
from fleet.model import Agent, AgentStatus, Endpoint, Event, EventKind, ProbeKind, Source
from fleet.output import as_csv, as_json
from fleet.store import Slice, Store
from fleet.views.catalogue import TABLE_VIEWS, table_view
from fleet.views.view import look
from fleet.work import Task
from tests.tui.alert_stores import held_store
from tests.tui.factories import NOW, agent_store
from tui.agent_metrics import metric_rows, metrics_view

BY_NAME = {way.name: way for way in FORMATS}


def pick(store: Store, view: str, *keys: Any, agent: str | None = None, line: str = "") -> Picked:
    """Rows of a view by their keys."""
    found = table_view(view)
    rows = found.rows(store)
    pairs = tuple((rows[key], look(store, rows, key)) for key in keys)
    return Picked(view=found, rows=pairs, store=store, line=line or view, agent=agent)


def made(name: str, picked: Picked) -> str:
    return copied(BY_NAME[name], picked)


# ── Names, JSON, CSV, Markdown ─────────────────────────────────────────────────────────────────────────────────────


def test_every_row_of_every_view_has_a_name_and_can_be_copied_in_some_ways() -> None:
    for store, view in ((store, view) for store in (agent_store(), held_store()) for view in TABLE_VIEWS):
        keys = list(table_view(view).rows(store))[:3]
        if not keys:
            continue
        picked = pick(store, view, *keys)
        ways = {way.name: text for way, text in formats_for(picked)}
        assert {"name", "json", "markdown", "csv", "view"} <= set(ways)
        assert len(ways["name"].split("\n")) == len(keys)
        assert not any(text.endswith("\n") for text in ways.values())


def test_names_are_what_rows_are_called() -> None:
    store = agent_store()
    store.tasks.put("q/1", Task(id="t-1", queue="q", title="review"))
    store.events.put(99, Event(seq=99, at=NOW, kind=EventKind.AGENT, subject="coder-1", before="up", after="down"))
    assert made("name", pick(store, "agents", "coder-1", "planner-0")) == "coder-1\nplanner-0"
    assert made("name", pick(store, "tasks", "q/1")) == "t-1"
    assert made("name", pick(store, "events", 99)) == "coder-1"


def test_a_row_of_a_view_that_gives_no_data_is_called_what_its_columns_say() -> None:
    # Lists that are only looked at (what became of an alert, what holds it) have columns and no output fields.
    whole = pick(agent_store(), "agents", "coder-1", "planner-0")
    bare = replace(whole, view=replace(whole.view, fields=()))
    first, second = made("name", bare).split("\n")
    assert "coder-1" in first
    assert "planner-0" in second
    assert made("json", bare) == made("csv", bare) == ""
    assert {way.name for way, _ in formats_for(bare)} >= {"name", "markdown"}
    assert not {way.name for way, _ in formats_for(bare)} & {"json", "csv"}


def test_json_is_that_of_get() -> None:
    store = agent_store()
    one, two = pick(store, "agents", "coder-1"), pick(store, "agents", "coder-1", "planner-0")
    printed = msgspec.json.decode(as_json(two.view, list(two.rows)))
    assert msgspec.json.decode(made("json", two)) == printed
    assert msgspec.json.decode(made("json", one)) == printed[0]


def test_csv_is_that_of_get_with_plain_line_ends() -> None:
    two = pick(agent_store(), "agents", "coder-1", "planner-0")
    assert made("csv", two) == as_csv(two.view, list(two.rows)).replace("\r\n", "\n").rstrip("\n")


def test_markdown_is_a_table_that_no_cell_breaks() -> None:
    store = Store()
    store.status.put("a", AgentStatus(name="a|b", detail="<b>`x` [y](z)"))
    head, rule, row = made("markdown", pick(store, "agents", "a")).split("\n")
    columns = len(table_view("agents").columns)
    assert [len(re.findall(r"(?<!\\)\|", line)) for line in (head, rule, row)] == [columns + 1] * 3
    assert r"a\|b" in row
    assert r"\<b\>\`x\` \[y\](z)" in row
    assert "---:" in rule


def test_the_view_is_one_word_of_a_shell() -> None:
    picked = pick(agent_store(), "agents", "coder-1", line="agents /it's $(here)")
    assert shlex.split(made("view", picked)) == ["fleetdeck", "--view", "agents /it's $(here)"]


def test_what_was_copied_is_told() -> None:
    assert (NAME.told(1), NAME.told(3), JSON.told(1_200)) == ("1 name", "3 names", "1,200 rows as JSON")


# ── curl ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def words(command: str, **environ: str) -> list[str]:
    """The words that a shell makes of a command line."""
    run = subprocess.run(
        ["sh", "-c", f"curl() {{ printf '%s\\n' \"$@\"; }}; {command}"],
        capture_output=True,
        text=True,
        env=environ,
        check=True,
        timeout=20,
    )
    return run.stdout.splitlines()


def test_curl_asks_what_fleetdeck_asks() -> None:
    store = agent_store()
    endpoint = Endpoint(url="http://127.0.0.1:9501/health?deep=1&b=2", timeout_s=2.5, host_header="a.example")
    store.agents.put("coder-1", Agent(name="coder-1", health=endpoint, metrics=Endpoint(url="https://h/metrics")))
    health, metrics = made("curl", pick(store, "agents", "coder-1")).split("\n")
    assert words(health) == ["-fsS", "--max-time", "2.5", "-H", "Host: a.example", endpoint.url]
    assert words(metrics) == ["-fsS", "--max-time", "5", "https://h/metrics"]


@pytest.mark.parametrize(
    "url",
    [
        "http://h/a b'c",
        "http://h/$(touch /tmp/x)`id`",
        "http://h/;reboot",
        "http://h/?q=$HOME&r='\"",
        'http://h/"\\!x',
        "http://h/#frag",
    ],
)
def test_a_shell_does_nothing_but_pass_the_url_on(url: str) -> None:
    assert words(curl(Endpoint(url=url)), HOME="/root") == ["-fsS", "--max-time", "5", url.removesuffix("#frag")]


def test_secrets_are_named_and_not_copied() -> None:
    command = curl(Endpoint(url="https://u:hunter2@h:8443/m?a=1&api_key=s3cret&X-Amz-Signature=ff&b=2"))
    assert not {"hunter2", "s3cret", "ff"} & set(re.split(r"\W+", command))
    told = words(command, API_KEY="k k", X_AMZ_SIGNATURE="s", AGENT_CREDENTIALS="u:p")
    assert told[-3:] == ["--user", "u:p", "https://h:8443/m?a=1&api_key=k k&X-Amz-Signature=s&b=2"]


def test_curl_of_a_task_is_that_of_its_agent_and_of_a_source_its_own() -> None:
    store = agent_store()
    store.agents.put("coder-1", Agent(name="coder-1", health=Endpoint(url="http://h/health")))
    store.tasks.put("t", Task(id="t", queue="q", agent="coder-1"))
    store.tasks.put("u", Task(id="u", queue="q"))
    store.sources.put("s", Source(id="s", kind=ProbeKind.HEALTH, target="http://h/health"))
    store.sources.put("f", Source(id="f", kind=ProbeKind.BACKLOG, target="TODO.md"))
    assert made("curl", pick(store, "tasks", "t", "u")) == made("curl", pick(store, "sources", "s", "f"))
    assert made("curl", pick(store, "sources", "f")) == ""
    assert "curl" not in {way.name for way, _ in formats_for(pick(store, "tasks", "u"))}


# ── PromQL ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("agent", "labels"),
    [
        (Agent(name="a", metrics=Endpoint(url="http://10.0.0.1:9501/metrics")), {"instance": "10.0.0.1:9501"}),
        (Agent(name="a", health=Endpoint(url="https://h/health")), {"instance": "h:443"}),
        (Agent(name="a", metrics=Endpoint(url="http://[::1]/m")), {"instance": "[::1]:80"}),
        (
            Agent(name="a", labels={"job": "llm", "instance": "n1", "env": "x"}, metrics=Endpoint(url="http://h:1/m")),
            {"instance": "n1", "job": "llm"},
        ),
        (Agent(name="a"), {}),
    ],
)
def test_the_labels_of_a_target_are_those_that_prometheus_gives_it(agent: Agent, labels: dict[str, str]) -> None:
    assert target_labels(agent) == labels


@pytest.mark.parametrize(
    ("labels", "metric", "text"),
    [
        ({"instance": "h:1", "job": "x"}, "", '{instance="h:1",job="x"}'),
        ({"a": 'quo"te\\n\n'}, "", '{a="quo\\"te\\\\n\\n"}'),
        ({}, "up", "up"),
        ({"le": "+Inf"}, "x_bucket", 'x_bucket{le="+Inf"}'),
        ({"gen_ai.system": "y"}, "gen_ai.tokens", '{"gen_ai.tokens","gen_ai.system"="y"}'),
    ],
)
def test_a_selector_is_quoted_by_the_rules_of_promql(labels: dict[str, str], metric: str, text: str) -> None:
    assert selector(labels, metric) == text


def test_a_metric_of_an_agents_page_is_selected_with_its_target() -> None:
    store = agent_store()
    rows = metric_rows(store, "coder-1", store.agents["coder-1"].sources)
    held: Slice[Any, Any] = Slice()
    held.replace(rows)
    view = metrics_view(held)
    key = next(key for key in rows if key.labels)
    picked = Picked(view=view, rows=((rows[key], look(store, held, key)),), store=store, line="x", agent="coder-1")
    text = made("promql", picked)
    assert text.startswith(key.name + '{instance="')
    assert made("name", picked) == key.name
    assert made("curl", picked).startswith("curl ")


# ── Nothing that is pasted does anything ───────────────────────────────────────────────────────────────────────────

HOSTILE = st.text(
    st.sampled_from("ab \n\r\t\x00\x07\x1b\x7f\x9b\x9d\u202e\u200b\U000e0041\ud800|'\"`$\\=,[]{}~201;@:/")
    | st.characters()
)


@given(st.lists(st.tuples(HOSTILE, HOSTILE), min_size=1, max_size=4), st.sampled_from(FORMATS))
def test_whatever_a_row_holds_what_is_copied_is_plain_lines(found: list[tuple[str, str]], way: CopyFormat) -> None:
    store = Store()
    for place, (name, detail) in enumerate(found):
        store.status.put(str(place), AgentStatus(name=name, detail=detail, labels={name: detail}))
        store.agents.put(name, Agent(name=name, labels={"job": detail}, health=Endpoint(url="http://h/" + detail)))
    text = copied(way, pick(store, "agents", *map(str, range(len(found))), line=f"agents /{found[0][1]}"))
    assert all(char == "\n" or char.isprintable() for char in text) or not re.search(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", text
    )
    assert not text.endswith("\n")
    if way is NAME:
        assert text.count("\n") <= len(found) - 1
    if way is JSON:
        msgspec.json.decode(text)
    if way.name == "csv":
        assert len(list(csv.reader(io.StringIO(text)))) == len(found) + 1
    if way.name == "markdown":
        assert text.count("\n") == len(found) + 1
