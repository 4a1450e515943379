"""What drawing costs, in words."""

from fleet.model import TerminalReading
from fleet.times import span_text
from fleet.views.text import bytes_text


def terminal_words(reading: TerminalReading) -> str:
    """`terminal 1.2K/s, 4 frames/s, 3.4M in all · loop lag 2ms`, coarse, so that it seldom changes."""
    link = "slow link, " if reading.slow_link else ""
    rate, total = bytes_text(reading.bytes_per_s), bytes_text(reading.bytes_total)
    frames = f"{reading.frames_per_s:.0f} frames/s"
    return f"terminal {link}{rate}/s, {frames}, {total} in all · loop lag {span_text(reading.loop_lag_s)}"
