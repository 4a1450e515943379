"""Numbers as Go reads and writes them: constants of templates, strconv.ParseFloat, strconv.FormatFloat."""

import math
import re

from fleet.rules.templates.quoting import quote, unquote

_INT_MOST = 2**63
_EXPONENT_FROM = 6
"""From which power of ten on the shortest form has an exponent."""
_DIGITS = re.compile(r"[0-9]++(?:_[0-9]++)*+")
_PREFIXED = re.compile(r"0(?:[xX](?:_?[0-9a-fA-F])++|[oO](?:_?[0-7])++|[bB](?:_?[01])++)")
_HEX_FLOAT = re.compile(r"0[xX](?:_?[0-9a-fA-F])*+\.?(?:_?[0-9a-fA-F])*+[pP][+-]?[0-9]++")
_FLOAT = re.compile(r"(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?")
_STRAY = re.compile(r"(?<![0-9a-fA-FxX])_|_(?![0-9a-fA-F])")
"""An underscore that does not stand between digits."""
_NAMED = {"inf": math.inf, "infinity": math.inf, "nan": math.nan}


def number_value(text: str) -> int | float:
    """The value of a number or character constant. Raises ValueError with Go's words."""
    if text.startswith("'"):
        inner = unquote(text, characters=True)
        if len(inner) != 1:
            raise ValueError(f"malformed character constant: {text}" if inner else "invalid syntax")
        return ord(inner)
    if text.endswith("i") and not text.lower().startswith("0x"):
        raise ValueError(f"complex numbers such as {text} are not supported here")
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-") if text[:1] in ("+", "-") else text
    whole = _whole(digits)
    if whole is not None:
        # What only fits an unsigned number is refused when it is used.
        if not -_INT_MOST <= sign * whole < 2 * _INT_MOST:
            raise ValueError(f"integer overflow: {quote(text)}")
        return sign * whole
    value = None if _STRAY.search(digits) else _float(digits.replace("_", ""))
    if value is None:
        raise ValueError(f"illegal number syntax: {quote(text)}")
    if not any(char in text for char in ".eEpP"):
        raise ValueError(f"integer overflow: {quote(text)}")
    return sign * value


def _whole(digits: str) -> int | None:
    """An integer constant without its sign: decimal, or with a prefix; a leading zero is octal."""
    if _PREFIXED.fullmatch(digits):
        return int(digits.replace("_", ""), 0)
    if not _DIGITS.fullmatch(digits):
        return None
    plain = digits.replace("_", "")
    if plain[0] == "0" and len(plain) > 1:
        return int(plain, 8) if not set(plain) & {"8", "9"} else None
    return int(plain) if len(plain) <= 40 else 2 * _INT_MOST


def _float(digits: str) -> float | None:
    if _HEX_FLOAT.fullmatch(digits):
        try:
            return float.fromhex(digits)
        except (ValueError, OverflowError):
            return None
    if _FLOAT.fullmatch(digits):
        value = float(digits)
        return None if math.isinf(value) else value
    return None


def parse_float(text: str) -> float:
    """strconv.ParseFloat. Raises ValueError with Go's words."""
    sign = -1.0 if text.startswith("-") else 1.0
    digits = text[1:] if text[:1] in ("+", "-") else text
    if digits.lower() in _NAMED:
        return sign * _NAMED[digits.lower()]
    if not _STRAY.search(digits):
        digits = digits.replace("_", "")
    if _FLOAT.fullmatch(digits):
        value: float | None = float(digits)
        wrong = "value out of range" if math.isinf(value or 0.0) else ""
    else:
        value = _float(digits)
        wrong = "" if value is not None else "invalid syntax"
    if wrong or value is None:
        raise ValueError(f"strconv.ParseFloat: parsing {quote(text)}: {wrong}")
    return sign * value


def format_float(value: float, verb: str, precision: int) -> str:
    """strconv.FormatFloat for 64 bits: verbs e E f F g G x X b; a precision of -1 is the shortest that is exact.

    Infinities are `+Inf` and `-Inf`.
    """
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    if verb in "xX":
        text = _hex(value, precision)
        return text.upper() if verb == "X" else text
    if verb == "b":
        return _binary(value)
    if verb in "gG":
        text = _general(value) if precision < 0 else f"{value:.{max(precision, 1)}g}"
    else:
        text = f"{value:.{max(precision, 0)}{'f' if verb in 'fF' else 'e'}}"
    return text.upper() if verb in "EG" else text


def _general(value: float) -> str:
    """%g with the fewest digits that are exact."""
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    if value == 0:
        return f"{sign}0"
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0)
    if whole == "0":
        point = int(exponent or 0) - (len(fraction) - len(fraction.lstrip("0")))
    digits = digits.rstrip("0") or "0"
    power = point - 1
    if power < -4 or power >= _EXPONENT_FROM:
        shown = digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "")
        return f"{sign}{shown}e{'-' if power < 0 else '+'}{abs(power):02d}"
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    if len(digits) <= point:
        return f"{sign}{digits}{'0' * (point - len(digits))}"
    return f"{sign}{digits[:point]}.{digits[point:]}"


def _hex(value: float, precision: int) -> str:
    """`0x1.8p+01`."""
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    if value == 0:
        zeros = f".{'0' * precision}" if precision > 0 else ""
        return f"{sign}0x0{zeros}p+00"
    fraction, exponent = math.frexp(abs(value))
    bits = int(fraction * 2**53)
    power = exponent - 1
    if 0 <= precision < 13:
        shift = 4 * (13 - precision)
        low, half = bits & ((1 << shift) - 1), 1 << (shift - 1)
        bits >>= shift
        bits += low > half or (low == half and bits & 1 == 1)
        bits <<= shift
        if bits >> 53:
            bits >>= 1
            power += 1
    digits = f"{bits & (2**52 - 1):013x}"
    digits = digits.rstrip("0") if precision < 0 else digits[:precision].ljust(precision, "0")
    point = "." if digits else ""
    return f"{sign}0x1{point}{digits}p{'-' if power < 0 else '+'}{abs(power):02d}"


def _binary(value: float) -> str:
    """`4503599627370496p-52`."""
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    if value == 0:
        return f"{sign}0p-1074"
    fraction, exponent = math.frexp(abs(value))
    power = exponent - 53
    bits = int(fraction * 2**53)
    if power < -1074:
        bits >>= -1074 - power
        power = -1074
    return f"{sign}{bits}p{'+' if power >= 0 else ''}{power}"
