"""`alerts.json` of the demo: what its systems say is wrong with themselves, which need not be so.

Three tell the truth. One was never ended by who wrote it; one says that a dead process is back when it is not; and one
has gone on for ever about an agent that is well.
"""

import json
from collections.abc import Iterator
from typing import Any

from demo_fleet.moment import Moment
from demo_fleet.scenario import CONTROLLER, COORDINATOR, Effect
from demo_fleet.world import World

_NOTICED_S = 6.0
"""Seconds until the systems notice anything."""
_HASTE_S = 20.0
"""Seconds after which a process that died is said to be back, whether it is or not."""


def alerts(world: World, moment: Moment) -> bytes:
    """`{"alerts": {"active_alerts": […], "alert_history": […]}}`, the latest cycle's, oldest first."""
    said = sorted(_all(world, moment), key=lambda alert: str(alert["timestamp"]))
    active = [alert for alert in said if alert["status"] == "active"]
    history = [alert for alert in said if alert["status"] != "active"]
    return json.dumps({"alerts": {"active_alerts": active, "alert_history": history}}, indent=2).encode()


def _all(world: World, moment: Moment) -> Iterator[dict[str, Any]]:
    well = _well(world)
    yield _alert(moment, "gateway-quota", "sev-1", well, f"{well} has used up its quota and answers nothing", -240.0)
    yield _alert(moment, "nightly-evaluation", "medium", "evaluation", "the nightly evaluation was skipped", -7200.0)
    for name in world.names:
        yield from _release(world, moment, name)
        yield from _death(world, moment, name)
    yield from _while(world, moment, COORDINATOR, Effect.DISK_LOW, "low-disk", "high", "95 % of the disk are in use")
    yield from _while(
        world, moment, CONTROLLER, Effect.SILENT, "no-heartbeat", "medium", f"{CONTROLLER} sends no heartbeat"
    )


def _well(world: World) -> str:
    """The first agent that no step of the script is about; where there is none, the first."""
    cast = {step.target for step in world.scenario.steps}
    return next((name for name in world.names if name not in cast), world.names[0])


def _release(world: World, moment: Moment, name: str) -> Iterator[dict[str, Any]]:
    """A roll-out is told as a note, ended when the release was taken back."""
    span = world.releases.latest(name, Effect.ROLLED_OUT, moment.t)
    if span is not None:
        version = world.agent(name, span[0]).labels["version"]
        yield _alert(moment, "release", "info", name, f"{version} was rolled out to {name}", *span)


def _death(world: World, moment: Moment, name: str) -> Iterator[dict[str, Any]]:
    span = world.scenario.latest(name, frozenset({Effect.CRASHED}), moment.t - _NOTICED_S)
    if span is not None:
        start = span[0] + _NOTICED_S
        text = f"the process of {name} has ended"
        yield _alert(moment, "process-ended", "error", name, text, start, start + _HASTE_S)


def _while(
    world: World, moment: Moment, target: str, effect: Effect, kind: str, severity: str, text: str
) -> Iterator[dict[str, Any]]:
    span = world.scenario.latest(target, frozenset({effect}), moment.t - _NOTICED_S)
    if span is not None:
        yield _alert(moment, kind, severity, target, text, span[0] + _NOTICED_S, span[1] + _NOTICED_S)


def _alert(
    moment: Moment, kind: str, severity: str, component: str, text: str, start: float, end: float | None = None
) -> dict[str, Any]:
    ended = end is not None and end <= moment.t
    alert: dict[str, Any] = {
        "id": f"{kind}-{component}-{moment.epoch(start)}",
        "type": kind,
        "severity": severity,
        "component": component,
        "message": text,
        "timestamp": moment.zulu(start),
        "status": "resolved" if ended else "active",
    }
    if ended and end is not None:
        alert["resolved_at"] = moment.zulu(end)
    return alert
