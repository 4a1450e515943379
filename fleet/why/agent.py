"""The rungs of an agent: what makes its state, and what else is red because of it."""

from collections.abc import Iterator
from datetime import datetime

from fleet.model import AgentStatus
from fleet.slo.model import SloState
from fleet.text import scrub
from fleet.vocabulary import SEVERITY, AgentState
from fleet.why.ground import TOP, Ground, count_of
from fleet.why.model import Basis, Mark, Row, Rung, Step
from fleet.why.proposal import ready_rows
from fleet.why.rungs import firing_of


def state_step(status: AgentStatus, ground: Ground) -> Step:
    """Its state and each way of looking at it, what it claims beside what was observed."""
    since = f" since {ground.clock(status.since)}" if status.since else ""
    finding = f"{status.state.value}{since}" + (f": {status.detail}" if status.detail else "")
    rows = list(_looks(status.name, ground))
    if status.claimed is not None:
        at = f" at {ground.clock(status.claimed_at)}" if status.claimed_at else ""
        odd = ", which is not what was observed" if status.disagrees else ""
        rows.append(Row(label="claims", value=scrub(f"{status.claimed}{at}{odd}", 300)))
    rows += [Row(label="sources disagree", value=scrub(text, 300)) for text in status.disagreements[:TOP]]
    rows += ready_rows(ground.store, (status.name,))
    looked = [row for row in rows if row.label in ("health", "metrics", "process")]
    unknown = [] if looked else ["nothing of it is looked at: it is known by what others say"]
    if status.claimed is None:
        unknown.append("it claims nothing of itself")
    return Step(
        rung=Rung.SUBJECT,
        title=f"Agent {scrub(status.name, 80)}",
        finding=scrub(finding, 400),
        mark=_mark(status, bool(looked)),
        basis=_basis(status, bool(looked)),
        rows=tuple(rows),
        unknown=tuple(unknown),
    )


def _mark(status: AgentStatus, looked: bool) -> Mark:
    """Never fine by a claim alone."""
    if status.state is AgentState.UP and looked:
        return Mark.WARN if status.disagrees else Mark.GOOD
    if status.state is AgentState.UP:
        return Mark.UNKNOWN
    if status.state is AgentState.UNKNOWN:
        return Mark.UNKNOWN
    return Mark.BAD if SEVERITY[status.state] < SEVERITY[AgentState.WAITING] else Mark.WARN


def _basis(status: AgentStatus, looked: bool) -> Basis:
    if looked:
        return Basis.BOTH if status.claimed is not None else Basis.OBSERVED
    return Basis.CLAIMED if status.claimed is not None or status.sources else Basis.NOTHING


def _looks(name: str, ground: Ground) -> Iterator[Row]:
    """What each way of looking says."""
    store = ground.store
    agent, health = store.agents.get(name), store.health.get(name)
    if agent is not None and agent.health is not None:
        if health is None or (health.reading is None and not health.error):
            yield Row(label="health", value="not answered yet")
        elif health.failures:
            yield _failing("health", health.error, health.failures, store.health.seen(name), ground)
        elif health.reading is not None:
            said = f", says {health.reading.claimed}" if health.reading.claimed else ""
            detail = f": {health.reading.detail}" if health.reading.detail else ""
            at = ground.clock(store.health.seen(name))
            yield Row(label="health", value=scrub(f"{health.reading.observed.value}{said}{detail} (at {at})", 300))
    scrape = store.scrapes.get(name)
    if agent is not None and agent.metrics is not None:
        if scrape is None or (scrape.page is None and not scrape.error):
            yield Row(label="metrics", value="not scraped yet")
        elif scrape.failures:
            yield _failing("metrics", scrape.error, scrape.failures, store.scrapes.seen(name), ground)
        elif scrape.page is not None:
            number = count_of(len(scrape.page.series), "sample")
            yield Row(label="metrics", value=f"{number} (at {ground.clock(store.scrapes.seen(name))})")
    process = store.processes.get(name)
    if process is not None and process.reading is not None and not process.failures:
        yield Row(label="process", value=scrub(f"{process.reading.pid} is {process.reading.state}", 300))
    elif process is not None and process.failures:
        yield _failing("process", process.error, process.failures, store.processes.seen(name), ground)


def _failing(what: str, error: str, failures: int, seen: datetime | None, ground: Ground) -> Row:
    last = f", last good {ground.clock(seen)}" if seen is not None else ", never answered"
    return Row(label=what, value=scrub(f"{error} ({count_of(failures, 'failure')} in a row{last})", 300))


def judged_step(name: str, ground: Ground) -> Step:
    """The alerts and objectives that are about it: the same trouble as others see it."""
    alerts = firing_of(name, ground)
    slos = [
        Row(label=row.name, value=f"objective, {row.state.value}")
        for row in sorted(ground.store.slos.values(), key=lambda one: one.name)
        if row.labels.get("agent") == name and row.state in (SloState.BURNING, SloState.EXHAUSTED)
    ]
    rows = (*alerts, *slos)
    return Step(
        rung=Rung.EXPRESSION,
        title="What judges it",
        finding=f"{count_of(len(alerts), 'alert')} and {count_of(len(slos), 'objective')} about it are red"
        if rows
        else "no alert names it, and no objective of its own burns",
        mark=Mark.BAD if rows else Mark.GOOD,
        rows=rows[: 2 * TOP],
        unknown=(f"{len(rows) - 2 * TOP} more are not shown",) if len(rows) > 2 * TOP else (),
    )
