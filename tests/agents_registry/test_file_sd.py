"""Files of target groups: which are read, and what happens when one breaks, changes or goes."""

import asyncio
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from agents_registry.sources.file_sd import FileSd
from fleet.clock import ManualClock
from fleet.errors import Fault, OutsideError
from fleet.ports import Limits
from tests.agents_registry.web import NOW

pytestmark = pytest.mark.anyio


def source(root: Path, *patterns: str, limits: Limits | None = None) -> FileSd:
    return FileSd(list(patterns), root, ManualClock(NOW), limits or Limits())


def write(path: Path, *targets: str, old: bool = False) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps([{"targets": targets, "labels": {"from": path.name}}]))
    if old:
        os.utime(path, (1_700_000_000, 1_700_000_000))


async def names(looking: FileSd) -> list[str]:
    return [one.name for one in (await looking.discover()).sightings]


async def test_json_and_yaml_of_the_last_segment_are_read(tmp_path: Path) -> None:
    write(tmp_path / "targets/a.json", "a:1")
    write(tmp_path / "targets/.hidden.json", "h:1")
    write(tmp_path / "targets/b.yml", "b:1")
    write(tmp_path / "targets/c.txt", "c:1")
    write(tmp_path / "one.YAML", "d:1")
    looking = source(tmp_path, "targets/*.json", "targets/b*.yml", "one.YAML", "targets/*.json")
    assert sorted(await names(looking)) == ["a:1", "b:1", "d:1", "h:1"]


async def test_a_file_that_breaks_keeps_its_targets_and_the_others_go_on(tmp_path: Path) -> None:
    write(tmp_path / "a.json", "a:1")
    write(tmp_path / "b.json", "b:1")
    looking = source(tmp_path, "*.json")
    await looking.discover()
    (tmp_path / "a.json").write_text('[{"targets": ["x:')
    write(tmp_path / "b.json", "b:2")
    found = await looking.discover()
    assert [one.name for one in found.sightings] == ["a:1", "b:2"]
    assert found.complete
    assert "a.json" in found.problems[0]
    assert "kept" in found.problems[0]
    write(tmp_path / "a.json", "a:3")
    assert await names(looking) == ["a:3", "b:2"]


async def test_a_file_that_goes_takes_its_targets_along(tmp_path: Path) -> None:
    write(tmp_path / "a.json", "a:1")
    write(tmp_path / "b.json", "b:1")
    looking = source(tmp_path, "*.json")
    await looking.discover()
    (tmp_path / "a.json").unlink()
    assert await names(looking) == ["b:1"]


async def test_an_unchanged_file_is_not_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write(path, "a:1", old=True)
    looking = source(tmp_path, "*.json")
    await looking.discover()
    size = path.stat().st_size
    with path.open("r+b") as file:  # The same file, size and time, but no JSON any more.
        file.write(b"x" * size)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    found = await looking.discover()
    assert [one.name for one in found.sightings] == ["a:1"]
    assert not found.problems


class HeldClock(ManualClock):
    """A clock that holds up who reads it first, until it is told to go on: the look that is in the middle then."""

    def __init__(self) -> None:
        super().__init__(NOW)
        self.held, self.go_on = threading.Event(), threading.Event()

    def now(self) -> datetime:
        if not self.held.is_set():
            self.held.set()
            self.go_on.wait()
        return super().now()


async def test_a_look_that_was_given_up_takes_no_newer_targets_back(tmp_path: Path) -> None:
    """A thread cannot be cancelled: what it goes on to find is older than what the looks since have found."""
    path, clock = tmp_path / "a.json", HeldClock()
    write(path, "a:1")
    looking = FileSd(["a.json"], tmp_path, clock, Limits())
    with ThreadPoolExecutor() as threads:
        asyncio.get_running_loop().set_default_executor(threads)
        given_up = asyncio.create_task(looking.discover())
        await asyncio.to_thread(clock.held.wait)
        given_up.cancel()
        write(path, "a:2")
        assert await names(looking) == ["a:2"]
        clock.go_on.set()
    # Its thread has come to its end.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
    path.write_text("[{")
    assert await names(looking) == ["a:2"]


async def test_an_answer_that_is_the_same_is_the_very_same(tmp_path: Path) -> None:
    """The registry need not compare ten thousand targets, and nobody makes them anew."""
    write(tmp_path / "a.json", "a:1", old=True)
    write(tmp_path / "b.json", "b:1")  # too fresh for its time to be relied upon, so it is read each time
    looking = source(tmp_path, "*.json")
    first = await looking.discover()
    assert await looking.discover() is first
    write(tmp_path / "b.json", "b:2")
    assert await names(looking) == ["a:1", "b:2"]
    (tmp_path / "a.json").write_text("[{")
    broken = await looking.discover()
    assert ([one.name for one in broken.sightings], len(broken.problems)) == (["a:1", "b:2"], 1)


async def test_no_file_at_all_is_said_and_is_no_failure(tmp_path: Path) -> None:
    found = await source(tmp_path, "none/*.yml", "none.json").discover()
    assert found.sightings == ()
    assert [text.split()[:2] for text in found.problems] == [["no", "file"], ["no", "file"]]


async def test_only_broken_files_from_the_start_are_a_failure(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("- targets: [a\n")
    with pytest.raises(OutsideError) as caught:
        await source(tmp_path, "*.yml").discover()
    assert caught.value.fault is Fault.PAYLOAD
    assert "line" in caught.value.detail


async def test_a_folder_in_the_place_of_a_file_keeps_the_targets(tmp_path: Path) -> None:
    write(tmp_path / "a.json", "a:1")
    looking = source(tmp_path, "a.json")
    await looking.discover()
    (tmp_path / "a.json").unlink()
    (tmp_path / "a.json").mkdir()
    assert await names(looking) == ["a:1"]


async def test_more_targets_than_the_limit_are_cut_and_said(tmp_path: Path) -> None:
    write(tmp_path / "a.json", *(f"h:{n}" for n in range(20)))
    found = await source(tmp_path, "a.json", limits=Limits(agents=5)).discover()
    assert len(found.sightings) == 5
    assert not found.complete
    assert "more than 5" in found.problems[0]
