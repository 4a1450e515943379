"""What differs between a configuration and the next, entry by entry, so that only that is touched. Pure.

An entry is known by its id; it is the same as long as its kind and options are. Where it stands in the file is no part
of it, and its interval and time-out can change while it goes on.
"""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from config.schema import SECTIONS, Config, Entry

Placed = tuple[str, Entry]
"""A section and one of its entries."""

_APPLIED = (
    "keep_gone_s",
    "normalise_names",
    "host",
    "limits",
    "probes",
    "alerting",
    "servers",
    "rules",
    "default_rules",
    "slos",
    "slo_files",
    "gates",
    "actions",
    "templates",
    "rollbacks",
)
_AT_START = tuple(name for name in Config.__struct_fields__ if name not in ("path", "root", *SECTIONS, *_APPLIED))
"""All else is read at the start only: the title and the rules of a dashboard that is open, a socket that listens."""

_KEYS = {
    "keep_gone_s": "keep_gone",
    "probes": "intervals and limits of probes",
    "alerting": "severities, inhibit_rules, deadman",
    "servers": "prometheus, alertmanager",
}


class Changes(Struct, frozen=True, kw_only=True):
    """What to do to get from one configuration to the next.

    `replaced` have other options and begin anew, `retimed` only another interval or time-out and go on. `settings` are
    keys of the top level that changed and apply at once, `restart` those that apply at the next start only. `limits`
    says that how much is taken in changed, so that everything is made anew with what it knows kept.
    """

    removed: tuple[Placed, ...] = ()
    added: tuple[Placed, ...] = ()
    replaced: tuple[Placed, ...] = ()
    retimed: tuple[Placed, ...] = ()
    settings: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()
    limits: bool = False

    def __bool__(self) -> bool:
        return any((self.removed, self.added, self.replaced, self.retimed, self.settings, self.restart))

    def words(self) -> str:
        """`2 added, 1 changed, 1 removed; limits, keep_gone`; `nothing changed`."""
        counts = (
            (len(self.added), "added"),
            (len(self.replaced) + len(self.retimed), "changed"),
            (len(self.removed), "removed"),
        )
        parts = (", ".join(f"{count} {what}" for count, what in counts if count), ", ".join(self.settings))
        return "; ".join(part for part in parts if part) or "nothing that applies now changed"


def compare(old: Config, new: Config) -> Changes:
    """What `new` changes about `old`."""
    before = {(section, entry.id): entry for section, entry in _placed(old)}
    after = {(section, entry.id): entry for section, entry in _placed(new)}
    limits = old.limits != new.limits or old.root != new.root
    both = [(key[0], before[key], entry) for key, entry in after.items() if key in before]
    anew = {(section, entry.id) for section, was, entry in both if limits or not _same(was, entry)}
    return Changes(
        removed=tuple((key[0], entry) for key, entry in before.items() if key not in after),
        added=tuple((key[0], entry) for key, entry in after.items() if key not in before),
        replaced=tuple((section, entry) for section, _, entry in both if (section, entry.id) in anew),
        retimed=tuple(
            (section, entry)
            for section, was, entry in both
            if (section, entry.id) not in anew and (was.every_s, was.timeout_s) != (entry.every_s, entry.timeout_s)
        ),
        settings=(*_differing(old, new, _APPLIED), *_order(old, new)),
        restart=tuple(_differing(old, new, _AT_START)),
        limits=limits,
    )


def _placed(config: Config) -> Iterable[Placed]:
    return ((section, entry) for section in SECTIONS for entry in getattr(config, section))


def _same(one: Entry, other: Entry) -> bool:
    return one.kind.name == other.kind.name and one.name == other.name and one.options == other.options


def _differing(old: Config, new: Config, fields: Iterable[str]) -> list[str]:
    def value(config: Config, field: str) -> Any:
        return getattr(config, field)

    return [_KEYS.get(field, field) for field in fields if value(old, field) != value(new, field)]


def _order(old: Config, new: Config) -> list[str]:
    """Discovery sources that stay but stand in another order: the first is believed most."""
    before = [entry.id for entry in old.discovery]
    after = [entry.id for entry in new.discovery]
    same = [id_ for id_ in before if id_ in after] == [id_ for id_ in after if id_ in before]
    return [] if same else ["order of discovery"]
