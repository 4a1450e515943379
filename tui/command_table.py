"""The commands of the application: those that are typed after `:` and are no view, and those of the palette."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from textual.app import SystemCommand

from fleet.view_line import VIEWS, ViewLine
from tui.commands import Command, Verb

if TYPE_CHECKING:
    from tui.app import FleetdeckApp


def words_of(app: "FleetdeckApp") -> Mapping[str, Command]:
    """The commands that are no view."""
    quit_, help_ = app.exit, app.action_help
    return {
        "quit": quit_,
        "q": quit_,
        "help": help_,
        "?": help_,
        "pause": app.action_pause,
        "collect": app.action_collect,
        "reload": app.action_reload,
        "keys": app.reload_keys,
        "filters": app.action_saved_filters,
        "suspend": app.action_suspend_process,
        "query": app.open_query,
        "submit": app.submit_marked,
        "rollback": app.roll_back,
        "freeze": app.action_freeze,
        "unlock": app.unlock,
        "unfreeze": app.unfreeze,
    }


def verbs_of(app: "FleetdeckApp") -> Mapping[str, Verb]:
    """The commands that take words."""
    return {
        "save": app.save_command,
        "forget": app.forget_command,
        "time": app.time_command,
        "theme": app.theme_command,
        "submit": app.submit_command,
        "rollback": app.rollback_command,
        "unlock": app.unlock_command,
        "unfreeze": app.unfreeze_command,
        "query": lambda expr: partial(app.open_query, expr),
    }


def palette_of(app: "FleetdeckApp") -> Iterator[SystemCommand]:
    """What the command palette offers beside agents."""
    for name in VIEWS:
        key = app.key_of(f"app.view.{name}")
        told = f"key {key}" if key else "no key"
        open_it = partial(app.open, ViewLine(view=name))
        yield SystemCommand(f"view {name}", told, open_it)  # ours: names of views and keys
    yield SystemCommand("collect now", "ask every source at once", app.action_collect)
    yield SystemCommand("reload", "read the configuration again", app.action_reload)
    yield SystemCommand("pause drawing", "hold the picture still while the data go on", app.action_pause)
    yield SystemCommand("query", "ask in PromQL", app.open_query)
    yield SystemCommand("submit", "a task, by a template", app.submit_marked)
    yield SystemCommand("rollback", "to a revision that was good", app.roll_back)
    yield SystemCommand("freeze", "no program of yours changes anything any more", app.action_freeze)
    yield SystemCommand("unlock", "for a while, although it is frozen or read-only", app.unlock)
    yield SystemCommand("unfreeze", "the freeze is over", app.unfreeze)
    yield SystemCommand("filters", "the saved ones", app.action_saved_filters)
    yield SystemCommand("time", "the next of UTC, local, a zone, ages", app.action_time)
    yield SystemCommand("theme", "other colours", app.action_change_theme)
    yield SystemCommand("help", "the keys that work here", app.action_help)
    yield SystemCommand("suspend", "back to the shell, until fg", app.action_suspend_process)
    yield SystemCommand("quit", "leave fleetdeck", app.exit)
