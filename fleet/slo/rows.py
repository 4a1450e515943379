"""A row of the SLO table, made from the sums of its windows."""

from datetime import datetime
from math import floor, log10

from msgspec import Struct

from fleet.slo.budget import (
    HOUR_S,
    bad_of,
    burn_rate,
    burns,
    calendar_exhaustion_s,
    exhaustion_s,
    remaining_ratio,
    sli_ratio,
    state_of,
)
from fleet.slo.definition import Calendar, Objective, SloDefinition
from fleet.slo.meter import Meter, input_texts
from fleet.slo.model import Budgeting, SloState, SloStatus, Tier
from fleet.slo.rollup import NOTHING, Sums, Track
from fleet.slo.windows import Period, period, seconds_text, window_text

TREND_POINTS = 12
SEEN_LATELY_MINUTES = 5
"""An objective whose last sample is older has no data."""


class Followed(Struct, frozen=True, kw_only=True):
    """What a row is made from. `events` is the track that is judged: `base` itself, or its slices."""

    definition: SloDefinition
    objective: Objective
    meter: Meter
    tiers: tuple[Tier, ...]
    group: tuple[str, ...]
    name: str
    base: Track | None
    events: Track | None


class Rates:
    """Burn rates of one row now, by window.

    What is kept are minutes, and a window ends now, amid one. Of the minute in which it began, the share that it covers
    is taken: of whole minutes alone, the shortest windows would hold next to nothing whenever a new minute begins.
    """

    def __init__(self, followed: Followed, now: datetime) -> None:
        self._followed = followed
        minute, seconds = divmod(now.timestamp(), 60)
        self._end = int(minute) + 1
        self._share = 1 - seconds / 60

    def sums(self, seconds: float) -> Sums:
        """What came in the last so many seconds; of good and total events, not always a whole number."""
        track = self._followed.events
        if track is None:
            return NOTHING
        start = self._end - max(1, round(seconds / 60))
        whole, cut = track.sums(start, self._end), track.sums(start - 1, start)
        return Sums(
            good=whole.good + self._share * cut.good,
            total=whole.total + self._share * cut.total,
            samples=whole.samples + cut.samples,
            seen_minutes=whole.seen_minutes + cut.seen_minutes,
        )

    def over(self, seconds: float) -> float | None:
        """The burn rate over the last so many seconds; None without events there."""
        return burn_rate(self.sums(seconds), self._followed.objective.target)


def status_of(followed: Followed, now: datetime) -> SloStatus:
    """The row at `now`; its `since` is for the caller to know."""
    definition, objective = followed.definition, followed.objective
    minute = int(now.timestamp()) // 60
    window = period(definition.window, now)
    first = _first_minute(definition, window, minute)
    sums = _over(followed.events, first, minute)
    rates = Rates(followed, now)
    found = burns(followed.tiers, rates.sums, objective.target)
    remaining = remaining_ratio(sums, objective.target)
    lately = followed.base is not None and minute - followed.base.last_seen <= _patience(objective)
    shortest = min((tier.short_s for tier in followed.tiers), default=HOUR_S)
    return SloStatus(
        name=followed.name,
        service=definition.service,
        objective_ratio=objective.target,
        window_s=window.span_s,
        window=window_text(definition.window),
        budgeting=definition.budgeting,
        state=state_of(remaining, found, seen_lately=lately),
        sli_ratio=sli_ratio(sums),
        budget_remaining_ratio=remaining,
        burn_rate=rates.over(shortest),
        burns=found,
        exhaustion_s=_exhaustion(definition, remaining, rates.over(HOUR_S), window, now),
        coverage_ratio=_coverage(followed.base, first, minute),
        good=sums.good if sums.seen_minutes or sums.total else None,
        total=sums.total if sums.seen_minutes or sums.total else None,
        samples=_over(followed.base, first, minute).samples,
        formula=_formula(followed, sums),
        inputs=_inputs(followed),
        labels={**definition.labels, **dict(zip(definition.by, followed.group, strict=False))},
        source=definition.source.value,
        description=definition.description,
        error=followed.meter.error,
        trend=_trend(followed, first, minute, sums.total),
    )


def row_name(definition: SloDefinition, objective: Objective, number: int, group: tuple[str, ...]) -> str:
    """`availability`, `availability/99.9%` where it has several objectives, `availability/planner-1` for a group."""
    parts = [definition.name]
    if len(definition.objectives) > 1:
        parts.append(objective.name or f"{number + 1}:{objective.target * 100:g}%")
    return "/".join((*parts, *group))


def visible(row: SloStatus) -> tuple[object, ...]:
    """What of a row people can see: a row whose numbers move below that is not written again."""
    return (
        row.state,
        _places(row.sli_ratio, 5),
        _places(row.budget_remaining_ratio, 3),
        _digits(row.burn_rate),
        tuple((burn.firing, _digits(burn.long_rate), _digits(burn.short_rate)) for burn in row.burns),
        _digits(row.exhaustion_s),
        _places(row.coverage_ratio, 3),
        row.error,
        row.since,
    )


def _over(track: Track | None, first: int, minute: int) -> Sums:
    return NOTHING if track is None else track.sums(first, minute + 1)


def _first_minute(definition: SloDefinition, window: Period, minute: int) -> int:
    """A rolling window holds whole minutes, the current one the last of them."""
    if isinstance(definition.window, Calendar):
        return min(minute, -(-round(window.start.timestamp()) // 60))
    return minute + 1 - round(window.span_s / 60)


def _coverage(track: Track | None, first: int, minute: int) -> float:
    """The share of the window's minutes, as far as they are past, with samples."""
    return _over(track, first, minute).seen_minutes / (minute + 1 - first)


def _patience(objective: Objective) -> int:
    return max(SEEN_LATELY_MINUTES, round(objective.slice_s / 60))


def _exhaustion(
    definition: SloDefinition, remaining: float | None, rate: float | None, window: Period, now: datetime
) -> float | None:
    if not isinstance(definition.window, Calendar):
        return exhaustion_s(remaining, rate, window.span_s)
    elapsed = (now - window.start).total_seconds()
    return calendar_exhaustion_s(remaining, rate, elapsed, window.span_s - elapsed)


def _formula(followed: Followed, sums: Sums) -> str:
    """How the numbers came about, with them."""
    target = followed.objective.target
    unit = {
        Budgeting.OCCURRENCES: "events",
        Budgeting.TIMESLICES: f"slices of {seconds_text(followed.objective.slice_s)}"
        f" with {followed.objective.slice_target * 100:g}% good",
        Budgeting.RATIO_TIMESLICES: f"slices of {seconds_text(followed.objective.slice_s)}, each as good as it was",
    }[followed.definition.budgeting]
    if not sums.total > 0:
        return f"SLI = good / total {unit}; there were none in the window"
    return (
        f"SLI = good / total {unit} = {sums.good:.10g} / {sums.total:.10g}; budget remaining = 1 − bad / (total × "
        f"(1 − {target:.10g})) = 1 − {bad_of(sums):.6g} / {sums.total * (1 - target):.6g}"
    )


def _inputs(followed: Followed) -> tuple[tuple[str, int], ...]:
    counts = followed.meter.counts.get(followed.group)
    texts = input_texts(followed.objective.indicator)
    return tuple((f"{what}: {text}", counts[place] if counts else 0) for place, (what, text) in enumerate(texts))


def _trend(followed: Followed, first: int, minute: int, total: float) -> tuple[float, ...]:
    """The budget left at evenly spaced moments, of the events of the whole window."""
    if followed.events is None or not total > 0:
        return ()
    end = minute + 1
    allowed = total * (1 - followed.objective.target)
    points = (first + (end - first) * (number + 1) // TREND_POINTS for number in range(TREND_POINTS))
    return tuple(round(1 - bad_of(followed.events.sums(first, point)) / allowed, 4) for point in points)


def _places(value: float | None, places: int) -> float | None:
    return None if value is None else round(value, places)


def _digits(value: float | None, digits: int = 2) -> float | None:
    """`value` to so many leading digits."""
    if not value:
        return value
    return round(value, digits - 1 - floor(log10(abs(value))))


def no_data(definition: SloDefinition, objective: Objective, name: str, now: datetime, error: str) -> SloStatus:
    """The row of an objective that nothing is known of."""
    span = period(definition.window, now).span_s
    return SloStatus(
        name=name,
        service=definition.service,
        objective_ratio=objective.target,
        window_s=span,
        window=window_text(definition.window),
        budgeting=definition.budgeting,
        state=SloState.NO_DATA,
        labels=dict(definition.labels),
        source=definition.source.value,
        description=definition.description,
        inputs=tuple((f"{what}: {text}", 0) for what, text in input_texts(objective.indicator)),
        error=error,
    )
