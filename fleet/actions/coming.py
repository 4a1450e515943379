"""How the revision that is live became so: when, in the place of which, and whether that was a step back. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from fleet.actions.action import Action
from fleet.actions.history import Live
from fleet.actions.plan import ActKind
from fleet.actions.revision import Revision, short
from fleet.times import age_text


class Came(Struct, frozen=True, kw_only=True):
    """`name` became live in the place of `before`, at `at` (None where nobody knows). Both are the words for them.

    `older`: it is the older one of the two, so somebody rolled back. `by` is who rolled to it where an act of ours
    brought it, and `settled_from` when that act had ended, else when it came."""

    name: str
    at: datetime | None = None
    before: str
    older: bool = False
    by: str = ""
    settled_from: datetime | None = None

    @property
    def rolled(self) -> bool:
        """Whether it is no release but was rolled to: by an act of ours, or by somebody who went back."""
        return self.older or bool(self.by)

    def words(self, now: datetime) -> str:
        """`r25 is live since 40s by a rollback from r26 by anna@edge`."""
        since = f" since {age_text(max(0.0, (now - self.at).total_seconds()))}" if self.at is not None else ""
        whom = f" by {self.by}" if self.by else ""
        return f"{self.name} is live{since} by a rollback from {self.before}{whom}"


def came(revisions: Sequence[Revision], seen: Iterable[Live], rolls: Iterable[Action]) -> Came | None:
    """How the live one of `revisions` (the newest first) came, by what the target says, what was `seen` to become live,
    and the acts on record that rolled it with success. None where it is not known to have replaced another one."""
    live = next((one for one in revisions if one.live), None)
    if live is None:
        return None
    told = (Live(one.live_from, one.id) for one in revisions if one.live_from is not None)
    begins = sorted({*told, *seen})
    run = len(begins)
    while run and begins[run - 1].revision == live.id:
        run -= 1
    act = _brought(live.id, begins[run - 1].start if run else None, rolls)
    at = begins[run].start if run < len(begins) else None
    before = begins[run - 1].revision if run else act.plan.before if act is not None else ""
    if not before or before == live.id:
        return None
    return Came(
        name=live.called,
        at=at,
        before=next((one.called for one in revisions if one.id == before), short(before)),
        older=_is_older(live, before, revisions),
        by=act.actor if act is not None else "",
        settled_from=at if act is None else act.ended_at or act.changed_at or at,
    )


def _brought(live: str, since: datetime | None, rolls: Iterable[Action]) -> Action | None:
    """The act that rolled to what is live, where none of another revision came after it."""
    last = max((one for one in rolls if one.sent_at is not None), key=lambda one: str(one.sent_at), default=None)
    if last is None or last.plan.revision != live or last.sent_at is None:
        return None
    return last if since is None or last.sent_at >= since else None


def _is_older(live: Revision, before: str, revisions: Sequence[Revision]) -> bool:
    """By when both were made, else by their order."""
    ids = [one.id for one in revisions]
    if before not in ids:
        return False
    other = revisions[ids.index(before)]
    if live.at is not None and other.at is not None and live.at != other.at:
        return live.at < other.at
    return ids.index(live.id) > ids.index(before)


def is_roll(action: Action, source: str) -> bool:
    """Whether an act rolled something of the definition `source`, or undid that."""
    return action.plan.source == source and action.act in (ActKind.ROLLBACK, ActKind.UNDO) and not action.dry_run
