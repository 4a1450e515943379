"""What good and total events say of an objective: the SLI, the error budget, burn rates, the state.

The formulas are those of the Google SRE Workbook, chapter 5. None stands for what cannot be said: without events there
is no ratio, and 0/0 is not 1.
"""

import math
from collections.abc import Callable, Iterable

from fleet.slo.model import Burn, SloState, Tier
from fleet.slo.rollup import Sums

HOUR_S = 3600.0


def sli_ratio(sums: Sums) -> float | None:
    """good / total. Where more good than total was counted, it is 1: the two were read at different moments."""
    return None if not sums.total > 0 else min(1.0, max(0.0, sums.good / sums.total))


def bad_of(sums: Sums) -> float:
    """total − good, never below 0."""
    return max(0.0, sums.total - sums.good)


def burn_rate(sums: Sums, objective: float) -> float | None:
    """(bad / total) / (1 − objective): 1 spends the budget exactly in the window."""
    return None if not sums.total > 0 else bad_of(sums) / sums.total / (1 - objective)


def remaining_ratio(sums: Sums, objective: float) -> float | None:
    """1 − bad / (total × (1 − objective)): 1 untouched, 0 spent, below 0 overspent."""
    spent = burn_rate(sums, objective)
    return None if spent is None else 1 - spent


def exhaustion_s(remaining: float | None, rate: float | None, span_s: float) -> float | None:
    """Seconds until a rolling window's budget is spent at `rate`: remaining × window / rate. 0 where it is spent; None
    where the rate is not above 1 (bad events leave the window as fast as others come) or is not known."""
    if remaining is None or rate is None:
        return None
    if remaining <= 0:
        return 0.0
    return remaining * span_s / rate if rate > 1 else None


def calendar_exhaustion_s(remaining: float | None, rate: float | None, elapsed_s: float, left_s: float) -> float | None:
    """As above for a calendar period, whose budget grows with its events: remaining × elapsed / (rate − 1); None, too,
    where the period ends before that."""
    if remaining is None or rate is None:
        return None
    if remaining <= 0:
        return 0.0
    after = remaining * elapsed_s / (rate - 1) if rate > 1 else math.inf
    return after if after <= left_s else None


def burns(tiers: Iterable[Tier], over: Callable[[float], Sums], objective: float) -> tuple[Burn, ...]:
    """Each tier with its rates, from the sums of a window in seconds. It fires where both are over its factor, and
    the long window has data for as long as the short one lasts: else both are the same few moments, and the first
    failed probe after a start would page."""
    return tuple(_burn(tier, over(tier.long_s), over(tier.short_s), objective) for tier in tiers)


def _burn(tier: Tier, long: Sums, short: Sums, objective: float) -> Burn:
    long_rate, short_rate = burn_rate(long, objective), burn_rate(short, objective)
    known = long_rate is not None and short_rate is not None and long.seen_minutes * 60 >= tier.short_s
    return Burn(
        tier=tier.name,
        severity=tier.severity,
        factor=tier.factor,
        long_s=tier.long_s,
        short_s=tier.short_s,
        long_rate=long_rate,
        short_rate=short_rate,
        firing=known and min(long_rate or 0.0, short_rate or 0.0) > tier.factor,
    )


def state_of(remaining: float | None, found: Iterable[Burn], *, seen_lately: bool) -> SloState:
    """Exhausted where the budget is spent, whatever is known of now; else `no data` where there were no events in the
    window, or nothing was seen lately; else burning where a tier fires."""
    if remaining is None:
        return SloState.NO_DATA
    if remaining <= 0:
        return SloState.EXHAUSTED
    if not seen_lately:
        return SloState.NO_DATA
    return SloState.BURNING if any(burn.firing for burn in found) else SloState.OK
