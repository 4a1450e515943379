"""A view as one line of text: `agents state:down sort=-age,name columns=name,age faults`.

The same line opens a view from the command line (`--view`), from `:` inside the dashboard, and in a chat message to a
colleague. `agent planner-1` opens the page of that agent.

A line is cut at blanks; quotes keep blanks together (`fleet.filters.chunks`). Its first word is the view. A later word
that is exactly `faults`, or begins with `sort=` or `columns=`, is an option wherever it stands; all the others are the
filter, as they were written. A `/` before the filter is allowed and dropped. A word in quotes is never an option, nor
is what follows `-l` or `-f`; `(sort=x)` asks a label called sort.
"""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from fleet.errors import FilterError
from fleet.filters.chunks import BLANKS, Chunk, check_quotes, chunks, quoted
from fleet.near import meant
from fleet.views.chosen import Chosen, columns_text, parse_columns

TABS = ("overview", "agents", "alerts", "slos", "tasks", "queues", "backlog", "sources", "events")
"""The views with a number key, in the order of these: who is there, what is wrong, then what is worked on."""
VIEWS = (*TABS, "gates", "silences", "actions", "templates", "rollbacks")
"""All views; those that are no tabs are opened by their names."""

_SHORT = {"agent": "agents", "o": "overview", "a": "agents", "t": "tasks", "q": "queues", "b": "backlog"}
_SHORT |= {"s": "sources", "todo": "backlog"}  # as a narrow line of tabs calls it
_PAGE = "agent"
_FAULTS, _SORT, _COLUMNS = "faults", "sort=", "columns="


class ViewLine(Struct, frozen=True, kw_only=True):
    """What a line asks for: the view, its filter's text, its order as (column id, descending), its columns, and
    faults only.

    `columns` are ids with the width that each was given, if any; empty: the view's own. `subject` is the row whose page
    is to be opened (`agent planner-1`).
    """

    view: str
    filter: str = ""
    sort: tuple[tuple[str, bool], ...] = ()
    columns: tuple[Chosen, ...] = ()
    faults: bool = False
    subject: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether it only names a view, which is then shown as it was left."""
        return replace(self, subject=None) == ViewLine(view=self.view)

    def __str__(self) -> str:
        """The line that is read as this one."""
        parts = [self.view] if self.subject is None else [_PAGE, _subject_text(self.subject)]
        if self.sort:
            parts.append(_SORT + sort_text(self.sort))
        if self.columns:
            parts.append(_COLUMNS + columns_text(self.columns))
        if self.faults:
            parts.append(_FAULTS)
        if self.filter:
            parts.append("/" + _shielded(self.filter))
        return " ".join(parts)


def parse_view_line(line: str) -> ViewLine:
    """Read a view line. Raises FilterError that names what cannot be read; neither the filter nor the columns are
    compared with what the view has (`fleet.views.catalogue.check_view_line`)."""
    line = line.strip(BLANKS).removeprefix(":")
    words = chunks(line)
    if not words:
        raise FilterError("a view is wanted: " + ", ".join(VIEWS))
    found = ViewLine(view=_name(words[0].text))
    kept: list[Chunk] = []
    for word, is_option in _options(words[1:]):
        if is_option:
            found = _with_option(found, word.text)
        elif words[0].text.lower() == _PAGE and found.subject is None and not kept and not word.bare.startswith("/"):
            check_quotes(word, line)
            found = replace(found, subject=word.text)
        else:
            kept.append(word)
    return replace(found, filter=_filter_text(line, kept))


def parse_sort(text: str) -> tuple[tuple[str, bool], ...]:
    """Read `-age,name`: (column id, descending) pairs. Raises FilterError for one that is there twice."""
    parts = [part for part in text.split(",") if part.strip("-")]
    sort = tuple((part.removeprefix("-"), part.startswith("-")) for part in parts)
    names = [name for name, _ in sort]
    for name in names:
        if names.count(name) > 1:
            raise FilterError(f"{_SORT}{text}: {name!r} is there twice")
    return sort


def sort_text(sort: Iterable[tuple[str, bool]]) -> str:
    """`-age,name`: what `parse_sort` reads."""
    return ",".join(("-" if down else "") + column for column, down in sort)


def _options(words: list[Chunk]) -> Iterable[tuple[Chunk, bool]]:
    """Each word, and whether it is an option."""
    argument = False
    for word in words:
        yield word, not argument and _is_option(word)
        argument = word.bare.removeprefix("/") in ("-l", "-f")


def _is_option(word: Chunk) -> bool:
    return word.bare == _FAULTS or any(
        word.bare.startswith(sign) and len(word.text) > len(sign) for sign in (_SORT, _COLUMNS)
    )


def _with_option(line: ViewLine, word: str) -> ViewLine:
    if word == _FAULTS:
        return replace(line, faults=True)
    if word.startswith(_SORT):
        return replace(line, sort=parse_sort(word.removeprefix(_SORT)))
    return replace(line, columns=parse_columns(word.removeprefix(_COLUMNS)))


def _filter_text(line: str, words: list[Chunk]) -> str:
    """What `words` are in the line, blanks between neighbours and all."""
    text, end = "", None
    for word in words:
        between = line[end : word.start] if end is not None else ""
        text += (between if between.strip(BLANKS) == "" else " ") + line[word.start : word.end]
        end = word.end
    return text.removeprefix("/").strip(BLANKS)


def _shielded(text: str) -> str:
    """The filter with the words that would be read as options in quotes, or in parentheses where they compare."""
    out, end = "", 0
    # As it will stand in the line: with the sign before its first word.
    for word, is_option in _options(chunks("/" + text)):
        start, stop = max(0, word.start - 1), word.end - 1
        if is_option and start:
            raw = text[start:stop]
            out += text[end:start] + (quoted(raw) if raw == _FAULTS else f"({raw})")
            end = stop
    return out + text[end:]


def _subject_text(subject: str) -> str:
    plain = chunks(subject)
    safe = len(plain) == 1 and plain[0].bare == subject and not subject.startswith("/") and not _is_option(plain[0])
    return subject if safe else quoted(subject)


def _name(word: str) -> str:
    name = word.lower()
    name = _SHORT.get(name, name)
    if name in VIEWS:
        return name
    found = [view for view in VIEWS if view.startswith(name)]
    if len(found) == 1:
        return found[0]
    raise FilterError(f"no view {word[:40]!r}{meant(name, VIEWS) or '.'} There are {', '.join(VIEWS)}")
