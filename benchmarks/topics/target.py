"""CPU per scraped target: fetching a page, parsing it and keeping it, beside Prometheus and beside plain httpx.

1,000 agents at addresses of their own, each answering every scrape with other values. fleetdeck (its collecting part,
in a process of its own) and Prometheus watch them at the same time for four sweeps, after both have seen everything
once; then the plain program sweeps twice, after a sweep that is not counted. What counts is user and system time of
the process divided by the scrapes that succeeded in the same span: fleetdeck's are the answers that the agents gave
it, provided that its store holds every page whole and nothing failing; Prometheus's are counted by the samples that
its storage took in.
"""

import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from benchmarks.fleet import Fleet
from benchmarks.pages import SAMPLES
from benchmarks.process import cpu_s
from benchmarks.row import Figure, Figures, Row, Topic
from benchmarks.worker import Worker, until
from tests.real_prometheus import RealPrometheus, prometheus_binary

AGENTS = 1_000
EVERY_S = 5
SWEEPS = 4
_PLAIN_SWEEPS = 2
_OWN_SAMPLES = 5
"""Samples that Prometheus adds to every scrape: up, scrape_duration_seconds, scrape_samples_scraped and two more."""
_APPENDED = 'prometheus_tsdb_head_samples_appended_total{type="float"}'


def measure(folder: Path) -> Figures:
    """The three costs and their ratios."""
    with Fleet(AGENTS, folder) as fleet:
        file = fleet.fleetdeck("watched", every=f"{EVERY_S}s", host=False)
        with Worker("benchmarks.workers.deck", str(file), folder=folder) as deck:
            until(lambda: deck.ask("state")["whole"] == AGENTS)
            own_us, prometheus_us = _both(deck, fleet, folder)
        plain_us = _plain(fleet, folder)
    return {
        "fleetdeck": Figure(own_us),
        "prometheus": Figure(prometheus_us, "" if prometheus_us else "no prometheus here; `make servers` gets one"),
        "httpx": Figure(plain_us),
        "of-prometheus": Figure(prometheus_us and own_us / prometheus_us),
        "of-httpx": Figure(own_us / plain_us),
    }


def _both(deck: Worker, fleet: Fleet, folder: Path) -> tuple[float, float | None]:
    """Microseconds a scrape of fleetdeck, and of Prometheus where there is one, over the same span of time."""
    if prometheus_binary() is None:
        own = _own(deck, fleet)
        time.sleep(EVERY_S * SWEEPS)
        return own(), None
    with RealPrometheus(fleet.prometheus(every=f"{EVERY_S}s"), folder) as server:
        until(lambda: fleet.served()["prometheus metrics"] >= AGENTS)
        own, theirs = _own(deck, fleet), _theirs(server)
        time.sleep(EVERY_S * SWEEPS)
        return own(), theirs()


def _own(deck: Worker, fleet: Fleet) -> Callable[[], float]:
    cpu, served = deck.cpu_s(), fleet.served()["fleetdeck metrics"]

    def ended() -> float:
        used, scrapes = deck.cpu_s() - cpu, fleet.served()["fleetdeck metrics"] - served
        state = deck.ask("state")
        if state != {"agents": AGENTS, "whole": AGENTS, "failing": 0}:
            raise RuntimeError(f"fleetdeck did not take everything in: {state}")
        return used / scrapes * 1e6

    return ended


def _theirs(server: RealPrometheus) -> Callable[[], float]:
    cpu, samples = cpu_s(server.pid), _samples(server)

    def ended() -> float:
        used, scrapes = cpu_s(server.pid) - cpu, (_samples(server) - samples) / (SAMPLES + _OWN_SAMPLES)
        return used / scrapes * 1e6

    return ended


def _samples(server: RealPrometheus) -> float:
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(_APPENDED))


def _plain(fleet: Fleet, folder: Path) -> float:
    file = folder / "urls"
    file.write_text("\n".join(fleet.urls()), encoding="utf-8")
    with Worker("benchmarks.workers.plain", str(file), folder=folder) as plain:
        plain.ask("sweep")
        cpu = plain.cpu_s()
        whole = sum(int(plain.ask("sweep")["whole"]) for _ in range(_PLAIN_SWEEPS))
        return (plain.cpu_s() - cpu) / whole * 1e6


TOPIC = Topic(
    name="target",
    measure=measure,
    rows=(
        Row(id="target/fleetdeck", what="CPU per scraped target: fleetdeck", unit="µs"),
        Row(id="target/prometheus", what="CPU per scraped target: Prometheus", unit="µs"),
        Row(id="target/httpx", what="CPU per scraped target: plain httpx and prometheus_client", unit="µs"),
        Row(id="target/of-prometheus", what="CPU per scraped target, of Prometheus's", unit="×", at_most=0.6),
        Row(id="target/of-httpx", what="CPU per scraped target, of plain httpx's", unit="×", at_most=0.2),
    ),
)
