"""Beside a real Prometheus: the same targets from the same files, our own page scraped, its page read."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from agents_registry.sources import file_sd, http_sd
from cli.self_metrics import offer
from collectors.probes.metrics import MetricsProbe
from config.values import HttpUrl, Listen
from fleet.clock import SystemClock
from fleet.exposition.cache import SeriesCache
from fleet.model import AgentStatus, Discovery, Endpoint, SelfReading
from fleet.ports import Limits, Reach
from fleet.store import Store
from fleet.vocabulary import AgentState
from tests.hostile_server import HostileServer, reply
from tests.real_prometheus import RealPrometheus, eventually, free_port, requires_prometheus
from transport.http.client import HttpClient

pytestmark = [requires_prometheus, pytest.mark.anyio]

GROUPS = [
    {"targets": ["127.0.0.1:1", "127.0.0.1:2"], "labels": {"env": "prod", "team": "core"}},
    {"targets": ["127.0.0.1:3"], "labels": {"__scheme__": "https", "__metrics_path__": "/other", "env": "staging"}},
    {"targets": ["127.0.0.1:4"], "labels": {"__param_module": "a b"}},
]


def metrics_urls(found: Discovery) -> dict[str, dict[str, str]]:
    """URL → labels, of what our sources found."""
    return {one.metrics.url: one.labels for one in found.sightings if one.metrics}


def scraped_urls(prometheus: RealPrometheus, pool: str, count: int) -> dict[str, dict[str, str]]:
    """URL → labels of Prometheus's own targets, once there are `count` of them."""

    def look() -> list[dict[str, Any]] | None:
        active = [item for item in prometheus.api("targets")["activeTargets"] if item["scrapePool"] == pool]
        return active if len(active) == count else None

    return {item["scrapeUrl"]: {k: v for k, v in item["labels"].items() if k != "job"} for item in eventually(look)}


async def test_the_same_targets_from_the_same_files_and_endpoint(tmp_path: Path) -> None:
    (tmp_path / "targets").mkdir()
    (tmp_path / "targets" / "a.json").write_text(json.dumps(GROUPS[:2]))
    (tmp_path / "targets" / "b.yml").write_text(f"- {json.dumps(GROUPS[2])}\n")
    async with HostileServer() as server:
        listed = json.dumps(GROUPS).encode()
        server.add("/sd", reply("200 OK", listed, "Content-Type: application/json"))
        config = f"""
scrape_configs:
  - {{job_name: files, file_sd_configs: [{{files: ["{tmp_path}/targets/*.json", "{tmp_path}/targets/*.yml"]}}]}}
  - {{job_name: http, http_sd_configs: [{{url: "{server.url("/sd")}"}}]}}
"""
        http = HttpClient(Limits())
        reach = Reach(http=http, root=tmp_path, clock=SystemClock())
        files = file_sd.KIND.build(file_sd.FileSdOptions(files=["targets/*.json", "targets/*.yml"]), reach)
        endpoint = http_sd.KIND.build(http_sd.HttpSdOptions(url=HttpUrl(server.url("/sd"))), reach)
        ours = metrics_urls(await files.discover())
        asked = metrics_urls(await endpoint.discover())
        await http.aclose()

        def theirs() -> tuple[dict[str, dict[str, str]], dict[str, dict[str, str]]]:
            with RealPrometheus(config, tmp_path) as prometheus:
                return scraped_urls(prometheus, "files", 4), scraped_urls(prometheus, "http", 4)

        in_files, over_http = await asyncio.to_thread(theirs)
    assert ours == in_files
    assert asked == over_http


def test_it_scrapes_our_own_page(tmp_path: Path) -> None:
    store = Store()
    store.self_.put("self", SelfReading(loop_lag_s=0.25, rss_bytes=12345, probes=7, errors=3))
    for name, state in (("a", AgentState.UP), ("b", AgentState.UP), ("c", AgentState.DOWN)):
        store.status.put(name, AgentStatus(name=name, state=state))
    port = free_port()
    config = f"""
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs: [{{job_name: fleetdeck, static_configs: [{{targets: ["127.0.0.1:{port}"]}}]}}]
"""

    def until(prometheus: RealPrometheus, query: str, wanted: float) -> None:
        # A scrape that was not answered in time has no samples, and its `up` is 0.
        def look() -> bool | None:
            result = prometheus.api("query", query=query)["result"]
            return True if result and float(result[0]["value"][1]) == wanted else None

        eventually(look)

    with offer(Listen("127.0.0.1", port), store), RealPrometheus(config, tmp_path) as prometheus:
        until(prometheus, "fleetdeck_probe_failures_total", 3)
        until(prometheus, "fleetdeck_loop_lag_seconds", 0.25)
        until(prometheus, 'fleetdeck_agents{state="up"}', 2)
        until(prometheus, 'up{job="fleetdeck"}', 1)


async def test_its_own_page_is_read_as_the_reference_parser_reads_it(tmp_path: Path) -> None:
    with RealPrometheus("", tmp_path) as prometheus:
        http = HttpClient(Limits())
        probe = MetricsProbe(Endpoint(url=f"{prometheus.url}/metrics"), http, Limits(), SeriesCache())

        async def reference() -> set[tuple[str, tuple[tuple[str, str], ...]]]:
            answer = await http.get(f"{prometheus.url}/metrics", accept="text/plain;version=0.0.4")
            families = text_string_to_metric_families(answer.body.decode())
            return {(one.name, tuple(sorted(one.labels.items()))) for family in families for one in family.samples}

        # Its parts start one after the other, each with series of its own: until none came between two looks.
        theirs = await reference()
        async with asyncio.timeout(60):
            while True:
                before, page, theirs = theirs, await probe.probe(), await reference()
                if before == theirs:
                    break
        await http.aclose()
    ours = {(series.name, series.labels) for series in page.series}
    assert len(ours) > 200
    assert ours == theirs
    assert page.cut == 0
