"""fleetdeck's own observations as series, so that rules and SLOs can be written about them. docs/series.md lists them.

Only families that somebody asks for are written, each at most once in `every_s`. A step writes no more than some
thousand rows and leaves the rest to the next one, so that none of them holds the loop for long. What a scrape says of
itself (`up` and the like) is kept with the target's page, as Prometheus does.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from fleet.promql.labels import NAME, Labels
from fleet.samples.feed import Probed
from fleet.samples.own_agents import AGENTS
from fleet.samples.own_family import Family, Sight
from fleet.samples.own_fleet import BACKLOGS, HOST, ITSELF, QUEUES, SOURCES
from fleet.samples.samples import SCRAPED, Samples
from fleet.store import Store
from fleet.vocabulary import AgentState

EVERY_S = 15.0
"""Seconds between two samples of a series."""
_ROWS_A_STEP = 10_000
"""Rows after which a step ends, at about a microsecond each."""
_NEW_A_STEP = 1_000
"""Labels that a step makes before it ends: a new series costs ten times what a sample does."""
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
        self._labels: dict[str, dict[tuple[str, ...], Labels]] = {}

    def observe(self, now: datetime) -> bool:
        """Count what changed and write what is wanted and due; False where some of it is left to the next call."""
        self._count_changes()
        at_ms = round(now.timestamp() * 1000)
        sight = self._sight(now)
        rows = 0
        for family in FAMILIES:
            if not self._is_due(family.name, at_ms):
                continue
            if rows >= _ROWS_A_STEP:
                return False
            found = self._read(family, sight, _NEW_A_STEP)
            if found is None:
                return False
            self._samples.add_row(_source(family.name), at_ms, *found)
            self._written[family.name] = at_ms
            rows += len(found[0])
        return True

    def now(self, accepts: Callable[[str], bool], now: datetime) -> Iterable[tuple[Labels, float]]:
        """The present samples of the families whose names are accepted, whether anybody wants them or not."""
        sight = self._sight(now)
        for family in FAMILIES:
            if accepts(family.name):
                found = self._read(family, sight)
                yield from zip(*found, strict=True) if found else ()

    def shift(self, seconds: float) -> None:
        """The clock was set by `seconds`."""
        by_ms = round(seconds * 1000)
        self._written = {name: at + by_ms for name, at in self._written.items()}

    def _sight(self, now: datetime) -> Sight:
        return Sight(self._store, self._samples, self._probed, self._changes, now)

    def _is_due(self, name: str, at_ms: int) -> bool:
        if not self._samples.may_want(name):
            # What is no longer asked for has ended, once.
            if self._written.pop(name, None) is not None:
                self._samples.stale(_source(name), at_ms)
                self._labels.pop(name, None)
            return False
        written = self._written.get(name)
        return written is None or at_ms - written >= self._every_ms

    def _read(
        self, family: Family, sight: Sight, most_new: float = math.inf
    ) -> tuple[list[Labels], list[float]] | None:
        """The family's samples; None where so many of them are new that the next call should go on."""
        known = self._labels.setdefault(family.name, {})
        labels: list[Labels] = []
        values: list[float] = []
        most = len(known) + most_new
        for key, value in family.rows(sight):
            if value is None:
                continue
            one = known.get(key)
            if one is None:
                if len(known) >= most:
                    return None
                one = known[key] = _labels(family, key)
            labels.append(one)
            values.append(value)
        if len(known) > 2 * len(labels) + 100:
            self._labels[family.name] = {}
        return labels, values

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


def _labels(family: Family, key: tuple[str, ...]) -> Labels:
    fixed = len(family.labels)
    pairs = dict(zip(family.labels, key[:fixed], strict=True))
    if family.free:
        pairs.update(zip(key[fixed::2], key[fixed + 1 :: 2], strict=True))
    return Labels.of({NAME: family.name, **pairs})


def _source(name: str) -> str:
    return f"fleetdeck: {name}"


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
