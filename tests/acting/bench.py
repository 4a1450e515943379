"""The whole of acting, wired as the program wires it, over one configuration in a folder of its own; and `fleetdeck` as
a process beside it. What is quicker than in use is only how often it looks and how long it waits."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from msgspec.structs import replace

from actions.audit_files import Reading
from actions.limits import RunLimits
from actions.records import Records
from cli.acting.acts import Acts
from cli.acting.books import Books, Keeping
from cli.deck import Deck
from cli.kinds import kind_tables
from config.load import load
from fleet.actions.action import Action, Confirmation
from fleet.actions.audit import Who, verify
from fleet.actions.plan import Plan
from fleet.clock import Clock, SystemClock
from fleet.store import Store
from tests.acting.target import Target

ANN = "ann@here"
WHO = Who(actor=ANN, sudo_user="anna", ssh_client="192.0.2.1 50000 22", host="here", session="s")
QUICK = RunLimits(backoff_s=0.02, backoff_most_s=0.05, look_s=0.02, look_most_s=0.05, check_s=0.02, settle_s=0.1)
ROOT = Path(__file__).parents[2]
PATIENCE_S = 120.0
"""What has not come by then never comes, however busy the machine is."""


class SetClock:
    """The machine's clock, whose time of day can be set, and that can be let go on."""

    def __init__(self) -> None:
        self._clock, self._by, self._passed_s = SystemClock(), timedelta(), 0.0

    def now(self) -> datetime:
        return self._clock.now() + self._by

    def monotonic(self) -> float:
        return self._clock.monotonic() + self._passed_s

    def set_by(self, **by: float) -> None:
        """Somebody sets the time of day."""
        self._by += timedelta(**by)

    def pass_by(self, seconds: float) -> None:
        """So much time is over."""
        self.set_by(seconds=seconds)
        self._passed_s += seconds


class Whole:
    """One program that acts. `path` holds the configuration, `state` what outlives it."""

    def __init__(
        self, path: Path, state: Path, clock: Clock, read_only: bool, limits: RunLimits, owner: str = ANN
    ) -> None:
        config = load(path, kind_tables())
        self.state, self.store = state, Store()
        self.deck = Deck(config, self.store, clock)
        keeping = Keeping.of(config, read_only=read_only)
        self.keeping = Keeping(folder=state, who=replace(WHO, actor=owner), read_only=keeping.read_only)
        self.books = Books(config, self.store, self.keeping, self.deck._clock)
        self.notes: list[tuple[str, str, str, str, bool]] = []
        self.acts = Acts(
            config,
            self.store,
            self.keeping,
            self.books,
            self.deck.judgement,
            self.deck._http,
            self.deck._clock,
            note=lambda *note: self.notes.append(note),
            judge=self.deck.judge,
            limits=limits,
        )
        self.desk = self.acts.desk

    async def run(self, plan: Plan, **more: Any) -> Action:
        """Confirm it in every way, do it, and wait for its end."""
        id = await self.start(plan, **more)
        async with asyncio.timeout(PATIENCE_S):
            return await self.desk.ended(id)

    async def start(self, plan: Plan, **more: Any) -> str:
        return await self.desk.start(plan, Confirmation(by=ANN, yes=True, typed=plan.word, reason="a test", **more))

    async def submit(self, *items: Mapping[str, Any], template: str = "job") -> Action:
        return await self.run(await self.desk.plan_submit(template, items or ({"text": "hi"},), ()))

    async def roll(self, to: str = "r2", name: str = "gateway", *, staged: bool = False) -> Action:
        return await self.run(await self.desk.plan_rollback(name, to, staged=staged))

    async def taken(self, id: str) -> None:
        """Wait until all of a submission was sent, that is on record, and its locks are let go."""
        async with asyncio.timeout(PATIENCE_S):
            while "sent" not in self.audited(id) or self.store.locks:
                await self.desk.refresh()

    def audited(self, id: str = "") -> list[str]:
        """Decisions of the audit log, whose chain must hold, about one action or all."""
        return [line["decision"] for line in lines_of(self.state) if not id or line["idempotency_key"] == id]

    def kept(self) -> dict[str, Action]:
        """What is on the disk."""
        return kept_in(self.state)


@asynccontextmanager
async def whole(
    root: Path,
    document: Mapping[str, Any],
    *,
    clock: Clock | None = None,
    read_only: bool = False,
    watched: bool = False,
    limits: RunLimits = QUICK,
    state: Path | None = None,
) -> AsyncIterator[Whole]:
    """The whole of it over a configuration; `watched`: agents are looked at all the time, too."""
    it = Whole(written(root, document), state or root / "state", clock or SystemClock(), read_only, limits)
    watching = None
    try:
        if watched:
            await it.deck.sweep(5.0)
        await it.acts.begin()
        if watched:
            watching = asyncio.create_task(it.deck.go_on())
        yield it
    finally:
        if watching is not None:
            watching.cancel()
            await asyncio.wait([watching])
        await it.acts.aclose()
        await it.deck.aclose()


def written(root: Path, document: Mapping[str, Any]) -> Path:
    """The configuration as a file."""
    path = root / "fleetdeck.yaml"
    path.write_text(yaml.safe_dump({"name": "test", **document}, sort_keys=False, allow_unicode=True))
    return path


def lines_of(state: Path) -> list[dict[str, Any]]:
    """The audit log; its chain must hold."""
    with contextlib.closing(Reading(state)) as reading:
        lines = list(reading.lines())
        head = (reading.head.hash,) if reading.head is not None else ()
        found = verify(lines, known=head)
    assert found.broken is None, found.broken
    return [json.loads(line) for line in lines]


def kept_in(state: Path) -> dict[str, Action]:
    """The records; none may be broken."""
    records = Records(state / "actions")
    kept = {action.id: action for action in records.read()}
    assert records.trouble == ()
    return kept


# ── what is configured ──


def job(url: str, /, **more: Any) -> dict[str, Any]:
    """A template of a JSON API that knows its tasks by their keys. No answer is given up unless a test says so: it may
    be held for as long as another process takes."""
    return {
        "kind": "http",
        "name": "job",
        "url": f"{url}/run",
        "body": {"text": "{text}"},
        "fields": [{"name": "text", "required": True}],
        "follow": {"url": f"{url}/tasks/{{key}}"},
        "timeout": "1m",
        **more,
    }


def gateway(url: str, /, **more: Any) -> dict[str, Any]:
    """A service with revisions that is rolled back over HTTP, in stages of a moment where it is rolled in stages."""
    return {
        "stages": [{"share": share, "hold": "10ms"} for share in (0.1, 0.5, 1)],
        "kind": "http",
        "name": "gateway",
        "list": f"{url}/revisions",
        "to": {"url": f"{url}/roll", "body": {"to": "{to}", "share": "{share}"}},
        "within": "1s",
        "timeout": "1m",
        **more,
    }


# ── as a process ──


class Ended(NamedTuple):
    """What a process that has ended said."""

    code: int
    out: str
    err: str


async def fleetdeck(root: Path, *words: str, **environ: str) -> asyncio.subprocess.Process:
    """Start `fleetdeck` in `root`, with state and configuration folders of its own."""
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("FLEETDECK")},
        "XDG_STATE_HOME": str(root / "xdg"),
        "XDG_CONFIG_HOME": str(root / "config"),
        "PYTHONPATH": str(ROOT),
        **environ,
    }
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "cli.start",
        *words,
        cwd=root,
        env=env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def came(target: Target, process: asyncio.subprocess.Process) -> None:
    """Wait until what the process sends has come."""
    coming, ending = asyncio.create_task(target.came.wait()), asyncio.create_task(process.wait())
    await asyncio.wait({coming, ending}, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
    for task in (coming, ending):
        task.cancel()
    assert target.came.is_set(), await ended(process)


async def ended(process: asyncio.subprocess.Process) -> Ended:
    """Wait for its end."""
    async with asyncio.timeout(PATIENCE_S):
        out, err = await process.communicate()
    assert process.returncode is not None
    return Ended(process.returncode, out.decode(), err.decode())


async def said(root: Path, *words: str, **environ: str) -> Ended:
    """Run `fleetdeck` to its end."""
    return await ended(await fleetdeck(root, *words, **environ))


def state_of(root: Path) -> Path:
    """The state folder of the processes in `root`."""
    return root / "xdg" / "fleetdeck"
