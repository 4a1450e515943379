"""A strict check of a tree against the types of the configuration, that names every mistake with its line.

msgspec decodes strictly but stops at the first mistake and knows no lines. So the tree is walked along the type hints
first: unknown keys, missing ones, wrong types and bad values are noted where they stand; msgspec then makes the values.
"""

import re
import types
from collections.abc import Mapping as AbstractMapping
from collections.abc import Sequence as AbstractSequence
from enum import Enum
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import Struct

from config.problems import Problems, child, is_secret_key, item, likeliest, nearest
from config.values import HttpUrl, SecretRef, Url, decode_hook, refuse_credentials
from config.yaml_tree import Mapping, Node, Scalar, Sequence, plain, scalars

S = TypeVar("S", bound=Struct)

_LISTS = (list, tuple, set, frozenset, AbstractSequence)
_BAD_VALUE = (msgspec.ValidationError, ValueError, TypeError, re.error)
_WORDS = {
    "int": "a whole number", "float": "a number", "str": "text", "bool": "true or false", "null": "nothing",
    "array": "a list", "object": "a mapping",
}  # fmt: skip
_YES_NO = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def hidden(tree: Node) -> list[str]:
    """Texts of `tree` that look like secrets: values under telling keys, and passwords in URLs."""
    found = []
    for name, scalar in scalars(tree):
        if is_secret_key(name) and scalar.text:
            found.append(scalar.text)
        if "://" in scalar.text and "@" in scalar.text:
            userinfo = scalar.text.split("://", 1)[1].rpartition("@")[0]
            found += [part for part in (userinfo, *userinfo.split(":")) if part]
    return found


class Checker:
    """Checks nodes against type hints; mistakes go to `problems`."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems

    def struct(self, node: Node, wanted: type[S], key: str, *, also: tuple[str, ...] = ()) -> S | None:
        """`node` as a `wanted`, or None where something is wrong with it. `also` are keys known to the caller.

        `also` is only for the list of known keys: the caller has taken them out of `node`.
        """
        if not isinstance(node, Mapping):
            self._wrong(node, "a mapping", key)
            return None
        fields = {field.encode_name: field for field in msgspec.structs.fields(wanted)}
        known = (*also, *(name for name in fields if name not in also))
        before, meant = len(self._problems), set()
        for name, value in node.entries.items():
            if name in fields:
                self.value(value, fields[name].type, child(key, name), name=name)
            else:
                meant.add(likeliest(name, known))
                self._problems.add(node.lines[name], child(key, name), f"unknown key{nearest(name, known)}")
        for name, field in fields.items():
            if field.required and name not in node.entries and name not in meant:
                self._problems.add(node.line, child(key, name), "is missing")
        return self._convert(node, wanted, key) if len(self._problems) == before else None

    def value(self, node: Node, wanted: Any, key: str, *, name: str = "") -> None:
        """Check `node`, whose own key is `name`, against the hint `wanted`."""
        base = _base(wanted)
        if get_origin(base) in (Union, types.UnionType):
            self._union(node, wanted, key, name)
        elif base is SecretRef and not isinstance(node, Mapping):
            self._problems.add(node.line, key, "a secret is not written here; name it, {env: NAME} or {file: PATH}")
        elif _is_struct(base):
            self.struct(node, base, key)
        elif isinstance(node, Sequence) and _is_list(base):
            self._list(node, wanted, key, name)
        elif isinstance(node, Mapping) and _is_dict(base):
            self._dict(node, wanted, key)
        else:
            self._leaf(node, wanted, key, name)

    def _union(self, node: Node, wanted: Any, key: str, name: str) -> None:
        members = get_args(_base(wanted))
        if isinstance(node, Mapping):
            fitting = [member for member in members if _is_dict(member) or _is_struct(member)]
        elif isinstance(node, Sequence):
            fitting = [member for member in members if _is_list(member)]
        elif node.value is None and type(None) in members:
            return
        else:
            fitting = [member for member in members if member is not type(None)]
            fitting = [member for member in fitting if _extra(member, "check")] or fitting
        if len(fitting) == 1:
            self.value(node, fitting[0], key, name=name)
        else:
            self._leaf(node, wanted, key, name)

    def _list(self, node: Sequence, wanted: Any, key: str, name: str) -> None:
        arguments = get_args(_base(wanted))
        before = len(self._problems)
        if get_origin(_base(wanted)) is tuple and not (len(arguments) == 2 and arguments[1] is Ellipsis):
            self._leaf(node, wanted, key, name)
            return
        for index, value in enumerate(node.items):
            self.value(value, arguments[0] if arguments else Any, item(key, index), name=name)
        if wanted is not _base(wanted) and len(self._problems) == before:
            self._leaf(node, wanted, key, name)

    def _dict(self, node: Mapping, wanted: Any, key: str) -> None:
        arguments = get_args(_base(wanted)) or (Any, Any)
        before = len(self._problems)
        for name, value in node.entries.items():
            self.value(value, arguments[1], child(key, name), name=name)
        if wanted is not _base(wanted) and len(self._problems) == before:
            self._leaf(node, wanted, key, "")

    def _leaf(self, node: Node, wanted: Any, key: str, name: str) -> None:
        base = _base(wanted)
        choices = _choices(base)
        if choices and isinstance(node, Scalar):
            if node.value not in choices:
                self._problems.add(
                    node.line, key, f"not one of these{nearest(node.text, [str(one) for one in choices])}"
                )
            return
        try:
            if isinstance(node, Scalar) and isinstance(node.value, str):
                _check_text(node.value, wanted, name)
            msgspec.convert(plain(node), wanted, dec_hook=decode_hook)
        except _BAD_VALUE as error:
            form = _extra(wanted, "form")
            bad_form = form is not None and " matching regex " in str(error)
            self._problems.add(node.line, key, f"{form} is wanted" if bad_form else _sentence(error, node))

    def _wrong(self, node: Node, wanted: str, key: str) -> None:
        self._problems.add(node.line, key, f"{wanted} is wanted, not {kind_word(node)}")

    def _convert(self, node: Mapping, wanted: type[S], key: str) -> S | None:
        """The struct; what its own checks (`__post_init__`) say goes to `problems`.

        A sentence of theirs that begins with the name of a field and a colon is about that field.
        """
        try:
            return msgspec.convert(plain(node), wanted, dec_hook=decode_hook)
        except _BAD_VALUE as error:
            field, colon, text = _sentence(error, node).partition(": ")
            if colon and field in node.entries:
                self._problems.add(node.entries[field].line, child(key, field), text)
            else:
                self._problems.add(node.line, key, field + colon + text)
            return None


def kind_word(node: Node) -> str:
    """What `node` is, for people. It does not repeat the value, which may be a secret."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    if node.value is None:
        return "nothing"
    if isinstance(node.value, bool):
        return "true or false"
    return "a number" if isinstance(node.value, int | float) else "text"


def _check_text(text: str, wanted: Any, name: str) -> None:
    """What holds for any text: no credentials; and a key that is named `url`, or whose type says so, is a URL.

    Raises ValueError before msgspec sees the text, since its own message for a pattern helps nobody.
    """
    refuse_credentials(text)
    check = _extra(wanted, "check")
    if check is not None:
        check(text)
    if isinstance(wanted, type) and issubclass(wanted, Url):
        wanted.parse(text)
    elif is_url(wanted):
        HttpUrl.parse(text)
    elif name == "url" or name.endswith("_url"):
        Url.parse(text)


def is_url(wanted: Any) -> bool:
    """Whether `wanted` is text with a pattern that only an HTTP URL matches (`^https?://…`)."""
    if get_origin(wanted) is not Annotated:
        return False
    patterns = (getattr(meta, "pattern", None) or "" for meta in get_args(wanted)[1:])
    return any(pattern.startswith("^https?://") for pattern in patterns)


def _sentence(error: Exception, node: Node) -> str:
    """msgspec's message in this project's words, with a hint where the way out is plain."""
    message = str(error).split(" - at `$")[0]
    found = re.fullmatch(r"Expected `([^`]*)`, got `([^`]*)`", message)
    if found is None and " matching regex " in message:
        return f"the text does not have the form that is wanted ({message.split(' matching regex ', 1)[1]})"
    if found is None:
        text = re.sub(r"`(\w+)`", lambda match: _WORDS.get(match[1], match[1]), message)
        return f"{text.removeprefix('Expected ')} is wanted" if text.startswith("Expected ") else text
    wanted = " or ".join(dict.fromkeys(_WORDS.get(word, word) for word in found[1].split(" | ")))
    got = "a fraction" if found[1] == "int" and found[2] == "float" else kind_word(node)
    return f"{wanted} is wanted, not {got}{_hint(found[1], node)}"


def _hint(wanted: str, node: Node) -> str:
    if isinstance(node, Mapping) and "str" in wanted:
        return _placeholder_hint(node)
    if not isinstance(node, Scalar):
        return ""
    if "str" in wanted and node.plain and node.value is not None:
        return "; put it in quotes"
    if "bool" in wanted and node.text.lower() in _YES_NO:
        return f"; write {_YES_NO[node.text.lower()]}"
    if wanted in ("int", "float") and not node.plain:
        return "; take the quotes away"
    return ""


def _placeholder_hint(node: Mapping) -> str:
    """What was meant by `{name}`, which is a mapping in YAML."""
    if len(node.entries) != 1:
        return ""
    name, value = next(iter(node.entries.items()))
    is_bare = isinstance(value, Scalar) and value.value is None
    return f'; a placeholder stands in quotes: "{{{name}}}"' if is_bare else ""


def _extra(wanted: Any, name: str) -> Any:
    """What an annotation says beside its pattern: `form` puts the pattern in words, `check` raises ValueError with a
    sentence for a text that is wrong."""
    metas = get_args(wanted)[1:] if get_origin(wanted) is Annotated else ()
    return next((extra[name] for meta in metas if name in (extra := getattr(meta, "extra", None) or {})), None)


def _base(wanted: Any) -> Any:
    return get_args(wanted)[0] if get_origin(wanted) is Annotated else wanted


def _is_struct(wanted: Any) -> bool:
    return isinstance(_base(wanted), type) and issubclass(_base(wanted), Struct)


def _is_list(wanted: Any) -> bool:
    return (get_origin(_base(wanted)) or _base(wanted)) in _LISTS


def _is_dict(wanted: Any) -> bool:
    return (get_origin(_base(wanted)) or _base(wanted)) in (dict, AbstractMapping)


def _choices(wanted: Any) -> list[Any]:
    if get_origin(wanted) is Literal:
        return list(get_args(wanted))
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return [member.value for member in wanted]
    return []
