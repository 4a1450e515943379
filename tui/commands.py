"""What can be typed after `:`: a view line, the page of an agent, or one of a few words."""

import difflib
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from fleet.errors import FilterError
from fleet.filters.saved import NO_FILTERS, SavedFilters
from fleet.store import Store
from fleet.text import scrub
from fleet.theme_names import AUTO, THEME_NAMES
from fleet.time_zones import WORDS
from fleet.view_line import VIEWS, ViewLine, parse_view_line
from fleet.views.catalogue import check_view_line

_MOST_COMPLETED = 500
"""Agent names that are offered for completion; more would be searched on every key."""

Command = Callable[[], Any]
"""What a line asks for, ready to be called in the app; may be a coroutine function."""


Verb = Callable[[str], Command]
"""Reads the words after a command's name. Raises FilterError, before anything was done, where they are wrong."""


class Commander(Protocol):
    """What a command may ask of the app."""

    @property
    def words(self) -> Mapping[str, Command]: ...

    @property
    def verbs(self) -> Mapping[str, Verb]: ...

    async def open(self, line: ViewLine) -> None: ...


def read_command(text: str, app: Commander, store: Store, saved: SavedFilters = NO_FILTERS) -> Command:
    """The command that `text` asks for. Raises FilterError with what is wrong, before anything was done."""
    word = text.strip().removeprefix(":").strip().lower()
    known = app.words.get(word)
    if known is not None:
        return known
    name, _, words = text.strip().removeprefix(":").strip().partition(" ")
    verb = app.verbs.get(name.lower())
    if verb is not None:
        return verb(words.strip())
    line = parse_view_line(text)
    check_view_line(line, saved)
    if line.subject is not None:
        _check_agent(line.subject, store)
    elif word == "agent":
        raise FilterError("agent wants a name, such as agent planner-1")
    return lambda: app.open(line)


def completions(app: Commander, store: Store) -> tuple[str, ...]:
    """What `tab` may complete a command to: views first, then words, then the pages of agents."""
    agents = (f"agent {scrub(name)}" for name, _ in zip(sorted(store.status), range(_MOST_COMPLETED), strict=False))
    zones = (f"time {word}" for word in WORDS)
    themes = (f"theme {name}" for name in (AUTO, *THEME_NAMES))
    return (*VIEWS, *(word for word in app.words if len(word) > 1), *app.verbs, *zones, *themes, *agents)


def _check_agent(name: str, store: Store) -> None:
    if name in store.status:
        return
    near = difflib.get_close_matches(name, list(store.status), n=1)
    hint = f"; there is {scrub(near[0])}" if near else ""
    raise FilterError(f"no agent {name!r}{hint}")
