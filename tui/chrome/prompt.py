"""The line at the bottom that is typed into: `/` filters as one types, `:` takes a command.

Nothing that is typed here can do anything elsewhere: while an input has the focus, the application and its screens
allow no action of a key but to quit and to help (`check_action` of both).
"""

from enum import StrEnum
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.suggester import Suggester, SuggestFromList
from textual.widgets import Input, Static
from textual.widgets.input import Selection

from fleet.views.view import Tone
from tui.chrome.recall import Recall
from tui.chrome.typed import TypedInput
from tui.ink import Ink


class Asking(StrEnum):
    """What the prompt asks for; the value is the sign before the input."""

    FILTER = "/"
    COMMAND = ":"


class PromptInput(TypedInput):
    """The input of the prompt."""

    BINDING_GROUP_TITLE = "What is typed"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "close", id="prompt.close", key_display="esc"),
        Binding("enter", "submit", "done", id="prompt.done"),
        Binding("tab", "complete", "complete", id="prompt.complete"),
        Binding("up", "recall(-1)", "what was typed before", id="prompt.earlier", show=False),
        Binding("down", "recall(1)", "what was typed after that", id="prompt.later", show=False),
    ]

    recall = Recall()

    class Closed(Message):
        """The operator left the prompt without entering anything more."""

    def action_complete(self) -> None:
        """Take the suggestion."""
        self.cursor_position = len(self.value)
        self.action_cursor_right()

    def action_recall(self, by: int) -> None:
        """An earlier line that begins like this one (-1), or a later one."""
        # What is selected is about to be replaced: it is no beginning to go by.
        found = self.recall.step(self.value, by, any_line=self.selected_text == self.value)
        if found is not None:
            self.value = found
            self.cursor_position = len(found)

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
        self._fault = Static(id="fault", markup=False)
        self.display = False

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static(id="sign", markup=False)
            box = PromptInput(compact=True, select_on_focus=False)
            # A blinking cursor would wake the program, and the wire, twice a second.
            box.cursor_blink = False
            yield box
        yield self._fault

    @property
    def is_open(self) -> bool:
        """Whether something is asked."""
        return self.display

    def ask(
        self,
        asking: Asking,
        text: str = "",
        completions: tuple[str, ...] = (),
        earlier: tuple[str, ...] = (),
        suggester: Suggester | None = None,
    ) -> None:
        """Open the prompt with `text` in it, all of it selected: what is typed replaces it, arrows go on with it.

        `earlier` is what was entered before, oldest first, to go back through. What is typed may be completed to one of
        `completions`, or as `suggester` says.
        """
        self._asking = asking
        self.query_one(PromptInput).recall = Recall(earlier)
        self.query_one("#sign", Static).update(Text(asking.value))  # ours: a sign
        box = self.query_one(PromptInput)
        box.suggester = SuggestFromList(completions, case_sensitive=False) if completions else suggester
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
        self._fault.update(Ink(self.app.theme_variables).write(message, Tone.DOWN))

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
