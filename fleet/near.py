"""The name that was probably meant by one that is wrong."""

import difflib
from collections.abc import Iterable

_LONGEST = 64


def nearest(wrong: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The closest of `known`, whatever its case; None where none is as close as `cutoff` (0–1)."""
    names = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(wrong.casefold()[:_LONGEST], names, n=1, cutoff=cutoff)
    return names[close[0]] if close else None


def meant(wrong: str, known: Iterable[str]) -> str:
    """`; did you mean state?`, or "" where nothing is likely."""
    name = nearest(wrong, known)
    return f"; did you mean {name}?" if name else ""
