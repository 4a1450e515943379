"""Sources: one sweep over everything that the configuration names, and what mends each thing that fails."""

from collections import Counter
from collections.abc import Iterator

from cli.doctor.finding import Finding, Topic, bad, note, ok
from cli.doctor.mending import mend
from cli.doctor.place import Place
from fleet.model import ProbeKind, Source, SourceState

_AGENTS = (ProbeKind.HEALTH, ProbeKind.METRICS, ProbeKind.PROCESS)
"""Kinds of which there is one for each agent; those that answer are only counted."""
_MOST = 10
"""Failing probes of a kind that are named."""


def look(place: Place) -> Iterator[Finding]:
    if place.config is None:
        yield note("nothing to look at without a configuration that is right")
        return
    found = [source for source in place.fleet.sources.values() if source.kind is not ProbeKind.SELF]
    for source in found:
        if source.kind not in _AGENTS:
            yield _finding(place, source)
    for kind in _AGENTS:
        yield from _counted(place, [source for source in found if source.kind is kind])
    if not place.fleet.agents:
        yield note("no agent was found", "fleetdeck init looks for some on this machine")


def _counted(place: Place, found: list[Source]) -> Iterator[Finding]:
    """How many probes of one kind answer, and those that do not."""
    if not found:
        return
    counts = Counter(source.state for source in found)
    answering = counts[SourceState.OK] + counts[SourceState.PARTIAL]
    if answering:
        yield ok(f"{found[0].kind}: {answering:,} of {len(found):,} answer")
    failing = [source for source in found if source.state in (SourceState.FAILING, SourceState.PENDING)]
    for source in failing[:_MOST]:
        yield _finding(place, source)
    if len(failing) > _MOST:
        yield bad(f"{found[0].kind}: and {len(failing) - _MOST:,} more", "fleetdeck get sources names them all")
    for source in [one for one in found if one.state is SourceState.PARTIAL][:_MOST]:
        yield _finding(place, source)


def _finding(place: Place, source: Source) -> Finding:
    where = f"{source.id} ({source.target})" if source.target and source.target not in source.id else source.id
    if source.state is SourceState.FAILING:
        return bad(f"{where}: {source.error}", mend(place, source))
    if source.state is SourceState.PENDING:
        return bad(f"{where}: no answer within {place.wait_s:g}s", "is it slow? --wait 30 gives it more time")
    count = "" if source.found is None else f", {source.found:,} found"
    if source.state is SourceState.PARTIAL:
        cut = f"{source.cut:,} cut by limits" if source.cut else ""
        why = "; ".join([*source.problems[:3], *([cut] if cut else [])]) or "only a part could be read"
        return note(f"{where}{count}: {why}", "raise `limits:` where they are too low" if cut else "")
    return ok(f"{where}{count}")


TOPIC = Topic(name="sources", about="one sweep: what answers, what does not and why", rank=8, look=look)
