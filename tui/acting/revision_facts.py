"""What is known of one revision beyond its row in the table: the columns of a narrow terminal have no room for it."""

from collections.abc import Iterator
from datetime import datetime

from fleet.actions.revision import Revision
from fleet.store import Store
from fleet.text import scrub
from fleet.times import age_text
from fleet.views.slos import ratio_text
from fleet.views.view import Cell, Tone
from tui.acting.revisions import error_text, good_cell
from tui.chrome.facts import Known

_DAY_S = 86_400.0
_LONGEST = 200
"""Characters of what is said of a revision."""


def revision_facts(one: Revision, store: Store, *, judged: bool) -> Iterator[Known]:
    """Why it cannot be used, what changed with it, who made it when, when it was live; `judged`: and how its objective
    was meanwhile."""
    if one.trouble:
        yield Known("unusable", (Cell(scrub(one.trouble, _LONGEST), Tone.DOWN),))
    if one.changed:
        yield Known("changed", (Cell(scrub(one.changed, _LONGEST)),))
    made = _made(one, store)
    if made:
        yield Known("made", (Cell(made, Tone.MUTED),))
    span = _lived(one, store)
    if span:
        yield Known("was live", (Cell(span, Tone.MUTED),))
    if judged:
        yield Known("objective", tuple(_judged(one)))


def _made(one: Revision, store: Store) -> str:
    parts = (
        _ago(one.at, store) if one.at is not None else "",
        f"by {scrub(one.author, 60)}" if one.author else "",
    )
    return " ".join(filter(None, parts))


def _lived(one: Revision, store: Store) -> str:
    """When it was live; of more than two times the first and the last."""
    told = one.lived if one.lived or one.live_from is None else ((one.live_from, one.live_until),)
    spans = [f"from {_ago(start, store)} until {_ago(end, store)}" for start, end in told]
    if one.live and one.live_from is not None:
        spans[-1] = f"from {_ago(one.live_from, store)} until now"
    elif one.live:
        spans.append("now, since when is not known")
    if len(spans) > 2:
        return f"{len(spans)} times: first {spans[0]}, last {spans[-1]}"
    return ", and ".join(spans)


def _ago(when: datetime | None, store: Store) -> str:
    """A time in the style that is on and, where that is no age, how long ago it was."""
    if when is None:
        return "a time not known"
    if store.now is None or store.times.relative:
        return store.times.clock(when, store.now)
    ago_s = max(0.0, (store.now - when).total_seconds())
    style = store.times.clock if ago_s < _DAY_S else store.times.day_minute
    return f"{style(when, store.now)} ({age_text(ago_s)} ago)"


def _judged(one: Revision) -> Iterator[Cell]:
    """How the objective was while it was live."""
    yield good_cell(one)
    if one.sli_ratio is not None:
        errors = "" if one.error_ratio is None else f", {error_text(one.error_ratio)} errors"
        yield Cell(f"  SLI {ratio_text(one.sli_ratio, 3)}{errors}", Tone.DOWN if one.good is False else Tone.PLAIN)
