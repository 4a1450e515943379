"""What every way to roll something back has in common: guards that compare with what was planned, how an answer is
read, and the look at the target by which an act is judged, never by an exit code alone."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from actions.submission.answers import message_in, said_by
from fleet.actions.action import ActionState, Observed, Result, Sent, StepRead, Verdict
from fleet.actions.plan import CommandRun, Fact, HttpRequest, Plan, Step
from fleet.actions.ports import ActReach
from fleet.actions.revision import Revision, Revisions, instead, of_plan
from fleet.errors import RefusedError
from fleet.text import scrub, scrub_lines

_EARLY_S = 1.0
"""How much sooner it is called a failure than whoever follows it gives up, so that it is not just called late."""
_NOTICED = "noticed"
"""What is found by a command that has it noticed and ended well."""
TAIL = 400
"""Characters of an output that a sentence repeats."""


class Way(ABC):
    """Base of the kinds: a `fleet.actions.ports.Rolling`."""

    target: str = ""
    listed: bool = True
    """Whether what is rolled to is seen as live in the list afterwards (a restart is not)."""
    staged: bool = False
    """Whether it can be rolled in stages."""
    reloads: bool = False
    """Whether the last command of its plans has what was rolled noticed, which no look at the target shows."""

    def __init__(self, reach: ActReach) -> None:
        self._reach = reach
        self._looked: dict[str, float] = {}

    @abstractmethod
    async def revisions(self) -> Revisions:
        """As `Rolling.revisions`."""

    @abstractmethod
    async def steps(self, to: Revision, shares: Sequence[float]) -> tuple[Step, ...]:
        """As `Rolling.steps`."""

    async def facts(self, to: Revision) -> tuple[Fact, ...]:
        """As `Rolling.facts`."""
        return ()

    def undo(self, to: Revision, live: Revision | None) -> tuple[str, ...]:
        """As `Rolling.undo`."""
        if live is None:
            return ("which revision is live is not known, so it cannot be rolled back to from here",)
        return (f"rolling to {live.called} again, by the same way",)

    async def blast(self, to: Revision) -> tuple[str, ...]:
        """As `Rolling.blast`."""
        return ()

    async def back(self, plan: Plan) -> tuple[Step, ...]:
        """As `Rolling.back`."""
        return ()

    async def wrong(self, plan: Plan) -> str:
        """What is not as it should be although the revision is live, in a sentence; "" where all is. Raises
        OutsideError."""
        return ""

    async def mixed(self, to: Revision) -> str:
        """As `Rolling.mixed`."""
        return ""

    async def revision_of(self, plan: Plan) -> Revision:
        """The plan's revision as it is listed now; by its id alone where it is not there. Raises OutsideError."""
        known = (await self.revisions()).revisions
        found = next((one for one in known if one.id == plan.revision), None)
        return found or Revision(id=plan.revision, name=plan.revision)

    # ── as a Doer ──

    async def guards(self, plan: Plan) -> tuple[str, ...]:
        """As `Doer.guards`: the live revision is the one of the plan, the wanted one is there, no fact is bad."""
        known = await self.revisions()
        changed = changed_since(plan, known)
        if changed or not plan.revision:
            return changed
        to = known.named(plan.revision)
        if to is None:
            return (f"{of_plan(plan, plan.revision)} is not there any more",)
        facts = (*known.facts, *await self.facts(to))
        return (*((f"{to.called}: {to.trouble}",) if to.trouble else ()), *bad_facts(facts))

    def read(self, plan: Plan, step: Step, result: Result) -> StepRead:
        """As `Doer.read`."""
        read = read_result(step, result)
        noticed = self.reloads and step == plan.steps[-1] and read.verdict is Verdict.DONE
        return replace(read, found={_NOTICED: "yes"}) if noticed else read

    async def look(self, plan: Plan, items: Mapping[int, Mapping[str, str]], since: datetime) -> Mapping[int, Observed]:
        """As `Doer.look`: succeeded once the revision is live and nothing else is wrong; failed where that is not so
        when the time of the plan is over."""
        # Before it is asked: what went live while we were held up has not failed.
        is_over = self._is_over(plan, since)
        amiss = await self._amiss(plan)
        if not amiss:
            return {number: self._seen_live(plan, found) for number, found in (items or {0: {}}).items()}
        if is_over:
            seen = Observed(state=ActionState.FAILED, sentence=amiss, final=True)
        else:
            seen = Observed(state=ActionState.RUNNING, sentence=amiss)
        return dict.fromkeys(items or {0: {}}, seen)

    def _seen_live(self, plan: Plan, found: Mapping[str, str]) -> Observed:
        """What the revision's being live says: not all, where a program must have it noticed and did not end well."""
        words = self.in_place(plan)
        if not self.reloads or _NOTICED in found:
            return Observed(state=ActionState.SUCCEEDED, sentence=words, final=True)
        last = f"{words}, and “{plan.steps[-1].title}” was not seen to end well"
        return Observed(state=ActionState.FAILED, sentence=last, final=True)

    async def cancel(self, plan: Plan, items: Mapping[int, Mapping[str, str]]) -> tuple[Step, ...]:
        """As `Doer.cancel`: what runs is ended, there is nothing more to cancel."""
        return ()

    def _is_over(self, plan: Plan, since: datetime) -> bool:
        """Whether its time is over: as counted from the first look, which is when everything was sent, and at the
        latest from when it was begun, for a process that was not there then."""
        at = self._reach.clock.monotonic()
        if plan.key not in self._looked:
            # Acts on one definition follow each other, so only the last is of interest.
            self._looked = {plan.key: at}
        late = (self._reach.clock.now() - since).total_seconds() > plan.follow_s
        return late or at - self._looked[plan.key] >= plan.within_s - _EARLY_S

    async def _amiss(self, plan: Plan) -> str:
        """Why the plan's revision is not in place, in a sentence; "" where it is. Raises OutsideError."""
        listed = self.listed and plan.revision
        return (await self.not_live(plan) if listed else "") or await self.wrong(plan)

    def in_place(self, plan: Plan) -> str:
        """What is said of a rollback that has succeeded, in a sentence."""
        return f"{of_plan(plan, plan.revision) or 'what was there before'} is live"

    async def not_live(self, plan: Plan) -> str:
        """What is live in place of the plan's revision, in a sentence; "" where that is. Raises OutsideError."""
        live = (await self.revisions()).live
        if live is None:
            return f"the target does not say that {of_plan(plan, plan.revision)} is live"
        return instead(live.called, plan) if live.id != plan.revision else ""


def changed_since(plan: Plan, known: Revisions) -> tuple[str, ...]:
    """A refusal where another revision is live than when it was planned."""
    live, target = known.live, plan.targets[0]
    now = live.id if live is not None else ""
    if now == target.mark:
        return ()
    is_now = known.called(now) or "nothing that is known"
    then = f"{of_plan(plan, target.mark)} was live then" if target.mark else "nothing was known to be live then"
    return (f"{target.name} has changed since it was planned: {then}, {is_now} is now",)


def bad_facts(facts: Sequence[Fact]) -> tuple[str, ...]:
    """What stands against it, as sentences."""
    return tuple(f"{fact.name}: {fact.value}" for fact in facts if fact.bad)


def only_whole(shares: Sequence[float], what: str) -> None:
    """Raises RefusedError where stages are wanted of what only goes in one."""
    if len(shares) > 1:
        raise RefusedError(f"{what} cannot be rolled in stages: it has no parts")


def tail_of(text: str, limit: int = TAIL) -> str:
    """The end of an output as one line, for a sentence."""
    lines = [line.strip() for line in scrub_lines(text, 2 * limit).splitlines() if line.strip()]
    return scrub(" · ".join(lines[-3:])[-limit:], limit)


def read_result(step: Step, result: Result) -> StepRead:
    """What a result means where the target has no ways of its own. A command that was ended by its time, and an answer
    that says that the server failed, leave open what became of it."""
    if isinstance(step.effect, HttpRequest):
        return _read_answer(result)
    if result.sent is Sent.NO:
        return StepRead(verdict=Verdict.FAILED, sentence=result.fault or "it could not be started")
    if result.sent is Sent.MAYBE or result.timed_out or (result.status is None and result.fault):
        return StepRead(verdict=Verdict.UNKNOWN, sentence=result.fault or "it was ended before it was done")
    if result.status:
        how = f"exit code {result.status}" if result.status > 0 else f"ended by signal {-result.status}"
        said = tail_of(result.text) or result.fault
        what = how if isinstance(step.effect, CommandRun) else result.fault or how
        return StepRead(verdict=Verdict.FAILED, sentence=f"{what}: {said}" if said and said != what else what)
    if result.fault:
        return StepRead(verdict=Verdict.FAILED, sentence=result.fault)
    return StepRead(verdict=Verdict.DONE)


def _read_answer(result: Result) -> StepRead:
    status, said = result.status, said_by(result)
    if result.sent is Sent.NO:
        verdict = Verdict.AGAIN if result.passing else Verdict.FAILED
        return StepRead(verdict=verdict, sentence=result.fault or "it was not sent", again_after_s=2.0)
    if result.sent is Sent.MAYBE or status is None:
        return StepRead(verdict=Verdict.UNKNOWN, sentence=result.fault or "there was no answer")
    if 200 <= status < 300:
        more = message_in(result.text)
        return StepRead(verdict=Verdict.DONE, sentence=f"taken ({status})" + (f": {more}" if more else ""))
    if status == 429:
        return StepRead(verdict=Verdict.AGAIN, sentence=f"429: {said}", again_after_s=result.retry_after_s or 5.0)
    if status >= 500:
        return StepRead(verdict=Verdict.UNKNOWN, sentence=f"status {status}: {said}")
    return StepRead(verdict=Verdict.REFUSED, sentence=f"status {status}: {said}")
