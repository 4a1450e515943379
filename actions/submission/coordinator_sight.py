"""What is seen of tasks that a coordinator was given: in the ten newest, in the queues that are watched, and in
`/status`. Where none of them shows one, that is said."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from actions.submission.coordinator_answers import RUN
from actions.submission.coordinator_tasks import CoordinatorTasks, Listing, Record, observed
from actions.submission.lost_answers import ids_on_record, likely, nobody_knows, sent_body
from actions.submission.queue_sight import seen_in_queues
from fleet.actions.action import ActionState, Observed
from fleet.actions.plan import Plan
from fleet.store import Store
from fleet.text import scrub


class CoordinatorTask(Struct, frozen=True):
    """What a task is asked for with."""

    agent: str
    command: str
    project: str

    def fits(self, record: Record) -> bool:
        """Whether a task might be this one."""
        mine = (self.agent, self.command, self.project)
        return mine == (record.get("agent"), record.get("command"), record.get("project") or "")


class CoordinatorSight:
    """Looks for the tasks of a plan."""

    def __init__(self, tasks: CoordinatorTasks, store: Store) -> None:
        self._tasks = tasks
        self._store = store

    async def look(self, plan: Plan, items: Mapping[int, Mapping[str, str]], since: datetime) -> Mapping[int, Observed]:
        """Each item's task, as `Doer.look` says. Raises OutsideError."""
        newest = await self._tasks.newest()
        ids = {number: found.get("task_id", "") for number, found in items.items()}
        queues = seen_in_queues({id for id in ids.values() if id not in newest.tasks}, self._store)
        rest: Listing | None = None
        if any(id not in newest.tasks and id not in queues for id in ids.values()):
            rest = await self._tasks.all()
        seen: dict[int, Observed] = {}
        for number, id in ids.items():
            if id in newest.tasks:
                seen[number] = observed(newest.tasks[id])
            elif id in queues:
                seen[number] = queues[id]
            elif id:
                seen[number] = _unlisted(id, newest, rest)
            else:
                seen[number] = self._guessed(_asked_for(plan, number), since, set(ids.values()), newest, rest)
        return seen

    def _guessed(
        self, task: CoordinatorTask | None, since: datetime, taken: set[str], newest: Listing, rest: Listing | None
    ) -> Observed:
        """What is said of a task whose id did not come back."""
        if task is None:
            return nobody_knows("no id came back, and what was sent is not written down: it cannot be looked for")
        before = {one.id for one in self._store.tasks.values() if one.first_seen and one.first_seen < since}
        others = taken | before | ids_on_record(self._store, "task_id")
        tasks = {**(rest.tasks if rest is not None else {}), **newest.tasks}
        like = [(scrub(id, 80), observed(one)) for id, one in tasks.items() if id not in others and task.fits(one)]
        found = likely("task", like)
        if found is not None:
            return found
        if newest.whole and newest.fresh:
            sentence = "it was not queued: all tasks are listed, and none is like it"
            return Observed(state=ActionState.FAILED, sentence=sentence, final=True)
        return nobody_knows("no task like it is in sight; it may have been queued and be out of sight")


def _unlisted(id: str, newest: Listing, rest: Listing | None) -> Observed:
    """A task that is neither among the newest nor in a queue that is watched."""
    if rest is not None and id in rest.tasks:
        return observed(rest.tasks[id])
    if (newest.whole and newest.fresh) or (rest is not None and rest.fresh):
        return nobody_knows(f"task {id} is not among its tasks any more: those that wait are lost when it restarts")
    if rest is not None or newest.whole:
        return Observed(
            state=ActionState.RUNNING, sentence="it is not among the ten newest; all are asked for again soon"
        )
    return nobody_knows(f"task {id} is out of sight: it is not among the ten newest, and no other list shows it")


def _asked_for(plan: Plan, number: int) -> CoordinatorTask | None:
    """What an item asked for, where the plan still says it."""
    body = sent_body(plan, number, RUN)
    if body is None:
        return None
    return CoordinatorTask(str(body.get("agent")), str(body.get("command")), str(body.get("project") or ""))
