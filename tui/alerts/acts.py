"""What `a`, `s` and `u` do on every screen of alerts: each opens a sheet that names what it is about; what is entered
there is asked of the silencer, in the background and not for ever."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, ClassVar, TypeVar

from textual.binding import BindingType

from fleet.alerts.model import Alert, AlertState, Silence
from fleet.errors import FleetdeckError
from tui.keys.bindings import ALERT_KEYS
from tui.screens.deck import DeckScreen
from tui.screens.kept import kept

R = TypeVar("R")

PATIENCE_S = 15.0
"""How long the silencer may take."""


def count_of(number: int, noun: str) -> str:
    """`1 alert`, `229 alerts`"""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


class AlertActs(DeckScreen):
    """A screen on which some alerts are meant: the marked ones, else the one under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = ALERT_KEYS

    def meant(self) -> tuple[Alert, ...]:
        """The alerts that an act is about, as they are now."""
        raise NotImplementedError

    def acted(self) -> None:
        """What was asked for was done."""

    def action_acknowledge(self) -> None:
        """Open the sheet on which alerts are acknowledged."""
        alerts = self._active("acknowledge")
        if not alerts:
            return
        from tui.alerts.ack import AckSheet

        def entered(words: tuple[str, str] | None) -> None:
            if words is not None:
                self._acknowledge(alerts, *words)

        make = partial(AckSheet, alerts, self.context)
        self.app.push_screen(kept(self.app, AckSheet, make, lambda sheet: sheet.show(alerts)), entered)

    def action_silence(self) -> None:
        """Open the editor of a silence."""
        alerts = self._active("silence")
        if not alerts:
            return
        from tui.alerts.silence import SilenceSheet, Wish

        def entered(wish: Wish | None) -> None:
            if wish is not None:
                self._silence(wish)

        make = partial(SilenceSheet, alerts, self.context)
        self.app.push_screen(kept(self.app, SilenceSheet, make, lambda sheet: sheet.show(alerts)), entered)

    def action_unsilence(self) -> None:
        """Open the sheet on which silences are ended."""
        held = self.held()
        if not held:
            self.app.notify("no silence and no acknowledgement holds this", markup=False)
            return
        from tui.alerts.ending import EndSheet

        def entered(ids: tuple[str, ...] | None) -> None:
            if ids:
                self._end(ids)

        self.app.push_screen(EndSheet(held, self.context), entered)

    def held(self) -> tuple[Silence, ...]:
        """The silences that hold what is meant."""
        store = self.context.store
        ids = dict.fromkeys(id for alert in self.meant() for id in alert.silenced_by)
        return tuple(silence for silence in map(store.silences.get, ids) if silence is not None)

    def _active(self, verb: str) -> tuple[Alert, ...]:
        alerts = tuple(alert for alert in self.meant() if alert.state is not AlertState.RESOLVED)
        if not alerts:
            self.app.notify(f"there is no active alert here to {verb}", markup=False)  # ours: a verb
        return alerts

    def _acknowledge(self, alerts: Sequence[Alert], by: str, reason: str) -> None:
        silencer = self.context.silencer
        what = count_of(len(alerts), "alert")
        if silencer is not None:
            ids = tuple(alert.id for alert in alerts)
            self._ask(
                lambda: silencer.acknowledge(ids, by=by, reason=reason),
                lambda made: f"acknowledged: {what} by {by}",
                f"acknowledging {what}",
            )

    def _silence(self, wish: Any) -> None:
        silencer = self.context.silencer
        if silencer is not None:
            self._ask(
                lambda: silencer.silence(wish.matchers, for_s=wish.for_s, by=wish.by, comment=wish.comment),
                lambda made: f"silenced until {self.context.store.times.clock(made.ends_at, self.context.store.now)}",
                "the silence",
            )

    def _end(self, ids: tuple[str, ...]) -> None:
        silencer = self.context.silencer
        what = count_of(len(ids), "silence")
        if silencer is not None:
            self._ask(lambda: silencer.expire(ids), lambda _: f"ended: {what}", f"ending {what}")

    def _ask(self, act: Callable[[], Awaitable[R]], told: Callable[[R], str], what: str) -> None:
        self.app.run_worker(self._asked(act, told, what), name="silencer", group="silencer")

    async def _asked(self, act: Callable[[], Awaitable[R]], told: Callable[[R], str], what: str) -> None:
        app: Any = self.app
        try:
            async with asyncio.timeout(PATIENCE_S):
                done = await act()
        except TimeoutError:
            app.say(f"{what}: no answer within {PATIENCE_S:g} s; whether it was done is not known", bad=True)
        except FleetdeckError as error:
            app.say(f"{what}: not done: {error}", bad=True)
        else:
            app.say(told(done))
            self.acted()
