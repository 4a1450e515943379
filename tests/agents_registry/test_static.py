"""Agents from the configuration."""

from pathlib import Path

import msgspec
import pytest

from agents_registry.sources.static import KIND
from config.values import decode_hook
from fleet.model import Endpoint
from tests.agents_registry.web import reach

pytestmark = pytest.mark.anyio


async def test_what_is_written_is_what_is_found(tmp_path: Path) -> None:
    agents = [
        {
            "name": "planner-1",
            "kind": "planner",
            "labels": {"env": "staging"},
            "health": "http://127.0.0.1:9501/health",
            "metrics": "https://127.0.0.1:9501/metrics",
            "every": "2s",
            "timeout": "500ms",
            "close": True,
            "pid": 12,
            "host_header": "planner.local",
        },
        {"name": "bare"},
    ]
    options = msgspec.convert({"agents": agents}, KIND.options, dec_hook=decode_hook)
    planner, bare = (await KIND.build(options, reach(tmp_path)).discover()).sightings
    settings = {"every_s": 2.0, "timeout_s": 0.5, "close": True, "host_header": "planner.local"}
    assert planner.health == Endpoint(url="http://127.0.0.1:9501/health", **settings)  # type: ignore[arg-type]
    assert planner.metrics == Endpoint(url="https://127.0.0.1:9501/metrics", **settings)  # type: ignore[arg-type]
    assert (planner.kind, planner.labels, planner.pid, planner.process_seen) == (
        "planner",
        {"env": "staging"},
        12,
        True,
    )
    assert (bare.health, bare.metrics, bare.pid, bare.process_seen, bare.claim) == (None, None, None, False, None)
    assert msgspec.json.decode(msgspec.json.encode(planner), type=type(planner)) == planner
