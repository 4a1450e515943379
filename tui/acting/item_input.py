"""The line of a batch's form in which items are typed; while it is empty its keys are about the lines above it."""

from textual import events
from textual.message import Message

from tui.acting.task_fields import TaskInput

PASTED_CHARS = 4_000_000
"""Characters of a paste that are taken as lines."""


class ItemInput(TaskInput):
    """One more line. A paste of several is taken as such. While it is empty its keys are about the lines above: arrows
    go there, `enter` takes the one under the cursor, `delete` removes it, backspace takes the last one back."""

    takes_lines = PASTED_CHARS

    class Pasted(Message):
        """Several lines were pasted."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class TakenBack(Message):
        """The operator wants the last line again."""

    class Removed(Message):
        """The operator wants the line under the cursor gone."""

    class Moved(Message):
        """The operator goes to another line: above (-1) or below (1)."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    def on_paste(self, event: events.Paste) -> None:
        """Take all lines of it."""
        event.stop()
        event.prevent_default()
        if "\n" in event.text:
            self.post_message(self.Pasted(event.text))
        else:
            self.insert_text_at_cursor(event.text)

    def action_delete_left(self) -> None:
        """A character, or the line above where there is none."""
        if self.value:
            super().action_delete_left()
        else:
            self.post_message(self.TakenBack())

    def action_delete_right(self) -> None:
        """A character, or the line under the cursor."""
        if self.value:
            super().action_delete_right()
        else:
            self.post_message(self.Removed())

    def action_step(self, by: int) -> None:
        """Another of the lines above."""
        if self.value:
            super().action_step(by)
        else:
            self.post_message(self.Moved(by))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """This is the form of many already, and what was sent before fills in that of one."""
        return action not in ("batch", "recall") and super().check_action(action, parameters)
