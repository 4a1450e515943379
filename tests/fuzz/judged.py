"""The readers of what says what is wrong: rules and their tests, templates, PromQL, objectives, gates, alerts that
others write, APIs of Prometheus and Alertmanager, and the files of the own past. As `tests.fuzz.parsers`, which takes
them in.

An alert passes through the book before it is looked at: its rows are what is shown.
"""

import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from cli.slo_import import section
from config.problems import Problems
from config.rule_files import read_rules
from config.rule_tests import read_rule_tests
from config.slo.files import read_slos
from config.slo.targets import targets_of
from fleet import alertmanager_api, prometheus_api
from fleet.alerts.book import AlertBook
from fleet.alerts.matching import parse_matchers
from fleet.alerts.model import AlertReading
from fleet.errors import FleetdeckError
from fleet.gates.target import parse_target
from fleet.promql.evaluate import Answer, EvalLimits, instant, ranged
from fleet.promql.function import Vector
from fleet.promql.labels import Labels
from fleet.promql.parse import parse
from fleet.promql.storage import STALE
from fleet.rules.engine import RuleEngine
from fleet.rules.model import Group, Rule
from fleet.rules.template import TemplateData, expand
from fleet.rules.testing.notation import series
from fleet.samples.samples import Samples
from fleet.slo.rollup import Track
from fleet.store import Store
from fleet.text import scrub, scrub_lines
from journal.alert_state import AlertStateFile
from journal.rollups import RollupFile
from journal.silences import SilenceFile
from tests.fuzz import judged_seeds as seeds

NOW = seeds.NOW
_NOW_MS = round(NOW.timestamp() * 1000)
LIMITS = EvalLimits(series=200, samples=100_000, work=200_000, text=1_000_000, steps=500, subquery_steps=2_000)


def _samples() -> Samples:
    kept = Samples()
    kept.want("all", parse('{__name__=~".+"}').wanted)
    for at in range(5):
        for number, name in enumerate(("up", "x_total", "h_bucket", "a:b")):
            labels = Labels.of({"__name__": name, "job": "a\x1b[2J", "le": "0.5", "i": str(number)})
            kept.add(labels, _NOW_MS - 60_000 * (5 - at), STALE if at == 3 else float(at))
    return kept


def _rows(readings: Iterable[AlertReading]) -> list[Any]:
    """What is shown of alerts."""
    store = Store()
    book = AlertBook(store)
    book.deliver("fuzz", tuple(readings), NOW)
    book.step(NOW)
    book.take_in(lambda: False)
    return [*(row for row in store.alerts.values()), *store.alert_groups.values()]


def _shown(rows: list[Any]) -> list[Any]:
    # Annotations may have lines, which the page of an alert keeps.
    return [
        msgspec.structs.replace(row, annotations={}, expr="", rule="", generator_url="")
        if hasattr(row, "annotations") and all(scrub_lines(text, 9_999) == text for text in row.annotations.values())
        else row
        for row in rows
    ]


def _engine(groups: tuple[Group, ...]) -> RuleEngine:
    kept = _samples()
    return RuleEngine(groups, kept, kept, limits=LIMITS)


def _rule_file(content: bytes, folder: Path) -> Any:
    (folder / "r.yml").write_bytes(content)
    found = read_rules([folder / "r.yml"])
    engine = _engine(found.groups[:5])
    engine.evaluate(NOW)
    engine.wanted()
    return [str(problem) for problem in found.problems], _shown(_rows(engine.readings()))


def _rule_tests(content: bytes, folder: Path) -> Any:
    (folder / "t.yml").write_bytes(content)
    try:
        read_rule_tests(folder / "t.yml")
    except FleetdeckError as error:
        # Every mistake is a line.
        return str(error).splitlines()
    return None


def _template(content: bytes, _: Path) -> Any:
    data = TemplateData(labels={"job": "a\x1b[2J", "instance": "h:1"}, value=1.5, external_labels={"env": "prod"})
    kept = _samples()

    def ask(text: str) -> Vector:
        value = instant(parse(text), kept, _NOW_MS, limits=LIMITS).value
        return value if isinstance(value, Vector) else Vector((), ())

    return scrub(expand(_text(content), data, ask), 100_000)


def _promql(content: bytes, _: Path) -> Any:
    query, kept = parse(_text(content)), _samples()
    answers = [instant(query, kept, _NOW_MS, limits=LIMITS)]
    if query.kind in ("vector", "scalar"):
        answers.append(ranged(query, kept, _NOW_MS - 300_000, _NOW_MS, 60_000, limits=LIMITS))
    return [answer.warnings for answer in answers]


def _notation(content: bytes, _: Path) -> Any:
    return len(series(_text(content))[1])


def _slo_file(content: bytes, folder: Path) -> Any:
    (folder / "s.yml").write_bytes(content)
    found = read_slos([folder / "s.yml"])
    told = [(one.name, one.service, one.description, one.labels, one.place) for one in found.definitions]
    return found.problems, found.notes, told


def _slo_targets(file: str) -> Callable[[bytes, Path], Any]:
    def read(content: bytes, _: Path) -> Any:
        problems = Problems()
        found = targets_of(content.decode("utf-8", "replace"), file, problems)
        return section(found).splitlines(), problems.lines(file)

    return read


def _gate(content: bytes, _: Path) -> Any:
    try:
        target = parse_target(_text(content))
    except ValueError as error:
        return scrub(str(error), 10_000)
    return [target.shown(value) for value in (0.5, 1e300, float("inf"), float("nan"))]


def _matchers(content: bytes, _: Path) -> Any:
    return len(parse_matchers(_text(content)))


def _silences(content: bytes, folder: Path) -> Any:
    path = folder / "s.silences.json"
    path.write_bytes(content)
    file = SilenceFile(path)
    store = Store()
    book = AlertBook(store)
    book.put_silences("local", file.read().values(), NOW)
    book.step(NOW)
    return scrub(file.trouble, 10_000)


_KEPT_RULE = Rule(expr="up", alert="A", labels={"severity": "page"})


def _alert_state(content: bytes, folder: Path) -> Any:
    path = folder / "a.msgpack"
    path.write_bytes(content)
    state, trouble = AlertStateFile(path).read()
    if state is None:
        return scrub(trouble, 10_000)
    engine = _engine((Group(name="g", file="f", rules=(_KEPT_RULE,)),))
    engine.restore(state, NOW)
    before = _rows(engine.readings())
    engine.evaluate(NOW)
    return _shown([*before, *_rows(engine.readings())])


def _rollups(content: bytes, folder: Path) -> Any:
    path = folder / "r.sqlite"
    for ending in ("", "-wal", "-shm", ".broken", ".lock"):
        Path(f"{path}{ending}").unlink(missing_ok=True)
    path.write_bytes(content)
    file = RollupFile(path)
    try:
        for kept in file.load(["a"], ["m"], 0):
            for one in kept.hours:
                Track(48).load(one.hour, one.data)
    finally:
        file.close()


def _hour(content: bytes, _: Path) -> Any:
    track = Track(48)
    track.load(495_000, content)
    return track.sums(495_000 * 60, 495_001 * 60).samples


def _prometheus(content: bytes, _: Path) -> Any:
    said = prometheus_api.read_envelope(200, content)
    told: list[Any] = [said.warnings, said.infos]
    for read in (prometheus_api.read_rules, prometheus_api.read_alerts, prometheus_api.read_answer):
        try:
            found = read(said)
        except FleetdeckError as error:
            told.append(scrub(str(error), 10_000))
        else:
            told += [found.warnings] if isinstance(found, Answer) else [found.problems, _shown(_rows(found.alerts))]
    return told


def _alertmanager(content: bytes, _: Path) -> Any:
    told: list[Any] = []
    api = alertmanager_api
    # Ids and names of peers are compared and sent back, never shown.
    reads: tuple[Callable[[], object], ...] = (
        lambda: (api.read_about(content).version, api.read_about(content).cluster),
        lambda: api.read_receivers(content),
        lambda: api.read_groups(content),
        lambda: len(api.read_made(content)),
    )
    for read in reads:
        try:
            told.append(read())
        except FleetdeckError as error:
            told.append(scrub(str(error), 10_000))
    store = Store()
    book = AlertBook(store)
    try:
        book.put_silences("am", [one.silence for one in api.read_silences(content, "am", NOW)[0]], NOW)
        book.step(NOW)
        told.append(_shown(_rows(one.reading for one in api.read_alerts(content)[0])))
    except FleetdeckError as error:
        told.append(scrub(str(error), 10_000))
    return told


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def rollup_seed(folder: Path) -> bytes:
    """A file of roll-ups with a row in each table."""
    path = folder / "seed.sqlite"
    file = RollupFile(path)
    list(file.load(["a"], ["m"], 0))
    file.close()
    with sqlite3.connect(path) as database:
        database.execute("INSERT INTO tracks(name) VALUES('a')")
        database.execute("INSERT INTO hours VALUES(495000, 1, ?)", (hour_seed(),))
        database.execute("INSERT INTO marks VALUES('m', '[[\"a\",\"b\"]]', 1, 2.0)")
    database.close()
    return path.read_bytes()


def hour_seed() -> bytes:
    """An hour as it is kept."""
    track = Track(48)
    for minute in range(60):
        track.add(495_000 * 60 + minute, 1.0, 2.0, 3)
    return track.unsaved()[0][1]


READ = {
    "rule file": (_rule_file, seeds.RULES, ""),
    "file of rule tests": (_rule_tests, seeds.RULE_TESTS, ""),
    "template": (_template, seeds.TEMPLATES, ""),
    "PromQL": (_promql, seeds.EXPRESSIONS, ""),
    "series of rule tests": (_notation, seeds.SERIES, ""),
    "SLO file": (_slo_file, seeds.SLOS, ""),
    "targets in JSON": (_slo_targets("t.json"), seeds.TARGETS_JSON, "uptime latency_ms error_rate default targets"),
    "targets in YAML": (_slo_targets("t.yaml"), seeds.TARGETS_YAML, ""),
    "targets in a plan": (_slo_targets("t.md"), seeds.TARGETS_PLAN, ""),
    "targets on a page": (_slo_targets("t.prom"), seeds.TARGETS_PAGE, ""),
    "gate's target": (_gate, seeds.GATES, ""),
    "matchers": (_matchers, seeds.MATCHERS, ""),
    "kept silences": (_silences, seeds.SILENCES, "version silences id matchers name op value starts_at ends_at state"),
    "kept alerts": (_alert_state, seeds.STATES, ""),
    "kept hours": (_hour, [hour_seed()], ""),
    "Prometheus's API": (_prometheus, seeds.PROMETHEUS, seeds.API_WORDS),
    "Alertmanager's API": (_alertmanager, seeds.ALERTMANAGER, seeds.API_WORDS),
}
ROLLUPS = _rollups
"""Reads a file of roll-ups, whose first document `rollup_seed` makes."""
shown_alerts = _rows
displayed = _shown
