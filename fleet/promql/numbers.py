"""Numbers as Prometheus writes them."""

import math
from decimal import Decimal

_LEAST, _MOST = 1e-6, 1e21
"""Outside of these JSON has exponents."""


def plain(value: float) -> str:
    """Without an exponent, as few digits as tell it from every other double (Go's format `f` with precision -1)."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    text = repr(float(value))
    if "e" in text:
        text = format(Decimal(text), "f")
    return text.removesuffix(".0")


def general(value: float) -> str:
    """As Go prints a number where nothing else is said (`%v`): with an exponent from a million on."""
    if not math.isfinite(value) or 1e-4 <= abs(value) < 1e6 or not value:
        return plain(value)
    return in_exponents(value)


def in_exponents(value: float) -> str:
    """`1.5e-07`: as few digits as tell it from every other double, and of those the nearest, as `repr` finds them."""
    number = Decimal(repr(float(value))).normalize()
    digits = "".join(map(str, number.as_tuple().digits))
    sign, exponent = "-" if value < 0 else "", number.adjusted()
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{exponent:+03d}"


def in_json(value: float) -> str:
    """As in the answers of Prometheus's API: plain, with an exponent where it is very small or large."""
    size = abs(value)
    if size and math.isfinite(value) and not _LEAST <= size < _MOST:
        return in_exponents(value)
    return plain(value)
