"""Agents that an exporter's page tells of: one for every distinct value of a label.

What well-known metrics say of an agent becomes its claim. Such an exporter repeats what a status file told it, which
may be old: nothing here is an observation. `agent_status` is 1 for `running` and 0 for every other word. It takes keys
of that file that are no agents for some of unknown type, and shows agents that are long gone until it is restarted.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from msgspec import Meta, Struct

from agents_registry.answers import LONGEST_S, want_ok
from agents_registry.options import HeaderAuth, resolve
from agents_registry.problems import Problems
from agents_registry.records import STRAY_KEYS
from config.kinds import Kind
from config.values import HttpUrl
from fleet.errors import Fault, OutsideError, ParseError
from fleet.exposition.cache import SeriesCache
from fleet.exposition.page import ACCEPT, parse_page
from fleet.model import Claim, Discovery, Page, SeriesId, Sighting
from fleet.ports import DiscoverySource, Reach
from fleet.text import scrub, scrub_labels
from fleet.wellknown import NAMES

_STATUS = ("agent_status", "agent_up")
_FIELDS = {
    metric: (field, rank)
    for field, metrics in {**NAMES, "status": _STATUS}.items()
    for rank, metric in enumerate(metrics)
}
"""Metric names, the field of a claim that each fills, and how much it is preferred among those that do (0 is first)."""

_FLOATS = frozenset({"cpu_percent", "memory_bytes"})
_KIND = "agent_type"
_IDENTITY = frozenset({"agent_version", "env", "team", "role", "runtime", "job"})
"""Labels of a series that say something of the agent and not of the sample."""

_TOTAL = SeriesId("system_agents_total")
_SPLIT = "task_type"
_WHOLE = "all"
_MOST_COUNT = 2**63


class MetricsPageOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A Prometheus or OpenMetrics page on which agents are values of a label.

    url: its address.
    label: the label that names the agent.
    auth: a header with a secret, where it wants one.
    """

    url: HttpUrl
    label: Annotated[str, Meta(min_length=1)] = "agent_name"
    auth: HeaderAuth | None = None


class _Sample(Struct, frozen=True):
    """Where a page of this shape has a claim: `index` into its values. `whole`: it already sums up its siblings."""

    index: int
    field: str
    rank: int
    whole: bool


class _Plan(Struct, frozen=True):
    """Who is on a page of one shape, and where their claims stand; made anew only when the shape changes.

    `total` is where the page says how many agents there are.
    """

    series: tuple[SeriesId, ...]
    agents: dict[str, tuple[Sighting, list[_Sample]]]
    stray: tuple[str, ...]
    left_out: int
    total: int | None


class MetricsPage:
    """Fetches and reads the page. Raises OutsideError: no answer, another status than 200, a malformed page."""

    def __init__(self, options: MetricsPageOptions, reach: Reach) -> None:
        self.target = str(options.url)
        self._label = options.label
        self._http = reach.http
        self._limits = reach.limits
        self._secret = resolve(options.auth, reach.root)
        self._cache = SeriesCache()
        self._plan: _Plan | None = None

    async def discover(self) -> Discovery:
        answer = want_ok(await self._http.get(self.target, accept=ACCEPT, secret=self._secret, timeout_s=LONGEST_S))
        try:
            page = parse_page(
                answer.body,
                answer.content_type,
                max_samples=self._limits.samples,
                max_labels=self._limits.labels,
                max_label_chars=self._limits.label_chars,
                cache=self._cache,
            )
        except ParseError as error:
            raise OutsideError(Fault.PAYLOAD, scrub(str(error))) from error
        return self._discovery(page)

    def _discovery(self, page: Page) -> Discovery:
        plan = self._plan
        if plan is None or plan.series is not page.series:
            plan = self._plan = _plan(page.series, self._label, self._limits.agents)
        problems = Problems()
        for name in plan.stray:
            problems.add(f"{name} of unknown type is a key of the status file, no agent; it was left out")
        counted = math.inf if plan.total is None else page.values[plan.total]
        if counted < len(plan.agents):
            problems.add(f"it counts {counted:g} agents and shows {len(plan.agents)}, some of them gone")
        if page.cut:
            problems.add(f"limits cut {page.cut:,} samples or labels of the page, so agents may be missing")
        if page.duplicates:
            problems.add(f"samples that repeat a series of the page: {page.duplicates:,}")
        if plan.left_out:
            problems.add(f"more than {self._limits.agents:,} agents; {plan.left_out:,} samples of others were left out")
        if not plan.agents:
            problems.add(f"no sample on the page has the label {self._label}")
        found = tuple(_claimed(sighting, samples, page.values) for sighting, samples in plan.agents.values())
        return Discovery(
            sightings=found,
            problems=problems.told,
            cut=plan.left_out,
            complete=not page.cut and not plan.left_out,
            page=page,
        )


def _plan(series: tuple[SeriesId, ...], label: str, most: int) -> _Plan:
    labels: dict[str, dict[str, str]] = {}
    samples: dict[str, list[_Sample]] = {}
    left_out = 0
    for index, one in enumerate(series):
        own = dict(one.labels)
        if not (value := own.get(label)):
            continue
        name = scrub(value, 128)
        if name not in labels and len(labels) >= most:
            left_out += 1
            continue
        labels.setdefault(name, {}).update(_of_the_agent(own))
        if known := _FIELDS.get(one.name):
            samples.setdefault(name, []).append(_Sample(index, *known, own.get(_SPLIT) == _WHOLE))
    stray = tuple(name for name, own in labels.items() if name in STRAY_KEYS and own.get(_KIND) == "unknown")
    agents = {
        name: (_sighting(name, own), _preferred(samples.get(name, [])))
        for name, own in labels.items()
        if name not in stray
    }
    total = next((index for index, one in enumerate(series) if one == _TOTAL), None)
    return _Plan(series, agents, stray, left_out, total)


def _preferred(samples: list[_Sample]) -> list[_Sample]:
    """For each field the samples of its best metric, and of those only the one that sums up the others, if any."""
    best: dict[str, tuple[int, bool]] = {}
    for one in samples:
        key = (one.rank, not one.whole)
        best[one.field] = min(best.get(one.field, key), key)
    return [one for one in samples if best[one.field] == (one.rank, not one.whole)]


def _of_the_agent(labels: dict[str, str]) -> Iterator[tuple[str, str]]:
    return ((name, value) for name, value in labels.items() if value and (name == _KIND or name in _IDENTITY))


def _sighting(name: str, labels: dict[str, str]) -> Sighting:
    kind = labels.pop(_KIND, "")
    return Sighting(name=name, kind=scrub(kind), labels=scrub_labels(labels))


def _claimed(sighting: Sighting, samples: list[_Sample], values: Sequence[float]) -> Sighting:
    """`sighting` with what its samples claim; several samples of one field are added up."""
    said: dict[str, float] = {}
    for sample in samples:
        value = values[sample.index]
        if math.isfinite(value) and 0 <= value < _MOST_COUNT:
            said[sample.field] = said.get(sample.field, 0.0) + value
    if not said:
        return sighting
    status = said.pop("status", None)
    numbers: dict[str, Any] = {field: value if field in _FLOATS else int(value) for field, value in said.items()}
    return Sighting(
        name=sighting.name,
        kind=sighting.kind,
        labels=sighting.labels,
        claim=Claim(status=None if status is None else "running" if status >= 1 else "not running", **numbers),
    )


def _build(options: Any, reach: Reach) -> DiscoverySource:
    return MetricsPage(options, reach)


KIND: Kind[DiscoverySource] = Kind("metrics_page", MetricsPageOptions, _build)
