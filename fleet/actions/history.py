"""What history knows of an objective between two times, and when revisions were live: how a revision was while it was
live is put together from both. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from fleet.actions.revision import Revision, Span


class Between(NamedTuple):
    """Good and total events of an objective between two times. `seen_minutes` of its `minutes` had samples."""

    good: float
    total: float
    seen_minutes: int
    minutes: int

    @property
    def sli_ratio(self) -> float | None:
        """Good events of all, 0–1; None without any."""
        if not self.seen_minutes or not self.total > 0:
            return None
        return min(1.0, max(0.0, self.good / self.total))


class SloHistory(Protocol):
    """The roll-ups of objectives (`fleet.slo.between` reads those of the engine)."""

    def between(self, slo: str, start: datetime, end: datetime) -> Between | None:
        """What is kept of the objective of that name; None where there is none of that name. Whole minutes: those in
        which the stretch begins and ends belong to it only where they lie within it."""
        ...


class NoHistory:
    """Nothing is kept."""

    def between(self, slo: str, start: datetime, end: datetime) -> Between | None:
        """Nothing."""
        return None


class Live(NamedTuple):
    """From `start` on, `revision` was live."""

    start: datetime
    revision: str


def live_spans(
    revisions: Sequence[Revision], seen: Iterable[Live], now: datetime, before: datetime | None = None
) -> dict[str, tuple[Span, ...]]:
    """When each revision was live, by its id, the oldest stretch first.

    The target's own times (`live_from`, `live_until`) and what was `seen` to become live are put in order. A revision
    is live until the next one is; the last stretch ends `now` only where the target says that this revision is live,
    else nobody knows when it ended, and it is left out. Nothing is said of times before `before`.
    """
    begins = sorted({*(Live(one.live_from, one.id) for one in revisions if one.live_from is not None), *seen})
    ends = {one.id: one.live_until for one in revisions if one.live_until is not None}
    live = next((one.id for one in revisions if one.live), "")
    spans: dict[str, list[Span]] = {}
    for place, begun in enumerate(begins):
        later = next((one.start for one in begins[place + 1 :] if one.revision != begun.revision), None)
        end = later if later is not None else now if begun.revision == live else None
        told = ends.get(begun.revision)
        if told is not None and told > begun.start:
            end = told if end is None else min(end, told)
        start = begun.start if before is None else max(begun.start, before)
        known = spans.setdefault(begun.revision, [])
        if end is not None and start < min(end, now) and not (known and known[-1].end > start):
            known.append(Span(start, min(end, now)))
    return {revision: tuple(known) for revision, known in spans.items() if known}


def judged(
    revisions: Sequence[Revision],
    spans: Mapping[str, Sequence[Span]],
    slo: str,
    objective_ratio: float | None,
    history: SloHistory,
    now: datetime,
    *,
    shared: str = "",
) -> tuple[Revision, ...]:
    """The revisions with when each was live (`spans`, as they are known `now`) and what the objective was then. `good`
    stays as the target says it where history has no events of that time; a revision that lasted less than a minute has
    none. It stays so, too, where the objective did not hold and others have it (`shared` names them): whose doing that
    was is not kept."""
    lived = [_lived(one, spans.get(one.id, ()), now) for one in revisions]
    return tuple(_judged(one, slo, objective_ratio, history, shared) for one in lived)


def _lived(one: Revision, spans: Sequence[Span], now: datetime) -> Revision:
    if not spans:
        return one
    last = spans[-1]
    # One that is live again without anybody having seen it become so: the stretch that is known is an earlier one.
    again = one.live and last.end < now
    return replace(
        one,
        live_from=None if again else last.start,
        live_until=None if one.live else last.end,
        lived=tuple(spans),
    )


def _judged(one: Revision, slo: str, objective_ratio: float | None, history: SloHistory, shared: str) -> Revision:
    parts = [part for span in one.lived if (part := history.between(slo, *span)) is not None] if slo else []
    ratio = _together(parts).sli_ratio
    if ratio is None:
        return one
    known = replace(one, sli_ratio=ratio, error_ratio=1 - ratio)
    if objective_ratio is None:
        return known
    inside = ratio >= objective_ratio
    return replace(known, shared=shared) if shared and not inside else replace(known, good=inside)


def _together(parts: Sequence[Between]) -> Between:
    return Between(
        sum(part.good for part in parts),
        sum(part.total for part in parts),
        sum(part.seen_minutes for part in parts),
        sum(part.minutes for part in parts),
    )


def preferred(revisions: Sequence[Revision]) -> str:
    """The id of the revision to preselect of `revisions`, the newest first: the last one that was inside its objective;
    else the one before the live one that nobody knows to be bad, else the one before it; "" where there is none. One
    that cannot be rolled to is never chosen."""
    possible = [one for one in revisions if not one.live and not one.trouble]
    good = next((one.id for one in possible if one.good), None)
    if good is not None:
        return good
    live = next((place for place, one in enumerate(revisions) if one.live), None)
    older = possible if live is None else [one for one in revisions[live + 1 :] if one in possible]
    return next((one.id for one in older if one.good is None), older[0].id if older else "")
