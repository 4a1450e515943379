"""Backlog probes over real files in a temporary folder."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from config.kinds import load_kinds
from fleet.clock import ManualClock
from fleet.ports import Http, Limits, Probe, Reach
from fleet.work import BacklogReading

MakeProbe = Callable[..., Probe]
ReadBytes = Callable[..., BacklogReading]

KINDS = load_kinds("collectors.backlogs")
LATER = ManualClock(datetime(2100, 1, 1, tzinfo=UTC))
"""Long after any file of a test was written."""


@pytest.fixture
def make(tmp_path: Path) -> MakeProbe:
    """A probe of a kind, with its options as the configuration would give them."""

    def build(kind: str, *, clock: ManualClock = LATER, limits: Limits | None = None, **options: Any) -> Probe:
        reach = Reach(http=cast(Http, None), root=tmp_path, clock=clock, limits=limits or Limits())
        return cast(Probe, KINDS[kind].build(msgspec.convert(options, KINDS[kind].options), reach))

    return build


@pytest.fixture
def read(tmp_path: Path, make: MakeProbe) -> ReadBytes:
    """The reading of `content` in a file `name`, by a probe of a kind."""

    def look(kind: str, content: bytes | str, name: str = "file", **options: Any) -> BacklogReading:
        raw = content if isinstance(content, bytes) else content.encode()
        (tmp_path / name).write_bytes(raw)
        reading = asyncio.run(cast(Any, make(kind, path=name, **options).probe()))
        assert isinstance(reading, BacklogReading)
        return reading

    return look
