"""The lines of a task's form: one for each field of its template, with what it takes under it. What is entered is only
turned into texts here; whether it is right is for who plans."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Static

from fleet.actions.template import Field, Template
from fleet.text import scrub
from fleet.views.view import Tone
from tui.alerts.form import LONGEST, FormInput, marked
from tui.ink import Ink
from tui.keys.bindings import TASK_KEYS

_ESCAPES = {"\\n": "\n", "\\t": "\t", "\\\\": "\\"}
_ESCAPE = re.compile(r"\\[nt\\]")
_YES, _NO = "yes", "no"
_NAMES = 18
"""Cells before the inputs."""


class TaskInput(FormInput):
    """An input of a task's form."""

    BINDINGS: ClassVar[list[BindingType]] = TASK_KEYS

    class Recalled(Message):
        """The operator wants what was sent before (-1), or after that (1)."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    class Many(Message):
        """The operator wants to submit many at once."""

    class Paged(Message):
        """The form is to be scrolled by a page."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    def action_recall(self, by: int) -> None:
        """Ask for a former submission."""
        self.post_message(self.Recalled(by))

    def action_batch(self) -> None:
        """Ask for the form of a batch."""
        self.post_message(self.Many())

    def action_page(self, by: int) -> None:
        """Ask to be scrolled."""
        self.post_message(self.Paged(by))


class FieldRow(Vertical):
    """A field: its name, what is entered, and under that what it takes or what is wrong with it."""

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.field = field
        self.box = TaskInput(shown(field, field.default), choices=choices_of(field))

    def compose(self) -> ComposeResult:
        with Horizontal(classes="line"):
            yield Static(classes="name", markup=False)
            yield self.box
        yield Static(classes="takes", markup=False)

    def on_mount(self) -> None:
        """Say what it is, and what it takes."""
        self._mark(on=self.box.has_focus)
        self.fault("")

    def on_descendant_focus(self) -> None:
        """One types here."""
        self._mark(on=True)

    def on_descendant_blur(self) -> None:
        """And not any more."""
        self._mark(on=False)

    def _mark(self, *, on: bool) -> None:
        self.query_one(".name", Static).update(self._name_text(on=on))

    def _name_text(self, *, on: bool) -> Text:
        name = f"{self.field.name}{'*' if self.field.required else ''}"
        return marked(name, _NAMES, Ink(self.app.theme_variables), on=on, tone=Tone.PLAIN)

    def fault(self, message: str) -> None:
        """Say what is wrong with it, or with "" what it takes."""
        ink = Ink(self.app.theme_variables)
        words = ink.write(f"✖ {message}", Tone.DOWN) if message else ink.muted(takes(self.field))
        words.no_wrap = False
        under = self.query_one(".takes", Static)
        under.update(words)
        under.display = bool(words.plain)

    def fill(self, value: Any) -> bool:
        """Put a value in; False where all of it cannot stand in a line."""
        text = shown(self.field, value)
        self.box.value = scrub(text, LONGEST)
        self.box.cursor_position = len(self.box.value)
        return self.box.value == text


def takes_agents(template: Template, to: Sequence[str]) -> bool:
    """Whether it is entered whom a task is for; `to` are named already."""
    return bool(template.agents or template.for_agents or to)


def to_field(template: Template) -> Field:
    """The line in which it is entered whom a task is for."""
    whom = "agents that it is for" if template.for_agents else "agents; none: its own target"
    return Field(name="to", type="list", help=whom, required=template.for_agents)


def choices_of(field: Field) -> tuple[str, ...]:
    """What the arrows go through."""
    if field.type == "boolean":
        return (_YES, _NO)
    return field.choices or field.offered


def takes(field: Field) -> str:
    """What a field takes, in a few words."""
    parts = [field.help] if field.help else []
    if field.type == "boolean":
        parts.append("yes or no (↑↓)")
    elif field.choices:
        parts.append(f"{', '.join(field.choices)} (↑↓)")
    elif field.type == "list":
        parts.append("several, with commas")
    elif field.type == "json":
        parts.append("JSON")
    elif field.type in ("integer", "number"):
        parts.append(_range(field))
    if field.offered and not field.choices:
        parts.append("known (↑↓): " + ", ".join(field.offered))
    if field.pattern:
        parts.append(f"like {field.pattern}")
    if field.lines:
        parts.append("\\n is a line break")
    return " · ".join(parts)


def _range(field: Field) -> str:
    word = "a whole number" if field.type == "integer" else "a number"
    if field.minimum is not None and field.maximum is not None:
        return f"{word} from {field.minimum:g} to {field.maximum:g}"
    if field.minimum is not None:
        return f"{word}, at least {field.minimum:g}"
    return word if field.maximum is None else f"{word}, at most {field.maximum:g}"


def shown(field: Field, value: Any) -> str:
    """A value as it stands in its line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _YES if value else _NO
    if field.type == "json" and not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    text = str(value)
    return _one_line(text) if field.lines else text


def entered(field: Field, text: str) -> Any:
    """What is sent of a line; None where nothing is, so that the default holds."""
    if not text.strip():
        # A text that was emptied is meant to be empty.
        return "" if field.type == "text" and field.default not in (None, "") else None
    if field.type == "boolean" and text.strip() in (_YES, _NO):
        return text.strip() == _YES
    return _ESCAPE.sub(lambda match: _ESCAPES[match[0]], text) if field.lines else text


def values_of(rows: Mapping[str, tuple[Field, str]]) -> dict[str, Any]:
    """What is sent of all lines."""
    found = {name: entered(field, text) for name, (field, text) in rows.items()}
    return {name: value for name, value in found.items() if value is not None}


def names_in(text: str) -> tuple[str, ...]:
    """The names in a line of them, each once."""
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def named_in(message: str, names: tuple[str, ...]) -> str:
    """The field that a refusal names, "" where it names none: the one that stands first in it."""
    places = {name: re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", message) for name in names}
    found = [(match.start(), -len(name), name) for name, match in places.items() if match is not None]
    return min(found)[2] if found else ""


def _one_line(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
