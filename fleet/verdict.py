"""What is said of an agent: its claims beside what was observed, and the state that follows. Pure.

Every way of looking at an agent (health endpoint, metrics endpoint, its process) gives a finding; the worst one is
the state. A claim never makes an agent `up`: without a look at the agent itself it is `unknown`, however well it
says it is, and `stale` once its last sign of life is too old.
"""

from datetime import datetime

from msgspec import Struct

from fleet.freshness import is_stale
from fleet.model import Agent, AgentStatus, Claim, Health, Process, Scrape
from fleet.vocabulary import SEVERITY, AgentState, agent_state
from fleet.wellknown import Vitals


class Rules(Struct, frozen=True, kw_only=True):
    """The limits of a verdict.

    `*_down_after` is how many failures in a row make an agent down; `claim_limit_s` how old an agent's last sign of
    life may be that only others report.
    """

    health_down_after: int = 2
    metrics_down_after: int = 2
    process_down_after: int = 2
    claim_limit_s: float = 300.0


class Seen(Struct, frozen=True, kw_only=True):
    """Everything that is known of one agent at `now`, with the times of the last answers and the age limits.

    `claim_grace_s`: how much older than else its last sign of life may be, because nobody could hear of it.
    """

    agent: Agent
    now: datetime
    health: Health | None = None
    health_at: datetime | None = None
    health_limit_s: float = 15.0
    scrape: Scrape | None = None
    scrape_at: datetime | None = None
    scrape_limit_s: float = 15.0
    process: Process | None = None
    process_at: datetime | None = None
    process_limit_s: float = 30.0
    claim_grace_s: float = 0.0
    vitals: Vitals = Vitals()


class Finding(Struct, frozen=True):
    """What one way of looking says."""

    state: AgentState
    detail: str = ""


_PROCESS_STATES = {
    "gone": AgentState.DOWN,
    "dead": AgentState.DOWN,
    "zombie": AgentState.DOWN,
    "stopped": AgentState.DEGRADED,
}


def is_any_stale(seen: Seen) -> bool:
    """Whether any way of looking at the agent gave its last answer too long ago, whatever the others say."""
    return (
        is_stale(seen.health_at, seen.health_limit_s, seen.now)
        or is_stale(seen.scrape_at, seen.scrape_limit_s, seen.now)
        or is_stale(seen.process_at, seen.process_limit_s, seen.now)
    )


def judge(seen: Seen, rules: Rules, before: AgentStatus | None) -> AgentStatus:
    """The row of an agent. `before` is its row so far: `since` stays while the state does."""
    agent = seen.agent
    finding = _gone(agent) or _worst(_looks(seen, rules)) or _from_claims(seen, rules)
    claim, disagrees = _claim(seen, finding.state)
    claimed_state = agent_state(claim.status) if claim else None
    numbers = _numbers(seen, claim)
    return AgentStatus(
        name=agent.name,
        kind=agent.kind,
        state=finding.state,
        claimed_state=claimed_state,
        claimed=claim.status if claim else None,
        claimed_at=claim.at if claim else None,
        disagrees=disagrees,
        detail=finding.detail,
        since=before.since if before and before.state is finding.state else seen.now,
        sources=agent.sources,
        labels=agent.labels,
        disagreements=agent.disagreements,
        gone=agent.gone_since is not None,
        latency_s=seen.health.latency_s if seen.health and not seen.health.failures else None,
        tasks_queued=numbers.tasks_queued,
        tasks_running=numbers.tasks_running,
        tasks_completed=numbers.tasks_completed,
        tasks_failed=numbers.tasks_failed,
        cpu_percent=numbers.cpu_percent,
        memory_bytes=numbers.memory_bytes,
    )


def _gone(agent: Agent) -> Finding | None:
    if agent.gone_since is None:
        return None
    if agent.process_seen:
        # Who looked through the processes and did not find it has seen that it ended; nobody has it by hearsay.
        return Finding(AgentState.DOWN, f"its process ({agent.pid}) is gone since {agent.gone_since:%H:%M:%S}Z")
    return Finding(AgentState.STALE, f"gone: no source has named it since {agent.gone_since:%H:%M:%S}Z")


def _looks(seen: Seen, rules: Rules) -> list[Finding]:
    findings = []
    if seen.agent.health is not None:
        findings.append(_health(seen, rules))
    if seen.agent.metrics is not None:
        findings.append(_metrics(seen, rules, alone=seen.agent.health is None))
    if seen.agent.process_seen:
        findings.append(_process(seen, rules))
    return findings


def _worst(findings: list[Finding]) -> Finding | None:
    """The worst finding; 'not known' counts only where nothing else is known."""
    known = [finding for finding in findings if finding.state is not AgentState.UNKNOWN] or findings
    return min(known, key=lambda finding: SEVERITY[finding.state], default=None)


def _health(seen: Seen, rules: Rules) -> Finding:
    health = seen.health
    if health is None or (health.reading is None and health.failures < rules.health_down_after):
        return Finding(AgentState.UNKNOWN, health.error if health and health.error else "not answered yet")
    if health.failures >= rules.health_down_after:
        return Finding(AgentState.DOWN, health.error)
    if is_stale(seen.health_at, seen.health_limit_s, seen.now) and seen.health_at:
        return Finding(AgentState.STALE, f"no answer since {seen.health_at:%H:%M:%S}Z")
    if health.reading is None:
        return Finding(AgentState.UNKNOWN, health.error)
    return Finding(health.reading.observed, health.reading.detail)


def _metrics(seen: Seen, rules: Rules, *, alone: bool) -> Finding:
    """An agent whose health answers but whose metrics do not is degraded; with metrics alone it is down."""
    scrape = seen.scrape
    if scrape is None or (scrape.page is None and scrape.failures < rules.metrics_down_after):
        return Finding(AgentState.UNKNOWN, scrape.error if scrape and scrape.error else "not scraped yet")
    if scrape.failures >= rules.metrics_down_after:
        return Finding(AgentState.DOWN if alone else AgentState.DEGRADED, f"metrics: {scrape.error}")
    if is_stale(seen.scrape_at, seen.scrape_limit_s, seen.now) and seen.scrape_at:
        state = AgentState.STALE if alone else AgentState.DEGRADED
        return Finding(state, f"metrics: none since {seen.scrape_at:%H:%M:%S}Z")
    return Finding(AgentState.UP)


def _process(seen: Seen, rules: Rules) -> Finding:
    process = seen.process
    if process is None or (process.reading is None and process.failures < rules.process_down_after):
        return Finding(AgentState.UNKNOWN, "process not looked at yet")
    if process.failures >= rules.process_down_after:
        return Finding(AgentState.UNKNOWN, f"process: {process.error}")
    if process.reading is None:
        return Finding(AgentState.UNKNOWN, process.error)
    if is_stale(seen.process_at, seen.process_limit_s, seen.now) and seen.process_at:
        return Finding(AgentState.STALE, f"process: not looked at since {seen.process_at:%H:%M:%S}Z")
    state = _PROCESS_STATES.get(process.reading.state, AgentState.UP)
    detail = "" if state is AgentState.UP else f"process {process.reading.pid} is {process.reading.state}"
    return Finding(state, detail)


def _from_claims(seen: Seen, rules: Rules) -> Finding:
    """Nothing can be looked at: what others say makes it unknown, waiting, or stale, never up."""
    claims = [sourced.claim for sourced in seen.agent.claims]
    times = [claim.at for claim in claims if claim.at is not None]
    heard = max(times, default=None)
    if heard is not None and is_stale(heard, rules.claim_limit_s + seen.claim_grace_s, seen.now):
        return Finding(AgentState.STALE, f"last sign of life {heard:%Y-%m-%d %H:%M:%S}Z, by hearsay")
    if any(agent_state(claim.status) is AgentState.WAITING for claim in claims):
        return Finding(AgentState.WAITING, next((claim.detail for claim in claims if claim.detail), ""))
    return Finding(AgentState.UNKNOWN, "nothing to observe: known by hearsay only")


def _claim(seen: Seen, observed: AgentState) -> tuple[Claim | None, bool]:
    """The claim that is shown, and whether it is at odds with what was observed.

    The agent's own health report comes before what others say, but a claim that disagrees before all that agree, and a
    report of a page that no longer answers last: that was not claimed of the present.
    """
    own = _own_report(seen)
    present = _is_present(seen)
    said = [sourced.claim for sourced in seen.agent.claims if sourced.claim.status is not None]
    claims = [own, *said] if own and present else said
    for claim in claims:
        if _disagree(agent_state(claim.status), observed):
            return claim, True
    return next(iter(claims), own), False


def _own_report(seen: Seen) -> Claim | None:
    reading = seen.health.reading if seen.health else None
    if reading is None or reading.claimed is None:
        return None
    return Claim(status=reading.claimed, at=reading.reported_at, detail=reading.detail)


def _is_present(seen: Seen) -> bool:
    """Whether the last health report is of now: the page still answers."""
    return (
        seen.health is not None
        and seen.health.failures == 0
        and not is_stale(seen.health_at, seen.health_limit_s, seen.now)
    )


def _disagree(claimed: AgentState | None, observed: AgentState) -> bool:
    """A claim and an observation that are both known, and differ; what is stale is belied only by a good claim."""
    vague = (None, AgentState.UNKNOWN)
    if observed is AgentState.STALE:
        return claimed is AgentState.UP
    return claimed not in vague and observed not in vague and claimed is not observed


def _numbers(seen: Seen, claim: Claim | None) -> Vitals:
    """The agent's own page first, its process next, and where these are silent, what its sources claim."""
    own = seen.vitals
    process = seen.process.reading if seen.process else None
    if process is None and not seen.agent.claims:
        return own  # its health report, which may be `claim`, has no numbers
    claims = [sourced.claim for sourced in seen.agent.claims]
    if claim is not None:
        claims.insert(0, claim)

    def pick(field: str, measured: float | None = None) -> float | None:
        candidates = [getattr(own, field), measured, *(getattr(item, field) for item in claims)]
        return next((value for value in candidates if value is not None), None)

    return Vitals(
        tasks_queued=_count(pick("tasks_queued")),
        tasks_running=_count(pick("tasks_running")),
        tasks_completed=_count(pick("tasks_completed")),
        tasks_failed=_count(pick("tasks_failed")),
        cpu_percent=pick("cpu_percent", process.cpu_percent if process else None),
        memory_bytes=pick("memory_bytes", process.memory_bytes if process else None),
    )


def _count(value: float | None) -> int | None:
    return None if value is None else int(value)
