"""Synthetic stores of objectives and gates for the tests of their views: the same every time, as if the engines had
filled them."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from fleet.gates.model import GateState, GateStatus
from fleet.slo.model import Burn, SloState, SloStatus
from fleet.store import Store
from tests.tui.factories import NOW, empty_store, healthy_store

DAY_S = 86_400.0
TIERS = (
    ("page fast", "page", 14.4, 3600.0, 300.0),
    ("page slow", "page", 6.0, 6 * 3600.0, 1800.0),
    ("ticket fast", "ticket", 3.0, DAY_S, 7200.0),
    ("ticket slow", "ticket", 1.0, 3 * DAY_S, 6 * 3600.0),
)
_NO_RATES = ((None, None),) * 4
_QUIET = ((0.0, 0.0), (0.1, 0.0), (0.2, 0.1), (0.3, 0.2))
_HOT = ((16.2, 21.0), (7.4, 12.1), (2.8, 9.9), (1.2, 2.8))


def burns(rates: Iterable[tuple[float | None, float | None]]) -> tuple[Burn, ...]:
    """The usual tiers, burning at these (long, short) rates."""
    return tuple(
        Burn(
            tier=tier,
            severity=severity,
            factor=factor,
            long_s=long_s,
            short_s=short_s,
            long_rate=long,
            short_rate=short,
            firing=(long or 0) > factor and (short or 0) > factor,
        )
        for (tier, severity, factor, long_s, short_s), (long, short) in zip(TIERS, rates, strict=True)
    )


def slo(name: str, left: float | None, objective: float = 0.999, **more: Any) -> SloStatus:
    """An objective over 30 days with so much of its budget left; None: nothing is known of it."""
    total = 129_600.0
    bad = None if left is None else (1 - left) * total * (1 - objective)
    known: dict[str, Any] = {}
    if left is not None and bad is not None:
        known = {
            "sli_ratio": 1 - bad / total,
            "budget_remaining_ratio": left,
            "good": total - bad,
            "total": total,
            "samples": 43_200,
            "burn_rate": 0.0,
            "burns": burns(_QUIET),
            "coverage_ratio": 1.0,
            "trend": tuple(1 - (1 - left) * (at + 1) / 12 for at in range(12)),
            "inputs": (
                ('total: fleetdeck_agent_health_probes_total{kind="coder"}', 43_200),
                ('good: fleetdeck_agent_health_probes_total{kind="coder",result="ok"}', 43_180),
            ),
            "formula": f"SLI = good / total events = {total - bad:.10g} / {total:.10g}; budget remaining = 1 − bad / "
            f"(total × (1 − {objective:.10g})) = 1 − {bad:.6g} / {total * (1 - objective):.6g}",
        }
    values: dict[str, Any] = {
        "name": name,
        "service": "staging",
        "objective_ratio": objective,
        "window_s": 30 * DAY_S,
        "window": "30d",
        "state": SloState.NO_DATA if left is None else SloState.OK if left > 0 else SloState.EXHAUSTED,
        "burns": burns(_NO_RATES),
        "labels": {"kind": "coder", "team": "core"},
        "source": "fleetdeck",
        "description": f"{name} as users of the fleet see it",
        "since": NOW - timedelta(hours=5),
    }
    return SloStatus(**(values | known | more))


def put_slos(store: Store, rows: Iterable[SloStatus]) -> Store:
    """Put objectives there."""
    for row in rows:
        store.slos.put(row.name, row)
        store.slos.touch(row.name, NOW)
    return store


def no_slo_store() -> Store:
    """A fleet without objectives."""
    return empty_store()


def kept_store() -> Store:
    """Objectives that are all kept."""
    return put_slos(
        healthy_store(),
        (
            slo("availability/coder", 0.93),
            slo("availability/planner", 1.0),
            slo("latency", 0.71, 0.95, burn_rate=0.4),
            slo("freshness", 0.88, 0.99, coverage_ratio=0.64),
        ),
    )


def burning_slo() -> SloStatus:
    """One that pages."""
    return slo(
        "availability/coder",
        0.42,
        state=SloState.BURNING,
        burn_rate=21.0,
        burns=burns(_HOT),
        exhaustion_s=0.42 * 30 * DAY_S / 16.2,
        trend=(1.0, 0.99, 0.98, 0.98, 0.97, 0.96, 0.96, 0.95, 0.94, 0.86, 0.66, 0.42),
    )


def burning_slo_store() -> Store:
    """One objective burns, one is not known, the others are kept."""
    return put_slos(kept_store(), (burning_slo(), slo("checkout", None, error="total: no series match")))


def spent_store() -> Store:
    """A budget that is spent, one that is overspent, and one that burns."""
    return put_slos(
        kept_store(),
        (
            slo("latency", -2.34, 0.95, burn_rate=3.4, exhaustion_s=0.0, burns=burns(_HOT)),
            slo("tools/search", 0.0, 0.995, burn_rate=0.2, exhaustion_s=0.0),
            burning_slo(),
            slo("nightly", 0.77, 0.9, coverage_ratio=0.004, window="calendar month"),
        ),
    )


def unknown_store() -> Store:
    """Nothing is known of any objective."""
    return put_slos(
        healthy_store(),
        (
            slo("availability", None, error="no sample in the last five minutes"),
            slo("latency", None, 0.95),
            slo("freshness", None, 0.99, coverage_ratio=0.31),
        ),
    )


def many_slo_store(rows: int = 60) -> Store:
    """An objective for each agent."""
    return put_slos(
        healthy_store(), (slo(f"availability/agent-{at}", 1 - at / 50, burn_rate=at / 10) for at in range(rows))
    )


def gate(name: str, state: GateState, target: str, **more: Any) -> GateStatus:
    """A gate that is so for some minutes."""
    values: dict[str, Any] = {
        "name": name,
        "state": state,
        "target": target,
        "expr": "avg_over_time(agent_health[5m])",
        "since": NOW - timedelta(minutes=12),
    }
    return GateStatus(**(values | more))


def gate_store() -> Store:
    """Gates in each state."""
    store = healthy_store()
    rows = (
        gate(
            "agent_health_checks",
            GateState.FAIL,
            "203/203 passing",
            observed=198.0,
            observed_text="198/203",
            claimed="203",
            expr="sum(agent_health)",
        ),
        gate(
            "response_time_p95",
            GateState.PASS,
            "<500ms",
            observed=0.3127,
            observed_text="312.7ms",
            expr="histogram_quantile(0.95, sum by (le) (rate(agent_latency_seconds_bucket[5m])))",
        ),
        gate(
            "mcp_server_uptime",
            GateState.FAIL,
            ">99.9%",
            observed=0.9741,
            observed_text='97.41% {agent="mcp-4"} (2 of 48 fail)',
            claimed="99.99%",
        ),
        gate("rollout_errors", GateState.NO_DATA, "0", expr="sum(agent_errors_total)", error="no series match"),
    )
    for row in rows:
        store.gates.put(row.name, row)
        store.gates.touch(row.name, NOW)
    return store


def ticket_store() -> Store:
    """One objective burns, slowly enough for a ticket."""
    rates = ((0.4, 0.3), (0.9, 0.5), (3.2, 3.4), (1.4, 1.6))
    return put_slos(burning_slo_store(), (replace(burning_slo(), burn_rate=0.4, burns=burns(rates)),))
