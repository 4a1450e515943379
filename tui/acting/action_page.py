"""What the pages of one act share: which act it is, what is copied of it, and its title."""

from typing import TYPE_CHECKING

from rich.text import Text

from fleet.actions.action import Action
from fleet.view_line import ViewLine
from fleet.views.actions import state_cell
from fleet.views.view import Tone, look
from tui.acting.actions import ActionActs
from tui.chrome.too_small import NORMAL_WIDTH
from tui.context import Context
from tui.ink import Ink
from tui.kept.history import Visit
from tui.screens.copying import picked_rows
from tui.views import TABLES

if TYPE_CHECKING:
    from fleet.copies import Picked

VIEW = "actions"


class ActionPage(ActionActs):
    """The page of an act. It stays when the act is forgotten, and says so."""

    shows_one = True

    def __init__(self, context: Context, id: str) -> None:
        super().__init__(context, ViewLine(view=VIEW))
        self._action_id = id
        self._last: Action | None = context.store.actions.get(id)

    def visit(self) -> Visit:
        """The act."""
        return Visit(line=self._line, detail=self._action_id)

    def meant(self) -> Action | None:
        return self.context.store.actions.get(self._action_id)

    def picked(self) -> "Picked | None":
        """The lines in focus, else the act; None once it is gone."""
        store, action, view = self.context.store, self.meant(), TABLES.get(VIEW)
        if self.table() is not None:
            return super().picked()
        if action is None or view is None:
            return None
        return picked_rows(view, ((action, look(store, store.actions, self._action_id)),), store, VIEW)

    def title_parts(self, ink: Ink) -> list[Text]:
        """How it stands, and what it is; where there is room, also where it is from."""
        narrow = self.app.size.width < NORMAL_WIDTH
        parts = [] if narrow else [ink.muted("Actions"), ink.muted("›")]
        if self._last is None:
            return [*parts, ink.write(self._action_id, Tone.TITLE, bold=True), ink.write("not known", Tone.UNKNOWN)]
        gone = [] if self.meant() is not None else [ink.write("gone", Tone.STALE)]
        state = ink.cell(state_cell(self._last), bold=True)
        return [*parts, state, ink.write(self.called(self._last), Tone.TITLE, bold=True), *gone]

    def called(self, action: Action) -> str:
        """What it is, in a few words."""
        return action.plan.title
