"""A configuration with the origin of every value: the line it stands on, another key, or a default.

The text is YAML with the origins as comments, so it can be read back; secrets print as `***`, with their place.
"""

import json
import re
from typing import Any, get_args, get_origin

import msgspec
from msgspec import Struct

from config.action_options import ACT_SECTIONS, ActEntry
from config.check import hidden
from config.entries import interval, time_out
from config.kinds import Kind
from config.load import Examined, probe_settings
from config.problems import child, is_secret_key, item
from config.schema import SECTIONS, Entry, EntryOptions, ProbeOptions, RootOptions
from config.values import SecretRef, duration_text, encode_hook
from config.yaml_tree import Mapping, Node, Scalar, Sequence, resolve
from fleet.model import ProbeKind
from fleet.text import scrub

STARS = "***"
_BARE = re.compile(
    r"[A-Za-z0-9_./][A-Za-z0-9_./+-]*(?: [A-Za-z0-9_./+-]++)*+|[A-Za-z0-9_./+-]+(?::[A-Za-z0-9_./+-]++)++"
)
_COMMENT_COLUMN = 48


class Leaf(Struct, frozen=True):
    """A value as JSON knows it, and where it came from: `default`, a key or a kind, or "" for `line` of the file.

    `secret` is the place of a secret, whose value is `***`.
    """

    value: Any
    origin: str = "default"
    line: int | None = None
    secret: str = ""


class Branch(Struct, frozen=True):
    """A mapping (names) or list (numbers) of shown values. `line` is None where the file does not have it."""

    items: dict[str, "Shown"] | list["Shown"]
    line: int | None = None


Shown = Leaf | Branch


class Row(Struct, frozen=True, kw_only=True):
    """A value for `-o json`. `origin` is the file's name, `default`, or what else the value is taken from."""

    key: str
    value: Any
    origin: str
    line: int | None
    secret: str | None


def rows(examined: Examined) -> list[Row]:
    """Every value with its dotted key."""
    found: list[Row] = []
    _collect(shown(examined), "", examined.file, found)
    return found


def text(examined: Examined) -> str:
    """The configuration as YAML, an origin behind every value."""
    lines: list[tuple[str, str]] = []
    _render(shown(examined), 0, "", examined.file, lines)
    width = min(max((len(left) for left, _ in lines), default=0), _COMMENT_COLUMN)
    return "\n".join(f"{left:<{width}}  # {right}" if right else left for left, right in lines) + "\n"


def shown(examined: Examined) -> Branch:
    """The tree of values with their origins."""
    maker = _Maker(frozenset(hidden(examined.tree)))
    tree, options, config = examined.tree, examined.options, examined.config
    items: dict[str, Shown] = {}
    for field in msgspec.structs.fields(RootOptions):
        name = field.encode_name
        node = tree.entries.get(name)
        if name == "probes":
            items[name] = _probes(maker, node if isinstance(node, Mapping) else None, options)
        elif name in SECTIONS:
            nodes = node.items if isinstance(node, Sequence) else ()
            entries: tuple[Entry, ...] = getattr(config, name)
            items[name] = Branch(
                [_entry(maker, name, *pair, options) for pair in zip(nodes, entries, strict=True)],
                None if node is None else node.line,
            )
        elif name in ACT_SECTIONS:
            nodes = node.items if isinstance(node, Sequence) else ()
            acts: tuple[ActEntry, ...] = getattr(config, name)
            items[name] = Branch(
                [_act(maker, *pair) for pair in zip(nodes, acts, strict=True)], None if node is None else node.line
            )
        else:
            items[name] = maker.field(field, node)
    return Branch(items)


class _Maker:
    """Turns nodes and defaults into shown values, secrets blotted out."""

    def __init__(self, secrets: frozenset[str]) -> None:
        self._secrets = frozenset(secret for secret in secrets if len(secret) > 2)

    def field(self, field: Any, node: Node | None) -> Shown:
        """A field of a struct: what the file says, or its default."""
        if node is not None:
            return self.node(node, field.type, field.encode_name)
        default = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
        return _default(msgspec.to_builtins(default, enc_hook=encode_hook))

    def node(self, node: Node, wanted: Any, name: str = "") -> Shown:
        """What the file says, along the hint `wanted`; the fields that it leaves out are shown too."""
        struct = _struct_of(wanted)
        if isinstance(node, Scalar):
            return self._scalar(node, name)
        if isinstance(node, Sequence):
            member = next((argument for argument in _arguments(wanted) if argument is not Ellipsis), Any)
            return Branch([self.node(value, member, name) for value in node.items], node.line)
        if struct is SecretRef:
            return _secret(node)
        if struct is not None:
            return self.struct(node, struct)
        member = (_arguments(wanted) or (Any,))[-1]
        return Branch({key: self.node(value, member, key) for key, value in node.entries.items()}, node.line)

    def struct(self, node: Mapping, struct: type[Struct], skip: tuple[str, ...] = ()) -> Branch:
        """The fields of `struct`, as `node` has them."""
        fields = [field for field in msgspec.structs.fields(struct) if field.encode_name not in skip]
        return Branch({field.encode_name: self.field(field, node.entries.get(field.encode_name)) for field in fields})

    def _scalar(self, node: Scalar, name: str) -> Leaf:
        if is_secret_key(name) and node.text:
            return Leaf(STARS, "", node.line)
        value = node.value
        if isinstance(value, str):
            for secret in self._secrets:
                value = value.replace(secret, STARS)
        return Leaf(value, "", node.line)


def _probes(maker: _Maker, node: Mapping | None, options: RootOptions) -> Branch:
    """The families of probes, with what holds for them in the end."""
    families: dict[str, Shown] = {}
    for kind in ProbeKind:
        own = node.entries.get(kind.value) if node is not None else None
        settings = probe_settings(options, kind)
        made = {
            "every": duration_text(settings.every_s),
            "timeout": duration_text(settings.timeout_s),
            "stale_after": settings.stale_after,
            "down_after": settings.down_after,
        }
        given = own.entries if isinstance(own, Mapping) else {}
        families[kind.value] = Branch(
            {
                field.encode_name: maker.node(given[field.encode_name], field.type)
                if _is_set(given.get(field.encode_name))
                else Leaf(made[field.encode_name], field.encode_name)
                for field in msgspec.structs.fields(ProbeOptions)
            }
        )
    return Branch(families)


def _entry(maker: _Maker, section: str, node: Node, entry: Entry, options: RootOptions) -> Branch:
    """An entry: the keys that all have, resolved, then those of its kind."""
    if not isinstance(node, Mapping):
        return Branch({})
    kind: Kind[Any] = entry.kind
    given = {name: value for name, value in node.entries.items() if _is_set(value)}
    items: dict[str, Shown] = {"kind": maker.node(node.entries["kind"], str)}
    items["name"] = maker.node(given["name"], str) if "name" in given else Leaf(entry.name, "the entry")
    head = EntryOptions(kind=kind.name)
    resolved = {"every": interval(section, head, kind, options), "timeout": time_out(section, head, options)}
    for name, (seconds, origin) in resolved.items():
        items[name] = maker.node(given[name], str) if name in given else Leaf(duration_text(seconds), origin)
    own = maker.struct(node, kind.options, tuple(items)).items
    return Branch({**items, **own} if isinstance(own, dict) else items)


def _act(maker: _Maker, node: Node, entry: ActEntry) -> Branch:
    """An entry of what acts: the keys that all of its section have, then those of its kind."""
    if not isinstance(node, Mapping):
        return Branch({})
    head, own = maker.struct(node, type(entry.head)).items, maker.struct(node, entry.kind.options).items
    return Branch({**head, **own} if isinstance(head, dict) and isinstance(own, dict) else head)


def _is_set(node: Node | None) -> bool:
    return node is not None and not (isinstance(node, Scalar) and node.value is None)


def _secret(node: Mapping) -> Leaf:
    reference = {
        name: str(value.text) for name, value in node.entries.items() if isinstance(value, Scalar) and value.text
    }
    place = next((f"{name} {reference[name]}" for name in ("env", "file") if name in reference), "")
    return Leaf(STARS, "", node.line, place)


def _default(value: Any) -> Shown:
    if isinstance(value, dict):
        return Branch({name: _default(one) for name, one in value.items()})
    if isinstance(value, list | tuple):
        return Branch([_default(one) for one in value])
    return Leaf(value)


def _arguments(wanted: Any) -> tuple[Any, ...]:
    """The arguments of the list or mapping in `wanted`, through `Annotated` and unions."""
    if isinstance(get_origin(wanted), type) and issubclass(get_origin(wanted), list | tuple | set | frozenset | dict):
        return get_args(wanted)
    return next((found for argument in get_args(wanted) if (found := _arguments(argument))), ())


def _struct_of(wanted: Any) -> type[Struct] | None:
    """The struct in `wanted`, through `Annotated` and unions, not through lists."""
    if isinstance(wanted, type) and issubclass(wanted, Struct):
        return wanted
    if isinstance(get_origin(wanted), type) and issubclass(get_origin(wanted), list | tuple | set | frozenset | dict):
        return None
    return next((found for argument in get_args(wanted) if (found := _struct_of(argument)) is not None), None)


def _collect(node: Shown, key: str, file: str, found: list[Row]) -> None:
    if isinstance(node, Leaf):
        origin = node.origin or file
        found.append(Row(key=key, value=node.value, origin=origin, line=node.line, secret=node.secret or None))
    elif not node.items:
        origin = "default" if node.line is None else file
        found.append(Row(key=key, value=node.items, origin=origin, line=node.line, secret=None))
    elif isinstance(node.items, dict):
        for name, value in node.items.items():
            _collect(value, child(key, name), file, found)
    else:
        for index, value in enumerate(node.items):
            _collect(value, item(key, index), file, found)


def _render(node: Shown, depth: int, lead: str, file: str, lines: list[tuple[str, str]]) -> None:
    """Append the lines of `node`. `lead` is what stands before its first line (`key:` or `-`), at `depth` blanks."""
    indent = " " * depth
    if isinstance(node, Leaf):
        lines.append((f"{indent}{lead} {scalar_text(node.value)}", _origin(node, file)))
    elif not node.items:
        empty = "{}" if isinstance(node.items, dict) else "[]"
        lines.append((f"{indent}{lead} {empty}", _place(node.line, file) or "default"))
    else:
        if lead.endswith(":"):
            lines.append((f"{indent}{lead}", ""))
        start = len(lines)
        inner = depth + (2 if lead else 0)
        pairs = (
            [(f"{scalar_text(name)}:", value) for name, value in node.items.items()]
            if isinstance(node.items, dict)
            else [("-", value) for value in node.items]
        )
        for name, value in pairs:
            _render(value, inner, name, file, lines)
        if lead == "-":
            first, comment = lines[start]
            lines[start] = (f"{indent}- {first[inner:]}", comment)


def _origin(leaf: Leaf, file: str) -> str:
    where = _place(leaf.line, file) or (f"from {leaf.origin}" if leaf.origin != "default" else "default")
    return f"{scrub(leaf.secret)}, {where}" if leaf.secret else where


def _place(line: int | None, file: str) -> str:
    return "" if line is None else f"{scrub(file)}:{line}"


def scalar_text(value: Any) -> str:
    """A scalar as YAML writes it; text is quoted where it needs to be, and harmless to a terminal."""
    if isinstance(value, str):
        if _BARE.fullmatch(value) and isinstance(resolve(value), str):
            return value
        return scrub(json.dumps(value, ensure_ascii=False), 1_000_000)
    if isinstance(value, float) and value != value:  # noqa: PLR0124  # NaN
        return ".nan"
    if value in (float("inf"), float("-inf")):
        return ".inf" if value > 0 else "-.inf"
    return json.dumps(value)
