"""fleetdeck's own observations as series, so that rules and SLOs can be written about them. docs/series.md lists them.

Only families that somebody asks for are written, each at most once in `every_s`, in pieces: the rows of a family are
read some thousand at a time, and written as parts of some hundred series, so that neither holds the loop for long. What
a scrape says of itself (`up` and the like) is kept with the target's page, as Prometheus does.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from fleet.promql.labels import NAME, Labels
from fleet.samples.feed import Probed
from fleet.samples.own_agents import AGENTS
from fleet.samples.own_family import Family, Row, Sight
from fleet.samples.own_fleet import BACKLOGS, HOST, ITSELF, QUEUES, SOURCES
from fleet.samples.samples import SCRAPED, Samples
from fleet.store import Store
from fleet.vocabulary import AgentState

EVERY_S = 15.0
"""Seconds between two samples of a series."""
_ROWS = 1_000
"""Rows that are read between two pauses, at half a microsecond each."""
_NEW = 200
"""Label sets that are made between two pauses, at some 10 µs each."""
_PART = 500
"""Series that are written at once. The first time that costs 7 µs each."""
FAMILIES: tuple[Family, ...] = (*AGENTS, *QUEUES, *BACKLOGS, *SOURCES, *HOST, *ITSELF)
"""Every family, in the order of the documentation."""


class OwnSeries:
    """Writes fleetdeck's own series into `samples`; call `observe` after each evaluation of the store."""

    def __init__(
        self, store: Store, samples: Samples, probed: Mapping[str, Probed], *, every_s: float = EVERY_S
    ) -> None:
        """`probed` are the counts of `fleet.samples.feed.Feed`."""
        self._store = store
        self._samples = samples
        self._probed = probed
        self._every_ms = round(every_s * 1000)
        self._status = store.status.subscribe(_nobody)
        self._states: dict[str, AgentState] = {}
        self._changes: dict[str, int] = {}
        self._written: dict[str, int] = {}
        self._parts: dict[str, _Parts] = {}
        self._now: datetime | None = None
        self._round: Iterator[None] | None = None

    def observe(self, now: datetime, enough: Callable[[], bool] | None = None) -> bool:
        """Count what changed and write what is wanted and due, until `enough()` says that it is; False where some of it
        is left to the next call."""
        self._count_changes()
        self._now = now
        if self._round is None:
            self._round = self._writing()
        for _ in self._round:
            if enough is not None and enough():
                return False
        self._round = None
        return True

    def now(self, accepts: Callable[[str], bool], now: datetime) -> Iterable[tuple[Labels, float]]:
        """The present samples of the families whose names are accepted, whether anybody wants them or not."""
        sight = self._sight(now)
        for family in FAMILIES:
            if accepts(family.name):
                known = self._parts.get(family.name) or _Parts(family)
                for key, value in family.rows(sight):
                    if value is not None:
                        yield known.labels(key), value

    def shift(self, seconds: float) -> None:
        """The clock was set by `seconds`."""
        by_ms = round(seconds * 1000)
        self._written = {name: at + by_ms for name, at in self._written.items()}
        self._round = None

    def _sight(self, now: datetime) -> Sight:
        return Sight(self._store, self._samples, self._probed, self._changes, now)

    def _is_due(self, name: str, at_ms: int) -> bool:
        if not self._samples.may_want(name):
            # What is no longer asked for has ended, once.
            if self._written.pop(name, None) is not None:
                for source in self._parts.pop(name).live:
                    self._samples.stale(source, at_ms)
            return False
        written = self._written.get(name)
        return written is None or at_ms - written >= self._every_ms

    def _writing(self) -> Iterator[None]:
        """One round over the families; the time goes on meanwhile, but each of them is of one time."""
        for family in FAMILIES:
            now = self._now
            if now is not None and self._is_due(family.name, at_ms := round(now.timestamp() * 1000)):
                yield from self._write(family, self._sight(now), at_ms)
                yield

    def _write(self, family: Family, sight: Sight, at_ms: int) -> Iterator[None]:
        parts = self._parts.setdefault(family.name, _Parts(family))
        yield from parts.read(family.rows(sight))
        self._written[family.name] = at_ms
        for source, labels, values in parts.take():
            self._samples.add_row(source, at_ms, labels, values)
            yield

    def _count_changes(self) -> None:
        diff = self._status.drain()
        for name in diff.removed:
            self._states.pop(name, None)
            self._changes.pop(name, None)
        for name in diff.changed:
            state = self._store.status[name].state
            before = self._states.get(name)
            self._states[name] = state
            if before is not None and before is not state:
                self._changes[name] = self._changes.get(name, 0) + 1


class _Parts:
    """The series of a family, in parts that are sources of their own. A series stays in its part for as long as it
    goes on. `live` are the parts that have series."""

    def __init__(self, family: Family) -> None:
        self._family = family
        self._known: dict[tuple[str, ...], tuple[Labels, int]] = {}
        self._last = 0
        self._room = _PART
        self._rows: dict[int, tuple[list[Labels], list[float]]] = {}
        self.live: tuple[str, ...] = ()

    def labels(self, key: tuple[str, ...]) -> Labels:
        """Those of a row, known or not."""
        known = self._known.get(key)
        return _labels(self._family, key) if known is None else known[0]

    def read(self, rows: Iterable[Row]) -> Iterator[None]:
        """Sort rows into parts, in pieces."""
        self._rows, known, new = {}, self._known, 0
        for place, (key, value) in enumerate(rows):
            if place % _ROWS == _ROWS - 1:
                yield
            if value is None:
                continue
            one = known.get(key)
            if one is None:
                one, new = self._entered(key), new + 1
                if new % _NEW == 0:
                    yield
            part = self._rows.get(one[1])
            if part is None:
                part = self._rows[one[1]] = [], []
            part[0].append(one[0])
            part[1].append(value)

    def take(self) -> Iterator[tuple[str, list[Labels], list[float]]]:
        """(source, labels, values) of each part; those that have no row any more end."""
        rows, self._rows = self._rows, {}
        names = {_source(self._family.name, part): part for part in rows}
        ended = [source for source in self.live if source not in names]
        self.live = tuple(names)
        for source, part in names.items():
            yield source, *rows[part]
        for source in ended:
            yield source, [], []
        if len(self._known) > 2 * sum(len(labels) for labels, _ in rows.values()) + 100:
            there = {labels for part in rows.values() for labels in part[0]}
            self._known = {key: one for key, one in self._known.items() if one[0] in there}

    def _entered(self, key: tuple[str, ...]) -> tuple[Labels, int]:
        if not self._room:
            self._last, self._room = self._last + 1, _PART
        self._room -= 1
        one = self._known[key] = _labels(self._family, key), self._last
        return one


def _labels(family: Family, key: tuple[str, ...]) -> Labels:
    fixed = len(family.labels)
    pairs = dict(zip(family.labels, key[:fixed], strict=True))
    if family.free:
        pairs.update(zip(key[fixed::2], key[fixed + 1 :: 2], strict=True))
    return Labels.of({NAME: family.name, **pairs})


def _source(name: str, part: int) -> str:
    return f"fleetdeck: {name} {part}"


def _nobody() -> None:
    """Changes are looked at when `observe` is called."""


_SCRAPE_HELP = (
    "1 where the last scrape of the target succeeded, else 0.",
    "How long the scrape took.",
    "Samples on its page.",
)


def series_table() -> str:
    """All series as Markdown tables, for docs/series.md."""
    scraped = [
        (one.name, "gauge", "`job` `instance` `agent`", text) for one, text in zip(SCRAPED, _SCRAPE_HELP, strict=True)
    ]
    parts = [_table("Scrapes", scraped)]
    for title, families in (
        ("Agents", AGENTS),
        ("Queues", QUEUES),
        ("Backlogs", BACKLOGS),
        ("Sources and probes", SOURCES),
        ("This machine", HOST),
        ("fleetdeck itself", ITSELF),
    ):
        rows = [(one.name, one.type, _label_names(one), one.help) for one in families]
        parts.append(_table(title, rows))
    return "\n\n".join(parts)


def _label_names(family: Family) -> str:
    names = [f"`{name}`" for name in family.labels] + (["`label_…`"] if family.free else [])
    return " ".join(names)


def _table(title: str, rows: Iterable[tuple[str, str, str, str]]) -> str:
    lines = [f"### {title}", "", "| series | type | labels | what it is |", "|---|---|---|---|"]
    return "\n".join(lines + [f"| `{name}` | {kind} | {labels} | {text} |" for name, kind, labels, text in rows])
