"""Printing as Go's fmt package does: Sprintf with its verbs, flags and complaints, Sprint, Sprintln.

Output is bounded: the `Buffer` refuses to grow over the limit, so that `%1000000d` a thousand times is an error.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from fleet.rules.templates.errors import TemplateError
from fleet.rules.templates.gotime import GoInt
from fleet.rules.templates.limits import OUTPUT_CHARS
from fleet.rules.templates.numbers import format_float
from fleet.rules.templates.quoting import quote
from fleet.rules.templates.values import NO_VALUE, Byte, Pointed, Root, Sample, Time, type_name

_WIDTH_MOST = 1_000_000
_BASES = {"d": 10, "v": 10, "b": 2, "o": 8, "O": 8, "x": 16, "X": 16}


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


class Flags:
    """Flags, width and precision of one verb."""

    def __init__(self) -> None:
        self.plus = self.minus = self.sharp = self.space = self.zero = False
        self.plus_v = self.sharp_v = False
        self.width: int | None = None
        self.precision: int | None = None

    def padded(self, text: str, *, zeros: bool | None = None) -> str:
        """`text` in the width."""
        if self.width is None or len(text) >= self.width:
            return text
        if self.minus:
            return text.ljust(self.width)
        zero = self.zero if zeros is None else zeros
        return text.rjust(self.width, "0" if zero else " ")


def sprint(values: Sequence[Any]) -> str:
    """fmt.Sprint: a blank between two values of which neither is text."""
    out = Buffer()
    before_text = True
    for at, value in enumerate(values):
        is_text = isinstance(value, str)
        if at and not is_text and not before_text:
            out.write(" ")
        print_value(out, value, "v", Flags())
        before_text = is_text
    return out.text()


def sprintln(values: Sequence[Any]) -> str:
    """fmt.Sprintln: blanks between all, and a line break."""
    out = Buffer()
    for at, value in enumerate(values):
        if at:
            out.write(" ")
        print_value(out, value, "v", Flags())
    out.write("\n")
    return out.text()


def sprintf(form: str, values: Sequence[Any]) -> str:
    """fmt.Sprintf."""
    return _Printf(form, values).text()


class _Printf:
    """One call of Sprintf, with Go's order of steps: flags, index, width, index, precision, index, verb."""

    def __init__(self, form: str, values: Sequence[Any]) -> None:
        self._form = form
        self._values = values
        self._at = 0
        self._arg = 0
        self._good = True
        self._reordered = False
        self._out = Buffer()

    def text(self) -> str:
        form = self._form
        while self._at < len(form):
            percent = form.find("%", self._at)
            end = len(form) if percent < 0 else percent
            self._out.write(form[self._at : end])
            self._at = end + 1
            if percent >= 0:
                self._verb()
        if not self._reordered and self._arg < len(self._values):
            self._extra()
        return self._out.text()

    def _char(self) -> str:
        return self._form[self._at : self._at + 1]

    def _verb(self) -> None:
        flags = self._flags()
        self._good = True
        indexed = self._index()
        if self._char() == "*":
            self._at += 1
            flags.width = self._from_argument("WIDTH")
            if flags.width is not None and flags.width < 0:
                flags.width, flags.minus, flags.zero = -flags.width, True, False
            indexed = False
        else:
            flags.width = self._number()
            if indexed and flags.width is not None:
                self._good = False
        if self._char() == "." and self._at + 1 < len(self._form):
            indexed = self._precision(flags, indexed=indexed)
        if not indexed:
            self._index()
        verb = self._char()
        self._at += 1
        if not verb:
            self._out.write("%!(NOVERB)")
        elif verb == "%":
            self._out.write("%")
        elif not self._good:
            self._out.write(f"%!{verb}(BADINDEX)")
        elif self._arg >= len(self._values):
            self._out.write(f"%!{verb}(MISSING)")
        else:
            self._one(verb, flags)

    def _one(self, verb: str, flags: Flags) -> None:
        if verb == "v":
            flags.sharp_v, flags.sharp = flags.sharp, False
            flags.plus_v, flags.plus = flags.plus, False
        print_value(self._out, self._values[self._arg], verb, flags)
        self._arg += 1

    def _flags(self) -> Flags:
        flags = Flags()
        while (char := self._char()) and char in "#0+- ":
            if char == "#":
                flags.sharp = True
            elif char == "0":
                flags.zero = not flags.minus
            elif char == "+":
                flags.plus = True
            elif char == "-":
                flags.minus, flags.zero = True, False
            else:
                flags.space = True
            self._at += 1
        return flags

    def _precision(self, flags: Flags, *, indexed: bool) -> bool:
        self._at += 1
        if indexed:
            self._good = False
        indexed = self._index()
        if self._char() == "*":
            self._at += 1
            flags.precision = self._from_argument("PREC")
            if flags.precision is not None and flags.precision < 0:
                flags.precision = None
                self._out.write("%!(BADPREC)")
            return False
        flags.precision = self._number() or 0
        return indexed

    def _number(self) -> int | None:
        begin = self._at
        while self._char() and self._char() in "0123456789":
            self._at += 1
        digits = self._form[begin : self._at]
        if not digits:
            return None
        if len(digits) > 7 or int(digits) > _WIDTH_MOST:
            self._at = len(self._form)
            return None
        return int(digits)

    def _index(self) -> bool:
        """An explicit argument, `[2]`; whether there was one that is right."""
        if self._char() != "[":
            return False
        self._reordered = True
        end = self._form.find("]", self._at + 1)
        if end < 0 or len(self._form) - self._at < 3:
            self._good = False
            self._at += 1
            return False
        digits = self._form[self._at + 1 : end]
        self._at = end + 1
        is_number = 0 < len(digits) < 8 and digits.isascii() and digits.isdecimal()
        if is_number and 1 <= int(digits) <= len(self._values):
            self._arg = int(digits) - 1
            return True
        self._good = False
        return is_number

    def _from_argument(self, what: str) -> int | None:
        value = self._values[self._arg] if self._arg < len(self._values) else None
        if self._arg < len(self._values):
            self._arg += 1
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _WIDTH_MOST:
            return int(value)
        self._out.write(f"%!(BAD{what})")
        return None

    def _extra(self) -> None:
        self._out.write("%!(EXTRA ")
        for at, value in enumerate(self._values[self._arg :]):
            if at:
                self._out.write(", ")
            if value is None:
                self._out.write("<nil>")
            else:
                self._out.write(f"{type_name(value)}=")
                print_value(self._out, value, "v", Flags())
        self._out.write(")")


def print_value(out: Buffer, value: Any, verb: str, flags: Flags, depth: int = 0) -> None:
    """`value` by a verb."""
    if value is NO_VALUE:
        value = None
    if verb == "T" and not depth:
        name = type_name(value)
        out.write(flags.padded(name) if value is None else flags.padded(_cut(name, flags)))
    elif value is None:
        out.write(flags.padded("<nil>") if verb == "v" else f"%!{verb}(<nil>)")
    elif isinstance(value, Mapping):
        _mapping(out, value, verb, flags, depth)
    elif isinstance(value, tuple):
        _list(out, value, verb, flags, depth)
    elif isinstance(value, Sample | Pointed | Root):
        _struct(out, value, verb, flags, depth)
    else:
        written = _scalar(value, verb, flags)
        out.write(_bad_verb(value, verb, flags) if written is None else written)


def _bad_verb(value: Any, verb: str, flags: Flags) -> str:
    """`%!d(string=x)`; width and precision hold for what is within."""
    inner = Buffer()
    print_value(inner, value, "v", flags)
    return f"%!{verb}({type_name(value)}={inner.text()})"


def _scalar(value: Any, verb: str, flags: Flags) -> str | None:
    """A value that is no container; None where it has not this verb."""
    if isinstance(value, bool):
        return flags.padded("true" if value else "false") if verb in "tv" else None
    if isinstance(value, Time) or (isinstance(value, GoInt) and value.words and verb in "vsq"):
        words = value.words if isinstance(value, GoInt) else str(value)
        return _text(words, verb, flags)
    if isinstance(value, int):
        return _integer(int(value), verb, flags, hexadecimal=isinstance(value, Byte))
    if isinstance(value, float):
        return _real(value, verb, flags)
    return _text(str(value), verb, flags)


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


def _text(value: str, verb: str, flags: Flags) -> str | None:
    if verb in "sv" and not (verb == "v" and flags.sharp_v):
        return flags.padded(_cut(value, flags))
    if verb in "qv":
        value = _cut(value, flags)
        if flags.sharp and "`" not in value and all(char.isprintable() or char == "\t" for char in value):
            return flags.padded(f"`{value}`")
        return flags.padded(quote(value, ascii_only=flags.plus))
    return flags.padded(_hex_text(value, verb, flags)) if verb in "xX" else None


def _cut(value: str, flags: Flags) -> str:
    return value if flags.precision is None else value[: flags.precision]


def _hex_text(value: str, verb: str, flags: Flags) -> str:
    octets = value.encode("utf-8", "replace")
    if flags.precision is not None:
        octets = octets[: flags.precision]
    prefix = "0x" if flags.sharp else ""
    if not octets:
        return ""
    digits = [f"{octet:02x}" for octet in octets]
    text = f" {prefix}".join(digits) if flags.space else "".join(digits)
    return (prefix + text).upper() if verb == "X" else prefix + text


def _integer(value: int, verb: str, flags: Flags, *, hexadecimal: bool) -> str | None:
    if verb in ("c", "q", "U"):
        return _rune(value, verb, flags)
    base = _BASES.get(verb)
    if base is None:
        return None
    if verb == "v" and flags.sharp_v and hexadecimal:
        return f"{value:#x}"
    width = 0
    if flags.precision is not None:
        width = flags.precision
        if width == 0 and value == 0:
            return " " * (flags.width or 0)
    elif flags.zero and flags.width is not None:
        width = flags.width - (value < 0 or flags.plus or flags.space)
    digits = f"{abs(value):{ {10: 'd', 2: 'b', 8: 'o', 16: 'x'}[base] }}".rjust(width, "0")
    if flags.sharp and verb != "v":
        digits = {2: "0b", 16: "0x", 10: "", 8: "" if digits[0] == "0" else "0"}[base] + digits
    if verb == "O":
        digits = f"0o{digits}"
    if verb == "X":
        digits = digits.upper()
    sign = "-" if value < 0 else "+" if flags.plus else " " if flags.space else ""
    return flags.padded(sign + digits, zeros=False)


def _rune(value: int, verb: str, flags: Flags) -> str:
    is_char = 0 <= value <= 0x10FFFF and not 0xD800 <= value < 0xE000
    char = chr(value) if is_char else "\ufffd"
    if verb == "c":
        return flags.padded(char)
    if verb == "q":
        return flags.padded(quote(char, "'", ascii_only=flags.plus))
    code = f"{value & 0xFFFFFFFFFFFFFFFF:X}".rjust(max(4, flags.precision or 0), "0")
    shown = f" '{char}'" if flags.sharp and is_char and char.isprintable() else ""
    return flags.padded(f"U+{code}{shown}", zeros=False)


def _real(value: float, verb: str, flags: Flags) -> str | None:
    if verb not in "vbgGxXfFeE":
        return None
    precision = 6 if verb in "fFeE" else -1
    if flags.precision is not None:
        precision = flags.precision
    number = format_float(value, "g" if verb == "v" else verb, precision)
    if number[0] not in "+-":
        number = f"+{number}"
    if flags.space and number[0] == "+" and not flags.plus:
        number = f" {number[1:]}"
    if number[1] in "IN":
        if number[1] == "N" and not flags.space and not flags.plus:
            number = number[1:]
        # %v of an infinity keeps its sign, as %f does.
        return flags.padded(number, zeros=False)
    if flags.sharp and verb != "b":
        number = _sharp(number, verb, precision)
    if not (flags.plus or number[0] != "+"):
        return flags.padded(number[1:])
    if flags.zero and flags.width is not None and flags.width > len(number):
        return number[0] + number[1:].rjust(flags.width - 1, "0")
    return flags.padded(number)


def _sharp(number: str, verb: str, precision: int) -> str:
    """With a decimal point always, and the zeros behind it for %g."""
    mark = next((at for at, char in enumerate(number) if char in "pP" or (char in "eE" and verb not in "xX")), None)
    body, tail = (number, "") if mark is None else (number[:mark], number[mark:])
    digits = 0
    if verb in "vgGx":
        digits = 6 if precision == -1 else precision
    stripped = body[1:].replace(".", "").lstrip("0")
    digits -= len(stripped)
    if "." not in body:
        if len(body) == 2 and body[1] == "0":
            digits -= 1
        body += "."
    return body + "0" * max(0, digits) + tail
