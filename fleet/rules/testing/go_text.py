"""Values as promtool prints them: Go's formats of durations, numbers and quoted text."""

import math
from collections.abc import Iterable
from decimal import Decimal

_UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1))
_WHOLE_UNITS = (("y", 365 * 86_400_000), ("w", 7 * 86_400_000))
_QUOTED = {'"': '\\"', "\\": "\\\\", "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t",
           "\v": "\\v"}  # fmt: skip


def duration(ms: int) -> str:
    """As Prometheus writes a duration: `1h30m`, `0s`."""
    text = ""
    for unit, size in _WHOLE_UNITS:
        if ms and ms % size == 0:
            text, ms = f"{text}{ms // size}{unit}", 0
    for unit, size in _UNITS:
        number, ms = divmod(ms, size)
        text += f"{number}{unit}" if number else ""
    return text or "0s"


def go_duration(ms: int) -> str:
    """As Go writes a duration: `1h30m0s`, `500ms`, `0s`."""
    if 0 < ms < 1000:
        return f"{ms}ms"
    minutes, rest = divmod(ms, 60_000)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{rest / 1000:.3f}".rstrip("0").rstrip(".") if rest % 1000 else str(rest // 1000)
    parts = [f"{hours}h" if hours else "", f"{minutes}m" if hours or minutes else "", f"{seconds}s"]
    return "".join(parts)


def number(value: float) -> str:
    """As Go writes a number with `E`: `1.5E+00`, `NaN`, `+Inf`."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    shown = "".join(map(str, digits)).rstrip("0") or "0"
    power = 0 if value == 0 else len(digits) + int(exponent) - 1
    mantissa = shown[0] + (f".{shown[1:]}" if len(shown) > 1 else "")
    return f"{'-' if sign else ''}{mantissa}E{'-' if power < 0 else '+'}{abs(power):02d}"


def quoted(text: str) -> str:
    """As Go's %q: in double quotes, what cannot be printed escaped."""
    return f'"{"".join(_letter(letter) for letter in text)}"'


def label_set(pairs: Iterable[tuple[str, str]]) -> str:
    """`{__name__="up", job="a"}`."""
    return "{" + ", ".join(f"{name}={quoted(value)}" for name, value in pairs) + "}"


def indented(text: str, indent: str) -> str:
    """Every line but the first behind `indent`."""
    return text.replace("\n", f"\n{indent}")


def _letter(letter: str) -> str:
    known = _QUOTED.get(letter)
    if known is not None:
        return known
    if letter.isprintable():
        return letter
    code = ord(letter)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
