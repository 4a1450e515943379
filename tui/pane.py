"""A pane: a titled part of the overview or of a page.

One pane of the overview is one file in `tui/panes/` that exports `PANE`. A pane may ask for more than one column by
style sheet (`column-span`), and says by `wanted` whether there is anything that it could show: what has nothing to
show takes no place.
"""

from typing import Any, ClassVar

from msgspec.structs import replace
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import DescendantBlur, DescendantFocus

from fleet.model import ProbeKind, SourceState
from fleet.store import Store
from fleet.tally import Tally
from fleet.views.view import View
from tui.chrome.heading import Heading
from tui.live import AGES_EVERY_S
from tui.table.painter import Line
from tui.table.table import Table
from tui.theme import RowLook


class Pane(Vertical):
    """A heading and what stands under it."""

    TITLE: ClassVar[str] = ""
    ORDER: ClassVar[int] = 0
    """Where the pane comes among its neighbours; the least first."""

    def __init__(self, store: Store, title: str | None = None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.store = store
        self.heading = Heading(self.TITLE if title is None else title)

    @classmethod
    def wanted(cls, known: "Known") -> bool:
        """Whether there is, or soon will be, something to show."""
        return True

    def on_descendant_focus(self, _: DescendantFocus) -> None:
        self.heading.focused(True)

    def on_descendant_blur(self, _: DescendantBlur) -> None:
        self.heading.focused(False)


class PaneTable(Table):
    """A table among others: it has a cursor only while it has the focus.

    Its columns cannot be chosen: a pane is a digest that fits beside the others at any size of the terminal, and the
    whole view, whose columns can be, is a key away.
    """

    BINDING_GROUP_TITLE = "Table"
    ARRANGEABLE = False

    def picture(self) -> list[Line]:
        """The lines, none of which stands out where another pane is in use."""
        lines = super().picture()
        if self.has_focus:
            return lines
        return [replace(line, look=RowLook.PLAIN) if line.look is RowLook.BLURRED else line for line in lines]


class TablePane(Pane):
    """A pane whose body is a table of a view."""

    VIEW: ClassVar[View[Any]]
    FAULTS: ClassVar[bool] = False

    def __init__(
        self, store: Store, title: str | None = None, *, view: View[Any] | None = None, id: str | None = None
    ) -> None:
        view = self.VIEW if view is None else view
        super().__init__(store, title or self.TITLE or view.title, id=id)
        self.table = PaneTable(view, store, follow_time=AGES_EVERY_S)

    def compose(self) -> ComposeResult:
        yield self.heading
        yield self.table

    def on_mount(self) -> None:
        self.table.faults_only = self.FAULTS

    def on_table_counted(self, event: Table.Counted) -> None:
        """Say how many rows there are."""
        self.heading.note(self.note(event.shown, event.total))

    def note(self, shown: int, total: int) -> str:
        """The words beside the title."""
        return f"{total}" if shown == total else f"{shown} of {total}"


class Known:
    """What the panes may ask of a store before they say whether they are wanted: kept up, never counted anew."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._sources = Tally(store.sources, lambda source: (source.kind, source.state))

    def catch_up(self) -> None:
        """Take over what has changed."""
        self._sources.catch_up()

    def close(self) -> None:
        """Stop listening to the store."""
        self._sources.close()

    def probed(self, kind: ProbeKind) -> bool:
        """Whether the configuration has probes of this kind."""
        return self._sources[kind] > 0

    @property
    def failing(self) -> bool:
        """Whether any source fails or answers in part."""
        return self._sources[SourceState.FAILING] + self._sources[SourceState.PARTIAL] > 0
