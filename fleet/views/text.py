"""How numbers and states read in a cell, the same in every view."""

import math

from fleet.times import age_text, span_text
from fleet.views.view import Cell, Tone
from fleet.vocabulary import AgentState, TaskState

STATE_GLYPH: dict[AgentState, str] = {
    AgentState.UP: "●",
    AgentState.DEGRADED: "◐",
    AgentState.DOWN: "✖",
    AgentState.STALE: "◌",
    AgentState.UNKNOWN: "?",
    AgentState.WAITING: "◆",
}
"""Shape as well as colour: each state is told apart without any colour."""

TASK_TONE: dict[TaskState, Tone] = {
    TaskState.QUEUED: Tone.PLAIN,
    TaskState.RUNNING: Tone.ACCENT,
    TaskState.WAITING: Tone.WAITING,
    TaskState.DONE: Tone.MUTED,
    TaskState.FAILED: Tone.DOWN,
    TaskState.CANCELLED: Tone.MUTED,
    TaskState.UNKNOWN: Tone.UNKNOWN,
}

NOT_KNOWN = Cell("–", Tone.MUTED)

SPARKS = "▁▂▃▄▅▆▇█"


def state_cell(state: AgentState) -> Cell:
    """Glyph and word of a state."""
    return Cell(f"{STATE_GLYPH[state]} {state.value}", Tone(state.value))


def number_cell(value: float | None, tone: Tone = Tone.PLAIN) -> Cell:
    """A count, shortened from five digits on (`12.3k`, `4.5M`); zero is muted, so that what counts stands out."""
    if value is None or not math.isfinite(value):
        return NOT_KNOWN
    return Cell(short_number(value), Tone.MUTED if value == 0 else tone)


def short_number(value: float) -> str:
    """`value` in at most six characters."""
    size = abs(value)
    if size < 10_000:
        return f"{value:.0f}" if value == int(value) else f"{value:.1f}"
    for limit, unit, scale in ((1e6, "k", 1e3), (1e9, "M", 1e6), (1e12, "G", 1e9)):
        if size < limit:
            return f"{value / scale:.1f}{unit}"
    return f"{value:.0e}"


def axis_number(value: float) -> str:
    """`value` in at most seven characters, a small one with the digits that tell it from zero: `0.0137`, `4e-06`."""
    if value and abs(value) < 1:
        return f"{value:.3g}"
    return short_number(value)


def bytes_cell(value: float | None) -> Cell:
    """Bytes in binary units (`85M`, `1.2G`)."""
    if value is None or not math.isfinite(value):
        return NOT_KNOWN
    return Cell(bytes_text(value), Tone.PLAIN if value else Tone.MUTED)


def bytes_text(value: float) -> str:
    """`value` bytes in at most five characters and a unit."""
    for unit in ("B", "K", "M", "G", "T"):
        if abs(value) < 1024 or unit == "T":
            return f"{value:.0f}{unit}" if value >= 10 or unit == "B" else f"{value:.1f}{unit}"
        value /= 1024
    return "–"


def percent_cell(ratio: float | None, warn: float = 0.8, bad: float = 0.95) -> Cell:
    """A ratio 0–1 as a percentage, toned from `warn` and `bad` on."""
    if ratio is None or not math.isfinite(ratio):
        return NOT_KNOWN
    tone = Tone.DOWN if ratio >= bad else Tone.DEGRADED if ratio >= warn else Tone.PLAIN
    return Cell(f"{ratio * 100:.0f}%", tone)


def age_cell(seconds: float | None, tone: Tone = Tone.MUTED) -> Cell:
    """A coarse age."""
    return Cell(age_text(seconds), tone)


def span_cell(seconds: float | None, tone: Tone = Tone.PLAIN) -> Cell:
    """A duration."""
    return NOT_KNOWN if seconds is None else Cell(span_text(seconds), tone)


def spark(values: list[float], width: int, *, low: float | None = None, high: float | None = None) -> str:
    """The last `width` values as a line of blocks, scaled from their least to their greatest, or from `low` to `high`,
    beyond which all looks the same; gaps are blanks."""
    shown = values[-width:]
    finite = [value for value in shown if math.isfinite(value)]
    if not finite:
        return ""
    low = min(finite) if low is None else low
    high = max(finite) if high is None else high
    span = high - low
    top = len(SPARKS) - 1

    def block(value: float) -> str:
        if not math.isfinite(value):
            return " "
        return SPARKS[min(top, max(0, round((value - low) / span * top)))] if span > 0 else SPARKS[0]

    return "".join(block(value) for value in shown)


def progress_bar(done: float | None, claimed: float | None, width: int) -> str:
    """A bar of what was counted, clamped to its width, with `│` where its document claims to be, or `»` where it
    claims more than all there is; dots where nothing can be counted. Lines, not blocks, so that the bars of
    neighbouring rows stay apart."""
    if done is None or not math.isfinite(done):
        return "·" * width
    halves = round(min(1.0, max(0.0, done)) * width * 2)
    drawn = ("━" * (halves // 2) + "╸" * (halves % 2)).ljust(width, "╌")
    if claimed is None or not math.isfinite(claimed) or abs(claimed - done) < 0.005:
        return drawn
    if claimed > 1:
        return drawn[:-1] + "»"
    at = min(width - 1, int(max(0.0, claimed) * width))
    return drawn[:at] + "│" + drawn[at + 1 :]
