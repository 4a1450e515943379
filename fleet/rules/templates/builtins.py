"""The functions that Go's text/template has of itself, but for `and` and `or`, which the execution evaluates."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import quote_plus

from fleet.rules.templates.errors import CallError
from fleet.rules.templates.gofmt import sprint, sprintf, sprintln
from fleet.rules.templates.signature import ANY, STRING, Function
from fleet.rules.templates.values import NO_VALUE, Args, Byte, Root, Samples, indirect, is_true, type_name

_BAD_TYPE = "invalid type for comparison"
_BAD_PAIR = "incompatible types for comparison"
_HTML = {'"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;", "\0": "\ufffd"}
_JS = {"\\": "\\\\", "'": "\\'", '"': '\\"', "<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "=": "\\u003D"}


def _kind(value: Any) -> str:
    """What may be compared with each other; "" is anything else."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int"
    if isinstance(value, float):
        return "float"
    return "string" if isinstance(value, str) else ""


def _equal(first: Any, *others: Any) -> bool:
    if not others:
        raise CallError("missing argument for comparison")
    return any(_same(first, other) for other in others)


def _comparable(value: Any) -> None:
    if isinstance(value, Mapping | Samples | Root):
        raise CallError(f"non-comparable type {sprintf('%s', [value])}: {type_name(value)}")


def _same(first: Any, other: Any) -> bool:
    if _kind(first) != _kind(other):
        if _is_nil(first) or _is_nil(other):
            return False
        raise CallError(_BAD_PAIR)
    if _kind(first):
        return bool(first == other)
    if _is_nil(first) or _is_nil(other):
        return _is_nil(first) and _is_nil(other)
    if type_name(first) != type_name(other):
        words = f"{sprintf('%s', [first])}: {type_name(first)}, {type_name(other)}: {sprint([other])}"
        raise CallError(f"non-comparable types {words}")
    _comparable(other)
    return first is other


def _is_nil(value: Any) -> bool:
    return value is None or value is NO_VALUE


def _less(first: Any, other: Any) -> bool:
    for value in (first, other):
        if not _kind(value):
            raise CallError(_BAD_TYPE)
    if _kind(first) != _kind(other):
        raise CallError(_BAD_PAIR)
    if _kind(first) == "bool":
        raise CallError(_BAD_TYPE)
    return bool(first < other)


def _less_or_equal(first: Any, other: Any) -> bool:
    return _less(first, other) or _equal(first, other)


def _greater(first: Any, other: Any) -> bool:
    return not _less_or_equal(first, other)


def _greater_or_equal(first: Any, other: Any) -> bool:
    return not _less(first, other)


def _length(value: Any) -> int:
    if value is None or value is NO_VALUE:
        raise CallError("reflect: call of reflect.Value.Type on zero Value")
    if isinstance(value, str):
        return len(value.encode("utf-8", "replace"))
    if isinstance(value, Mapping | Samples):
        return len(value)
    raise CallError(f"len of type {type_name(indirect(value))}")


def _index(value: Any, *places: Any) -> Any:
    if value is None or value is NO_VALUE:
        raise CallError("index of untyped nil")
    for place in places:
        value = _at(value, place)
    return NO_VALUE if value is None else value


def _at(value: Any, place: Any) -> Any:
    if isinstance(value, Mapping):
        if not isinstance(place, str):
            raise CallError(f"value has type {type_name(place)}; should be string" if place is not None else
                            "value is nil; should be of type string")  # fmt: skip
        return value.get(place, None if isinstance(value, Args) else "")
    if isinstance(value, str | Samples):
        sequence: Sequence[Any] = value.encode("utf-8", "replace") if isinstance(value, str) else value
        at = _place(place, within=len(sequence))
        if at == len(sequence):
            raise CallError(f"reflect: {'string' if isinstance(value, str) else 'slice'} index out of range")
        return Byte(sequence[at]) if isinstance(value, str) else sequence[at]
    if value is None or value is NO_VALUE:
        raise CallError("index of nil pointer")
    raise CallError(f"can't index item of type {type_name(indirect(value))}")


def _place(place: Any, *, within: int) -> int:
    if place is None or place is NO_VALUE:
        raise CallError("cannot index slice/array with nil")
    if isinstance(place, bool) or not isinstance(place, int):
        raise CallError(f"cannot index slice/array with type {type_name(place)}")
    if not 0 <= place <= within:
        raise CallError(f"index out of range: {place}")
    return int(place)


def _slice(value: Any, *places: Any) -> Any:
    if value is None or value is NO_VALUE:
        raise CallError("slice of untyped nil")
    if len(places) > 3:
        raise CallError(f"too many slice indexes: {len(places)}")
    if not isinstance(value, str | Samples):
        raise CallError(f"can't slice item of type {type_name(value)}")
    if isinstance(value, str) and len(places) == 3:
        raise CallError("cannot 3-index slice a string")
    sequence: Any = value.encode("utf-8", "replace") if isinstance(value, str) else value
    bounds = [_place(place, within=len(sequence)) for place in places]
    begin, end = (*bounds, 0)[0], (*bounds, 0, len(sequence))[1] if len(bounds) > 1 else len(sequence)
    if begin > end:
        raise CallError(f"invalid slice index: {begin} > {end}")
    cut = sequence[begin:end]
    return type(value)(cut.decode("utf-8", "replace")) if isinstance(value, str) else Samples(cut)


def _as_text(*values: Any) -> str:
    """What html, js and urlquery work on."""
    if len(values) == 1 and type(values[0]) is str:
        return str(values[0])
    return sprint(["<no value>" if value is NO_VALUE or value is None else indirect(value) for value in values])


def _js(*values: Any) -> str:
    return "".join(_JS.get(char) or _js_char(char) for char in _as_text(*values))


def _js_char(char: str) -> str:
    return f"\\u{ord(char):04X}" if not char.isprintable() else char


def _html(*values: Any) -> str:
    return "".join(_HTML.get(char, char) for char in _as_text(*values))


def _url_query(*values: Any) -> str:
    return quote_plus(_as_text(*values), safe="", errors="replace")


def _call(function: Any, *arguments: Any) -> Any:
    if function is None or function is NO_VALUE:
        raise CallError("call of nil")
    raise CallError(f"non-function of type {type_name(function)}")


@cache
def builtins() -> dict[str, Function]:
    """By name."""

    def function(call: Callable[..., Any], *params: str, more: str = "") -> Function:
        return Function(call=call, params=params, more=more)

    return {
        "call": function(_call, ANY, more=ANY),
        "eq": function(_equal, ANY, more=ANY),
        "ge": function(_greater_or_equal, ANY, ANY),
        "gt": function(_greater, ANY, ANY),
        "html": function(_html, more=ANY),
        "index": function(_index, ANY, more=ANY),
        "js": function(_js, more=ANY),
        "le": function(_less_or_equal, ANY, ANY),
        "len": function(_length, ANY),
        "lt": function(_less, ANY, ANY),
        "ne": function(lambda first, other: not _equal(first, other), ANY, ANY),
        "not": function(lambda value: not is_true(value), ANY),
        "print": function(lambda *values: sprint(values), more=ANY),
        "printf": function(lambda form, *values: sprintf(form, values), STRING, more=ANY),
        "println": function(lambda *values: sprintln(values), more=ANY),
        "slice": function(_slice, ANY, more=ANY),
        "urlquery": function(_url_query, more=ANY),
    }
