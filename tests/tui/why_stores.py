"""A store with something to explain on every page, and who explains it."""

from datetime import timedelta

from fleet.gates.model import GateState, GateStatus
from fleet.slo.model import Burn, SloState, SloStatus
from fleet.store import Store
from fleet.why.explainer import Explainer
from tests.fleet.promql.memory_storage import MemoryStorage
from tests.tui.alert_stores import alert, burning_store, put_alerts
from tests.tui.factories import NOW

FAST = Burn(
    tier="page",
    severity="page",
    factor=14.4,
    long_s=3600,
    short_s=300,
    long_rate=20.0,
    short_rate=18.0,
    firing=True,
)
NOW_MS = round(NOW.timestamp() * 1000)


def red_store() -> Store:
    """The alerts of the pane, an objective that burns and a gate that fails."""
    store = burning_store()
    errors = alert("ErrorRate", severity="high", expr="sum(rate(failed_total[5m])) > 0.1", value=0.5, minutes=2)
    put_alerts(store, (errors,))
    since = NOW - timedelta(minutes=3)
    store.slos.put(
        "answers",
        SloStatus(
            name="answers",
            objective_ratio=0.99,
            window_s=3600.0,
            window="1h",
            state=SloState.BURNING,
            sli_ratio=0.97,
            budget_remaining_ratio=0.2,
            coverage_ratio=0.5,
            burns=(FAST,),
            labels={"agent": "coder-1"},
            since=since,
        ),
    )
    store.gates.put(
        "ready",
        GateStatus(
            name="ready",
            target="24/24 passing",
            expr="count(up == 1)",
            state=GateState.FAIL,
            observed=22.0,
            observed_text="22/24",
            claimed="24",
            since=since,
        ),
    )
    return store


def samples() -> MemoryStorage:
    """Two agents that do not answer, and counters of failures."""
    storage = MemoryStorage()
    times = [NOW_MS - (40 - at) * 15_000 for at in range(41)]
    for place, name in enumerate(("coder-1", "planner-5", "tester-3")):
        up = {"__name__": "up", "job": "agents", "agent": name}
        storage.add(up, times, [1.0 if at < 20 or place == 2 else 0.0 for at in range(41)])
        storage.add({"__name__": "failed_total", "agent": name}, times, [float(at * place) for at in range(41)])
    return storage


def explainer(store: Store) -> Explainer:
    """Every call makes all that is left: no clock runs."""
    return Explainer(store, samples(), lambda: NOW, lambda: 0.0)
