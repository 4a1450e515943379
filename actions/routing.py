"""Silences where they belong: in the Alertmanagers that notify people, or here where there is none.

- An alert that an Alertmanager holds is acknowledged there, in each cluster that has it; any other one here.
- A silence by matchers is made in every cluster that answers. A silence of theirs holds our own alerts, too, so there
  is no second one here. Where none answers it is made here, so that there is one.
- A silence is ended where it is.

Of a cluster one server is enough: the one that answers is asked first, the others only where it fails. Read-only is
enforced here.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from actions.alertmanager import AlertmanagerWriter
from actions.intents import Intent, Intents, Unrecorded
from actions.silencing import LocalSilencer, ReadOnly, as_asked
from fleet.alertmanager_api import HeldSilence, written
from fleet.alerts.managers import Cluster, Managers
from fleet.alerts.matching import written as written_matchers
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
from fleet.errors import FleetdeckError, OutsideError, RefusedError
from fleet.promql.storage import Matchers
from fleet.store import Store
from fleet.text import scrub

T = TypeVar("T")

_AT_ONCE = 8
"""Requests that are under way at one time."""
_NAMED = 10
"""Alerts and silences that a refusal names."""
_AGAIN_S = 30.0
"""Seconds after which a renewal that failed is tried again."""


class Member(Struct, frozen=True):
    """An Alertmanager: what writes to it, and what looks at it again after that."""

    writer: AlertmanagerWriter
    look_again: Callable[[], Awaitable[None]]


class RoutedSilencer:
    """Implements `fleet.alerts.ports.Silencer` over our own silences and any number of Alertmanagers. `members` are
    these by name; without any, everything is done here."""

    def __init__(
        self,
        local: LocalSilencer,
        managers: Managers,
        store: Store,
        clock: Clock,
        *,
        read_only: ReadOnly = False,
        intents: Intents | None = None,
    ) -> None:
        self._local = local
        self._managers = managers
        self._store = store
        self._clock = clock
        self._is_read_only = as_asked(read_only)
        self._intents = intents or Unrecorded()
        self._tried: dict[str, datetime] = {}
        self.members: dict[str, Member] = {}

    async def silence(self, matchers: Matchers, *, for_s: float, by: str, comment: str) -> Silence:
        """A new silence from now on, in every cluster that answers, else here. Raises FleetdeckError where it could not
        be made, or in one of them only."""
        await self._may_write("silence", f"{{{written_matchers(matchers)}}}", by, comment)
        clusters = [one for one in self._managers.clusters() if self._managers.answers(one.names[0])]
        if not clusters:
            return await self._local.silence(matchers, for_s=for_s, by=by, comment=comment)
        check_matchers(matchers)
        if not 0 < for_s <= LONGEST_S:
            raise RefusedError("a silence lasts more than 0s and at most a year")
        wanted = self._wanted(matchers, for_s, by, scrub(comment, COMMENT_CHARS))
        made = await self._all(self._make(wanted, one.names) for one in clusters)
        return made[0]

    async def acknowledge(self, alert_ids: tuple[str, ...], *, by: str, reason: str) -> tuple[Silence, ...]:
        """A short silence for each alert that is there and not resolved, where the alert is held. Raises FleetdeckError
        where one of them could not be acknowledged; the others then are."""
        await self._may_write("acknowledge", ", ".join(alert_ids[:_NAMED]), by, reason)
        rows = [row for id in dict.fromkeys(alert_ids) if (row := self._store.alerts.get(id)) is not None]
        live = {row.id: self._managers.holding(row.id) for row in rows if row.state is not AlertState.RESOLVED}
        here = tuple(id for id, held in live.items() if not held)
        local: tuple[Silence, ...] = ()
        if here or not live:
            # It has the words for what is not there.
            local = await self._local.acknowledge(here or alert_ids, by=by, reason=reason)
        before, comment = self._acknowledging(), ack_comment(reason)
        wanted = [
            (replace(self._wanted(exactly(held[names[0]]), ACK_S, by, comment), acknowledges=True), names)
            for held in live.values()
            for names in self._groups_of(held)
        ]
        made = await self._all(self._make(one, names) for one, names in wanted)
        await self._replace(made, before)
        return (*local, *made)

    async def expire(self, silence_ids: tuple[str, ...]) -> None:
        """End silences now, each where it is. Raises FleetdeckError where one of them could not be ended."""
        await self._may_write("expire", ", ".join(silence_ids[:_NAMED]))
        there = [id for id in silence_ids if self._managers.silence(id) is not None]
        here = tuple(id for id in silence_ids if self._managers.silence(id) is None)
        if here:
            await self._local.expire(here)
        await self._all(self._end(id) for id in there)

    async def refresh(self) -> None:
        """Take in what is kept here."""
        await self._local.refresh()

    async def keep(self) -> None:
        """Keep our own silences, and renew the acknowledgements in Alertmanagers while what they hold is there, as
        kthxbye does: whoever made them. They end by themselves."""
        await self._local.keep()
        if self._is_read_only() or not self.members:
            return
        now = self._clock.now()
        for held in self._due(now):
            self._tried[held.silence.id] = now
            await self._renew(held, now)

    # ── how ──

    async def _may_write(self, act: str, what: str, by: str = "", why: str = "") -> None:
        """Raises RefusedError, which is on the record then, where nothing may be written."""
        read_only = self._is_read_only()
        if read_only:
            error = f"{read_only}: silences are neither made nor ended"
            await self._intents.refused(Intent(act=act, server="", url="", what=what, by=by, why=why), error)
            raise RefusedError(error)

    def _wanted(self, matchers: Matchers, for_s: float, by: str, comment: str) -> Silence:
        now = self._clock.now()
        return Silence(
            id="",
            matchers=matchers,
            starts_at=now,
            ends_at=now + timedelta(seconds=for_s),
            created_by=scrub(by, COMMENT_CHARS),
            comment=comment,
            acknowledges=is_ack(comment),
        )

    async def _make(self, wanted: Silence, names: Sequence[str]) -> Silence:
        async def make(writer: AlertmanagerWriter) -> str:
            return await writer.silence(
                wanted.matchers,
                written(wanted.starts_at),
                wanted.ends_at,
                by=wanted.created_by,
                comment=wanted.comment,
            )

        name, id = await self._by_any(names, make)
        return replace(wanted, id=id, origin=name)

    async def _end(self, id: str) -> None:
        held = self._managers.silence(id)
        if held is None or state_at(held.silence, self._clock.now()) is SilenceState.EXPIRED:
            return
        await self._by_any(self._managers.having(id), lambda writer: writer.expire(id))

    async def _renew(self, held: HeldSilence, now: datetime) -> None:
        one = held.silence

        async def renew(writer: AlertmanagerWriter) -> str:
            ends_at = now + timedelta(seconds=ACK_S)
            return await writer.silence(
                one.matchers, held.starts, ends_at, by=one.created_by, comment=one.comment, id=one.id
            )

        with contextlib.suppress(FleetdeckError):
            # The next time, or another dashboard, will do it; that the server is away is said already.
            await self._by_any(self._managers.having(one.id), renew)
            self._tried.pop(one.id, None)

    async def _by_any(self, names: Sequence[str], act: Callable[[AlertmanagerWriter], Awaitable[T]]) -> tuple[str, T]:
        """Do `act` at the first of the servers of a cluster where it can be done."""
        failed: list[str] = []
        for name in names:
            member = self.members.get(name)
            if member is None:
                continue
            try:
                done = await act(member.writer)
            except OutsideError as error:
                failed.append(f"{name}: {error}")
                continue
            with contextlib.suppress(OutsideError):
                # What the next look would bring, at once.
                await member.look_again()
            return name, done
        raise RefusedError("; ".join(failed) or "no Alertmanager that is configured has it")

    async def _all(self, acts: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
        """Do all of them, some at a time. Raises RefusedError with the first sentence where any failed."""
        room = asyncio.Semaphore(_AT_ONCE)

        async def done(act: Coroutine[Any, Any, T]) -> T | FleetdeckError:
            async with room:
                try:
                    return await act
                except FleetdeckError as error:
                    return error

        results = await asyncio.gather(*map(done, acts))
        errors = [one for one in results if isinstance(one, FleetdeckError)]
        if errors:
            part = "" if len(errors) == len(results) else f" ({len(errors)} of {len(results)} were not done)"
            raise RefusedError(f"{errors[0]}{part}")
        return [one for one in results if not isinstance(one, FleetdeckError)]

    def _groups_of(self, held: dict[str, dict[str, str]]) -> list[tuple[str, ...]]:
        """The servers that hold an alert, by cluster; the others of a cluster are asked after them."""
        found: list[tuple[str, ...]] = []
        for cluster in self._known():
            having = [name for name in cluster.names if name in held]
            if having:
                found.append((*having, *(name for name in cluster.names if name not in held)))
        return found

    def _known(self) -> tuple[Cluster, ...]:
        return tuple(one for one in self._managers.clusters() if one.known)

    def _acknowledging(self) -> dict[tuple[str, Matchers], str]:
        """The acknowledgements that hold now, by server and matchers."""
        now = self._clock.now()
        return {
            (name, held.silence.matchers): held.silence.id
            for held in self._managers.silences()
            if held.silence.acknowledges and state_at(held.silence, now) is SilenceState.ACTIVE
            for name in self._managers.having(held.silence.id)
        }

    async def _replace(self, made: Iterable[Silence], before: dict[tuple[str, Matchers], str]) -> None:
        """Who acknowledges again does so in place of the one before. That one ends by itself where this fails."""
        old = {before[one.origin, one.matchers] for one in made if (one.origin, one.matchers) in before}
        with contextlib.suppress(FleetdeckError):
            await self._all(self._end(id) for id in old)

    def _due(self, now: datetime) -> list[HeldSilence]:
        """The acknowledgements that end soon, of servers that answer, and hold what is not resolved."""
        due = [
            held
            for held in self._managers.silences()
            if held.silence.acknowledges
            and state_at(held.silence, now) is SilenceState.ACTIVE
            and held.silence.ends_at - now < timedelta(seconds=RENEW_BELOW_S)
            and self._managers.answers(held.silence.origin)
            and now - self._tried.get(held.silence.id, datetime.min.replace(tzinfo=now.tzinfo))
            > timedelta(seconds=_AGAIN_S)
        ]
        if not due:
            self._tried.clear()
            return []
        rows = self._store.alerts.values()
        holding = {id for row in rows if row.state is not AlertState.RESOLVED for id in row.silenced_by}
        return [held for held in due if held.silence.id in holding]
