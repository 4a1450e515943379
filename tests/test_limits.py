"""What limits cut is counted and shown; the limits of the configuration are those of the program and of the docs."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from agents_registry.problems import Problems
from agents_registry.records import read_records
from agents_registry.sources import file_sd
from agents_registry.targets import discovery, groups_from_json
from collectors.backlogs.csv_table import COLUMNS, CsvOptions, read_table
from collectors.sample_budget import SampleBudget
from config.schema import LimitOptions
from fleet.backlog import MOST_ANOMALIES, bounded_sections, derive
from fleet.clock import SystemClock
from fleet.errors import Fault, OutsideError
from fleet.health.body import read_health
from fleet.health.facts import FACTS
from fleet.health.payload import BODY_BYTES
from fleet.markdown.tasks import read_markdown
from fleet.markdown.verdict import MOST_SECTIONS
from fleet.model import Page, SeriesId
from fleet.ports import Limits
from fleet.todo_items import read_todo_list
from fleet.work import BacklogReading, Section
from transport.redis import RedisLink, parse_place

DOCS = Path(__file__).parents[1] / "docs" / "reliability.md"


def test_the_limits_of_the_configuration_are_those_of_the_program() -> None:
    assert msgspec.structs.asdict(LimitOptions()) == msgspec.structs.asdict(Limits())


def test_the_docs_name_every_limit_of_the_configuration_with_its_default() -> None:
    section = DOCS.read_text(encoding="utf-8").split("\n## Limits\n")[1].split("\n## ")[0]
    told = dict(re.findall(r"^\| `limits\.(\w+)` \| ([\d,]+)", section, re.MULTILINE))
    assert {name: int(number.replace(",", "")) for name, number in told.items()} == msgspec.structs.asdict(Limits())


# ── who there is ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_targets_and_labels_over_the_limit_are_counted() -> None:
    group = {"targets": [f"h{n}:1" for n in range(9)], "labels": {f"l{n}": "x" for n in range(5)}}
    no_meta: dict[str, str] = {}
    groups = [(one, no_meta) for one in groups_from_json(msgspec.json.encode([group, group]))]
    found = discovery(groups, Problems(), Limits(agents=4, labels=2, label_chars=16))
    assert (len(found.sightings), found.complete, found.cut) == (4, False, 14 + 4 * 4)
    assert found.problems == (
        "more than 4 targets; 14 were left out",
        "more than 2 labels on a target; 16 were left out",
    )


def test_records_over_the_limit_are_counted() -> None:
    problems = Problems()
    found = read_records({f"a{n}": {"status": "idle"} for n in range(30)}, problems, most=10)
    assert found is not None
    assert (len(found.sightings), found.cut, problems.told) == (10, 20, ("more than 10 agents; 20 were left out",))


def test_files_over_the_limit_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_sd, "FILES", 2)
    for number in range(5):
        (tmp_path / f"{number}.json").write_text(f'[{{"targets": ["h{number}:1"]}}]')
    source = file_sd.FileSd(["*.json"], tmp_path, SystemClock(), Limits())
    found = asyncio.run(source.discover())
    assert len(found.sightings) == 2
    assert found.problems == ("more than 2 files match; 3 were left out",)


@pytest.mark.parametrize("path", ["x" * 3_000, "\x1b" * 900])
def test_an_address_of_any_length_is_no_address(path: str) -> None:
    no_meta: dict[str, str] = {}
    groups = groups_from_json(msgspec.json.encode([{"targets": ["h:1"], "labels": {"__metrics_path__": path}}]))
    found = discovery([(group, no_meta) for group in groups], Problems(), Limits())
    assert not found.sightings
    assert found.problems == ("target h:1: its address has more than 2,000 characters",)


# ── what they say ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_health_answer_has_a_limit_of_its_own() -> None:
    read_health(200, "application/json", b'"ok"' + b" " * (BODY_BYTES - 4))
    with pytest.raises(OutsideError, match="a health answer of") as caught:
        read_health(200, "application/json", b'"ok"' + b" " * BODY_BYTES)
    assert caught.value.fault is Fault.LIMIT


@pytest.mark.parametrize(
    ("fields", "words"), [(FACTS, None), (FACTS + 7, "7 fields"), (20_000, "5,000 or more fields")]
)
def test_fields_of_a_health_answer_are_counted(fields: int, words: str | None) -> None:
    facts = read_health(200, "application/json", msgspec.json.encode({f"f{n}": n for n in range(fields)})).facts
    assert len(facts) == min(fields, FACTS + 1)
    assert [fact.value for fact in facts if fact.key == "…"] == ([f"{words} are left out"] if words else [])


def test_all_pages_share_one_budget_of_samples() -> None:
    def page(most: int) -> Page:
        return Page(series=tuple(SeriesId(f"m{n}") for n in range(most)), values=(1.0,) * most, families=())

    budget = SampleBudget(10)
    first, second = page(6), page(6)
    assert budget.fit("a", first) is first
    kept = budget.fit("b", second)
    assert (len(kept.series), len(kept.values), kept.cut) == (4, 4, 2)
    assert budget.fit("b", second).series is kept.series
    budget.forget("a")
    assert budget.fit("b", second) is second
    assert budget.fit("c", page(9)).cut == 5


# ── what there is to do ─────────────────────────────────────────────────────────────────────────────────────────────


def test_sections_beyond_the_limit_are_added_up() -> None:
    sections = [Section(f"s{n}", 2, 1) for n in range(10)]
    assert bounded_sections(sections, 10) == tuple(sections)
    assert bounded_sections(sections, 4) == (*sections[:3], Section("7 further sections", 14, 7))
    many = b"".join(b"# h%d\n- [x] a\n" % n for n in range(300))
    reading = read_markdown(many, "p.md")
    assert len(reading.sections) == MOST_SECTIONS
    assert sum(section.total for section in reading.sections) == reading.total == 300
    states = msgspec.json.encode([{"id": str(n), "status": f"s{n}"} for n in range(90)])
    assert sum(section.total for section in read_todo_list(states, "t.json").sections) == 90


def test_anomalies_beyond_the_limit_are_counted() -> None:
    reading = BacklogReading(name="b", kind="k", anomalies=tuple(f"odd {n}" for n in range(MOST_ANOMALIES + 9)))
    assert derive(reading, None, []).anomalies[-1] == "and 9 more like these"


def test_lines_with_too_many_columns_are_counted() -> None:
    options = CsvOptions(path="t.csv", status_column="status", done=["done"])
    table = b"id,status\n1,done\n" + b"," * (COLUMNS + 5) + b"\n2,open\n" + b"," * 1_000_000 + b"\n"
    reading = read_table(table, "t.csv", options=options)
    assert (reading.total, reading.done) == (2, 1)
    assert "2 lines have 1,000 columns or more and were left out" in reading.anomalies


# ── Redis ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def answering() -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that takes what it is told for the answer to any command, and its URL."""
    answers: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            commands = data.count(b"\r\n*") + data.startswith(b"*")
            setting_up = b"SETINFO" in data or b"SETNAME" in data or b"SELECT" in data
            writer.write(b"+OK\r\n" * commands if setting_up else b"".join(answers))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0", answers


@pytest.mark.anyio
@pytest.mark.parametrize(
    "answer",
    [
        b"$2000000\r\n" + b"x" * 10,
        b"$99999999999999\r\n",
        b"*3\r\n" + b"$600\r\n%s\r\n" % (b"x" * 600) * 3,
        b"*1000000\r\n" + b":1\r\n" * 1_000,
        b"*1\r\n" * 5_000,
        b"$abc\r\n",
        b"?\r\n",
        b"x" * 100_000,
        b"*-7\r\n",
        b"\r\n",
    ],
    ids=[
        "a big item",
        "a huge item",
        "many items",
        "endless",
        "deep",
        "no length",
        "no type",
        "no line",
        "negative",
        "nothing",
    ],
)
async def test_an_answer_that_is_too_big_or_none_is_a_named_fault(
    answering: tuple[str, list[bytes]], answer: bytes
) -> None:
    url, answers = answering
    answers[:] = [answer]
    link = RedisLink(parse_place(url), timeout_s=5, most_bytes=1_000)
    try:
        found = await link.ask("LRANGE", "k", 0, 9)
    except OutsideError as error:
        assert error.fault in (Fault.PAYLOAD, Fault.RESET, Fault.PROTOCOL)
    else:
        assert found in ([], None)
    finally:
        await link.aclose()


# ── rules, queries, objectives ──────────────────────────────────────────────────────────────────────────────────────


def test_the_docs_name_the_limits_of_rules_queries_and_objectives() -> None:
    from config import rule_files, rule_tests
    from config.slo import documents
    from fleet import alertmanager_api, prometheus_api
    from fleet.alerts import matching
    from fleet.promql import limits
    from fleet.rules.templates import limits as template
    from fleet.rules.testing import notation
    from fleet.samples.samples import SampleLimits
    from fleet.slo import definition
    from journal import alert_state, rollups, silences

    section = (
        DOCS.read_text(encoding="utf-8").split("\n## Limits of rules, queries and objectives\n")[1].split("\n## ")[0]
    )
    told = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|", section, re.MULTILINE))
    query, kept = limits.EvalLimits(), SampleLimits()
    numbers = {
        "characters of an expression": (limits.MAX_TEXT,),
        "brackets open": (limits.MAX_BRACKETS, limits.MAX_OPERATORS, limits.MAX_DEPTH),
        "series that a selector": (query.series,),
        "samples that": (query.samples,),
        "work of the steps": (query.work,),
        "steps of a range query": (query.steps, query.subquery_steps),
        "characters of a label": (limits.MAX_LABEL, query.text),
        "characters of a template": (
            *(template.TEMPLATE_CHARS, template.OUTPUT_CHARS, template.STEPS),
            *(template.DEPTH, template.QUERIES, template.SAMPLES),
        ),
        "a rule file": (rule_files.FILE_BYTES, rule_files.FILE_NODES, rule_tests.FILE_BYTES, rule_tests.FILE_NODES),
        "files of a pattern": (rule_files.FILES,),
        "rules of all files": (rule_files.RULES,),
        "values of a series": (notation.SAMPLES,),
        "SLO definitions": (definition.SLO_LIMIT, definition.GROUP_LIMIT),
        "window of an objective": (round(definition.WINDOW_LIMIT_S / 86_400),),
        "documents": (documents.DOCUMENT_LIMIT,),
        "series kept": (kept.series, kept.points, round(kept.reach_s)),
        "matchers": (matching.MOST_MATCHERS, matching.MOST_CHARS),
        "kept silences": (silences.MOST, silences.MOST_BYTES),
        "kept alerts": (alert_state.MOST_ALERTS, alert_state.MOST_BYTES),
        "roll-ups": (rollups.SIZE_LIMIT,),
        "alerts, silences": (prometheus_api.MOST_ALERTS, alertmanager_api.MOST_SILENCES),
    }
    for beginning, wanted in numbers.items():
        (value,) = (value for name, value in told.items() if name.startswith(beginning))
        assert {f"{number:,}" for number in wanted} <= set(re.findall(r"[\d,]*\d", value)), beginning
    assert len(told) == len(numbers) + 1
