"""What acts on a fleet, composed: templates and rollbacks of a configuration, the runner, locks, the audit log."""

import asyncio
import os
import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime

from actions.abandoned import abandoned
from actions.acting import ActionDesk
from actions.checking import StoreChecker
from actions.codes import Codes
from actions.limits import RunLimits
from actions.locks.files import FileLocks
from actions.locks.redis import RedisLocks
from actions.performing.performer import MachinePerformer
from actions.preflight import Preflight
from actions.proposing import Proposer
from actions.records import Records
from actions.rolling_back import RollbackBook
from actions.runner import Note, Runner
from actions.submitting import Submissions
from cli.acting.books import Books, Keeping
from cli.judging.judgement import Judgement
from config.schema import Config
from fleet.actions.history import Between
from fleet.actions.plan import ActKind, Plan
from fleet.actions.ports import ActReach, Doer, Locks
from fleet.clock import Clock
from fleet.errors import OutsideError
from fleet.ports import HttpSender
from fleet.slo.between import EngineHistory
from fleet.store import Store
from transport.redis import RedisLink, parse_place

REFRESH_S = 2.0
"""Seconds between two looks at locks and rows."""
PROPOSE_S = 5.0
"""Seconds between two judgements of what could be proposed."""
FREEZE_S = 1.0
"""Seconds between two looks at whether another program froze the fleet, whatever else takes its time."""
LOOK_S = 30.0
"""Seconds between two looks at what is live."""
_LOCK_BYTES = 1024 * 1024


class Acts:
    """`desk` is what is asked. `begin` shows what there is, `run` keeps it up to date. Raises ConfigError where a
    template or a rollback cannot be made."""

    def __init__(
        self,
        config: Config,
        store: Store,
        keeping: Keeping,
        books: Books,
        judgement: Judgement,
        http: HttpSender,
        clock: Clock,
        *,
        note: Note,
        judge: Callable[[], None],
        limits: RunLimits = RunLimits(),  # noqa: B008  # a frozen value
    ) -> None:
        self._store = store
        self._judgement = judgement
        self._http = http
        self._clock = clock
        self._performer = MachinePerformer(http, config.root, clock=clock)
        self.submissions, self.rollbacks = self.made(config)
        self._planned_with: dict[str, RollbackBook] = {}
        self._records = Records(keeping.folder / "actions")
        self._claims = FileLocks(keeping.folder / "claims")
        self._fleet = config.name
        self._freezing = books.freezing
        self._links: list[RedisLink] = []
        locks = self._locks(config, keeping)
        codes = Codes(config.actions.codes, config.root, keeping.folder / "codes", clock)
        preflight = Preflight(store, books.freezing, locks, self._doer_of, clock, codes)
        runner = Runner(
            store,
            self._performer,
            books.audit,
            self._records,
            locks,
            StoreChecker(store, clock, querying=judgement.queries, revision_of=self._live_of, judge=judge),
            self._doer_of,
            clock,
            claims=self._claims,
            preflight=preflight,
            note=note,
            owner=keeping.who.actor,
            program=f"process {os.getpid()}",
            fleet=config.name,
            ledger=books.ledger,
            limits=limits,
        )
        self.desk = ActionDesk(store, runner, self.submissions, self.rollbacks, books.freezing, locks)
        self._proposer = self._proposing()

    def made(self, config: Config) -> tuple[Submissions, RollbackBook]:
        """The templates and rollbacks of a configuration. Raises ConfigError that names the place in the file."""
        reach = ActReach(
            http=self._http,
            performer=self._performer,
            root=config.root,
            store=self._store,
            clock=self._clock,
            limits=config.limits,
        )
        submissions = Submissions(config.templates, reach, config.name, _new_id, config.actions)
        history = _History(self._judgement)
        return submissions, RollbackBook(config.rollbacks, reach, config.name, _new_id, history)

    def use(self, made: tuple[Submissions, RollbackBook]) -> None:
        """Go on with these; what runs already goes on with those that it was planned with."""
        under_way = (id for id, row in self._store.actions.items() if not row.ended)
        self._planned_with = {id: self._planned_with.get(id, self.rollbacks) for id in under_way}
        self.submissions, self.rollbacks = made
        self.desk.use(*made)
        self._proposer = self._proposing()

    def _proposing(self) -> Proposer:
        blame = self._judgement.reasons.blame
        return Proposer(self._store, self.rollbacks, self._clock, self.desk.start, blame=blame)

    async def show(self) -> None:
        """Show what there is and was, and write nothing. What was left behind is shown as it is: unknown, and on record
        so as soon as a dashboard or a command that acts sees to it."""
        for action in await asyncio.to_thread(self._records.read):
            if action.plan.fleet == self._fleet:
                left = not action.ended and not await self._is_carried_out(action.id)
                self._store.actions.put(action.id, abandoned(action) if left else action)
        await self.rollbacks.look()
        await self.desk.refresh()

    async def _is_carried_out(self, id: str) -> bool:
        try:
            return any(lock.target == id for lock in await self._claims.held())
        except OutsideError:
            return True

    async def begin(self) -> None:
        """Show what there is, once the fleet was looked at."""
        await self.desk.open()
        await self.rollbacks.look()
        await self.desk.refresh()

    async def run(self) -> None:
        """Keep what is shown of locks, rollbacks and proposals up to date, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(_every(FREEZE_S, self._look_frozen))
            await self.desk.open()
            group.create_task(_every(REFRESH_S, self.desk.refresh))
            group.create_task(_every(LOOK_S, self._look))
            group.create_task(_every(PROPOSE_S, self._propose))

    async def aclose(self) -> None:
        """Nothing more is sent, and every connection is closed."""
        await self.desk.close()
        for link in self._links:
            await link.aclose()

    async def _look_frozen(self) -> None:
        self._freezing.refresh()

    async def _look(self) -> None:
        await self.rollbacks.look()

    async def _propose(self) -> None:
        await self._proposer.step()

    def _doer_of(self, plan: Plan) -> Doer | None:
        rolls = plan.act in (ActKind.ROLLBACK, ActKind.UNDO)
        return self.rollbacks.doer(plan.source) if rolls else self.submissions.doer(plan.source)

    async def _live_of(self, plan: Plan) -> str | None:
        row = self._store.actions.get(plan.key)
        before = self._planned_with.get(plan.key) if row is not None and not row.ended else None
        return await (before or self.rollbacks).live_of(plan)

    def _locks(self, config: Config, keeping: Keeping) -> Locks:
        options = config.actions
        if options.lock is None:
            folder = options.lock_folder
            return FileLocks(config.root / folder if folder is not None else keeping.folder / "locks")
        password = options.lock.password.read(config.root) if options.lock.password else None
        link = RedisLink(parse_place(options.lock.url, password), most_bytes=_LOCK_BYTES)
        self._links.append(link)
        return RedisLocks(link, options.lock.prefix)


class _History:
    """The roll-ups of whatever engine of objectives there is now. `SloHistory`."""

    def __init__(self, judgement: Judgement) -> None:
        self._judgement = judgement

    def between(self, slo: str, start: datetime, end: datetime) -> Between | None:
        """As `SloHistory.between`."""
        return EngineHistory(self._judgement.slo_engine).between(slo, start, end)


async def _every(seconds: float, act: Callable[[], Awaitable[None]]) -> None:
    while True:
        await act()
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            # What was called has swallowed it.
            raise asyncio.CancelledError
        await asyncio.sleep(seconds)


def _new_id() -> str:
    return uuid.uuid4().hex
