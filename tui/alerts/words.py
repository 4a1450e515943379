"""Alerts and silences in a few words, for sheets and lines."""

from collections.abc import Sequence
from itertools import islice

from rich.text import Text

from fleet.alerts.model import Alert, Silence
from fleet.views.view import Tone
from tui.ink import Ink, joined

NAMED = 4
"""Targets that a sheet names one by one."""


def labels_text(labels: dict[str, str], *without: str) -> str:
    """`agent="coder-1" env="prod"`, in the order of their names."""
    return " ".join(f'{name}="{value}"' for name, value in sorted(labels.items()) if name not in without)


def matchers_text(silence: Silence) -> str:
    """`agent="coder-1", env=~"prod|stage"`"""
    return ", ".join(map(str, silence.matchers))


def named_lines(ink: Ink, alerts: Sequence[Alert]) -> list[Text]:
    """A line for each of the first alerts, and how many more there are, by name where these are few."""
    lines = [
        joined(
            [
                ink.write(f"  {alert.severity.value} ", Tone.DEGRADED),
                ink.write(alert.name, Tone.TITLE),
                ink.muted("  " + labels_text(alert.labels, "alertname", "severity")),
            ]
        )
        for alert in islice(alerts, NAMED)
    ]
    rest = len(alerts) - NAMED
    if rest > 0:
        names = list(dict.fromkeys(alert.name for alert in alerts))
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more names" if len(names) > 3 else "")
        lines.append(ink.muted(f"  and {rest:,} more: {shown}"))
    return lines
