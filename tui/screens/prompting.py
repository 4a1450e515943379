"""Screens with a prompt: `/` filters a table as one types, `:` asks for a command.

What cannot be read stays in the prompt, with the reason, and the last good filter stays on. What reads filters is
imported when one is typed: the first frame does not wait for it.
"""

from typing import TYPE_CHECKING

from textual.message import Message
from textual.widget import Widget

from fleet.errors import FilterError, FleetdeckError
from tui.chrome.prompt import Asking, Prompt
from tui.context import Context
from tui.screens.copying import CopyScreen
from tui.table.table import Table

if TYPE_CHECKING:
    from textual.suggester import Suggester


class PromptScreen(CopyScreen):
    """Whoever is one composes `_prompt`, and says which filter is on in `show_title`."""

    class Leaving(Message):
        """What is shown is about to become another thing."""

    class Arrived(Message):
        """Another filter is on, or only faults are shown, or all again."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self._prompt = Prompt()
        self._filters: dict[Table, str] = {}
        """The filters that are on, as they were typed."""
        self._before_prompt: Widget | None = None
        """What had the focus before the prompt was opened."""
        self._typed: str | None = None
        """What was typed and is not looked for yet."""

    def table(self) -> Table | None:
        """The table that the filter and the faults key mean: the focused one, if any."""
        return self.focused if isinstance(self.focused, Table) else None

    def show_title(self) -> None:
        """Say how much is shown, and by which filter."""
        raise NotImplementedError

    @property
    def is_asking(self) -> bool:
        """Whether the prompt is open, so that every key is text."""
        return self._prompt.is_open

    def ask(self, asking: Asking, text: str = "", completions: tuple[str, ...] = ()) -> None:
        """Open the prompt."""
        if self._before_prompt is None:
            self._before_prompt = self.focused
        if asking is Asking.FILTER:
            self.post_message(self.Leaving())
        suggester = self._suggester() if asking is Asking.FILTER else None
        self._prompt.ask(asking, text, completions, self.context.typed(asking.value), suggester)

    def forget_typed(self) -> None:
        """Close the prompt and know of no filter any more: other tables are about to be shown here."""
        if self.is_asking:
            self._prompt.close()
        self._before_prompt = self._typed = None
        self._filters.clear()

    def action_filter(self) -> None:
        """`/`: filter the table in view, beginning with the filter that is on."""
        table = self.table()
        if table is None:
            self.app.notify("nothing here to filter", markup=False)
            return
        self.set_focus(table, scroll_visible=False)
        table.scroll_visible(animate=False, top=True)
        self._before_prompt = table
        self.ask(Asking.FILTER, self._filters.get(table, ""))

    # ── what is typed ──────────────────────────────────────────────────────────────────────────────────────────────

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        """Filter as the operator types; a filter that cannot be read leaves the last good one on."""
        event.stop()
        if event.asking is Asking.FILTER:
            # First what was typed is shown, then ten thousand rows are looked at for it; what is typed quickly is
            # looked for once.
            self._typed = event.text
            self.call_after_refresh(self._filter_typed)
        else:
            self._prompt.fault("")

    def on_prompt_entered(self, event: Prompt.Entered) -> None:
        """Keep the filter, or run the command; what cannot be read stays in the prompt with the reason."""
        event.stop()
        if event.asking is Asking.COMMAND:
            self._run(event.text)
            return
        self._typed = None
        if self._try_filter(event.text):
            self._end_filter()

    def on_prompt_left(self, event: Prompt.Left) -> None:
        """Close the prompt; a filter that was typed stays on."""
        event.stop()
        if event.asking is Asking.FILTER:
            self._filter_typed()
            self._end_filter()
        else:
            self._close_prompt()

    def _run(self, text: str) -> None:
        try:
            command = self.context.read_command(text)
        except FleetdeckError as error:
            self._prompt.fault(str(error))
            return
        self.context.entered(Asking.COMMAND.value, text.strip())
        self._close_prompt()
        self.app.call_next(command)

    def _close_prompt(self) -> None:
        self._prompt.close()
        if self._before_prompt is not None and self._before_prompt.is_attached:
            self._before_prompt.focus()
        self._before_prompt = None

    # ── filters ────────────────────────────────────────────────────────────────────────────────────────────────────

    def filter(self, table: Table, text: str) -> None:
        """Put a filter on; "" takes it off. Raises FilterError."""
        from tui.filter_reading import read_filter

        text = text.strip()
        table.set_filter(read_filter(text, table, self.context.filters))
        self._filters[table] = text
        self.show_title()

    def filter_text(self) -> str:
        """The filter that is on, "" where there is none."""
        table = self._filtered()
        return "" if table is None else self._filters.get(table, "")

    def filter_again(self) -> None:
        """Put the filters on anew that use saved ones: what these say has changed."""
        for table, text in self._filters.items():
            if "@" in text:
                self.filter(table, text)

    def _filter_typed(self) -> None:
        text, self._typed = self._typed, None
        # Called later, when the screen may be on its way out and its prompt gone.
        if text is not None and self._prompt.is_attached:
            self._try_filter(text)

    def _try_filter(self, text: str) -> bool:
        table = self._filtered()
        if table is None:
            return True
        try:
            self.filter(table, text)
        except FilterError as error:
            self._prompt.fault(str(error))
            return False
        # Nothing to correct, but worth a word while one is typing.
        from tui.filter_reading import nothing_labelled

        self._prompt.fault(nothing_labelled(table, self.context.store))
        return True

    def _end_filter(self) -> None:
        """The filter is what it is now."""
        table = self._filtered()
        if table is not None and self._filters.get(table):
            self.context.entered(Asking.FILTER.value, self._filters[table])
        self._close_prompt()
        self.post_message(self.Arrived())

    def _filtered(self) -> Table | None:
        before = self._before_prompt
        return before if isinstance(before, Table) else self.table()

    def _suggester(self) -> "Suggester":
        from tui.filter_reading import suggester

        return suggester(self._filtered(), self.context.store, self.context.filters)
