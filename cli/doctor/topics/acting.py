"""Acting: may anything be written, is the record of it whole, which templates and rollbacks can be used."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from cli.doctor.finding import Finding, Topic, bad, note, ok
from cli.doctor.place import Place

if TYPE_CHECKING:
    from config.schema import Config
    from fleet.store import Store


def look(place: Place) -> Iterator[Finding]:
    from cli.settings import state_path

    yield from _log(state_path())
    config = place.config
    if config is None:
        return
    yield _frozen(config)
    if not config.templates and not config.rollbacks:
        yield note("nothing can be done to this fleet from here: there are no `templates:` and no `rollbacks:`")
        return
    yield _written(config)
    yield from _codes(config)
    store = asyncio.run(_shown(config))
    for row in store.templates.values():
        yield bad(f"template {row.name}: {row.error}") if row.error else ok(f"template {row.name}: {row.target}")
    for rollback in store.rollbacks.values():
        if rollback.error:
            yield bad(f"rollback {rollback.name}: {rollback.error}", "fleetdeck rollback NAME --dry-run says more")
        else:
            yield ok(f"rollback {rollback.name}: {rollback.live or 'what is live is not known'} is live")


def _log(folder: Path) -> Iterator[Finding]:
    """Whether the audit log is whole; asked of a large one, it takes 7 µs a line."""
    from actions.audit_files import Reading
    from fleet.actions.audit import verify

    if not folder.is_dir():
        yield note("there is no state folder, so no audit log: every act would be refused where none can be made")
        return
    reading = Reading(folder)
    try:
        found = verify(reading.lines(), known=() if reading.head is None else (reading.head.hash,))
        if found.broken is not None:
            where = reading.place(found.broken.line)
            yield bad(f"the audit log is broken: {where}: {found.broken.sentence}", "fleetdeck audit verify says more")
        elif found.lines:
            yield ok(f"the audit log is whole: {found.lines:,} lines")
        else:
            yield ok("nothing was recorded in the audit log yet")
    finally:
        reading.close()


def _frozen(config: "Config") -> Finding:
    """Whether somebody froze the fleet, for all programs of the user."""
    from cli.acting.books import Books, Keeping
    from fleet.clock import SystemClock
    from fleet.store import Store
    from fleet.times import rfc3339

    keeping = replace(Keeping.of(config), read_only="")
    row = Books(config, Store(), keeping, SystemClock()).freezing.refresh()
    if row.frozen:
        # Somebody wanted it so, unless it is a file that nobody can read.
        tell = note if row.by else bad
        return tell(f"nothing can be written: {row.why}", "fleetdeck unfreeze; for a while: fleetdeck unlock")
    if row.until is not None:
        return note(f"frozen, and unlocked until {rfc3339(row.until)}")
    return ok("nobody has frozen the fleet")


def _written(config: "Config") -> Finding:
    if not config.read_only:
        return ok("the configuration does not say read_only")
    if config.actions.unlockable:
        return note("read-only by the configuration; it can be unlocked for a while (:unlock)")
    return note("read-only by the configuration, for good")


def _codes(config: "Config") -> Iterator[Finding]:
    """Whether the secrets of one-time codes can be read, where something asks for them."""
    from actions.codes import from_base32
    from fleet.errors import ConfigError

    asking = [one.name for one in (*config.templates, *config.rollbacks) if one.head.tier == 3]
    if asking and not config.actions.codes:
        yield bad(f"{', '.join(asking)}: tier 3, and no operator has one-time codes", "name some under actions.codes")
    for name, secret in config.actions.codes.items():
        try:
            from_base32(secret.read(config.root).reveal())
        except ConfigError as error:
            yield bad(f"the one-time codes of {name}: {error}")
        except ValueError as error:
            yield bad(f"the one-time codes of {name}: {secret.place}: {error}")
        else:
            yield ok(f"the one-time codes of {name} can be checked")


async def _shown(config: "Config") -> "Store":
    """What can be done, as the targets say it now. Nothing is written."""
    from cli.acting.books import Keeping
    from cli.deck import Deck
    from fleet.clock import SystemClock
    from fleet.store import Store

    store = Store()
    deck = Deck(config, store, SystemClock(), keeping=Keeping.of(config))
    try:
        if deck.acts is not None:
            await deck.acts.show()
    finally:
        await deck.aclose()
    return store


TOPIC = Topic(name="acting", about="may anything be written, the audit log, templates, rollbacks", rank=10, look=look)
