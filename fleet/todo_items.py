"""To-do lists of items with a state: JSON, JSON lines and todo.txt, counted by distinct item.

An item is known by its `id`, else by its file, line and text, else by its title; an item that is listed twice counts
once, in the state of its last entry. Cancelled items are no work: they are neither in the total nor done, and stand in
a section of their own. Sources: the unified to-do files of the contracts; todo.txt's format description.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from fleet.backlog import bounded_sections, quoted
from fleet.errors import ParseError
from fleet.json_salvage import Document, decode_json, read_json, read_json_line
from fleet.text import scrub
from fleet.vocabulary import TaskState, task_state
from fleet.work import BacklogReading, Section

LISTS = ("todos", "items", "tasks")
"""Keys under which a document holds its items."""
MOST_SECTIONS = 50
WORD_CHARS = 80

_TITLES = ("title", "text", "name", "summary", "content", "description")
_MORE_WORDS = (
    dict.fromkeys(("resolved", "closed", "fixed", "merged"), TaskState.DONE)
    | dict.fromkeys(("wontfix", "won't fix", "obsolete", "dropped", "deleted"), TaskState.CANCELLED)
    | dict.fromkeys(("open", "new", "ready", "planned", "backlog", "deferred"), TaskState.QUEUED)
)
"""What trackers say beside the words of job queues."""
_TODO_TXT_STAMP = re.compile(r"(?:\([A-Z]\)\s+)?(?:\d{4}-\d\d-\d\d\s+){0,2}")


class Item(Struct, frozen=True):
    """One entry: what it is known by, its state, and the raw word for it (empty where it has none)."""

    key: str
    state: TaskState
    word: str = ""


class ItemList(Struct, frozen=True, kw_only=True):
    """The entries of a document, the counts that it states itself, and what was wrong with it."""

    items: list[Item]
    claimed_total: int | None = None
    claimed_done: int | None = None
    problems: tuple[str, ...] = ()
    cut: bool = False


def read_todo_list(content: bytes, name: str) -> BacklogReading:
    """The count of a to-do file: `.txt` is todo.txt, `.jsonl` and `.ndjson` are JSON lines, all else is JSON (lines
    are recognised there too). Raises ParseError, with the byte where it can be told, where nothing can be read."""
    suffix = name.rpartition(".")[2].lower()
    if suffix == "txt":
        return _reading(_todo_txt(content), name)
    if suffix in ("jsonl", "ndjson"):
        return _reading(_json_lines(content), name)
    return _reading(_json(content), name)


def _json(content: bytes) -> ItemList:
    document = read_json(content, LISTS)
    value = document.value
    if isinstance(value, list):
        return _listed(value, {}, document)
    if not isinstance(value, dict):
        raise ParseError("no list of to-dos: the document is a bare value")
    for key in LISTS:
        held = value.get(key)
        if isinstance(held, list):
            return _listed(held, value, document)
        if isinstance(held, dict):
            return _listed([_named(name, item) for name, item in held.items()], value, document)
    if _is_item(value):
        return _json_lines(content) if document.problem else _listed([value], {}, document)
    if document.problem:
        raise ParseError(document.problem)
    keys = ", ".join(quoted(key) for key in list(value)[:5]) or "none"
    raise ParseError(f"no list of to-dos under {', '.join(LISTS)} (keys: {keys})")


def _named(name: str, item: Any) -> Any:
    return {"id": name, **item} if isinstance(item, dict) else item


def _is_item(value: Mapping[str, Any]) -> bool:
    return any(key in value for key in ("status", "state")) and any(key in value for key in ("id", *_TITLES))


def _listed(entries: list[Any], around: Mapping[str, Any], document: Document) -> ItemList:
    items = [item for number, entry in enumerate(entries, 1) if (item := _item(entry, number)) is not None]
    problems = [document.problem] if document.problem else []
    if len(items) < len(entries):
        problems.append(f"{len(entries) - len(items):,} of {len(entries):,} entries are no items")
    return ItemList(
        items=items,
        claimed_total=_first_int(around, "total", "total_todos", "total_count"),
        claimed_done=_first_int(around, "completed", "done", "completed_count"),
        problems=tuple(problems),
        cut=document.cut,
    )


def _first_int(around: Mapping[str, Any], *keys: str) -> int | None:
    values = (around.get(key) for key in keys)
    return next((value for value in values if type(value) is int and value >= 0), None)


def _json_lines(content: bytes) -> ItemList:
    lines = [line for line in decode_json(content)[0].encode("utf-8", "replace").splitlines() if line.strip()]
    values, broken = [], []
    for number, line in enumerate(lines, 1):
        try:
            values.append(read_json_line(line))
        except ParseError as error:
            broken.append(f"line {number}: {error}")
    if not values:
        raise ParseError(broken[0] if broken else "an empty file")
    problem = f"{len(broken):,} of {len(lines):,} lines cannot be read ({broken[0]})" if broken else ""
    return _listed(values, {}, Document(values, problem))


def _todo_txt(content: bytes) -> ItemList:
    items = []
    for raw in content.removeprefix(b"\xef\xbb\xbf").splitlines():
        line = raw.decode("utf-8", "replace").strip()
        if not line:
            continue
        done = line.startswith("x ")
        text = line[2:].lstrip() if done else line
        stamp = _TODO_TXT_STAMP.match(text)
        state = TaskState.DONE if done else TaskState.QUEUED
        items.append(Item(text[stamp.end() if stamp else 0 :], state, "done" if done else "open"))
    return ItemList(items=items)


def _item(entry: Any, number: int) -> Item | None:
    if isinstance(entry, str):
        return Item(entry, TaskState.QUEUED, "open") if entry.strip() else None
    if not isinstance(entry, dict) or not entry:
        return None
    word = _text(entry, "status") or _text(entry, "state")
    if word:
        word = word[:WORD_CHARS].strip().lower()
        return Item(_key(entry, number), _state(word), word)
    finished = entry.get("done") is True or entry.get("completed") is True
    return Item(_key(entry, number), TaskState.DONE if finished else TaskState.QUEUED, "done" if finished else "open")


def _state(word: str) -> TaskState:
    return _MORE_WORDS.get(word) or task_state(word)


def _key(entry: Mapping[str, Any], number: int) -> str:
    """What the entry is known by; its place in the list where it says nothing that could tell it apart."""
    known = _text(entry, "id")
    if not known and _text(entry, "file"):
        known = f"{_text(entry, 'file')}:{_text(entry, 'line')} {_text(entry, 'text')}"
    titles = (_text(entry, key) for key in _TITLES)
    return known or next((title for title in titles if title), f"entry {number}")


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    return str(value) if isinstance(value, str | int | float) else ""


def _reading(found: ItemList, name: str) -> BacklogReading:
    items = {item.key: item for item in found.items}
    states = Counter(item.state for item in items.values())
    total = len(items) - states[TaskState.CANCELLED]
    done = states[TaskState.DONE]
    anomalies = (*found.problems, *_doubts(found.items, items), *_claims(found, total, done))
    return BacklogReading(
        name=name,
        kind="todo_list",
        total=total,
        done=done,
        claimed_total=found.claimed_total,
        claimed_done=found.claimed_done,
        sections=_sections(items.values()),
        anomalies=tuple(scrub(line) for line in anomalies),
        cut=found.cut,
    )


def _sections(items: Iterable[Item]) -> tuple[Section, ...]:
    """The items by the word for their state, most first."""
    words = Counter((item.word, item.state is TaskState.DONE) for item in items)
    sections = [
        Section(word or "no state", number, number if done else 0) for (word, done), number in words.most_common()
    ]
    return tuple(replace(one, title=scrub(one.title)) for one in bounded_sections(sections, MOST_SECTIONS))


def _doubts(entries: list[Item], items: Mapping[str, Item]) -> Iterable[str]:
    """Items that are listed several times, that differ in it, and states that no table knows."""
    again = len(entries) - len(items)
    if again:
        repeated = [key for key, number in Counter(entry.key for entry in entries).items() if number > 1]
        yield f"{again:,} of {len(entries):,} entries repeat an item ({quoted(repeated[0])}{_more(repeated)})"
    torn = list(dict.fromkeys(entry.key for entry in entries if entry.state is not items[entry.key].state))
    if torn:
        yield f"listed in different states: {quoted(torn[0])}{_more(torn)}"
    strange = list(dict.fromkeys(item.word for item in items.values() if item.state is TaskState.UNKNOWN))
    if strange:
        yield f"unknown state, taken as open: {quoted(strange[0])}{_more(strange)}"


def _more(texts: list[str]) -> str:
    return f" and {len(texts) - 1:,} more" if len(texts) > 1 else ""


def _claims(found: ItemList, total: int, done: int) -> Iterable[str]:
    if found.claimed_total is not None and found.claimed_total not in (total, len(found.items)):
        yield f"{total:,} items are listed, {found.claimed_total:,} claimed"
    if found.claimed_done is not None and found.claimed_done != done:
        yield f"{done:,} items are done, {found.claimed_done:,} claimed"
