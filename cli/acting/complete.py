"""What the shell may complete of what is done: templates and their fields, rollbacks, revisions, agents, actions.

As in `cli.complete` nothing heavy is imported and no network asked: names are those of the configuration's text, and of
the newest acts on record.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from click.shell_completion import CompletionItem
from msgspec import Struct

from cli.complete import Items, config_tree

if TYPE_CHECKING:
    from config.yaml_tree import Node

RECORDS: Final = 50
"""Acts that are looked at, the newest."""
_MOST_BYTES: Final = 1 << 20
"""Of a record; a larger one is a batch, of which the name is enough."""
_ROLLS: Final = ("rollback", "undo")
_DOUBTFUL: Final = ("unknown", "timed out")
_CHANGED: Final = ("succeeded", "failed", *_DOUBTFUL)
_AT_WORK: Final = ("sent", "running", *_DOUBTFUL)


class _Named(Struct, frozen=True):
    name: str = ""


class _Plan(Struct, frozen=True):
    act: str = ""
    source: str = ""
    title: str = ""
    revision: str = ""
    before: str = ""
    targets: tuple[_Named, ...] = ()


class _Item(Struct, frozen=True):
    state: str = ""


class _Kept(Struct, frozen=True):
    """What is read of a record; the rest is skipped."""

    id: str
    state: str = ""
    plan: _Plan = _Plan()
    items: tuple[_Item, ...] = ()
    undone_by: str = ""

    @property
    def states(self) -> set[str]:
        """Of it and of its items."""
        return {self.state, *(item.state for item in self.items)}


def complete_template(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """The templates of the configuration."""
    return _items(_names(ctx, "templates"), incomplete)


def complete_rollback(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """The rollbacks of the configuration, and `watch`; behind that what is on record."""
    return _items([*_names(ctx, "rollbacks"), "watch"], incomplete)


def complete_watched(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Rollbacks on record."""
    return _acts(incomplete, _is_roll) if _argument(ctx, "target") == "watch" else []


def complete_action(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """What is on record and not known to have ended."""
    return _acts(incomplete, lambda one: one.state in _DOUBTFUL)


def complete_undone(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """What was rolled, has ended, changed something, and was not taken back."""

    def fits(one: _Kept) -> bool:
        ended = one.state in (*_CHANGED, "cancelled")
        return _is_roll(one) and ended and not one.undone_by and bool(one.states & {*_CHANGED, *_AT_WORK})

    return _acts(incomplete, fits)


def complete_cancelled(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """What was submitted, and may still be at work at its target."""
    return _acts(incomplete, lambda one: one.plan.act == "submit" and bool(one.states & {*_AT_WORK}))


def complete_receiver(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Agents that the configuration names, and whom something was submitted to."""
    names = [name for entry in _entries(ctx, "discovery") for name in _listed(entry, "agents")]
    kept = [target.name for one in _records() if one.plan.act == "submit" for target in one.plan.targets]
    return _items([*names, *kept], incomplete)


def complete_revision(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Revisions that were live or rolled to, by what is on record."""
    wanted = _argument(ctx, "target")
    plans = [one.plan for one in _records() if one.plan.act in _ROLLS and one.plan.source == wanted]
    return _items([revision for plan in plans for revision in (plan.before, plan.revision)], incomplete)


def complete_value(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """The fields of the template, and behind `NAME=` its choices."""
    wanted = _argument(ctx, "template")
    fields = [
        field
        for entry in _entries(ctx, "templates")
        if _text(entry, "name") == wanted
        for field in _members(entry, "fields")
    ]
    name, equals, _ = incomplete.partition("=")
    if not equals:
        return [CompletionItem(f"{one}=", nospace=True) for one in _unique(map(_name, fields)) if one.startswith(name)]
    choices = [
        choice
        for field in fields
        if _name(field) == name
        for choice in _listed(field, "choices") or (("true", "false") if _text(field, "type") == "boolean" else ())
    ]
    return _items([f"{name}={choice}" for choice in choices], incomplete)


def _argument(ctx: click.Context, name: str) -> str:
    """The first argument. click leaves it alone where an option waits for its value."""
    return ctx.params.get(name) or next(iter(ctx.args), "")


# ── the configuration's text ──


def _names(ctx: click.Context, section: str) -> list[str]:
    return [_text(entry, "name") for entry in _entries(ctx, section)]


def _entries(ctx: click.Context, section: str) -> "tuple[Node, ...]":
    tree, _ = config_tree(ctx)
    from config.yaml_tree import Sequence

    found = tree.get(section)
    return found.items if isinstance(found, Sequence) else ()


def _members(node: "Node", name: str) -> "tuple[Node, ...]":
    from config.yaml_tree import Mapping, Sequence

    found = node.entries.get(name) if isinstance(node, Mapping) else None
    return found.items if isinstance(found, Sequence) else ()


def _listed(node: "Node", name: str) -> tuple[str, ...]:
    return tuple(filter(None, map(_name, _members(node, name))))


def _name(node: "Node") -> str:
    """What an element of a list is called: itself where it is a text, else its member `name`."""
    from config.yaml_tree import Scalar

    return node.text if isinstance(node, Scalar) else _text(node, "name")


def _text(node: "Node", name: str) -> str:
    from config.yaml_tree import Mapping, Scalar

    found = node.entries.get(name) if isinstance(node, Mapping) else None
    return found.text if isinstance(found, Scalar) else ""


# ── the records ──


def _acts(incomplete: str, fits: Callable[[_Kept], bool]) -> Items:
    return [
        CompletionItem(one.id, help=f"{one.state}: {_in_a_line(one.plan.title)}")
        for one in _records()
        if one.id.startswith(incomplete) and fits(one)
    ]


def _is_roll(one: _Kept) -> bool:
    return one.plan.act in _ROLLS


def _records() -> Iterator[_Kept]:
    import msgspec

    from cli.settings import state_dir

    try:
        files = [path for path in (state_dir() / "actions").iterdir() if path.suffix == ".json"]
        newest = sorted(files, key=lambda path: path.stat().st_mtime_ns, reverse=True)[:RECORDS]
    except OSError:
        return
    decoder = msgspec.json.Decoder(_Kept)
    for path in newest:
        found = _read(path)
        try:
            yield decoder.decode(found)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue


def _read(path: Path) -> bytes:
    from transport.kept_files import read_whole

    try:
        data = read_whole(path, _MOST_BYTES + 1)
    except OSError:
        return b""
    return data if len(data) <= _MOST_BYTES else b'{"id": "%s"}' % path.stem.encode()


def _in_a_line(text: str) -> str:
    from fleet.text import scrub

    return scrub(text, 60)


def _items(words: Iterable[str], incomplete: str) -> Items:
    return [CompletionItem(word) for word in _unique(words) if word.startswith(incomplete)]


def _unique(words: Iterable[str]) -> list[str]:
    """Without those that would break the lines in which a shell is answered, or steer its terminal."""
    return [word for word in dict.fromkeys(words) if word and word.isprintable()]
