"""The tasks that were submitted from here, as rows of the tasks view: the single writer of `store.submitted`.

A row begins when a look at its target showed the task, or when its program was seen to run; never because something was
sent. From then on it follows what is seen. At most the newest `most` stay, and of those that ended or that nobody
follows any more as many as of a queue (`fleet.queues.OUT_OF_SIGHT_KEPT`), the latest changed.
"""

from collections import OrderedDict
from typing import Final

from msgspec.structs import replace

from fleet.actions.action import Action, ActionState, Item, Observed
from fleet.actions.ours import ID_NAMES
from fleet.actions.plan import ActKind, Plan
from fleet.actions.ports import item_key
from fleet.clock import Clock
from fleet.queues import OUT_OF_SIGHT_KEPT
from fleet.store import Store
from fleet.text import LINE_LIMIT, scrub
from fleet.vocabulary import TaskState
from fleet.work import Task

MOST: Final = 1_000
"""Tasks that are shown."""
NOT_FOLLOWED: Final = "not followed any more; as last seen"
"""The detail of an open task that nobody looks at any more."""
_AS: Final = {
    ActionState.SUCCEEDED: TaskState.DONE,
    ActionState.FAILED: TaskState.FAILED,
    ActionState.REFUSED: TaskState.FAILED,
    ActionState.CANCELLED: TaskState.CANCELLED,
    ActionState.UNKNOWN: TaskState.UNKNOWN,
}
"""What a look comes to that does not show the task itself; it is as it was in any other state."""
_ENDED: Final = frozenset({TaskState.DONE, TaskState.FAILED, TaskState.CANCELLED})

Place = tuple[str, int]
"""An item: the act's id, and its number."""


class SeenTasks:
    """Rows by the idempotency keys of items. Taking in a look costs the same however many there are."""

    def __init__(self, store: Store, clock: Clock, most: int = MOST, most_left: int = OUT_OF_SIGHT_KEPT) -> None:
        self._rows = store.submitted
        self._clock = clock
        self._most = most
        self._most_left = most_left
        self._open: OrderedDict[str, Place] = OrderedDict()
        """Those that are followed, the first seen first."""
        self._left: OrderedDict[str, Place] = OrderedDict()
        """Those that ended or are not followed any more, the one that changed last at the end."""
        self._gone: dict[str, set[int]] = {}
        """Items whose rows had to make room while they were followed, by act: they do not come back."""

    def saw(self, plan: Plan, number: int, item: Item, one: Observed, target: str) -> None:
        """Take in what was seen of the task of an item, which was sent to `target`. Its texts have nothing private and
        are scrubbed."""
        key = item_key(plan.key, number)
        before = self._rows.get(key)
        if before is None and (one.task is None or not self._may_begin(plan, number)):
            return
        now = self._clock.now()
        known = before or Task(id=key, queue="", first_seen=now, last_changed=now)
        task = replace(
            _placed(known, plan, target),
            id=next((item.found[name] for name in ID_NAMES if item.found.get(name)), key),
            title=item.words,
            kind=plan.source,
            state=one.task or _AS.get(one.state, known.state),
            detail=_detail(one.sentence, one.tail),
        )
        self._put(key, (plan.key, number), task)
        self._rows.touch(key, now)

    def left(self, action: Action) -> None:
        """Nobody follows an act any more: its tasks are as they were last seen, if even that is known."""
        for key, place in [(key, place) for key, place in self._open.items() if place[0] == action.id]:
            item, before = action.items[place[1]], self._rows[key]
            in_doubt = item.state is ActionState.UNKNOWN
            state, detail = (TaskState.UNKNOWN, item.sentence) if in_doubt else (before.state, NOT_FOLLOWED)
            self._put(key, place, replace(before, state=state, detail=detail), followed=False)
        self._gone.pop(action.id, None)

    def forget(self, id: str) -> None:
        """An act is not shown any more, and nor are its tasks."""
        for keys in (self._open, self._left):
            for key in [key for key, place in keys.items() if place[0] == id]:
                del keys[key]
                self._rows.drop(key)
        self._gone.pop(id, None)

    def _may_begin(self, plan: Plan, number: int) -> bool:
        return plan.act is ActKind.SUBMIT and number not in self._gone.get(plan.key, ())

    def _put(self, key: str, place: Place, task: Task, *, followed: bool = True) -> None:
        before = self._rows.get(key)
        if before is not None and before != task:
            task = replace(task, last_changed=self._clock.now())
        self._rows.put(key, task)
        if followed and task.state not in _ENDED:
            self._left.pop(key, None)
            self._open[key] = place
        elif before != task or key not in self._left:
            self._open.pop(key, None)
            self._left[key] = place
            self._left.move_to_end(key)
        self._make_room()

    def _make_room(self) -> None:
        while len(self._left) > self._most_left:
            self._rows.drop(self._left.popitem(last=False)[0])
        while len(self._open) + len(self._left) > self._most:
            if self._left:
                self._rows.drop(self._left.popitem(last=False)[0])
                continue
            key, (id, number) = self._open.popitem(last=False)
            self._gone.setdefault(id, set()).add(number)
            self._rows.drop(key)


def _placed(task: Task, plan: Plan, target: str) -> Task:
    """With the agent that it is for, or else where it was sent, of an address what comes after its scheme."""
    first = plan.targets[0] if plan.targets else None
    if first is not None and first.kind == "agent":
        return replace(task, agent=target)
    where = first.name if first is not None else target
    return replace(task, queue=scrub(where.partition("://")[2] or where, 128))


def _detail(sentence: str, output: str) -> str:
    """How it is, and the end of its output."""
    last = " ".join(output[-4 * LINE_LIMIT :].split())
    if not last or last in sentence:
        return sentence
    words = f"{sentence}: " if sentence else ""
    room = max(0, LINE_LIMIT - len(words))
    return scrub(words + (last if len(last) <= room else f"…{last[len(last) - room + 1 :]}"))
