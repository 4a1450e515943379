"""The objectives, worst budget first: what they promise, what they kept, what is left, and how fast it goes."""

import math

from fleet.filters.units import Unit
from fleet.slo.model import Burn, SloState, SloStatus
from fleet.slo.own_series import burn_rates
from fleet.times import span_text
from fleet.views.columns import measure_column, name_column, ranked_column, word_column
from fleet.views.text import NOT_KNOWN, progress_bar, spark
from fleet.views.view import Cell, Column, Field, Look, SortValue, Tone, View, attribute, choice, moment

_BAR = 6
_TREND = 12
STATE_GLYPH = {
    SloState.OK: "●",
    SloState.BURNING: "▲",
    SloState.EXHAUSTED: "✖",
    SloState.NO_DATA: "?",
}
STATE_TONE = {
    SloState.OK: Tone.UP,
    SloState.BURNING: Tone.DEGRADED,
    SloState.EXHAUSTED: Tone.DOWN,
    SloState.NO_DATA: Tone.UNKNOWN,
}
LOW_COVERAGE = 0.9
"""Where less of the window is covered than this, its numbers are marked."""
_RANK = {SloState.EXHAUSTED: 0, SloState.BURNING: 1, SloState.NO_DATA: 2, SloState.OK: 3}


def rank(row: SloStatus) -> int:
    """Exhausted, burning, no data, ok: what is not known is above what is known to be fine."""
    return _RANK[row.state]


def state_cell(row: SloStatus, _: Look) -> Cell:
    """Glyph and word of the state; where nothing burns that pages, the lesser severity instead: `▲ ticket`."""
    return Cell(f"{STATE_GLYPH[row.state]} {lesser_burn(row) or row.state.value}", STATE_TONE[row.state])


def lesser_burn(row: SloStatus) -> str:
    """The severity of what burns, where that is less than the gravest of its tiers (which come first); else ""."""
    if row.state is not SloState.BURNING:
        return ""
    worst = next((burn.severity for burn in row.burns if burn.firing), "")
    return "" if worst == row.burns[0].severity else worst


def ratio_text(ratio: float, most: int = 4) -> str:
    """A ratio near 1 as a percentage with the digits that tell it from 100%, at most so many behind the point: `99.9%`,
    `99.95%`, `100%`. It is cut, not rounded: only what is all good is 100%."""
    if not math.isfinite(ratio):
        return "–"
    for places in range(2, most + 1):
        scale = 10.0 ** (places + 2)
        cut = int(ratio * scale + 1e-9) / scale
        if ratio >= 1 or cut < 1 - 1.5 / scale or places == most:
            text = f"{cut * 100:.{places}f}"
            return text.rstrip("0").rstrip(".") + "%"
    return "100%"


def rate_text(rate: float | None) -> str:
    """A burn rate: `0`, `0.3`, `14.4`, `230`; `–` for one that is not known."""
    if rate is None or math.isnan(rate):
        return "–"
    if 0 < rate < 0.05:
        return "<.1"
    return f"{rate:.1f}".removesuffix(".0") if rate < 99.5 else f"{rate:.0f}" if rate < 999.5 else ">999"


def _percent(ratio: float) -> Cell:
    return Cell(ratio_text(ratio), Tone.PLAIN)


def _sli(row: SloStatus, _: Look) -> Cell:
    if row.sli_ratio is None:
        return NOT_KNOWN
    return Cell(ratio_text(row.sli_ratio, 3), Tone.DOWN if row.sli_ratio < row.objective_ratio else Tone.PLAIN)


def left_tone(ratio: float) -> Tone:
    """Spent, nearly spent, or neither."""
    if not math.isfinite(ratio):
        return Tone.UNKNOWN
    return Tone.DOWN if ratio <= 0 else Tone.DEGRADED if ratio < 0.25 else Tone.PLAIN


def _bar(row: SloStatus, _: Look) -> Cell:
    left = row.budget_remaining_ratio
    tone = Tone.MUTED if left is None else Tone.UP if left_tone(left) is Tone.PLAIN else left_tone(left)
    return Cell(progress_bar(left, None, _BAR), tone if row.state is not SloState.NO_DATA else Tone.MUTED)


def _left(ratio: float) -> Cell:
    return Cell(left_text(ratio), left_tone(ratio))


def left_text(ratio: float) -> str:
    """What is left of a budget: `42%`, `-234%`, and `-23×` for one that was spent more than ten times over. Cut towards
    the worse, so that 0% is spent."""
    if not math.isfinite(ratio):
        return "–"
    percent = int(ratio * 100) if ratio >= 0 else -int(-ratio * 100 + 0.999)
    return f"{percent}%" if percent > -1000 else f"{max(-999, int(ratio))}×"


def budget_text(ratio: float) -> str:
    """`42% left`, `overspent by 99%`."""
    text = left_text(ratio)
    return f"overspent by {text[1:]}" if text.startswith("-") else f"{text} left"


def _burn(rate: float) -> Cell:
    return Cell(rate_text(rate), Tone.DOWN if rate > 1 else Tone.PLAIN if rate else Tone.MUTED)


def tier_text(burn: Burn) -> str:
    """Long and short rate of a tier: `15/20`, with `!` where it fires."""
    return f"{rate_text(burn.long_rate)}/{rate_text(burn.short_rate)}{'!' if burn.firing else ''}"


def _tier_column(number: int, title: str) -> Column[SloStatus]:
    def cell(row: SloStatus, _: Look) -> Cell:
        if number >= len(row.burns):
            return NOT_KNOWN
        burn = row.burns[number]
        quiet = not (burn.long_rate or burn.short_rate)
        return Cell(tier_text(burn), Tone.DOWN if burn.firing else Tone.MUTED if quiet else Tone.PLAIN)

    def sort(row: SloStatus, _: Look) -> SortValue:
        return row.burns[number].long_rate if number < len(row.burns) else None

    return Column(
        id=f"tier{number + 1}",
        title=title,
        width=9,
        right=True,
        priority=5 + number // 2,
        cell=cell,
        sort=sort,
        descending=True,
    )


def _span(seconds: float) -> Cell:
    return Cell("spent" if seconds <= 0 else span_text(seconds), Tone.DOWN if seconds < 3 * 3600 else Tone.DEGRADED)


def _coverage(ratio: float) -> Cell:
    return Cell(coverage_text(ratio), Tone.PLAIN if ratio >= LOW_COVERAGE else Tone.STALE)


def coverage_text(ratio: float) -> str:
    """A coverage, cut, so that only all of it is `100%`; a low one has a mark: `◌ 64%`."""
    if not math.isfinite(ratio):
        return "–"
    text = "<1%" if 0 < ratio < 0.01 else f"{int(ratio * 100 + 1e-9)}%"
    return text if ratio >= LOW_COVERAGE else f"◌ {text}"


def _trend(row: SloStatus, _: Look) -> Cell:
    """Of the whole budget, so that the same height is the same share of it in every row."""
    return Cell(spark(list(row.trend), _TREND, low=0.0, high=1.0), Tone.ACCENT)


def _order(row: SloStatus, _: Look) -> tuple[SortValue, ...]:
    return (rank(row), row.budget_remaining_ratio, row.name)


def _burns_field(row: SloStatus, _: Look) -> list[dict[str, object]]:
    return [
        {
            "tier": burn.tier,
            "severity": burn.severity,
            "factor": burn.factor,
            "long_s": burn.long_s,
            "short_s": burn.short_s,
            "long_rate": burn.long_rate,
            "short_rate": burn.short_rate,
            "firing": burn.firing,
        }
        for burn in row.burns
    ]


_LEAST_BASE = 6
"""Characters of an objective's name that are worth showing."""


def shorter(name: str, width: int) -> str:
    """`availability/inference` as `availa…/inference`: the group is what tells the rows of an objective apart. Where
    hardly anything would be left of the objective, the name is cut at its end."""
    base, slash, group = name.partition("/")
    kept = width - len(group) - 2
    return f"{base[:kept]}…/{group}" if slash and kept >= _LEAST_BASE else name


VIEW: View[SloStatus] = View(
    name="slos",
    title="SLOs",
    rows=lambda store: store.slos,
    columns=(
        ranked_column("state", "STATE", 11, state_cell, rank),
        name_column("name", "SLO", 17, lambda r: r.name, shorten=shorter),
        word_column("service", "SERVICE", 10, lambda r: r.service, priority=8),
        measure_column("objective", "OBJ", 7, lambda r, _: r.objective_ratio, _percent, priority=2, unit=Unit.RATIO),
        Column(
            id="sli",
            title="SLI",
            width=7,
            right=True,
            priority=1,
            cell=_sli,
            sort=lambda r, _: r.sli_ratio,
            unit=Unit.RATIO,
        ),
        Column(id="budget_bar", title="BUDGET", width=_BAR, priority=2, cell=_bar),
        measure_column(
            "budget",
            "LEFT",
            5,
            lambda r, _: r.budget_remaining_ratio,
            _left,
            priority=0,
            descending=False,
            unit=Unit.RATIO,
        ),
        measure_column("burn", "BURN", 4, lambda r, _: r.burn_rate, _burn, priority=1),
        _tier_column(0, "PAGE FAST"),
        _tier_column(1, "PAGE SLOW"),
        _tier_column(2, "TICK FAST"),
        _tier_column(3, "TICK SLOW"),
        measure_column(
            "exhaustion",
            "LASTS",
            7,
            lambda r, _: r.exhaustion_s,
            _span,
            priority=4,
            descending=False,
            unit=Unit.SECONDS,
        ),
        measure_column("coverage", "COVER", 5, lambda r, _: r.coverage_ratio, _coverage, priority=3, unit=Unit.RATIO),
        Column(id="trend", title="TREND", width=_TREND, priority=7, cell=_trend),
        word_column("window", "WINDOW", 11, lambda r: r.window, priority=9),
        word_column("error", "REMARKS", 12, lambda r: r.error, grow=2, priority=10, tone=lambda r: Tone.DEGRADED),
    ),
    fields=(
        attribute("name"),
        attribute("service"),
        attribute("objective_ratio"),
        attribute("sli_ratio"),
        attribute("budget_remaining_ratio"),
        attribute("burn_rate"),
        Field("burn_rates", lambda r, _: burn_rates(r)),
        attribute("exhaustion_s"),
        attribute("coverage_ratio"),
        choice("state", lambda r: r.state.value, SloState),
        moment("since", lambda r, _: r.since),
        attribute("window"),
        attribute("window_s"),
        Field("budgeting", lambda r, _: r.budgeting.value),
        Field("tiers", _burns_field),
        attribute("good"),
        attribute("total"),
        attribute("samples"),
        attribute("formula"),
        Field("inputs", lambda r, _: [{"query": text, "samples": count} for text, count in r.inputs]),
        Field("labels", lambda r, _: dict(r.labels)),
        attribute("source"),
        attribute("description"),
        attribute("error"),
    ),
    order=_order,
    words=lambda r: f"{r.name} {r.service} {r.state.value} {r.error}",
    labels=lambda r: dict(r.labels),
    fault=lambda r: r.state is not SloState.OK,
    empty="no SLOs: name them under slos: in the configuration, or in slo_files:",
)
