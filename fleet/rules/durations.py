"""Durations as Prometheus writes them in rule files: `1h30m`, `5m`, `0`; whole numbers, each unit once, largest first.

`fleet.times.parse_duration` reads what people write (fractions, any order), which Prometheus refuses.
"""

import re

_UNITS_MS = (
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
)
_FORM = re.compile("".join(rf"(?:([0-9]{{1,20}}){unit}(?![a-z]))?" for unit, _ in _UNITS_MS))
_MOST_MS = (2**63 - 1) // 1_000_000
"""Go counts nanoseconds in 64 bits: some 292 years."""


def rule_duration(text: str) -> float:
    """Seconds of `text`. Raises ValueError with a sentence that says what would be right."""
    if text == "0":
        return 0.0
    found = _FORM.fullmatch(text)
    if not text or found is None:
        raise ValueError("no duration; write one such as 5m, 1h30m or 0s (whole numbers, the largest unit first)")
    whole = sum(int(number) * size for number, (_, size) in zip(found.groups(), _UNITS_MS, strict=True) if number)
    if whole > _MOST_MS:
        raise ValueError("out of range: no duration is longer than 292 years")
    return whole / 1000
