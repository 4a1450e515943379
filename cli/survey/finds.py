"""What a survey brings back: agents and entries for a configuration, and why they were taken."""

import asyncio
from pathlib import Path
from typing import Any

from msgspec import Struct

from config.check import Checker
from config.kinds import Kind, KindTables
from config.problems import Problems
from config.yaml_tree import Mapping, read_tree
from fleet.clock import SystemClock
from fleet.errors import ConfigError, OutsideError
from fleet.ports import Http, Limits, Reach

READ_S = 5.0
"""Seconds that reading one find may take."""


class FoundAgent(Struct, frozen=True, kw_only=True):
    """An agent with endpoints that answered: its keys in a `static` list, and what was seen."""

    keys: dict[str, Any]
    why: str


class FoundEntry(Struct, frozen=True, kw_only=True):
    """An entry of `section`: its keys, and what was seen."""

    section: str
    keys: dict[str, Any]
    why: str


class Finds(Struct, frozen=True, kw_only=True):
    """All of it. `silent` are addresses that are open and did not answer as an agent does, `busy` those that asked to
    wait or broke off, so that there may be more."""

    agents: tuple[FoundAgent, ...] = ()
    entries: tuple[FoundEntry, ...] = ()
    silent: tuple[str, ...] = ()
    busy: tuple[str, ...] = ()

    def of(self, section: str) -> tuple[FoundEntry, ...]:
        """The entries of `discovery`, `queues`, `backlog` or `alerts`."""
        return tuple(entry for entry in self.entries if entry.section == section)


class Trial:
    """Builds the kind that an entry would be, and reads with it once."""

    def __init__(self, kinds: KindTables, http: Http, root: Path) -> None:
        self._kinds = kinds
        self._reach = Reach(http=http, root=root, clock=SystemClock(), limits=Limits())

    async def read(self, section: str, keys: dict[str, Any]) -> Any:
        """A `Discovery`, `QueueReading`, `BacklogReading` or `AlertsReading`; None where it could not be read."""
        kind = self._kinds.section(section)[keys["kind"]]
        made: Any = None
        try:
            made = kind.build(_options(kind, keys), self._reach)
            async with asyncio.timeout(READ_S):
                return await (made.discover() if section == "discovery" else made.probe())
        except (ConfigError, OutsideError, TimeoutError, OSError):
            return None
        finally:
            close = getattr(made, "aclose", None)
            if close is not None:
                await close()


def _options(kind: Kind[Any], keys: dict[str, Any]) -> Any:
    """The options of a kind, checked as those of a file are. Raises ConfigError."""
    import yaml

    problems = Problems()
    own = {name: value for name, value in keys.items() if name not in ("kind", "name", "every", "timeout")}
    tree = read_tree(yaml.safe_dump(own), problems)
    options = Checker(problems).struct(tree, kind.options, "") if isinstance(tree, Mapping) else None
    if options is None or len(problems):
        raise problems.error(str(keys.get("kind")))
    return options
