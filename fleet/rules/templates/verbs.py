"""One value that is no container by a verb of Go's fmt package: words, numbers, characters, times.

A verb that a value has not is None, about which `printing` complains as Go does.
"""

from typing import Any

from fleet.rules.templates.gotime import GoInt
from fleet.rules.templates.numbers import format_float
from fleet.rules.templates.quoting import quote
from fleet.rules.templates.values import Byte, Time

_BASES = {"d": 10, "v": 10, "b": 2, "o": 8, "O": 8, "x": 16, "X": 16}


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

    def cut(self, text: str) -> str:
        """What the precision leaves of `text`."""
        return text if self.precision is None else text[: self.precision]


def scalar(value: Any, verb: str, flags: Flags) -> str | None:
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


def _text(value: str, verb: str, flags: Flags) -> str | None:
    if verb in "sv" and not (verb == "v" and flags.sharp_v):
        return flags.padded(flags.cut(value))
    if verb in "qv":
        value = flags.cut(value)
        if flags.sharp and "`" not in value and all(char.isprintable() or char == "\t" for char in value):
            return flags.padded(f"`{value}`")
        return flags.padded(quote(value, ascii_only=flags.plus))
    return flags.padded(_hex_text(value, verb, flags)) if verb in "xX" else None


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
