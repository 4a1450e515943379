"""A ladder as text that is Markdown, too, and as a tree of plain values for JSON."""

import re
from datetime import UTC, datetime
from typing import Any

from fleet.text import scrub
from fleet.times import rfc3339
from fleet.why.model import Asked, Ladder, Mark, Row, Step

GLYPHS = {Mark.BAD: "✖", Mark.WARN: "▲", Mark.GOOD: "●", Mark.TOLD: "·", Mark.UNKNOWN: "○"}
_MARKDOWN = re.compile(r"[\\`*\[\]<>]|(?<!\w)_|_(?!\w)|^(?=#)")


def headline(ladder: Ladder) -> str:
    """`alert AgentDown: firing`"""
    state = "gone: it is not there any more" if ladder.gone else ladder.state
    return f"{ladder.subject.kind.value} {ladder.name}" + (f": {state}" if state else "")


def as_markdown(ladder: Ladder) -> str:
    """The whole ladder. Text from outside is escaped; queries stand as code."""
    lines = [f"# Why: {_plain(headline(ladder))}", "", f"As of {_time(ladder.at)}."]
    for place, step in enumerate(ladder.steps, 1):
        lines += ["", *_step_lines(place, step)]
    lines += ["", _plain(ladder.end)] if ladder.end else []
    if ladder.longer:
        lines += ["", "What would make it longer:", *(f"- {_plain(text)}" for text in ladder.longer)]
    if ladder.limits:
        lines += ["", "Left out:", *(f"- {_plain(text)}" for text in ladder.limits)]
    return "\n".join(lines) + "\n"


def _step_lines(place: int, step: Step) -> list[str]:
    head = f"## {place}. {GLYPHS[step.mark]} {_plain(step.title)} ({step.mark.value}; {step.basis.value})"
    lines = [head, "", _plain(step.finding)]
    lines += ["", *(f"- {_plain(row_text(row))}" for row in step.rows)] if step.rows else []
    lines += ["", *(f"- asked: {_code(one.query)}: {read_text(one)}" for one in step.asked)] if step.asked else []
    lines += ["", *(f"- not known: {_plain(text)}" for text in step.unknown)] if step.unknown else []
    return lines


def row_text(row: Row) -> str:
    """`coder-1: 12 bad events (62%)`"""
    share = f" ({row.share:.0%})" if row.share is not None else ""
    return f"{row.label}: {row.value}{share}" if row.value else f"{row.label}{share}"


def read_text(asked: Asked) -> str:
    """`3 series, 60 samples of 10:00:00Z to 10:05:00Z, asked at 10:05:02Z`"""
    many = f"{asked.series:,} series, " if asked.series or not asked.samples else ""
    times = ""
    if asked.oldest is not None and asked.newest is not None:
        same = asked.oldest == asked.newest
        times = f" of {_clock(asked.newest)}" if same else f" of {_clock(asked.oldest)} to {_clock(asked.newest)}"
    return f"{many}{asked.samples:,} samples{times}, asked for {_clock(asked.at)}"


def as_tree(ladder: Ladder) -> dict[str, Any]:
    """Plain values for JSON; times in RFC 3339."""
    return {
        "kind": ladder.subject.kind.value,
        "key": scrub(ladder.subject.key),
        "name": ladder.name,
        "state": ladder.state,
        "gone": ladder.gone,
        "at": rfc3339(ladder.at),
        "steps": [_step_tree(step) for step in ladder.steps],
        "end": ladder.end,
        "would_make_it_longer": list(ladder.longer),
        "limits": list(ladder.limits),
    }


def _step_tree(step: Step) -> dict[str, Any]:
    return {
        "rung": step.rung.value,
        "title": step.title,
        "finding": step.finding,
        "mark": step.mark.value,
        "basis": step.basis.value,
        "rows": [
            {
                "label": row.label,
                "value": row.value,
                "share_ratio": row.share,
                "agent": row.agent or None,
                "alert": row.alert or None,
            }
            for row in step.rows
        ],
        "asked": [
            {
                "query": one.query,
                "at": rfc3339(one.at),
                "series": one.series,
                "samples": one.samples,
                "oldest": rfc3339(one.oldest),
                "newest": rfc3339(one.newest),
            }
            for one in step.asked
        ],
        "not_known": list(step.unknown),
    }


def _plain(text: str) -> str:
    """Without what Markdown would read as its own."""
    return _MARKDOWN.sub(lambda found: "\\" + found.group(), scrub(text, 2_000))


def _code(text: str) -> str:
    """As code, whatever backquotes are in it."""
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{scrub(text, 2_000)}{pad}{fence}"


def _time(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"


def _clock(when: datetime) -> str:
    return f"{when.astimezone(UTC):%H:%M:%S}Z"
