"""The silences, local and of the Alertmanagers; `u` ends the marked ones, or the one under the cursor."""

from collections.abc import Iterable

from textual.widget import Widget

from fleet.alerts.model import Alert, Silence, SilenceState
from tui.alerts.acts import AlertActs
from tui.alerts.away import Away
from tui.screens.table import TableScreen


class SilencesScreen(AlertActs, TableScreen):
    """The table of silences. An act is about the alerts that a silence holds, and ending about the silence itself."""

    def body(self) -> Iterable[Widget]:
        """What is away, then the table."""
        yield Away(self.context.store)
        yield from super().body()

    def meant(self) -> tuple[Alert, ...]:
        ids = {silence.id for silence in self._chosen()}
        return tuple(alert for alert in self.context.store.alerts.values() if ids.intersection(alert.silenced_by))

    def held(self) -> tuple[Silence, ...]:
        return tuple(silence for silence in self._chosen() if silence.state is not SilenceState.EXPIRED)

    def acted(self) -> None:
        self._table.action_clear_marks()

    def _chosen(self) -> tuple[Silence, ...]:
        table, silences = self._table, self.context.store.silences
        keys = table.marked or (() if table.cursor_key is None else (table.cursor_key,))
        return tuple(silence for silence in map(silences.get, keys) if silence is not None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Here only the end of a silence is at hand; a new one is made where its alerts are seen."""
        return action not in ("acknowledge", "silence") and super().check_action(action, parameters)
