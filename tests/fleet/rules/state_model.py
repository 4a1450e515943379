"""An independent model of one alert: what Prometheus's documentation says of `for`, `keep_firing_for` and resolution,
told from the history of evaluations and not kept as a state machine."""

from collections.abc import Sequence
from typing import NamedTuple

RETENTION_MS = 15 * 60_000


class Told(NamedTuple):
    """What is told of the alert: its state, and when it became active, fired and was resolved."""

    state: str
    active_at: int
    fired_at: int | None
    resolved_at: int | None


class Evaluation(NamedTuple):
    """One evaluation: its time, and whether the condition held; None for one that failed."""

    at_ms: int
    holds: bool | None


def told(history: Sequence[Evaluation], for_ms: int, keep_ms: int) -> Told | None:
    """The alert after the evaluations of `history`; None where there is none."""
    seen = [one for one in history if one.holds is not None]
    episodes: list[Told] = []
    at = 0
    while at < len(seen):
        if not seen[at].holds:
            at += 1
            continue
        episode, at = _episode(seen, at, for_ms, keep_ms)
        episodes.append(episode)
    if not episodes:
        return None
    last = episodes[-1]
    if last.state == "inactive":
        return None
    if last.resolved_at is not None and any(
        not one.holds and one.at_ms - last.resolved_at > RETENTION_MS for one in seen if one.at_ms > last.resolved_at
    ):
        return None
    return last


def _episode(seen: Sequence[Evaluation], begin: int, for_ms: int, keep_ms: int) -> tuple[Told, int]:
    """From the first evaluation at which the condition holds to the one at which the alert ends."""
    active_at = seen[begin].at_ms
    fired_at: int | None = None
    for place in range(begin, len(seen)):
        one = seen[place]
        if fired_at is None:
            if not one.holds:
                return Told("inactive", active_at, None, None), place + 1
            if one.at_ms - active_at >= for_ms:
                fired_at = one.at_ms
        elif not one.holds:
            missing = place
            while not seen[missing - 1].holds:
                missing -= 1
            if keep_ms == 0 or one.at_ms - seen[missing].at_ms >= keep_ms:
                return Told("resolved", active_at, fired_at, one.at_ms), place + 1
    return Told("pending" if fired_at is None else "firing", active_at, fired_at, None), len(seen)
