"""Whether going back to an earlier revision could heal what is wrong now. Pure.

The live revision is judged by the windows that the alert fires by: what it was for weeks says nothing of what it does
now. The earlier one is judged by its whole life. Rates and windows are those of the tiers (Google SRE Workbook, chapter
5): a revision burned at the level of a tier where both of its windows held errors at `factor` times the budget.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from fleet.actions.revision import Revision
from fleet.slo.model import Burn

UNSEEN_S: Final = 120.0
"""How long a revision has to be live until a whole minute of its own is among what is kept."""

Errors = Callable[[datetime, datetime], float | None]
"""The error ratio (0–1) of an objective between two times; None where it is not known."""


class Case(Struct, frozen=True):
    """What is live, what would be rolled to, and what is known of both. `burns` are the tiers that fire, none where
    a gate fails, which it does since `failing_since` and sees by the last `reach_s` seconds; `budget_ratio` is 1 −
    objective."""

    live: Revision
    wanted: Revision
    burns: Sequence[Burn]
    budget_ratio: float
    errors: Errors
    now: datetime
    failing_since: datetime | None = None
    reach_s: float = 0.0


def against(case: Case) -> str:
    """Why going back would not heal it, in a sentence; "" where it could. Of several tiers one that it could heal is
    enough."""
    if not case.burns:
        return _against_by_gate(case) or _against_by_life(case.live, case.wanted)
    said = [_against_by(burn, case) for burn in case.burns]
    return "" if "" in said else said[0]


def doubt(live: Revision, wanted: Revision) -> str:
    """What makes it uncertain that going back heals it, in a sentence; "" where nothing does."""
    if not live.good or wanted.good:
        return ""
    other = f"{wanted.called} did not" if wanted.good is False else f"of {wanted.called} that is not known"
    return f"{live.called} kept its objective until now, and {other}"


def _against_by_gate(case: Case) -> str:
    """A gate has no windows that could be looked at again: it is known since when it fails."""
    live, since = case.live, case.failing_since
    if live.live_from is None or since is None or since > live.live_from:
        return ""
    if (case.now - live.live_from).total_seconds() < case.reach_s:
        return f"{live.called} came too lately to be judged: the gate failed before it"
    if not case.wanted.good:
        return f"the gate failed already when {live.called} came, and {case.wanted.called} is not known to be better"
    return ""


def _against_by_life(live: Revision, wanted: Revision) -> str:
    if wanted.good is not False:
        return ""
    worse = wanted.error_ratio is not None and live.error_ratio is not None and wanted.error_ratio >= live.error_ratio
    return f"{wanted.called} was no better than {live.called} while it was live" if live.good or worse else ""


def _against_by(burn: Burn, case: Case) -> str:
    live, wanted = case.live, case.wanted
    own = _own(burn, case)
    if own:
        return own
    if wanted.error_ratio is not None and _burns(wanted.error_ratio, burn, case):
        return f"{wanted.called} burned at that level while it was live, too"
    if _fired(burn, case, wanted.live_until, wanted.live_from):
        return f"it burned at that level already when {wanted.called} was replaced"
    if not wanted.good and _fired(burn, case, live.live_from):
        return f"it burned at that level already when {live.called} came, and {wanted.called} is not known to be better"
    return ""


def _own(burn: Burn, case: Case) -> str:
    """Whether the live revision burns by itself, and not only the one before it, which the windows still hold."""
    live = case.live
    came = live.live_from
    age_s = None if came is None else (case.now - came).total_seconds()
    if came is None or age_s is None or age_s >= burn.short_s:
        return ""
    ratio = case.errors(came, case.now)
    if ratio is None:
        # Where it was calm before, all that burns is its own.
        before = case.errors(came - timedelta(seconds=burn.short_s), came)
        unsure = age_s < UNSEEN_S and before is not None and _burns(before, burn, case)
        return f"{live.called} came too lately to be judged" if unsure else ""
    return "" if _burns(ratio, burn, case) else f"{live.called} has not burned at that level since it came"


def _fired(burn: Burn, case: Case, at: datetime | None, begun: datetime | None = None) -> bool:
    """Whether both windows burned at `at`, as far as they lie behind `begun`; False where that is not known."""
    if at is None:
        return False
    starts = (at - timedelta(seconds=window_s) for window_s in (burn.long_s, burn.short_s))
    ratios = [case.errors(start if begun is None else max(start, begun), at) for start in starts]
    return all(ratio is not None and _burns(ratio, burn, case) for ratio in ratios)


def _burns(error_ratio: float, burn: Burn, case: Case) -> bool:
    return error_ratio >= burn.factor * case.budget_ratio
