"""Agents that run as processes on this machine, found by their command lines.

A command line is matched and never shown: the agent is called after the script or program that runs. Of a process and
its children that are called the same (a launcher, forked workers) the topmost is the agent. Several that are not
related get `-2`, `-3` and so on, oldest first; each keeps its name as long as it lives, and a restarted one takes the
free name again, so that its history goes on.
"""

import asyncio
import os
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import Annotated, Any

from msgspec import Meta, Struct

from agents_registry.problems import Problems
from agents_registry.program import program_name
from config.kinds import Kind
from config.values import Regex
from fleet.model import Discovery, Sighting
from fleet.ports import DiscoverySource, Reach
from fleet.text import scrub

_OURSELVES = "fleetdeck"
_LONGEST = 4096
"""Characters of a command line that are matched."""


class ProcessesOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Processes of this machine whose command line matches.

    match: a regular expression, searched for in the arguments joined by blanks (4,096 characters at most). A group
    `(?P<name>…)` in it is the agent's name; take care not to catch a secret.
    agent: the name of all of them, in place of the script's.
    """

    match: Regex
    agent: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class Found(Struct, frozen=True):
    """A process that matched. (`pid`, `started`) is its identity; `name` what it would be called alone."""

    pid: int
    started: float
    parent: int
    name: str


class Processes:
    """Looks through the processes of this machine."""

    def __init__(self, options: ProcessesOptions, most: int) -> None:
        self.target = str(options.match)
        self._match = options.match.compiled()
        self._agent = options.agent
        self._most = most
        self._names: dict[Found, str] = {}

    async def discover(self) -> Discovery:
        # A scan that was given up goes on in its thread: its names are older than those given since.
        discovery, self._names = await asyncio.to_thread(self._look, self._names)
        return discovery

    def _look(self, before: dict[Found, str]) -> tuple[Discovery, dict[Found, str]]:
        problems = Problems()
        found = topmost(self._scan())
        cut = max(0, len(found) - self._most)
        if cut:
            problems.add(f"more than {self._most:,} processes match; the {cut:,} newest were left out")
        given = names(found[: self._most], before)
        discovery = Discovery(
            sightings=tuple(Sighting(name=name, pid=one.pid, process_seen=True) for one, name in given.items()),
            problems=problems.told,
            cut=cut,
            complete=not cut,
        )
        return discovery, given

    def _scan(self) -> Iterator[Found]:
        import psutil

        own = _family(psutil)
        for pid in psutil.pids():
            if pid == os.getpid():
                continue
            try:
                process = psutil.Process(pid)
                argv = process.cmdline()
                name = self._name(argv, related=pid in own)
                if name:
                    yield Found(pid, process.create_time(), process.ppid() or 0, name)
            except psutil.Error:
                continue  # It ended just now, or belongs to somebody whose processes we may not look into.

    def _name(self, argv: list[str], *, related: bool) -> str:
        """What the process is called; empty where it does not match, or is fleetdeck (or the shell that runs it)."""
        # Arguments need not be UTF-8, which RE2 wants.
        line = " ".join(argv)[:_LONGEST].encode("utf-8", "replace").decode()
        match = self._match.search(line) if line else None
        if match is None or any(PurePath(part).name == _OURSELVES for part in argv[:3]):
            return ""
        if related and _OURSELVES in line:
            return ""
        return scrub(self._agent or match.groupdict().get("name") or program_name(argv) or "process", 64)


def _family(psutil: Any) -> set[int]:
    """The processes above ours: a shell that runs `fleetdeck` has our arguments in its own."""
    try:
        return {parent.pid for parent in psutil.Process().parents()}
    except psutil.Error:
        return set()


def topmost(found: Iterable[Found]) -> list[Found]:
    """`found`, oldest first, without those whose parent is one of them and called the same."""
    by_pid = {one.pid: one for one in found}
    return sorted(
        (one for one in by_pid.values() if (up := by_pid.get(one.parent)) is None or up.name != one.name),
        key=lambda one: (one.started, one.pid),
    )


def names(found: list[Found], before: dict[Found, str]) -> dict[Found, str]:
    """A name for each of `found`: the one that it had before, else the first free of `x`, `x-2`, `x-3`, …"""
    given = {one: before[one] for one in found if one in before}
    taken = set(given.values())
    for one in found:
        if one in given:
            continue
        name, number = one.name, 1
        while name in taken:
            number += 1
            name = f"{one.name}-{number}"
        given[one] = name
        taken.add(name)
    return given


def _build(options: Any, reach: Reach) -> DiscoverySource:
    return Processes(options, reach.limits.agents)


KIND: Kind[DiscoverySource] = Kind("processes", ProcessesOptions, _build)
