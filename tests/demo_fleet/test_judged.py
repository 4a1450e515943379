"""What the demo is for: within its first three minutes alerts come and go, an objective burns, gates fail."""

import asyncio
import subprocess
import tempfile
from pathlib import Path

import pytest
from msgspec import Struct

from cli.deck import Deck
from cli.kinds import kind_tables
from config.load import load
from demo_fleet.fleet import DemoFleet
from demo_fleet.scenario import Effect
from fleet.alerts.model import Alert, AlertState
from fleet.clock import ManualClock
from fleet.gates.model import GateState, GateStatus
from fleet.slo.model import SloState, SloStatus
from fleet.store import Store
from tests.demo_fleet.fleets import START
from tests.real_prometheus import prometheus_binary

ROOT = Path(__file__).parents[2]
STEP_S = 6.0
STEPS = 34


class Look(Struct, frozen=True):
    """What was said at one time of the script."""

    t: float
    alerts: tuple[Alert, ...]
    slos: dict[str, SloStatus]
    gates: dict[str, GateStatus]


class Seen(Struct, frozen=True):
    """The first minutes, and who played which part in them."""

    looks: tuple[Look, ...]
    cast: dict[Effect, frozenset[str]]

    def states(self, name: str, target: str = "") -> list[str]:
        """The states of the alert `name` (about `target`) one after the other, each once."""
        states = [
            next((one.state.value for one in look.alerts if one.name == name and _about(one, target)), "")
            for look in self.looks
        ]
        return [state for state, before in zip(states, ["", *states], strict=False) if state and state != before]

    def fired(self, name: str) -> set[str]:
        """Whom the alert `name` was about whenever it fired."""
        return {
            one.labels.get("agent", "")
            for look in self.looks
            for one in look.alerts
            if one.name == name and one.state is AlertState.FIRING
        }


def _about(alert: Alert, target: str) -> bool:
    return not target or target in alert.labels.values()


async def _watch(folder: Path) -> Seen:
    clock, store = ManualClock(START), Store()
    looks = []
    async with DemoFleet(clock=clock, folder=folder, redis=False) as fleet:
        file = folder / "fleetdeck.yaml"
        # Once a step is enough, and what hangs must not hold the test up.
        text = fleet.config_text().replace("every: 2s", f"every: {STEP_S:g}s").replace("1500ms", "900ms")
        file.write_text(f"host: false\n{text}", encoding="utf-8")
        deck = Deck(load(file, kind_tables()), store, clock)
        for _ in range(STEPS):
            clock.advance(STEP_S)
            await fleet.step()
            await deck.sweep(30, ordered=True)
            slos, gates = dict(store.slos.items()), dict(store.gates.items())
            looks.append(Look(fleet.moment().t, tuple(store.alerts.values()), slos, gates))
        await deck.aclose()
        steps = fleet.world.scenario.steps
        cast = {effect: frozenset(step.target for step in steps if step.effect is effect) for effect in Effect}
    return Seen(tuple(looks), cast)


@pytest.fixture(scope="module")
def seen() -> Seen:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_watch(Path(folder)))


def test_alerts_become_pending_fire_and_end(seen: Seen) -> None:
    assert seen.fired("AgentFailsTasks") == seen.cast[Effect.FAILING]
    for name in seen.cast[Effect.FAILING]:
        assert seen.states("AgentFailsTasks", name) == ["pending", "firing", "resolved"]
    assert seen.cast[Effect.HANGING] | seen.cast[Effect.RESETTING] | seen.cast[Effect.CRASHED] == seen.fired(
        "AgentDown"
    )
    (hanging,) = seen.cast[Effect.HANGING]
    assert seen.states("AgentDown", hanging) == ["pending", "firing", "resolved"]
    assert seen.states("QueueStuck")[:2] == ["pending", "firing"]
    assert seen.states("SourceUnreliable")[-1] == "resolved"
    assert not {
        name for look in seen.looks for name in (one.name for one in look.alerts) if name.startswith("Fleetdeck")
    }


def test_a_release_comes_just_before_its_failures(seen: Seen) -> None:
    assert seen.cast[Effect.ROLLED_OUT] == seen.cast[Effect.FAILING]
    first = {
        name: next(look.t for look in seen.looks if name in [one.name for one in look.alerts])
        for name in ("release", "AgentStarted", "AgentFailsTasks")
    }
    assert 0 < first["AgentFailsTasks"] - first["release"] < 30
    assert first["AgentStarted"] <= first["AgentFailsTasks"]


def test_an_objective_goes_from_ok_to_burning_while_little_is_covered(seen: Seen) -> None:
    states = [look.slos["task-success"].state for look in seen.looks if "task-success" in look.slos]
    calm = states.index(SloState.OK)
    assert SloState.BURNING in states[calm:]
    burning = next(look.slos["task-success"] for look in seen.looks if look.slos["task-success"].state == "burning")
    assert any(burn.firing and burn.severity == "page" for burn in burning.burns)
    assert 0 < burning.coverage_ratio < 0.1
    assert "firing" in seen.states("SloBurns", "task-success")
    assert seen.looks[-1].slos["tool-calls"].state is SloState.NO_DATA


def test_gates_show_what_is_claimed_beside_what_is_observed(seen: Seen) -> None:
    health = [look.gates["agent_health_checks"] for look in seen.looks]
    assert GateState.FAIL in [gate.state for gate in health]
    assert any(gate.observed is not None and gate.observed < float(gate.claimed) for gate in health if gate.claimed)
    failures = [look.gates["task_failures"].state for look in seen.looks]
    assert {GateState.PASS, GateState.FAIL} <= set(failures)


def test_one_that_dies_again_and_again_flaps_and_one_claim_lies(seen: Seen) -> None:
    assert seen.fired("AgentFlaps") & seen.cast[Effect.CRASHED]
    claims = [one for one in seen.looks[-1].alerts if one.claimed]
    liar = next(one for one in claims if one.name == "gateway-quota")
    assert liar.state is AlertState.FIRING
    assert liar.severity_raw == "sev-1"
    about = liar.labels["component"]
    assert about not in {name for names in seen.cast.values() for name in names}
    assert about not in seen.fired("AgentDown")
    assert {one.state for one in claims if one.name == "process-ended"} == {AlertState.FIRING, AlertState.RESOLVED}


def test_promtool_takes_the_rules_too() -> None:
    promtool = prometheus_binary("promtool")
    if promtool is None:
        pytest.skip("no promtool")
    done = subprocess.run(
        [promtool, "check", "rules", ROOT / "demo_fleet" / "rules.yml"], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
