"""The way of observations into the samples: what collecting saw, told at the moment at which it was seen.

Pages and failures go to the samples at once. Health probes are counted here, each one of them, because a rate needs the
exact counts and the store's rows only show the last result; `fleet.samples.own` makes series of the counts.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Mapping
from datetime import datetime

from fleet.model import Page
from fleet.samples.samples import Samples
from fleet.samples.targets import agent_labels, source_labels
from fleet.store import Store

LATENCY_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the health latency histogram: the defaults of Prometheus's client libraries."""


class Probed:
    """The health probes of an agent: how many were answered and how many failed, and how long the answers took.
    `buckets[i]` counts those between two bounds, the last those beyond all of them. Starts at zero."""

    __slots__ = ("buckets", "failed", "last_s", "ok", "sum_s")

    def __init__(self) -> None:
        self.ok = 0
        self.failed = 0
        self.sum_s = 0.0
        self.last_s: float | None = None
        self.buckets = array("L", [0]) * (len(LATENCY_BUCKETS_S) + 1)

    def answered(self, took_s: float) -> None:
        """An answer that took `took_s` seconds."""
        self.ok += 1
        self.sum_s += took_s
        self.last_s = took_s
        self.buckets[bisect_left(LATENCY_BUCKETS_S, took_s)] += 1


class Feed:
    """Hands what `collectors.ingest` takes in to the samples. `now` is the time of day, for failures, which have none
    of their own; `named` gives the name of a discovery source by its id, which is the job of its page."""

    def __init__(
        self,
        samples: Samples,
        store: Store,
        now: Callable[[], datetime],
        named: Callable[[str], str] = lambda source: source,
    ) -> None:
        self._samples = samples
        self._store = store
        self._now = now
        self._named = named
        self._labels: dict[str, tuple[tuple[str, str], Mapping[str, str]]] = {}
        self.probed: dict[str, Probed] = {}
        """By agent name, from the start of this program on."""

    def page(self, name: str, page: Page, at: datetime, took_s: float | None = None) -> None:
        """A page of an agent or a discovery source."""
        self._samples.add_page(name, at.timestamp(), page, self.labels(name), took_s)

    def page_failed(self, name: str) -> None:
        """A scrape of an agent or a discovery source failed."""
        self._samples.failed(name, self._now().timestamp(), self.labels(name))

    def health(self, name: str, took_s: float) -> None:
        """An answer of an agent's health endpoint."""
        self._probes(name).answered(took_s)

    def health_failed(self, name: str) -> None:
        """A health probe that was not answered as it should be."""
        self._probes(name).failed += 1

    def ended(self, name: str) -> None:
        """The page of an agent is no longer scraped."""
        self._samples.gone(name, self._now().timestamp())

    def forget(self, name: str) -> None:
        """An agent or a discovery source is no more."""
        self.ended(name)
        self._labels.pop(name, None)
        self.probed.pop(name, None)

    def labels(self, name: str) -> Mapping[str, str]:
        """The labels of the target `name`: an agent, or else the id of a discovery source."""
        agent = self._store.agents.get(name)
        if agent is not None:
            url = agent.metrics.url if agent.metrics else ""
        else:
            source = self._store.sources.get(f"discovery:{name}")
            url = source.target if source else ""
        job = "" if agent is not None else self._named(name)
        known = self._labels.get(name)
        if known is None or known[0] != (url, job):
            made = agent_labels(name, url) if agent is not None else source_labels(job, url)
            known = self._labels[name] = (url, job), made
        return known[1]

    def _probes(self, name: str) -> Probed:
        probed = self.probed.get(name)
        if probed is None:
            probed = self.probed[name] = Probed()
        return probed
