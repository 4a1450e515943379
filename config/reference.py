"""The tables of docs/configuration.md, made from the option classes, so that the page cannot drift from the program.

`python -m config.reference` rewrites the region between the two marks; a test fails where it is out of date. What a
field means is taken from the string literal below it, else from the class's docstring (`field: text`).
"""

import ast
import inspect
import re
import sys
import textwrap
import types
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import Struct

from config.action_options import (
    ActionsOptions,
    AutoOptions,
    FieldOptions,
    LockOptions,
    RollbackOptions,
    StageOptions,
    TemplateOptions,
)
from config.alert_options import DeadmanOptions, InhibitOptions
from config.check import is_url
from config.kinds import Kind, KindTables, installed_kinds
from config.schema import (
    EntryOptions,
    HostOptions,
    LimitOptions,
    ProbeOptions,
    ProbesOptions,
    RootOptions,
    SelfMetricsOptions,
)
from config.server_options import AlertmanagerOptions, PrometheusOptions
from config.show import scalar_text
from config.values import Regex, Seconds, SecretRef, Url, duration_text, encode_hook

PAGE = Path(__file__).parents[1] / "docs" / "configuration.md"
BEGIN = "<!-- reference: begin. Made by `python -m config.reference`; edit the option classes instead. -->"
END = "<!-- reference: end -->"

_TITLES = {
    "discovery": "Kinds of discovery",
    "queues": "Kinds of queue",
    "backlog": "Kinds of backlog",
    "alerts": "Kinds of alerts",
    "templates": "Kinds of templates",
    "rollbacks": "Kinds of rollbacks",
}
_PLAIN = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true/false",
    type(None): "nothing",
    Any: "anything",
}
_TABLE = ("| key | value | default | meaning |", "|---|---|---|---|")


def reference(kinds: KindTables) -> str:
    """The generated part of the page."""
    parts = [
        _part("### Top level", "", RootOptions, nested=False),
        _part("### `probes`", _about(ProbesOptions), ProbesOptions, nested=False),
        _part("#### Each family of `probes`", _about(ProbeOptions), ProbeOptions),
        _part("### `limits`", _about(LimitOptions), LimitOptions),
        _part("### `host` as a mapping", _about(HostOptions), HostOptions),
        _part("### `self_metrics` as a mapping", _about(SelfMetricsOptions), SelfMetricsOptions),
        _part("### An entry of `inhibit_rules`", _about(InhibitOptions), InhibitOptions),
        _part("### An entry of `deadman`", _about(DeadmanOptions), DeadmanOptions),
        _part("### `prometheus`", _about(PrometheusOptions), PrometheusOptions),
        _part("### An entry of `alertmanager`", _about(AlertmanagerOptions), AlertmanagerOptions),
        _part("### `actions`", _about(ActionsOptions), ActionsOptions),
        _part("### `actions.lock`", _about(LockOptions), LockOptions),
        _part("### Every entry of a list", _about(EntryOptions), EntryOptions),
        _part("### Every entry of `templates`", _about(TemplateOptions), TemplateOptions),
        _part("### An entry of `fields`", _about(FieldOptions), FieldOptions),
        _part("### Every entry of `rollbacks`", _about(RollbackOptions), RollbackOptions),
        _part("### An entry of `stages`", _about(StageOptions), StageOptions),
        _part("### `auto` as a mapping", _about(AutoOptions), AutoOptions),
        _part("### A secret", _about(SecretRef), SecretRef),
    ]
    for section, title in _TITLES.items():
        parts.append(f"### {title} (`{section}`)\n")
        parts.extend(_kind(kind) for kind in kinds.section(section).values())
    return "\n".join(parts)


def rewritten(page: str, kinds: KindTables) -> str:
    """`page` with the region between the marks made anew. Raises ValueError where the marks are missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the page lacks the marks of the generated region")
    return f"{before}{BEGIN}\n\n{reference(kinds)}\n{END}{after}"


def undocumented(kinds: KindTables) -> list[str]:
    """Fields without a word of explanation, as `Class.field`."""
    classes: list[type[Struct]] = [
        RootOptions,
        ProbesOptions,
        ProbeOptions,
        LimitOptions,
        HostOptions,
        SelfMetricsOptions,
        EntryOptions,
        ActionsOptions,
        LockOptions,
        TemplateOptions,
        FieldOptions,
        RollbackOptions,
        StageOptions,
        AutoOptions,
    ]
    classes += [kind.options for section in _TITLES for kind in kinds.section(section).values()]
    return sorted({f"{cls.__name__}.{name}" for cls in classes for _, cls, name, text in _walk(cls, "") if not text})


def field_docs(cls: type[Struct]) -> dict[str, str]:
    """What each field of `cls` means, by its name; a field that nothing is said of is missing."""
    docs = _from_docstring(cls)
    for owner in reversed(cls.__mro__):
        docs.update(_below_fields(owner))
    return docs


def _below_fields(cls: type) -> dict[str, str]:
    """The string literals that stand below fields."""
    try:
        body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    except (OSError, TypeError, SyntaxError):
        return {}
    if not isinstance(body, ast.ClassDef):
        return {}
    docs = {}
    for field, below in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(below, ast.Expr):
            text = below.value.value if isinstance(below.value, ast.Constant) else None
            if isinstance(text, str):
                docs[field.target.id] = " ".join(text.split())
    return docs


_MARK = re.compile(r"(?:^|(?<=[.;)]\s))((?:`?\w++`?, )*+`?\w+`?):\s", re.MULTILINE)


def _marks(cls: type[Struct]) -> list[tuple[int, int, list[str]]]:
    """Where `field:` (or `field`, `field`:) begins and ends in the docstring, and the fields, in order."""
    found = []
    for mark in _MARK.finditer(inspect.cleandoc(cls.__doc__ or "")):
        names = re.findall(r"\w+", mark[1])
        if set(names) <= set(cls.__struct_fields__):
            found.append((mark.start(), mark.end(), names))
    return found


def _from_docstring(cls: type[Struct]) -> dict[str, str]:
    text, marks = inspect.cleandoc(cls.__doc__ or ""), _marks(cls)
    ends = [start for start, _, _ in marks[1:]] + [len(text)] * bool(marks)
    return {
        name: _sentence(" ".join(text[end:stop].split("\n\n")[0].split()))
        for (_, end, names), stop in zip(marks, ends, strict=True)
        for name in names
    }


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if not text or text.endswith((".", "!")) else f"{text}."


def _about(cls: type[Struct]) -> str:
    """The docstring up to the fields."""
    text, marks = inspect.cleandoc(cls.__doc__ or ""), _marks(cls)
    return " ".join((text[: marks[0][0]] if marks else text).split())


def _kind(kind: Kind[Any]) -> str:
    about = _about(kind.options)
    if re.match(r"Options of `?kind", about):
        about = ""
    every = f"Looked at every {duration_text(kind.every_s)} where nothing else is said." if kind.every_s else ""
    return _part(f"#### `{kind.name}`", " ".join(filter(None, (about, every))), kind.options)


def _part(title: str, about: str, cls: type[Struct], *, nested: bool = True) -> str:
    rows = [
        f"| `{key}` | {_cell(type_text(field.type))} | {_cell(_default(field))} | {_cell(text)} |"
        for key, field, text in _rows(cls, nested)
    ]
    lines = [title, "", *((about, "") if about else ()), *((*_TABLE, *rows, "") if rows else ())]
    return "\n".join(lines)


def _rows(cls: type[Struct], nested: bool) -> Iterator[tuple[str, Any, str]]:
    for key, owner, name, text in _walk(cls, "", nested=nested):
        yield key, next(field for field in msgspec.structs.fields(owner) if field.name == name), text


def _walk(
    cls: type[Struct], prefix: str, *, nested: bool = True, above: tuple[type, ...] = ()
) -> Iterator[tuple[str, type[Struct], str, str]]:
    """(dotted key, class, field name, meaning) of every field of `cls` and of the structs in it."""
    docs = field_docs(cls)
    for field in msgspec.structs.fields(cls):
        yield prefix + field.encode_name, cls, field.name, docs.get(field.name, "")
        for path, inner in _structs(field.type, "") if nested else ():
            if inner not in (*above, cls, SecretRef):
                yield from _walk(inner, f"{prefix}{field.encode_name}{path}.", above=(*above, cls))


def _structs(hint: Any, path: str) -> Iterator[tuple[str, type[Struct]]]:
    """The structs in a hint, with the path to them (`[]` for lists, `.*` for mappings)."""
    origin = get_origin(hint)
    if isinstance(hint, type) and issubclass(hint, Struct):
        yield path, hint
    elif origin is Annotated:
        yield from _structs(get_args(hint)[0], path)
    elif origin in (Union, types.UnionType):
        for member in get_args(hint):
            yield from _structs(member, path)
    elif origin in (list, tuple):
        yield from _structs(get_args(hint)[0], f"{path}[]")
    elif origin is dict:
        yield from _structs(get_args(hint)[1], f"{path}.*")


def type_text(hint: Any) -> str:
    """A type hint in the words of the page."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return "HTTP URL" if is_url(hint) else type_text(arguments[0])
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(type_text(member) for member in arguments if member is not type(None)))
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin in (list, tuple, set, frozenset):
        member = type_text(arguments[0])
        return f"list of {member}s" if member in ("mapping", "number") else f"list of {member}"
    if origin is dict:
        return "mapping" if Any in arguments else f"mapping of {type_text(arguments[0])} to {type_text(arguments[1])}"
    return _class_text(hint)


def _class_text(hint: Any) -> str:
    if not isinstance(hint, type):
        return _PLAIN.get(hint, "anything")
    if issubclass(hint, Enum):
        return " or ".join(f"`{member.value}`" for member in hint)
    words = ((SecretRef, "secret"), (Struct, "mapping"), (Seconds, "duration"), (Regex, "regular expression"))
    for cls, word in words:
        if issubclass(hint, cls):
            return word
    if issubclass(hint, Url):
        return {"HttpUrl": "HTTP URL", "RedisUrl": "Redis URL"}.get(hint.__name__, "URL")
    return _PLAIN.get(hint, hint.__name__)


def _default(field: Any) -> str:
    if field.required:
        return "required"
    default = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    if default is None:
        return "not set"
    value = msgspec.to_builtins(default, enc_hook=encode_hook)
    if isinstance(value, dict):
        return "" if value else "`{}`"
    if isinstance(value, list | tuple):
        return f"`[{', '.join(scalar_text(one) for one in value)}]`"
    return f"`{scalar_text(value)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    """Rewrite the page."""
    page = PAGE.read_text(encoding="utf-8")
    fresh = rewritten(page, installed_kinds())
    if fresh != page:
        PAGE.write_text(fresh, encoding="utf-8")
    for field in undocumented(installed_kinds()):
        sys.stderr.write(f"undocumented: {field}\n")


if __name__ == "__main__":
    main()
