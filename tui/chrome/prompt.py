"""The line at the bottom that is typed into: `/` filters as one types, `:` takes a command.

Nothing that is typed here can reach a key binding elsewhere: every key is either the input's own, or stopped.
"""

from enum import StrEnum
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widgets import Input, Static
from textual.widgets.input import Selection

from fleet.views.view import Tone
from tui.ink import Ink


class Asking(StrEnum):
    """What the prompt asks for; the value is the sign before the input."""

    FILTER = "/"
    COMMAND = ":"


class PromptInput(Input):
    """An input that swallows every key that is not its own."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "close", id="prompt.close", key_display="esc"),
        Binding("enter", "submit", "done", id="prompt.done"),
        Binding("tab", "complete", "complete", id="prompt.complete"),
    ]

    class Closed(Message):
        """The operator left the prompt without entering anything more."""

    def on_key(self, event: events.Key) -> None:
        """Keep a key that no binding of the input knows from bubbling to the screen and the app."""
        if event.key not in self._bindings.key_to_bindings and not event.is_printable:
            event.stop()

    def action_complete(self) -> None:
        """Take the suggestion."""
        self.cursor_position = len(self.value)
        self.action_cursor_right()

    def action_close(self) -> None:
        """Leave the prompt."""
        self.post_message(self.Closed())


class Prompt(Vertical):
    """The prompt, shown only while something is asked; a line under it says what is wrong with what was typed."""

    class Changed(Message):
        """The text is now `text`."""

        def __init__(self, asking: Asking, text: str) -> None:
            super().__init__()
            self.asking = asking
            self.text = text

    class Entered(Changed):
        """`text` was entered."""

    class Left(Message):
        """The prompt was closed."""

        def __init__(self, asking: Asking) -> None:
            super().__init__()
            self.asking = asking

    def __init__(self) -> None:
        super().__init__()
        self._asking = Asking.FILTER
        self.display = False

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static(id="sign", markup=False)
            box = PromptInput(compact=True, select_on_focus=False)
            # A blinking cursor would wake the program, and the wire, twice a second.
            box.cursor_blink = False
            yield box
        yield Static(id="fault", markup=False)

    @property
    def is_open(self) -> bool:
        """Whether something is asked."""
        return self.display

    def ask(self, asking: Asking, text: str = "", completions: tuple[str, ...] = ()) -> None:
        """Open the prompt with `text` in it, all of it selected: what is typed replaces it, arrows go on with it."""
        self._asking = asking
        self.query_one("#sign", Static).update(Text(asking.value))
        box = self.query_one(PromptInput)
        box.suggester = SuggestFromList(completions, case_sensitive=False) if completions else None
        with box.prevent(Input.Changed):
            box.value = text
        box.selection = Selection(0, len(text))
        self.fault("")
        # At once, not when the message queue comes to it: what is typed next is for the prompt, and for nothing else.
        self.display = True
        self.screen.set_focus(box)

    def close(self) -> None:
        """Close the prompt; who had the focus before is the screen's business."""
        self.display = False

    def fault(self, message: str) -> None:
        """Say what is wrong with the text, or with "" that nothing is."""
        self.set_class(bool(message), "-fault")
        self.query_one("#fault", Static).update(Ink(self.app.theme_variables).write(message, Tone.DOWN))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Pass the text on as it grows."""
        event.stop()
        if self.is_open:
            self.post_message(self.Changed(self._asking, event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Pass the whole text on."""
        event.stop()
        self.post_message(self.Entered(self._asking, event.value))

    def on_prompt_input_closed(self, event: PromptInput.Closed) -> None:
        """Tell the screen."""
        event.stop()
        self.post_message(self.Left(self._asking))
