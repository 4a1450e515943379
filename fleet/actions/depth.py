"""How deep a queue is, when it would be worked off, and what more of it would mean. Pure."""

from fleet.times import span_text
from fleet.work import Queue


def eta_s(queue: Queue, more: int = 0) -> float | None:
    """Seconds until what waits, and `more`, is worked off at the rate at which tasks are completed now; None where the
    depth or the rate is not known, or nothing is completed."""
    rate = queue.completion_per_min
    if queue.queued is None or queue.error or queue.stale or rate is None or rate <= 0:
        return None
    return (queue.queued + more) / rate * 60


def depth_sentence(name: str, queue: Queue | None, more: int) -> str:
    """`queue jobs: 31 waiting, +200; empty in about 14m`; nothing of when, where the queue's rate is not known."""
    if queue is None:
        return f"queue {name}: not watched, or not seen yet; +{more:,}"
    waiting = "how many wait is not known" if queue.queued is None else f"{queue.queued:,} waiting"
    if queue.error or queue.stale:
        waiting += " when it was last seen"
    eta = eta_s(queue, more)
    when = "" if eta is None else f"; empty in about {span_text(eta)}"
    return f"queue {name}: {waiting}, +{more:,}{when}"
