"""The rungs of an objective: its budget, its windows, and which series brought the bad events."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta

from fleet.errors import QueryError
from fleet.promql.labels import Labels
from fleet.promql.storage import Series
from fleet.slo.definition import Counted, Raw, Threshold
from fleet.slo.increments import growths
from fleet.slo.inputs import Selected
from fleet.slo.meter import good_of, within_bound
from fleet.slo.model import Burn, SloState, SloStatus
from fleet.slo.windows import seconds_text
from fleet.text import scrub
from fleet.times import span_text
from fleet.why.evidence import Evidence
from fleet.why.ground import Counting, Ground
from fleet.why.model import Asked, Basis, Mark, Row, Rung, Step
from fleet.why.proposal import ready_rows
from fleet.why.shares import Parts, Tally

_MARKS = {
    SloState.OK: Mark.GOOD,
    SloState.BURNING: Mark.BAD,
    SloState.EXHAUSTED: Mark.BAD,
    SloState.NO_DATA: Mark.UNKNOWN,
}
_LEAST_S, _MOST_S = 300.0, 3600.0
"""Between which limits single series are read: a short window of a tier, as far as samples are in memory."""
_PIECE = 400
"""Series between two pauses."""


def budget_step(row: SloStatus, ground: Ground) -> Step:
    """What the objective is and what is left of its budget, with the formula and its numbers."""
    since = f" since {ground.clock(row.since)}" if row.since else ""
    finding = (
        f"{row.state.value}{since}: {_ratio(row.sli_ratio)} good where {row.objective_ratio * 100:.10g}% is promised"
    )
    events = "not known" if row.good is None or row.total is None else f"{row.good:,.10g} of {row.total:,.10g}"
    rows = [
        Row(label="budget left", value=_ratio(row.budget_remaining_ratio)),
        Row(label="good of all", value=events),
        Row(label="window", value=f"{row.window}, data for {row.coverage_ratio:.1%} of it"),
    ]
    if row.exhaustion_s is not None:
        rows.append(Row(label="spent", value="it is" if not row.exhaustion_s else f"in {span_text(row.exhaustion_s)}"))
    if row.formula:
        rows.append(Row(label="formula", value=scrub(row.formula, 400)))
    rows += ready_rows(ground.store, (row.name,))
    unknown = [scrub(row.error, 300)] if row.error else []
    if row.coverage_ratio < 1:
        unknown.append(f"there is no data for {1 - row.coverage_ratio:.1%} of the window")
    return Step(
        rung=Rung.SUBJECT,
        title=f"Objective {scrub(row.name, 80)}",
        finding=finding,
        mark=_MARKS[row.state],
        basis=Basis.NOTHING if row.state is SloState.NO_DATA else Basis.OBSERVED,
        rows=tuple(rows),
        asked=tuple(
            Asked(query=scrub(text.partition(": ")[2] or text, 2_000), at=ground.now, samples=count)
            for text, count in row.inputs
        ),
        unknown=tuple(unknown),
    )


def burn_step(row: SloStatus) -> Step:
    """Each tier: both windows beside the factor that they must be over."""
    firing = [burn for burn in row.burns if burn.firing]
    finding = "no tier fires: in none are both windows over its factor"
    if any(map(_is_over, row.burns)):
        finding = "no tier fires yet: there is less data than its shorter window is long"
    if firing:
        worst = firing[0]
        fires = "1 tier fires" if len(firing) == 1 else f"{len(firing)} tiers fire"
        finding = f"{fires}: in {scrub(worst.tier, 40)} both windows burn faster than {worst.factor:g}×"
    missing = [burn for burn in row.burns if burn.long_rate is None or burn.short_rate is None]
    return Step(
        rung=Rung.BURN,
        title="Burn windows",
        finding=finding if row.burns else "it has no tiers",
        mark=Mark.BAD if firing else Mark.UNKNOWN if missing or not row.burns else Mark.GOOD,
        basis=Basis.OBSERVED if row.burns else Basis.NOTHING,
        rows=tuple(Row(label=_tier(burn), value=_windows(burn)) for burn in row.burns),
        unknown=tuple(f"{_tier(burn)}: no events in one of its windows, or no data" for burn in missing),
    )


def _tier(burn: Burn) -> str:
    return scrub(f"{burn.tier} ({burn.severity})", 60)


def _windows(burn: Burn) -> str:
    sides = (
        f"{seconds_text(seconds)} {'–' if rate is None else f'{rate:.3g}×'}"
        for seconds, rate in ((burn.long_s, burn.long_rate), (burn.short_s, burn.short_rate))
    )
    return f"{', '.join(sides)}; over {burn.factor:g}× {_verdict(burn)}"


def _is_over(burn: Burn) -> bool:
    """Whether both of its windows are over its factor; it fires only once there is data enough."""
    return min(burn.long_rate or 0.0, burn.short_rate or 0.0) > burn.factor


def _verdict(burn: Burn) -> str:
    if burn.firing:
        return "in both: fires"
    return f"in both, and not yet {seconds_text(burn.short_s)} of data" if _is_over(burn) else "not in both"


def _ratio(value: float | None) -> str:
    return "not known" if value is None else f"{value * 100:.6g}%"


# ── who brought the bad events ─────────────────────────────────────────────────────────────────────────────────────


def window_s(row: SloStatus) -> float:
    """How far back single series are read: the short window of the tier that fires, else of the fastest."""
    firing = [burn.short_s for burn in row.burns if burn.firing] or [burn.short_s for burn in row.burns]
    return min(_MOST_S, max(_LEAST_S, min(firing, default=_LEAST_S)))


def bad_events(
    row: SloStatus, evidence: Evidence, ground: Ground, back_s: float | None = None
) -> Iterator[Parts | None]:
    """The bad events of each agent in the last `back_s` seconds (`window_s`), at last; None where a step of the loop
    may end."""
    tally = Tally(ground)
    asked: list[Asked] = []
    errors: list[str] = []
    try:
        if isinstance(evidence.indicator, Counted):
            yield from _counted(evidence.indicator, evidence, back_s or window_s(row), tally, asked, ground)
        else:
            yield from _looked(evidence.indicator, evidence, tally, asked, errors, ground)
    except QueryError as error:
        errors.append(scrub(str(error)))
    if evidence.elsewhere:
        errors.append(f"its samples are in {evidence.elsewhere}, not here: single series are not known")
    yield Parts(
        parts=tally.parts(additive=True),
        asked=tuple(asked),
        errors=tuple(errors),
        series=tally.total,
        numberless=tally.numberless,
    )


def _counted(
    indicator: Counted, evidence: Evidence, back_s: float, tally: Tally, asked: list[Asked], ground: Ground
) -> Iterator[None]:
    """All minus good, or the bad ones as they are counted: then the total says nothing of who brought them."""
    for place, one in enumerate(evidence.inputs):
        if not place and indicator.bad:
            continue
        sign = 1.0 if not place or indicator.bad else -1.0
        if not isinstance(one, Selected):
            answered = ground.ask(one.text)
            asked.append(answered.asked)
            for labels, value in answered.elements:
                if evidence.belongs(labels) and math.isfinite(value):
                    tally.add(labels, sign * value)
            yield
            continue
        counting = Counting(ground.storage)
        yield from _grown(one, indicator, counting, evidence, back_s, tally, sign, ground)
        asked.append(counting.asked(f"increase({_selector(one)}[{seconds_text(back_s)}])", ground.now))


def _grown(
    one: Selected,
    indicator: Counted,
    counting: Counting,
    evidence: Evidence,
    back_s: float,
    tally: Tally,
    sign: float,
    ground: Ground,
) -> Iterator[None]:
    start = ground.now - timedelta(seconds=back_s)
    read = counting.range(one.matchers, _ms(start), _ms(ground.now))
    series, samples = [], 0
    for number, found in enumerate(read):
        series.append(found)
        samples += len(found.times)
        if number >= ground.bounds.series or samples > ground.bounds.samples:
            more = f"more than {ground.bounds.series:,} series or {ground.bounds.samples:,} samples"
            ground.limits[f"not read wholly: {scrub(_selector(one), 120)} has {more}"] = None
            break
    within = indicator.within if sign < 0 else None
    for number, found in enumerate(within_bound(series, within)):
        if number % _PIECE == _PIECE - 1:
            yield
        if evidence.belongs(found.labels):
            tally.add(_plain(found.labels), sign * _growth(found, counter=indicator.counter))
    yield


def _plain(labels: Labels) -> Labels:
    """Without what tells good from all, so that the two are taken from each other where no agent is named."""
    return labels.without(("__name__", "le"))


def _growth(one: Series, *, counter: bool) -> float:
    if counter:
        return math.fsum(growth.amount for growth in growths(one.times, one.values, 0, None))
    return math.fsum(value for value in one.values if math.isfinite(value) and value >= 0)


def _looked(
    indicator: Raw | Threshold, evidence: Evidence, tally: Tally, asked: list[Asked], errors: list[str], ground: Ground
) -> Iterator[None]:
    """Each look counts as one event: what the latest one gave."""
    for one in evidence.inputs[:1]:
        query = _selector(one) if isinstance(one, Selected) else one.text
        answered = ground.ask(query)
        asked.append(answered.asked)
        if answered.error:
            errors.append(answered.error)
        yield
        for labels, value in answered.elements:
            good = good_of(indicator, value)
            if good is not None and evidence.belongs(labels):
                tally.add(labels, 1 - good)
        yield


def _selector(one: Selected) -> str:
    names = [matcher.value for matcher in one.matchers if matcher.name == "__name__" and matcher.op.value == "="]
    rest = ",".join(str(matcher) for matcher in one.matchers if matcher.name != "__name__" or len(names) != 1)
    name = names[0] if len(names) == 1 else ""
    return f"{name}{{{rest}}}" if rest or not name else name


def unit_of(evidence: Evidence | None) -> str:
    """What the values of its contributors count."""
    if evidence is None or isinstance(evidence.indicator, Counted):
        return "bad events"
    return "of the last look bad"


def told(row: SloStatus, evidence: Evidence) -> str:
    """Over what its contributors were counted."""
    if isinstance(evidence.indicator, Counted):
        return f"growth in the last {seconds_text(window_s(row))}, as far as samples are kept"
    return "each look counts as one event; shown is the last one"


def _ms(when: datetime) -> int:
    return round(when.timestamp() * 1000)
