"""The rounds in which probes and rows are brought in step with what is known, while time goes on or is set."""

import asyncio
import math
from datetime import datetime

from cli.collecting.parts import Parts
from collectors.supervisor import TICK_S
from fleet.clock_set import shift

_TICK_S = 1.0
"""Seconds between two looks at the clock: how late a value may be called stale."""
_GATHER_S = TICK_S
"""Seconds that changes are gathered before they are judged, so that a burst is judged once; at the times at which jobs
start, so that the process wakes up once for both."""


class Rounds:
    """`loop_lag_s` is how late the event loop was at its last look at the clock."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._keeps_time = False
        """Whether time is looked at regularly, so that where it is late nobody looked."""
        self.loop_lag_s = 0.0

    def judge(self) -> None:
        """Bring probes and rows in step with what is known now. Whoever asks for it first after a stop notices that,
        so that nothing is called stale for what nobody looked at."""
        if self._keeps_time:
            self._keep_time()
        self._judge(self._parts.clock.now())

    def _judge(self, now: datetime) -> None:
        parts = self._parts
        parts.registry.expire(now)
        parts.agent_jobs.sync()
        parts.ingest.age(now)
        parts.evaluator.evaluate(now)

    def settle(self) -> None:
        """Judge everything once, for one look at the fleet, as of one moment: what is written down of rows a moment
        later than they are dated is not there yet for whoever asks at their time."""
        now = self._parts.clock.now()
        self._judge(now)
        self._parts.judgement.settle(now)

    async def run(self) -> None:
        """Judge whenever something changed or grew old, until cancelled."""
        self._parts.clock.look(math.inf)
        self._keeps_time = True
        try:
            await self._run()
        finally:
            self._keeps_time = False

    async def _run(self) -> None:
        parts = self._parts
        while True:
            parts.woken.clear()
            self.judge()
            before = parts.clock.monotonic()
            try:
                async with asyncio.timeout(_TICK_S):
                    await parts.woken.wait()
            except TimeoutError:
                self.loop_lag_s = max(0.0, parts.clock.monotonic() - before - _TICK_S)
            # Agents that were just found are rows before they are looked at, and that must not wait for the next tick.
            if parts.agent_jobs.sync():
                self._keep_time()
                parts.evaluator.evaluate(parts.clock.now())
            await asyncio.sleep(_GATHER_S - parts.clock.monotonic() % _GATHER_S)

    def _keep_time(self) -> None:
        """Notice that the clock was set, or that nobody looked for a while, before ages are judged."""
        parts = self._parts
        change = parts.clock.look(_TICK_S + _GATHER_S)
        if change.set_by_s:
            shift(parts.store, change.set_by_s)
            parts.judgement.shift(change.set_by_s)
            parts.ingest.rebuild_deadlines()
            parts.evaluator.clock_set(change.set_by_s, parts.clock.now())
        if change.paused_s:
            parts.evaluator.paused(change.paused_s, parts.clock.now())
