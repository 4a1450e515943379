"""How a folder of kinds is found: one file is one kind of discovery source, queue probe, backlog reader,
reader of alerts, place that tasks are submitted to, or way to roll back.

Each module of such a folder exports `KIND`. A module without it is an error at start, loudly, so that a new file
that is not wired in cannot go unnoticed. Other packages add kinds through the entry-point group of the same name.
"""

import importlib
import pkgutil
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

from msgspec import Struct

from fleet.errors import ConfigError

T = TypeVar("T")


class Kind(Struct, Generic[T], frozen=True):
    """A kind: the word in `kind:`, its strict options, and how to build one.

    `options` is a `msgspec.Struct` with `forbid_unknown_fields=True`; a string below each field documents it. Where it
    has a field `name`, `every` or `timeout`, that key of the entry goes there too.
    `build` takes the options and a `fleet.ports.Reach`, or for what acts a `fleet.actions.ports.ActReach`.
    `every_s` is the kind's own default interval where the general one does not suit it.

    What acts may say more of its options, so that mistakes are found when the configuration is read; None: not known.
    `named`: the fields of the form that a template's texts name, by the option's key; it raises ConfigError for a text
    that is wrong. `offers`: the fields of the form whose choices its target tells. `staged`: whether a rollback can be
    rolled in stages. `missing`: what may be wrong with them on this machine (a program that is not there), by the
    option's key, in sentences; it gets the configuration's folder, too.
    """

    name: str
    options: type[Struct]
    build: Callable[[Any, Any], T]
    every_s: float | None = None
    named: Callable[[Any], Mapping[str, Collection[str]]] | None = None
    offers: Callable[[Any], Collection[str]] | None = None
    staged: Callable[[Any], bool] | None = None
    missing: Callable[[Any, Path], Mapping[str, str]] | None = None


def nothing(options: Struct) -> tuple[str, ...]:
    """For `offers` of a kind whose target tells no choices."""
    return ()


def never(options: Struct) -> bool:
    """For `staged` of a kind that always rolls the whole."""
    return False


class LaterKinds(Mapping[str, Kind[Any]]):
    """The kinds of a package, which is imported when one of them is asked for: few configurations act."""

    def __init__(self, package: str) -> None:
        self._package = package
        self._kinds: dict[str, Kind[Any]] | None = None

    def __getitem__(self, name: str) -> Kind[Any]:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> dict[str, Kind[Any]]:
        if self._kinds is None:
            self._kinds = load_kinds(self._package)
        return self._kinds


class KindTables(Struct, frozen=True, kw_only=True):
    """The kinds that a configuration may name, by section and name. They are handed in: config imports none of them."""

    discovery: dict[str, Kind[Any]]
    queues: dict[str, Kind[Any]]
    backlog: dict[str, Kind[Any]]
    alerts: dict[str, Kind[Any]] = {}
    templates: Mapping[str, Kind[Any]] = {}
    rollbacks: Mapping[str, Kind[Any]] = {}

    def section(self, name: str) -> Mapping[str, Kind[Any]]:
        """The kinds of a section of the configuration."""
        return {
            "discovery": self.discovery,
            "queues": self.queues,
            "backlog": self.backlog,
            "alerts": self.alerts,
            "templates": self.templates,
            "rollbacks": self.rollbacks,
        }[name]


def installed_kinds() -> KindTables:
    """Every kind that this installation has. Imports their modules; raises ConfigError as `load_kinds` does."""
    return KindTables(
        discovery=load_kinds("agents_registry.sources"),
        queues=load_kinds("collectors.queues"),
        backlog=load_kinds("collectors.backlogs"),
        alerts=load_kinds("collectors.alerts"),
        templates=LaterKinds("actions.tasks"),
        rollbacks=LaterKinds("actions.rollbacks"),
    )


def load_kinds(package: str) -> dict[str, Kind[Any]]:
    """The kinds of `package` (`agents_registry.sources`), by name, and those that others registered for it.

    Raises ConfigError for a module without `KIND` and for a name given twice.
    """
    # Whoever needs the types above does without it; it brings a parser of e-mail.
    from importlib.metadata import entry_points

    kinds: dict[str, Kind[Any]] = {}
    folder = importlib.import_module(package)
    found: list[tuple[str, Any]] = []
    for module in sorted(f"{package}.{item.name}" for item in pkgutil.iter_modules(folder.__path__)):
        found.append((module, getattr(importlib.import_module(module), "KIND", None)))  # noqa: PERF401  # imports
    found.extend((point.value, point.load()) for point in entry_points(group=f"fleetdeck.{package}"))
    for where, kind in found:
        if not isinstance(kind, Kind):
            raise ConfigError(f"{where} exports no KIND (a config.kinds.Kind)")
        if kind.name in kinds:
            raise ConfigError(f"{where}: the kind {kind.name!r} is there already")
        kinds[kind.name] = kind
    return kinds
