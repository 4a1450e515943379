"""A view as one line of text: `agents /err sort=-age faults`.

The same line opens a view from the command line (`--view`), from `:` inside the dashboard, and in a chat message to a
colleague. `agents planner-1` (a word after the name) opens the page of that agent.
"""

from msgspec import Struct

from fleet.errors import FilterError

VIEWS = ("overview", "agents", "tasks", "queues", "backlog", "sources", "events")
"""The views in the order of their number keys."""

_SHORT = {"agent": "agents", "o": "overview", "a": "agents", "t": "tasks", "q": "queues", "b": "backlog"}


class ViewLine(Struct, frozen=True, kw_only=True):
    """What a line asks for: the view, its filter's text, its order as (column id, descending), and faults only.

    `subject` is the row whose page is to be opened (`agent planner-1`).
    """

    view: str
    filter: str = ""
    sort: tuple[tuple[str, bool], ...] = ()
    faults: bool = False
    subject: str | None = None

    def __str__(self) -> str:
        parts = [self.view]
        if self.subject is not None:
            parts.append(self.subject)
        if self.sort:
            parts.append("sort=" + ",".join(("-" if down else "") + column for column, down in self.sort))
        if self.faults:
            parts.append("faults")
        if self.filter:
            parts.append("/" + self.filter)
        return " ".join(parts)


def parse_view_line(line: str) -> ViewLine:
    """Read a view line. The filter begins at the first word that starts with `/` and takes the rest of the line,
    but for trailing `sort=…` and `faults` words. Raises FilterError that names what cannot be read."""
    words = line.strip().removeprefix(":").split()
    if not words:
        raise FilterError("a view is wanted: " + ", ".join(VIEWS))
    single = words[0].lower() == "agent"
    name = _name(words[0])
    sort: tuple[tuple[str, bool], ...] = ()
    faults = False
    subject: str | None = None
    filter_words: list[str] | None = None
    for word in words[1:]:
        if word.startswith("sort=") and len(word) > 5:
            sort = tuple((part.removeprefix("-"), part.startswith("-")) for part in word[5:].split(",") if part)
        elif word == "faults":
            faults = True
        elif filter_words is not None:
            filter_words.append(word)
        elif word.startswith("/"):
            filter_words = [word[1:]] if len(word) > 1 else []
        elif single and subject is None:
            subject = word
        else:
            filter_words = [word]
    return ViewLine(view=name, filter=" ".join(filter_words or []), sort=sort, faults=faults, subject=subject)


def _name(word: str) -> str:
    name = word.lower()
    name = _SHORT.get(name, name)
    if name in VIEWS:
        return name
    found = [view for view in VIEWS if view.startswith(name)]
    if len(found) == 1:
        return found[0]
    raise FilterError(f"no view {word!r}; there are {', '.join(VIEWS)}")
