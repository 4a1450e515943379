"""An error that nobody expected, in words for a terminal or a log.

Python's own report prints the message raw, which may hold what a machine outside sent; Textual's adds the values of
all variables, among them what nobody may see. This one has the places and the message, every line harmless.
"""

from traceback import TracebackException

from fleet.text import scrub

FRAMES = 30
"""Frames that are told of each error, the innermost."""

LINES = 400
_LINE = 400


def crash_report(error: BaseException) -> list[str]:
    """The traceback of `error` without values of variables, as harmless lines."""
    told = TracebackException.from_exception(error, limit=-FRAMES, capture_locals=False, compact=True)
    lines = [line for part in told.format() for line in part.rstrip("\n").split("\n")]
    if len(lines) > LINES:
        lines = [*lines[: LINES // 2], f"  … {len(lines) - LINES:,} lines …", *lines[-LINES // 2 :]]
    return [scrub(line, _LINE) for line in lines]
