"""Every reader of something from outside, with what it is fed: mutated documents, JSON of any shape, any bytes.

A reader gives a value, all texts of which are scrubbed, or raises one of the errors of `fleet.errors`. Nothing else.
"""

import asyncio
import contextlib
import json
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import Struct

from cli.kinds import kind_tables
from config.load import load
from config.show import rows, text
from fleet.clock import SystemClock
from fleet.errors import FleetdeckError
from fleet.exposition.page import OPENMETRICS, parse_page
from fleet.filters.filter import parse_filter
from fleet.health.body import read_health
from fleet.json_salvage import read_json, read_json_line, whole_json
from fleet.ports import Answer, Limits, Reach
from fleet.secret import Secret
from fleet.text import scrub
from fleet.times import parse_duration, parse_time
from fleet.view_line import parse_view_line
from fleet.views.catalogue import table_view
from tests.fuzz import judged, judged_seeds, seeds
from tests.fuzz.hostile import Hostile

LIMITS = Limits(samples=200, labels=8, agents=40, tasks=40)

Read = Callable[[bytes, Path], Any]


class Target(Struct, frozen=True):
    """A reader and the inputs that it is given."""

    read: Read
    inputs: st.SearchStrategy[bytes]


# ── Inputs ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.sampled_from([10**30, -(10**400), 1e308, float("inf"), float("nan"), 2**63, -(2**63)])
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["ok", "down", "queued", "running", "2026-01-01T00:00:00Z", "1e999", "\x1b[2J", "\ud800", "9" * 400]
    )
)


def _json_of(words: str) -> st.SearchStrategy[bytes]:
    """JSON whose keys are the reader's own more often than not."""
    keys = st.sampled_from(words.split()) | st.text(max_size=4)
    values = st.recursive(
        _scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=5), max_leaves=20
    )
    return values.map(_encoded)


def _encoded(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


@st.composite
def mutated(draw: st.DrawFn, documents: list[bytes]) -> bytes:
    """A well-formed document with a few things done to it."""
    content = draw(st.sampled_from(documents))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(content)))
        end = min(len(content), at + draw(st.integers(0, 30)))
        done = draw(st.sampled_from(["cut", "drop", "repeat", "put", "flip", "move"]))
        if done == "cut":
            content = content[:at]
        elif done == "drop":
            content = content[:at] + content[end:]
        elif done == "repeat":
            content = content[:end] + content[at:end] * draw(st.sampled_from([1, 2, 50])) + content[end:]
        elif done == "put":
            content = content[:at] + draw(st.sampled_from(seeds.TOKENS)) + content[at:]
        elif done == "flip" and at < len(content):
            content = content[:at] + bytes([content[at] ^ (1 << draw(st.integers(0, 7)))]) + content[at + 1 :]
        elif done == "move":
            content = content[at:end] + content[:at] + content[end:]
    return content


_texts_of_any_kind = st.integers(0, 2**32).map(lambda seed: Hostile(seed).sample().text[:3_000])


@st.composite
def shaken(draw: st.DrawFn, documents: list[Any], odd: st.SearchStrategy[Any], *, texts_only: bool = False) -> bytes:
    """A well-formed JSON document with other values, and here and there another key, where its own stand."""
    document = json.loads(json.dumps(draw(st.sampled_from(documents))))
    for _ in range(draw(st.integers(1, 4))):
        places = [(holder, key) for holder, key in _places(document) if not texts_only or isinstance(holder[key], str)]
        if not places:
            break
        holder, key = draw(st.sampled_from(places))
        if isinstance(holder, dict) and draw(st.integers(0, 3)) == 0:
            holder[str(draw(odd))] = holder.pop(key)
        else:
            holder[key] = draw(odd)
    return _encoded(document)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key or index) in a document."""
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in list(keys):
        yield value, key
        yield from _places(value[key])


def _parsed(documents: list[bytes]) -> list[Any]:
    found = []
    for document in documents:
        with contextlib.suppress(ValueError):
            found.append(json.loads(document))
    return found


def _fed(documents: list[bytes], words: str = "") -> st.SearchStrategy[bytes]:
    plain: st.SearchStrategy[bytes] = mutated(documents) | st.binary(max_size=60)
    if not words:
        return plain
    parsed = _parsed(documents)
    if not parsed:
        return plain | _json_of(words)
    texts = shaken(parsed, _texts_of_any_kind, texts_only=True)
    return texts | shaken(parsed, _scalars | _texts_of_any_kind) | plain | _json_of(words)


# ── Readers ────────────────────────────────────────────────────────────────────────────────────────────────────────


class CannedHttp:
    """Answers every request with the same bytes."""

    def __init__(self, body: bytes, kind: str) -> None:
        self._body, self._kind = body, kind

    async def get(
        self,
        url: str,
        *,
        accept: str = "*/*",
        headers: Mapping[str, str] | None = None,
        secret: tuple[str, Secret] | None = None,
        timeout_s: float = 5.0,
        close: bool = False,
        alone: bool = False,
    ) -> Answer:
        return Answer(status=200, headers={"content-type": self._kind}, body=self._body, url=url)


def _reach(folder: Path, body: bytes = b"", kind: str = "application/json") -> Reach:
    return Reach(http=CannedHttp(body, kind), root=folder, clock=SystemClock(), limits=LIMITS)


def _built(section: str, name: str, options: dict[str, Any], reach: Reach) -> Any:
    kind = kind_tables().section(section)[name]
    return kind.build(msgspec.convert(options, kind.options, dec_hook=lambda wanted, value: wanted.parse(value)), reach)


def _run(look: Callable[[], Awaitable[Any]]) -> Any:
    async def looked() -> Any:
        return await look()

    return asyncio.run(looked())


def _of_file(section: str, name: str, file: str, **options: Any) -> Read:
    """A kind that reads a file."""

    def read(content: bytes, folder: Path) -> Any:
        (folder / file).write_bytes(content)
        place = {"files": [file]} if name == "file_sd" else {"path": file}
        built = _built(section, name, {**place, **options}, _reach(folder))
        return _run(built.discover if section == "discovery" else built.probe)

    return read


def _of_http(section: str, name: str, kind: str = "application/json") -> Read:
    """A kind that asks over HTTP."""

    def read(content: bytes, folder: Path) -> Any:
        built = _built(section, name, {"url": "http://agent.invalid:1"}, _reach(folder, content, kind))
        return _run(built.discover if section == "discovery" else built.probe)

    return read


def _of_redis(kind: str, **options: Any) -> Read:
    """A queue in Redis, whose server answers each command with the next piece of the input and hangs up."""

    def read(content: bytes, folder: Path) -> Any:
        pieces = content.split(_PARTED)
        at = 0

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal at
            while data := await reader.read(65_536):
                commands = data.count(b"\r\n*") + 1
                if any(word in data for word in (b"SETINFO", b"SETNAME", b"SELECT")):
                    writer.write(b"+OK\r\n" * commands)
                    continue
                writer.write(b"".join(pieces[(at + number) % len(pieces)] for number in range(commands)))
                at += commands
                break
            writer.close()

        async def look() -> Any:
            async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
                url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
                probe = _built("queues", kind, {"url": url, **options}, _reach(folder))
                try:
                    return await probe.probe()
                finally:
                    await probe.aclose()

        return _run(look)

    return read


_PARTED = b"|||"


@st.composite
def _replies(draw: st.DrawFn, answers: list[bytes]) -> bytes:
    """The answers to one look, some of them others than they should be."""
    answers = list(answers)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(answers) - 1))
        hostile = _texts_of_any_kind.map(lambda text: seeds.resp(text.encode("utf-8", "replace")))
        shapes = _shapes.map(seeds.resp)
        answers[at] = draw(
            mutated([answers[at]]) | st.sampled_from(seeds.REDIS) | mutated(seeds.REDIS) | hostile | shapes
        )
    return _PARTED.join(answers)


_shapes = st.recursive(
    st.none()
    | st.integers(-5, 2**70)
    | st.sampled_from([b"", b"1-0", b"name", b"g", b"x" * 900, b"\xff", b"-1", b"OK"]),
    lambda inner: st.lists(inner, max_size=5),
    max_leaves=12,
)


def _agents(content: bytes, _: Path) -> Any:
    from agents_registry.problems import Problems
    from agents_registry.records import AGENTS, read_records

    try:
        document = whole_json(content)
    except FleetdeckError:
        document = read_json(content, nests=(AGENTS,)).value
    problems = Problems()
    return read_records(document, problems, most=LIMITS.agents), problems.told


def _config(content: bytes, folder: Path) -> Any:
    path = folder / "fleetdeck.yaml"
    path.write_bytes(content)
    config = load(path, kind_tables())
    from config.load import examine

    examined = examine(path, kind_tables())
    return config.name, text(examined).splitlines(), len(rows(examined))


def _filter(content: bytes, _: Path) -> Any:
    line = content.decode("utf-8", "surrogateescape")
    return [parse_filter(line, table_view(name)).text[:0] for name in ("agents", "tasks", "sources")]


def _view_line(content: bytes, _: Path) -> Any:
    return parse_view_line(content.decode("utf-8", "surrogateescape")) and ""


def _times(content: bytes, _: Path) -> Any:
    line = content.decode("utf-8", "surrogateescape")
    try:
        return str(parse_time(line)), parse_duration(line)
    except ValueError:
        return None


_HEALTH_WORDS = (
    "status ok ready checks components issues dependencies error message output timestamp health result version state"
)
_AGENT_WORDS = (
    "agents status last_seen pid name id tasks_queued cpu_usage capabilities task restart_count registered_agents"
)
_AGENT_WORDS += " controller_details agent project last_heartbeat total_agents type"
_TASK_WORDS = (
    "tasks completed failed id title status state agent created started_at completed_at priority error headers"
)
_TASK_WORDS += " retries success"
_TODO_WORDS = "todos items tasks id title status done total completed file line text total_todos processed successful"
_COUNT_WORDS = "analytics total_tasks queued_tasks running_tasks completed_tasks failed_tasks success_rate recent_tasks"
_COUNT_WORDS += " id status ok"
_LINES = [
    "state:down age>5m",
    "(env:prod or team:core) !x",
    "-l a=b -f fuzz",
    "agents /err sort=-age faults",
    "@mine",
    "a:'b c'",
    "1h30m",
]

TARGETS: dict[str, Target] = {
    "exposition": Target(
        lambda content, _: parse_page(content, max_samples=50, max_labels=4, max_label_chars=20), _fed(seeds.EXPOSITION)
    ),
    "OpenMetrics": Target(lambda content, _: parse_page(content, OPENMETRICS, max_samples=50), _fed(seeds.OPENMETRICS)),
    "metrics page as a source": Target(_of_http("discovery", "metrics_page", "text/plain"), _fed(seeds.EXPOSITION)),
    "health body": Target(lambda content, _: read_health(200, "", content), _fed(seeds.HEALTH, _HEALTH_WORDS)),
    "health body of a 503": Target(
        lambda content, _: read_health(503, "application/json", content), _fed(seeds.HEALTH, _HEALTH_WORDS)
    ),
    "agent status": Target(_agents, _fed(seeds.AGENTS, _AGENT_WORDS)),
    "coordinator's agents": Target(_of_http("discovery", "coordinator"), _fed(seeds.AGENTS, _AGENT_WORDS)),
    "http_sd": Target(_of_http("discovery", "http_sd"), _fed(seeds.TARGETS, "targets labels")),
    "file_sd in JSON": Target(_of_file("discovery", "file_sd", "t.json"), _fed(seeds.TARGETS, "targets labels")),
    "file_sd in YAML": Target(_of_file("discovery", "file_sd", "t.yml"), _fed(seeds.TARGETS_YAML, "targets labels")),
    "task file": Target(_of_file("queues", "task_file", "q.json"), _fed(seeds.TASKS, _TASK_WORDS)),
    "coordinator's tasks": Target(_of_http("queues", "coordinator"), _fed(seeds.ANALYTICS, _COUNT_WORDS)),
    "Markdown": Target(_of_file("backlog", "markdown", "p.md"), _fed(seeds.MARKDOWN)),
    "CSV": Target(_of_file("backlog", "csv", "t.csv", status_column="status", done=["done"]), _fed(seeds.CSV)),
    "to-do list": Target(_of_file("backlog", "todo_list", "t.json"), _fed(seeds.TODOS, _TODO_WORDS)),
    "JSON lines": Target(_of_file("backlog", "todo_list", "t.jsonl"), _fed(seeds.TODOS, _TODO_WORDS)),
    "todo.txt": Target(_of_file("backlog", "todo_list", "t.txt"), _fed(seeds.TODOS)),
    "batch progress": Target(_of_file("backlog", "batch_progress", "b.json"), _fed(seeds.PROGRESS, _TODO_WORDS)),
    "Redis list": Target(_of_redis("redis_list", key="k", processing="p"), _replies(seeds.REDIS_LIST)),
    "Redis stream": Target(
        _of_redis("redis_stream", stream="s", group="g", jobs="job:*"), _replies(seeds.REDIS_STREAM)
    ),
    "a line of JSON": Target(lambda content, _: [read_json_line(content)][:0], _fed(seeds.TODOS, "a")),
    "configuration": Target(_config, _fed(seeds.CONFIG, "name every kind discovery queues agents path url")),
    "filter": Target(_filter, _fed([line.encode() for line in _LINES])),
    "view line": Target(_view_line, _fed([line.encode() for line in _LINES])),
    "times": Target(_times, _fed([b"2026-01-01T00:00:00Z", b"1700000000", b"1h30m", b"Sat, 21 Nov 2026 12:00:00 GMT"])),
}  # fmt: skip

TARGETS |= {name: Target(read, _fed(documents, words)) for name, (read, documents, words) in judged.READ.items()}
with tempfile.TemporaryDirectory(prefix="fleetdeck-fuzz-") as _folder:
    TARGETS["kept roll-ups"] = Target(judged.ROLLUPS, _fed([judged.rollup_seed(Path(_folder))]))


def _claimed(name: str, file: str = "") -> Read:
    """A kind of claimed alerts, as its alerts are shown."""
    look = _of_http("alerts", name) if not file else _of_file("alerts", name, file)

    def read(content: bytes, folder: Path) -> Any:
        found = look(content, folder)
        return found.problems, judged.displayed(judged.shown_alerts(found.alerts))

    return read


def _alert_folder(content: bytes, folder: Path) -> Any:
    (folder / "alert_1700000000_core.json").write_bytes(content)
    found = _run(_built("alerts", "alert_files", {"folder": "."}, _reach(folder)).probe)
    return found.problems, judged.displayed(judged.shown_alerts(found.alerts))


TARGETS |= {
    name: Target(read, _fed(judged_seeds.CLAIMS, judged_seeds.CLAIM_WORDS))
    for name, read in (
        ("alerts' API", _claimed("alerts_api")),
        ("file of alerts", _claimed("alerts_json", "a.json")),
        ("to-do monitor", _claimed("todo_monitoring", "t.json")),
        ("folder of alerts", _alert_folder),
    )
}


def outcome(target: Target, content: bytes, folder: Path) -> str:
    """`value` or the name of the error. Raises AssertionError where a text of either would reach a terminal raw."""
    try:
        value = target.read(content, folder)
    except FleetdeckError as error:
        return type(error).__name__
    for found in _texts(value):
        assert scrub(found, 1_000_000) == found, f"not scrubbed: {found[:200]!a}"
    return "value"


def _texts(value: object) -> list[str]:
    """Every text in a value."""
    found: list[str] = []
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            found.append(str(one))
        elif isinstance(one, Struct):
            left.extend(getattr(one, name) for name in one.__struct_fields__)
        elif isinstance(one, Mapping):
            left.extend([*one.keys(), *one.values()])
        elif isinstance(one, list | tuple | set | frozenset):
            left.extend(one)
    return found
