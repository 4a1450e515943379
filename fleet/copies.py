"""What can be copied of rows, for pasting elsewhere: one format is one function, and one line of `FORMATS`.

What is copied is pasted into shells and chats. So nothing in it can drive a terminal or end a bracketed paste, a line
break stands only between rows, and none at the end: a shell runs nothing that was pasted until somebody presses enter.
Secrets never come along; where one belongs, the name of an environment variable stands.
"""

import re
import shlex
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from fleet.model import Agent, Endpoint, EventKind, SeriesId
from fleet.output import Ordered, as_csv, as_json, encoded, values
from fleet.store import Store
from fleet.text import scrub
from fleet.views.view import View


class Picked(Struct, frozen=True, kw_only=True):
    """What is to be copied: rows of a view with their looks, in the operator's order.

    `line` is the view line that opens what is shown ("" where none does); `agent` is whose page it is, where it is one
    of an agent.
    """

    view: View[Any]
    rows: tuple[Ordered, ...]
    store: Store
    line: str
    agent: str | None = None


class CopyFormat(Struct, frozen=True, kw_only=True):
    """A way to copy: its name, what the chooser says of it, and its text ("" where it makes nothing of these rows).

    `noun` is what it takes one of, `form` what becomes of it: `3 rows as JSON`.
    """

    name: str
    title: str
    text: Callable[[Picked], str]
    noun: str = "row"
    form: str = ""

    def told(self, count: int) -> str:
        """What was copied of `count` rows, in words."""
        return f"{count:,} {self.noun}{'' if count == 1 else 's'}" + (f" as {self.form}" if self.form else "")


def copied(way: CopyFormat, picked: Picked) -> str:
    """The text to copy: harmless, and without a line break at its end; "" where the format has nothing to say."""
    lines = way.text(picked).replace("\r\n", "\n").rstrip("\n").split("\n")
    # An escape takes up to ten characters for one.
    return "\n".join(scrub(line, 10 * len(line) + 1) for line in lines)


def formats_for(picked: Picked) -> list[tuple[CopyFormat, str]]:
    """The formats that make something of `picked`, each with what it makes."""
    made = ((way, copied(way, picked)) for way in FORMATS)
    return [(way, text) for way, text in made if text]


# ── names, JSON, CSV, Markdown, the view ───────────────────────────────────────────────────────────────────────────

_NAMES = ("name", "id", "subject", "who", "key")
"""The output field that names a row: the first of these that its view has."""


def _names(picked: Picked) -> str:
    # A name is one line, whatever is in it.
    return "\n".join(scrub(_name(picked.view, *pair), 4096) for pair in picked.rows)


def _name(view: View[Any], row: Any, at: Any) -> str:
    """What a row is called; where its view gives no data, what its first columns say."""
    fields = {field.name: field for field in view.fields}
    field = next((fields[name] for name in _NAMES if name in fields), next(iter(view.fields), None))
    if field is not None:
        return str(field.value(row, at))
    return "  ".join(text for column in view.columns if (text := column.cell(row, at).text.strip()))


def _json(picked: Picked) -> str:
    """One row as an object, several as the array that `fleetdeck get -o json` prints; nothing where a view gives no
    data."""
    if not picked.view.fields:
        return ""
    if len(picked.rows) == 1:
        return "".join(map(encoded, values(picked.view, picked.rows)))
    return as_json(picked.view, list(picked.rows))


def _csv(picked: Picked) -> str:
    if not picked.view.fields:
        return ""
    return as_csv(picked.view, list(picked.rows))


_MARKDOWN = re.compile(r"[\\|`*\[\]<>]")


def _markdown(picked: Picked) -> str:
    """A table with the view's columns. What Markdown would read as its own is escaped."""
    columns = picked.view.columns
    lines = [[_cell(column.title) for column in columns], ["---:" if column.right else "---" for column in columns]]
    lines += [[_cell(column.cell(row, at).text) for column in columns] for row, at in picked.rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return _MARKDOWN.sub(lambda found: "\\" + found.group(), scrub(text).strip())


def _view(picked: Picked) -> str:
    return f"fleetdeck --view {shlex.quote(picked.line)}" if picked.line else ""


# ── the agents behind the rows ─────────────────────────────────────────────────────────────────────────────────────


def _agents(picked: Picked) -> Iterator[Agent]:
    """The agents that the rows are, or belong to, each once."""
    for name in dict.fromkeys(_agent_name(picked, *pair) for pair in picked.rows):
        agent = None if name is None else picked.store.agents.get(name)
        if agent is not None:
            yield agent


def _agent_name(picked: Picked, row: Any, at: Any) -> str | None:
    fields = {field.name: field for field in picked.view.fields}
    if picked.view.name == "agents":
        return str(row.name)
    if picked.view.name == "events":
        return str(row.subject) if row.kind is EventKind.AGENT else None
    if "agent" in fields:
        return fields["agent"].value(row, at) or None
    return picked.agent


# ── curl ───────────────────────────────────────────────────────────────────────────────────────────────────────────

_SECRET = re.compile(r"pass|secret|token|key|credential|auth|sig", re.IGNORECASE)


def _curl(picked: Picked) -> str:
    """A command a line that asks what fleetdeck asks: health and metrics of the agents, or the URLs of sources."""
    if picked.view.name == "sources":
        found = [Endpoint(url=row.target) for row, _ in picked.rows]
    else:
        found = [endpoint for agent in _agents(picked) for endpoint in (agent.health, agent.metrics) if endpoint]
    return "\n".join(dict.fromkeys(curl(one) for one in found if one.url.startswith(("http://", "https://"))))


def curl(endpoint: Endpoint) -> str:
    """A `curl` of `endpoint` for a POSIX shell: fails on a bad status, waits as long as fleetdeck does."""
    parts = urlsplit(endpoint.url)
    words = ["curl", "-fsS", "--max-time", f"{endpoint.timeout_s or 5:g}"]
    if endpoint.host_header is not None:
        words += ["-H", shlex.quote(f"Host: {scrub(endpoint.host_header)}")]
    if "@" in parts.netloc:
        words += ["--user", '"$AGENT_CREDENTIALS"']
    url = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
    return " ".join([*words, _quoted_url(url, parts.query)])


def _quoted_url(url: str, query: str) -> str:
    """The URL as one word: quoted by the shell's rules, with variables where a value looks like a secret."""
    word, text = "", scrub(url, 4096)
    for place, part in enumerate(query.split("&") if query else ()):
        name, equals, value = part.partition("=")
        text += "&" if place else "?"
        if equals and value and _SECRET.search(name):
            word += f'{shlex.quote(text + scrub(name) + "=")}"${_variable(name)}"'
            text = ""
        else:
            text += scrub(part, 4096)
    return word + (shlex.quote(text) if text else "")


def _variable(name: str) -> str:
    """The name of an environment variable for what is called `name`."""
    found = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").upper() or "SECRET"
    return f"_{found}" if found[0].isdigit() else found


# ── PromQL ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def _promql(picked: Picked) -> str:
    """A selector a line: of the target that an agent is, or of the series that a metric is."""
    if picked.view.name == "metrics":
        agent = None if picked.agent is None else picked.store.agents.get(picked.agent)
        target = {} if agent is None else target_labels(agent)
        return "\n".join(selector(series_labels(row.series, target), row.series.name) for row, _ in picked.rows)
    found = (target_labels(agent) for agent in _agents(picked))
    return "\n".join(dict.fromkeys(selector(labels) for labels in found if labels))


def target_labels(agent: Agent) -> dict[str, str]:
    """`instance`, and `job` where it is known, as Prometheus has them for the agent's metrics.

    The agent's own labels say so where it was found by service discovery; else `instance` is the address of its metrics
    (or its health) page, which is what Prometheus makes of a target without one.
    """
    found = {name: agent.labels[name] for name in ("instance", "job") if agent.labels.get(name)}
    endpoint = agent.metrics or agent.health
    if "instance" not in found and endpoint is not None:
        parts = urlsplit(endpoint.url)
        host = parts.netloc.rpartition("@")[2]
        port = "" if re.search(r":\d+$", host) else ":443" if parts.scheme == "https" else ":80"
        found = {"instance": host + port, **found}
    return found


def series_labels(series: SeriesId, target: dict[str, str]) -> dict[str, str]:
    """The labels that a scraped series has in Prometheus: those of its target go first, and its own of the same name
    are kept as `exported_…` (scrape_config, honor_labels)."""
    own = {f"exported_{name}" if name in target else name: value for name, value in series.labels}
    return {**target, **own}


def selector(labels: dict[str, str], metric: str = "") -> str:
    """A PromQL vector selector; names that are no identifiers are quoted, as Prometheus 3 takes them."""
    parts = [f"{name if _LABEL.fullmatch(name) else _string(name)}={_string(value)}" for name, value in labels.items()]
    if metric and not _METRIC.fullmatch(metric):
        return "{" + ",".join([_string(metric), *parts]) + "}"
    return f"{metric}{{{','.join(parts)}}}" if parts or not metric else metric


def _string(text: str) -> str:
    """A string in double quotes, by the rules of Go, which are PromQL's."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


FORMATS = (
    CopyFormat(name="name", title="name", noun="name", text=_names),
    CopyFormat(name="json", title="JSON, as `get -o json`", form="JSON", text=_json),
    CopyFormat(name="markdown", title="Markdown table", form="Markdown", text=_markdown),
    CopyFormat(name="curl", title="curl of what is asked", form="curl", text=_curl),
    CopyFormat(name="promql", title="PromQL selector", form="PromQL", text=_promql),
    CopyFormat(name="csv", title="CSV, as `get -o csv`", form="CSV", text=_csv),
    CopyFormat(name="view", title="command that opens this view", form="the command of their view", text=_view),
)
NAME, JSON = FORMATS[:2]


def format_named(name: str) -> CopyFormat:
    """The format of that name. Raises KeyError for one that there is not."""
    return {way.name: way for way in FORMATS}[name]
