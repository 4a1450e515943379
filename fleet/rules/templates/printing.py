"""Any value by a verb of Go's fmt package, with what is within it: maps, lists, structs, and the complaint about a verb
that a value has not.

Output is bounded: the `Buffer` refuses to grow over the limit, so that `%1000000d` a thousand times is an error.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from fleet.rules.templates.errors import TemplateError
from fleet.rules.templates.limits import OUTPUT_CHARS
from fleet.rules.templates.values import NO_VALUE, Pointed, Root, Sample, type_name
from fleet.rules.templates.verbs import Flags, scalar


class Buffer:
    """Text that is written piece by piece, up to the limit."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._size = 0

    def write(self, text: str) -> None:
        """Add `text`. Raises TemplateError where it gets too long."""
        self._size += len(text)
        if self._size > OUTPUT_CHARS:
            raise TemplateError(f"more than {OUTPUT_CHARS:,} characters of output")
        self._parts.append(text)

    def text(self) -> str:
        """All of it."""
        return "".join(self._parts)


def print_value(out: Buffer, value: Any, verb: str, flags: Flags, depth: int = 0) -> None:
    """`value` by a verb."""
    if value is NO_VALUE:
        value = None
    if verb == "T" and not depth:
        name = type_name(value)
        out.write(flags.padded(name) if value is None else flags.padded(flags.cut(name)))
    elif value is None:
        out.write(flags.padded("<nil>") if verb == "v" else f"%!{verb}(<nil>)")
    elif isinstance(value, Mapping):
        _mapping(out, value, verb, flags, depth)
    elif isinstance(value, tuple):
        _list(out, value, verb, flags, depth)
    elif isinstance(value, Sample | Pointed | Root):
        _struct(out, value, verb, flags, depth)
    else:
        written = scalar(value, verb, flags)
        out.write(_bad_verb(value, verb, flags) if written is None else written)


def _bad_verb(value: Any, verb: str, flags: Flags) -> str:
    """`%!d(string=x)`; width and precision hold for what is within."""
    inner = Buffer()
    print_value(inner, value, "v", flags)
    return f"%!{verb}({type_name(value)}={inner.text()})"


def _mapping(out: Buffer, value: Mapping[str, Any], verb: str, flags: Flags, depth: int) -> None:
    out.write(f"{type_name(value)}{{" if flags.sharp_v else "map[")
    for at, name in enumerate(sorted(value)):
        if at:
            out.write(", " if flags.sharp_v else " ")
        print_value(out, name, verb, flags, depth + 1)
        out.write(":")
        print_value(out, value[name], verb, flags, depth + 1)
    out.write("}" if flags.sharp_v else "]")


def _list(out: Buffer, value: Sequence[Any], verb: str, flags: Flags, depth: int) -> None:
    out.write(f"{type_name(value)}{{" if flags.sharp_v else "[")
    for at, one in enumerate(value):
        if at:
            out.write(", " if flags.sharp_v else " ")
        print_value(out, one, verb, flags, depth + 1)
    out.write("}" if flags.sharp_v else "]")


def _struct(out: Buffer, value: Sample | Pointed | Root, verb: str, flags: Flags, depth: int) -> None:
    is_pointer = isinstance(value, Sample)
    name = type_name(value).removeprefix("*") if flags.sharp_v else ""
    out.write(f"{'&' if is_pointer else ''}{name}{{")
    for at, field in enumerate(value.__struct_fields__):
        if at:
            out.write(", " if flags.sharp_v else " ")
        if flags.plus_v or flags.sharp_v:
            out.write(f"{field}:")
        print_value(out, getattr(value, field), verb, flags, depth + 1)
    out.write("}")
