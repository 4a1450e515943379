"""What stands beside the form of a task: where it goes, how much waits there and, where the queue's rate is known, when
that is worked off; what is not known."""

from rich.text import Text

from fleet.actions.template import Desk
from fleet.times import span_text
from fleet.views.view import Tone
from tui.alerts.acts import count_of
from tui.ink import Ink, joined

_NOTES = 4


def desk_title(desk: Desk, ink: Ink, word: str) -> Text:
    """`Submit review   coordinator · http://…`"""
    template = desk.template
    where = " · ".join(part for part in (template.kind, template.target) if part)
    return joined([ink.write(f"{word} {template.name}", Tone.TITLE, bold=True), ink.muted(f"   {where}")])


def desk_lines(desk: Desk, ink: Ink, *, recalls: bool = True) -> list[Text]:
    """A line of numbers where there are any, then the notes. `recalls`: what was sent before can be put in."""
    template, parts = desk.template, _queue(desk, ink)
    if desk.history and recalls:
        parts.append(ink.muted(f"{count_of(len(desk.history), 'task')} sent before (^p)"))
    lines = [joined(parts, " · ")] if parts else []
    if template.help:
        lines.insert(0, ink.muted(template.help))
    lines += [ink.write(f"! {note}", Tone.DEGRADED) for note in desk.notes[:_NOTES]]
    if len(desk.notes) > _NOTES:
        lines.append(ink.muted(f"and {len(desk.notes) - _NOTES:,} more"))
    for line in lines:
        line.no_wrap = False
    return lines


def _queue(desk: Desk, ink: Ink) -> list[Text]:
    """How deep the template's queue is; nothing of one that it does not name."""
    queue = desk.template.queue
    if not queue:
        return []
    if desk.queued is None:
        return [ink.write(f"{queue}: depth not known", Tone.UNKNOWN)]
    depth = ink.write(f"{queue}: {desk.queued:,} queued", Tone.DEGRADED if desk.queued else Tone.PLAIN)
    eta = [ink.write(f"worked off in {span_text(desk.eta_s)}")] if desk.eta_s is not None and desk.queued else []
    return [depth, *eta]
