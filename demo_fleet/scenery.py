"""Who talks to the demo's coordinator without a socket: its agents, its controllers, and the tasks they carry out.

The controllers ask every few seconds, as the real ones do, and carry out what operators have queued. All of them do it
as of the moment a request comes in, so that nothing runs while nobody looks and a frozen clock gives the same answers
every time.
"""

import math
from collections.abc import Callable

from demo_fleet.jobs import JobEvent
from demo_fleet.ledger import Ledger
from demo_fleet.moment import Moment
from demo_fleet.scenario import CONTROLLER, COORDINATOR, Effect
from demo_fleet.world import World

_REGISTERED = 40
_BEAT_S = 8.0
_POLL_S = 4.0
"""How often a controller asks for tasks."""
_HISTORY_S = 170.0
_CONTROLLERS = (("controller-prod", "prod"), (CONTROLLER, "staging"))
_COMMANDS = ("analyze", "ci-check", "validate", "fix", "status", "implement-todo")
_SILENT = frozenset({Effect.SILENT})


class Scenery:
    """Brings a ledger up to the moment."""

    def __init__(self, world: World, ledger: Ledger, moment: Callable[[], Moment]) -> None:
        self._world = world
        self._ledger = ledger
        self._moment = moment
        self._members = world.residents[:_REGISTERED]
        self._beats: dict[str, float] = {}
        self._done_until: float | None = None

    def catch_up(self) -> None:
        """Register, send the heartbeats that are due, and carry out tasks, up to now."""
        moment = self._moment()
        if self._done_until is None:
            for name in self._members:
                self._ledger.register(name, (self._world.family(name),))
            self._done_until = moment.t - _HISTORY_S
        for agent, project in _CONTROLLERS:
            self._beat(agent, project, moment)
        for event in self._world.lines[COORDINATOR].events(self._done_until, moment.t):
            self._carry_out(event)
        self._take_up(moment)
        self._done_until = moment.t

    def _take_up(self, moment: Moment) -> None:
        """What operators queued is started with the first poll of a controller after it was there."""
        now = moment.now.timestamp()
        for task in self._ledger.queued():
            if task.made_at is not None:
                made = moment.t - (now - task.made_at) * moment.speed
                poll = (math.floor(made / _POLL_S) + 1) * _POLL_S
                if poll <= moment.t:
                    self._ledger.execute(task, moment.at(poll).timestamp())

    def _beat(self, agent: str, project: str, moment: Moment) -> None:
        silent = self._world.scenario.latest(agent, _SILENT, moment.t)
        t = silent[0] if silent is not None and moment.t < silent[1] else moment.t
        beat = math.floor(t / _BEAT_S) * _BEAT_S
        if self._beats.get(agent) != beat:
            self._beats[agent] = beat
            self._ledger.heartbeat(agent, project, moment.at(beat).timestamp())

    def _carry_out(self, event: JobEvent) -> None:
        job = self._world.lines[COORDINATOR].job(event.number)
        if event.kind == 0:
            agent = self._members[event.number % len(self._members)]
            command = _COMMANDS[event.number % len(_COMMANDS)]
            self._ledger.enqueue(agent, command, self._world.labels(agent)["env"], job.id)
        elif event.kind == 1:
            self._ledger.start(job.id)
        else:
            self._ledger.finish(job.id, 0 if job.ok else 1)
