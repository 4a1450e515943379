"""Local silences: made, renewed and ended here, kept in the journal first and only then shown.

This is the one way by which the interface writes silences; read-only is enforced here and not in key bindings. An
acknowledgement is a short silence on exactly one alert: `keep` renews it while the alert fires and ends it when it has
resolved.
"""

import asyncio
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from msgspec.structs import replace

from actions.intents import Intent, Intents, Unrecorded
from fleet.alerts.book import AlertBook
from fleet.alerts.matching import written
from fleet.alerts.model import AlertState, Silence, SilenceState
from fleet.alerts.silences import (
    ACK_S,
    COMMENT_CHARS,
    LONGEST_S,
    RENEW_BELOW_S,
    ack_comment,
    check_matchers,
    exactly,
    is_ack,
    state_at,
)
from fleet.clock import Clock
from fleet.errors import FleetdeckError, RefusedError
from fleet.promql.storage import Matchers
from fleet.store import Store
from fleet.text import scrub

Change = Callable[[dict[str, Silence]], None]
"""What is to be done with the silences by id: it changes the mapping that it is given."""

ReadOnly = Callable[[], bool | str] | bool
"""Whether nothing may be written, or why not; asked right before every write where it can change."""

LOCAL = "local"
"""The origin of the silences that are made here."""


class Journal(Protocol):
    """Where silences are kept (`journal.silences.SilenceFile`). Blocking."""

    trouble: str
    """What is wrong with it, in a sentence; "" where nothing is."""
    lost: bool
    """What is known stands nowhere else any more: it is to be written anew."""

    def read(self) -> Mapping[str, Silence]: ...

    def change(self, change: Change, at: datetime) -> Mapping[str, Silence]: ...


class LocalSilencer:
    """Silences without any server beside it. Implements `fleet.alerts.ports.Silencer`."""

    def __init__(
        self,
        store: Store,
        book: AlertBook,
        journal: Journal,
        clock: Clock,
        *,
        read_only: ReadOnly = False,
        intents: Intents | None = None,
    ) -> None:
        self._store = store
        self._book = book
        self._journal = journal
        self._clock = clock
        self._is_read_only = as_asked(read_only)
        self._intents = intents or Unrecorded()
        self._began = clock.now()

    async def silence(self, matchers: Matchers, *, for_s: float, by: str, comment: str) -> Silence:
        """A new silence from now on. Raises FleetdeckError with a sentence where it could not be made."""
        self._may_write()
        check_matchers(matchers)
        if not 0 < for_s <= LONGEST_S:
            raise RefusedError("a silence lasts more than 0s and at most a year")
        made = self._made(matchers, for_s, by, comment)
        intent = _intent("silence", f"{{{written(matchers)}}}", by, comment)
        await self._act((intent,), lambda silences: silences.update({made.id: made}))
        return made

    async def acknowledge(self, alert_ids: tuple[str, ...], *, by: str, reason: str) -> tuple[Silence, ...]:
        """A short silence for each alert that is there and not resolved. One that was acknowledged already is so by
        another now. Raises FleetdeckError where nothing is there to acknowledge."""
        self._may_write()
        rows = [row for id in dict.fromkeys(alert_ids) if (row := self._store.alerts.get(id)) is not None]
        rows = [row for row in rows if row.state is not AlertState.RESOLVED]
        if not rows:
            raise RefusedError("there is nothing to acknowledge: the alert has resolved")
        comment = ack_comment(reason)
        made = tuple(self._made(exactly(row.labels), ACK_S, by, comment, acknowledges=True) for row in rows)
        now = self._clock.now()

        def change(silences: dict[str, Silence]) -> None:
            again = {silence.matchers for silence in made}
            for one in list(silences.values()):
                if one.acknowledges and one.matchers in again and one.ends_at > now:
                    silences[one.id] = _ended(one, now)
            silences.update({silence.id: silence for silence in made})

        what = _listed([f"{{{written(one.matchers)}}}" for one in made])
        await self._act((_intent("acknowledge", what, by, reason),), change)
        return made

    async def expire(self, silence_ids: tuple[str, ...]) -> None:
        """End silences now. Raises FleetdeckError where one of them is not there, or is no local one."""
        self._may_write()
        now = self._clock.now()
        missing: list[str] = []

        def change(silences: dict[str, Silence]) -> None:
            for id in silence_ids:
                silence = silences.get(id)
                if silence is None:
                    missing.append(id)
                elif silence.ends_at > now:
                    silences[id] = _ended(silence, now)

        await self._act((_intent("expire", _listed(silence_ids)),), change)
        if missing:
            raise RefusedError(f"there is no local silence {scrub(missing[0], 64)}")

    async def refresh(self) -> None:
        """Take in what is kept: at the start, and what other dashboards on this machine did since."""
        self._show(await asyncio.to_thread(self._journal.read))

    async def keep(self) -> None:
        """Take in what others did; renew acknowledgements while what they hold fires, end those of alerts that have
        resolved, in the name of who made them. Call it now and then, at least every few minutes. In read-only nothing
        is renewed. Raises FleetdeckError where that cannot be kept or recorded."""
        await self.refresh()
        now = self._clock.now()
        if self._journal.lost and not self._is_read_only():
            await self._write(lambda silences: None)
        due = {} if self._is_read_only() else self._due(now)
        if due:
            intents = tuple(_kept(self._store.silences[id], renew) for id, renew in due.items())
            await self._act(intents, lambda silences: _renew(silences, due, now))

    def _due(self, now: datetime) -> dict[str, bool]:
        """The acknowledgements to do something about: True to renew, False to end."""
        due: dict[str, bool] = {}
        for row in self._store.silences.values():
            if not row.acknowledges or row.origin != LOCAL or state_at(row, now) is not SilenceState.ACTIVE:
                continue
            # Nothing resolves in the moment in which it is acknowledged, nor before the sources have answered.
            holds = row.matched > 0 or now - max(row.starts_at, self._began) < timedelta(seconds=_SETTLES_S)
            if not holds and self._answered():
                due[row.id] = False
            elif row.matched and row.ends_at - now < timedelta(seconds=RENEW_BELOW_S):
                due[row.id] = True
        return due

    def _answered(self) -> bool:
        """Whether every source of alerts answers: an alert whose source is away has not resolved."""
        return bool(self._book.sources) and not self._book.away()

    def _may_write(self) -> None:
        why = self._is_read_only()
        if why:
            raise RefusedError(f"{why}: silences are neither made nor ended")

    def _made(
        self, matchers: Matchers, for_s: float, by: str, comment: str, *, acknowledges: bool | None = None
    ) -> Silence:
        now = self._clock.now()
        comment = scrub(comment, COMMENT_CHARS)
        return Silence(
            id=str(uuid.uuid4()),
            matchers=matchers,
            starts_at=now,
            ends_at=now + timedelta(seconds=for_s),
            created_by=scrub(by, COMMENT_CHARS),
            comment=comment,
            origin=LOCAL,
            acknowledges=is_ack(comment) if acknowledges is None else acknowledges,
        )

    async def _act(self, intents: Sequence[Intent], change: Change) -> None:
        """Do what was asked for, on the record: in one write."""
        recorded: list[Intent] = []
        try:
            for intent in intents:
                await self._intents.record(intent)
                recorded.append(intent)
            await self._write(change)
        except FleetdeckError as error:
            await self._ended(recorded, str(error))
            raise
        await self._ended(recorded)

    async def _ended(self, intents: Iterable[Intent], error: str = "") -> None:
        for intent in intents:
            await self._intents.ended(intent, error)

    async def _write(self, change: Change) -> None:
        self._show(await asyncio.to_thread(self._journal.change, change, self._clock.now()))

    def _show(self, silences: Mapping[str, Silence]) -> None:
        self._book.put_silences(LOCAL, _scrubbed(silences.values()), self._clock.now())


def as_asked(read_only: ReadOnly) -> Callable[[], str]:
    """`read_only` as something to ask: why nothing may be written, "" where it may."""

    def asked() -> str:
        said = read_only() if callable(read_only) else read_only
        return said if isinstance(said, str) else "read-only" if said else ""

    return asked


_SETTLES_S = 60.0
"""Seconds after the start, and after it was made, in which no acknowledgement is ended."""


def _renew(silences: dict[str, Silence], due: Mapping[str, bool], now: datetime) -> None:
    for id, renew in due.items():
        silence = silences.get(id)
        # Another dashboard may have ended or renewed it meanwhile.
        if silence is None or silence.ends_at <= now:
            continue
        if not renew:
            silences[id] = _ended(silence, now)
        elif silence.ends_at - now < timedelta(seconds=RENEW_BELOW_S):
            silences[id] = replace(silence, ends_at=now + timedelta(seconds=ACK_S))


def _ended(silence: Silence, now: datetime) -> Silence:
    # One that has not begun ends before it does.
    return replace(silence, starts_at=min(silence.starts_at, now), ends_at=now)


def _intent(act: str, what: str, by: str = "", why: str = "") -> Intent:
    return Intent(act=act, server=LOCAL, url="", what=what, by=by, why=why)


def _kept(silence: Silence, renew: bool) -> Intent:
    """What is done about an acknowledgement by itself, in the name of who made it."""
    what = f"{{{written(silence.matchers)}}}"
    if renew:
        return _intent("renew", what, silence.created_by, silence.comment)
    return _intent("expire", what, silence.created_by, "the alert has resolved")


def _listed(words: Sequence[str]) -> str:
    """The first of them, and how many others there are."""
    return words[0] + (f" and {len(words) - 1:,} more" if len(words) > 1 else "") if words else ""


def _scrubbed(silences: Iterable[Silence]) -> tuple[Silence, ...]:
    """What others may have written into the file, made harmless; matchers are compared as they are."""
    return tuple(
        replace(
            one,
            id=scrub(one.id, 64),
            created_by=scrub(one.created_by, COMMENT_CHARS),
            comment=scrub(one.comment, COMMENT_CHARS),
            origin=LOCAL,
        )
        for one in silences
    )
