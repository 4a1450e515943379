"""The usual pairs of windows that burn rates are judged by, fitted to the window of an objective."""

from collections.abc import Iterable

from fleet.slo.model import Tier

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86_400.0

_SRE = (
    ("page fast", 0.02, _HOUR, 5 * _MINUTE, "page"),
    ("page slow", 0.05, 6 * _HOUR, 30 * _MINUTE, "page"),
    ("ticket fast", 0.10, _DAY, 2 * _HOUR, "ticket"),
    ("ticket slow", 0.10, 3 * _DAY, 6 * _HOUR, "ticket"),
)
"""(name, share of the budget, long window, short window, severity): SRE Workbook, chapter 5, table 5-8."""

_PYRRA = (
    ("page fast", 14.0, _HOUR, 5 * _MINUTE, "page"),
    ("page slow", 7.0, 6 * _HOUR, 30 * _MINUTE, "page"),
    ("ticket fast", 2.0, _DAY, 2 * _HOUR, "ticket"),
    ("ticket slow", 1.0, 4 * _DAY, 6 * _HOUR, "ticket"),
)
"""(name, factor, long window, short window, severity) for 28 days, as Pyrra has them."""
_PYRRA_WINDOW_S = 28 * _DAY


def sre_tiers(window_s: float) -> tuple[Tier, ...]:
    """Factor = share of the budget × window / long window, over fixed windows: 14.4, 6, 3 and 1 for 30 days.

    Long windows longer than the objective's fall away. A factor is never below 1, since a slower burn lasts the window
    out; of several pairs that came to 1 so, the shortest stands.
    """
    made: list[Tier] = []
    for name, share, long_s, short_s, severity in _SRE:
        factor = share * window_s / long_s
        if long_s > window_s or (factor < 1 and made and made[-1].factor == 1.0):
            continue
        made.append(Tier(name, max(1.0, round(factor, 6)), long_s, short_s, severity))
    return tuple(made)


def pyrra_tiers(window_s: float) -> tuple[Tier, ...]:
    """Fixed factors over windows that grow with the objective's; whole minutes, one at least."""
    scale = window_s / _PYRRA_WINDOW_S
    return tuple(
        Tier(name, factor, _minutes(long_s * scale), _minutes(short_s * scale), severity)
        for name, factor, long_s, short_s, severity in _PYRRA
    )


def _minutes(seconds: float) -> float:
    return max(1, round(seconds / _MINUTE)) * _MINUTE


def burn_windows(tiers: Iterable[Tier]) -> tuple[float, ...]:
    """Every window that `tiers` look at, and the hour that the time to exhaustion is told from, shortest first."""
    return tuple(sorted({_HOUR, *(tier.long_s for tier in tiers), *(tier.short_s for tier in tiers)}))
