"""What the shell may complete: views and their lines, filters, columns, orders, zones, keys.

Run for every press of the tab key, so nothing heavy is imported and no network asked: what a filter may say is known
from the views themselves, saved filters from the configuration's text and from what was kept.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from fleet.view_line import VIEWS

if TYPE_CHECKING:
    from config.yaml_tree import Node
    from fleet.filters.saved import SavedFilters
    from fleet.views.view import View

Items = list[CompletionItem]

_OPTIONS = ("sort=", "columns=", "faults")
"""What may stand in a view line beside its filter."""


def complete_view(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """A view, then the rest of its line: a filter, `sort=`, `columns=`."""
    from fleet.errors import FilterError
    from fleet.view_line import parse_view_line

    head, blank, word = incomplete.rpartition(" ")
    if not blank:
        return [CompletionItem(name) for name in VIEWS if name.startswith(incomplete)]
    try:
        view = parse_view_line(head).view
    except FilterError:
        return []
    for option in ("sort=", "columns="):
        if word.startswith(option):
            return _items(_listed(view, word.removeprefix(option), signed=option == "sort="), f"{head} {option}")
    found = [option for option in _OPTIONS if option.startswith(word)] if word else []
    return _items([*found, *_terms(ctx, view, word)], f"{head} ")


def complete_filter(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """The last term of a filter of the view that `get` is asked for."""
    head, blank, word = incomplete.rpartition(" ")
    return _items(_terms(ctx, _view(ctx), word), head + blank)


def complete_audited(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """The last term of a filter of the audit log."""
    from fleet.filters.saved import NO_FILTERS
    from fleet.store import Slice
    from fleet.views.audit_lines import audit_view

    head, blank, word = incomplete.rpartition(" ")
    return _items(_terms_of(audit_view(Slice()), word, NO_FILTERS), head + blank)


def complete_columns(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """The last of a list of columns."""
    return _items(_listed(_view(ctx), incomplete), "")


def complete_sort(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """The last of a list of columns, each perhaps with `-`."""
    return _items(_listed(_view(ctx), incomplete, signed=True), "")


def complete_tz(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Ways to show times."""
    from fleet.time_zones import WORDS, zone_names

    names = (*WORDS, *zone_names())
    return [CompletionItem(name) for name in names if name.lower().startswith(incomplete.lower())]


def complete_preset(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Presets of keys, and files."""
    from tui.keys.presets import PRESETS

    names = [CompletionItem(name) for name in PRESETS if name.startswith(incomplete)]
    return names or [CompletionItem(incomplete, type="file")]


def _view(ctx: click.Context) -> str:
    """The view that `get` is asked for. click leaves the arguments alone where an option waits for its value."""
    return next((word for word in (ctx.params.get("what"), *ctx.args) if word in VIEWS), "agents")


def _items(words: Iterable[str], before: str) -> Items:
    """What is not whole yet gets no blank behind it."""
    return [CompletionItem(before + word, nospace=word.endswith((":", "=", ".")) or None) for word in words]


def _terms(ctx: click.Context, view: str, word: str) -> list[str]:
    """How the last term of a filter may go on."""
    from fleet.filters.saved import SavedFilters
    from fleet.views.catalogue import TABLE_VIEWS, table_view

    if view not in TABLE_VIEWS:
        return []
    return _terms_of(table_view(view), word, SavedFilters(_saved(ctx) if word.lstrip("(!").startswith("@") else {}))


def _terms_of(view: "View[Any]", word: str, saved: "SavedFilters") -> list[str]:
    """How a term of a filter of `view` may go on; the names of a view are led to their values by a colon."""
    from fleet.filters.completion import continued, vocabulary

    bare = word.lstrip("(!")
    known = vocabulary(view, lambda: (), saved)
    lead = word[: len(word) - len(bare)]
    return [lead + found + (":" if found in known.names else "") for found in continued(bare, known)]


def _listed(view: str, text: str, *, signed: bool = False) -> list[str]:
    """How the last of a list of columns may go on."""
    from fleet.views.catalogue import TABLE_VIEWS, table_view

    if view not in TABLE_VIEWS:
        return []
    done, comma, part = text.rpartition(",")
    sign = "-" if signed and part.startswith("-") else ""
    taken = [each.removeprefix("-").partition(":")[0] for each in done.split(",")]
    table = table_view(view)
    names = dict.fromkeys([*(column.id for column in table.columns), *(field.name for field in table.fields)])
    return [
        f"{done}{comma}{sign}{name}" for name in names if name.startswith(part.removeprefix(sign)) and name not in taken
    ]


def _saved(ctx: click.Context) -> dict[str, str]:
    """The saved filters of the configuration that would be used, and those that were kept."""
    entries, path = config_tree(ctx)
    if path is None:
        return {}
    from config.yaml_tree import Mapping, Scalar

    filters, name = entries.get("filters"), entries.get("name")
    configured = dict.fromkeys(filters.entries, "") if isinstance(filters, Mapping) else {}
    return {**_kept(name.text if isinstance(name, Scalar) else "fleet", path), **configured}


def config_tree(ctx: click.Context) -> "tuple[dict[str, Node], Path | None]":
    """The sections of the configuration that would be used, and its file; None where there is none. Without reading the
    kinds of sources, which takes longer than a finger likes to wait."""
    from config.file_text import read_text
    from config.find import find_config
    from config.problems import Problems
    from config.yaml_tree import Mapping, read_tree
    from fleet.errors import ConfigError

    given = ctx.params.get("config_path") or (ctx.parent.params.get("config_path") if ctx.parent else None)
    path = find_config(given, Path.cwd(), os.environ)
    try:
        tree = None if path is None else read_tree(read_text(path), Problems())
    except ConfigError:
        return {}, None
    return (tree.entries if isinstance(tree, Mapping) else {}), path


def _kept(fleet: str, path: Path) -> dict[str, str]:
    from cli.dashboard.kept import kept_memory
    from cli.dashboard.memory_file import memory_path
    from cli.settings import state_dir

    try:
        memory = kept_memory(memory_path(state_dir(), fleet, path))
    except (OSError, ValueError):
        return {}
    return {} if memory is None else dict(memory.filters)
