"""One definition of a rollback with what is known of it: its agents, its objective, when which revision was live."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from actions.chosen import chosen_agents
from config.action_options import ActEntry, RollbackOptions
from fleet.actions.action import Action, Proposal
from fleet.actions.arming import disarmed
from fleet.actions.coming import Came, came, is_roll
from fleet.actions.history import Live, SloHistory, judged, live_spans, preferred
from fleet.actions.ports import ActReach, Rolling
from fleet.actions.proposed import by_itself, not_proposed
from fleet.actions.revision import Revisions, RollbackRow
from fleet.actions.rollback_plan import DEFAULT, StageWish, percent
from fleet.errors import ConfigError, FilterError, FleetdeckError, OutsideError
from fleet.filters.filter import Filter, parse_filter
from fleet.slo.model import SloStatus
from fleet.store import Store
from fleet.text import scrub
from fleet.views.agents import VIEW
from fleet.vocabulary import AgentState

_SEEN: Final = 500
"""Changes of the live revision that are remembered."""


class Followed:
    """A definition, its way of rolling, and what was seen of it. Raises ConfigError where its filter is none."""

    def __init__(self, entry: ActEntry, reach: ActReach, history: SloHistory) -> None:
        self.entry = entry
        self.name = entry.name
        self.head = _head(entry)
        self.rolling: Rolling = entry.kind.build(entry.options, reach)
        self._store: Store = reach.store
        self._clock = reach.clock
        self._history = history
        self._filter = _filter(entry, self.head.agents)
        self._changes: list[Live] = []
        self.sharing: tuple[str, ...] = ()
        """The other definitions that have its objective, too."""
        self.came: Came | None = None
        """How what is live became so; None where it is not known to have replaced another one."""
        self.is_unseen = False
        """Whether nobody saw or says since when what is live is."""
        self._said = ""
        self._due: datetime | None = None
        self._row = RollbackRow(
            name=self.name,
            kind=entry.kind.name,
            target=scrub(self.rolling.target, 200),
            slo=self.head.slo or "",
            gate=self.head.gate or "",
            stages=tuple(percent(one.share) for one in self.wishes) if self.rolling.staged else (),
            auto=bool(self.head.auto),
        )

    @property
    def wishes(self) -> tuple[StageWish, ...]:
        """The stages as configured, else the usual ones."""
        made = tuple(
            StageWish(
                share=one.share,
                gate=one.gate or "",
                expr=str(one.expr or ""),
                target=one.target,
                healthy=one.healthy,
                hold_s=float(one.hold),
                within_s=float(one.within),
            )
            for one in self.head.stages
        )
        return made or DEFAULT

    @property
    def objective(self) -> SloStatus | None:
        """The row of its objective; None where it names none, or none is there."""
        return self._store.slos.get(self.head.slo) if self.head.slo else None

    def agents(self) -> tuple[str, ...]:
        """The agents that it runs, by name; those that are gone are none."""
        return chosen_agents(self._filter, self._store)

    def up(self) -> tuple[str, ...]:
        """Those of its agents that are up."""
        return tuple(name for name in self.agents() if self._store.status[name].state is AgentState.UP)

    def row(self) -> RollbackRow:
        """As it is known now."""
        proposal, agents = self._store.proposals.get(self.name), self.agents()
        return replace(
            self._row,
            agents=agents,
            words=tuple(sorted(self.words(agents))),
            proposed=proposal.revision if proposal is not None else "",
            because=proposal.because if proposal is not None else "",
            said=self._standing(proposal),
            disarmed=self.disarmed(),
            due=self._due if proposal is None else proposal.acts_at,
        )

    def say(self, words: str = "", due: datetime | None = None) -> None:
        """Show why nothing is proposed, and when it is looked again."""
        self._said, self._due = scrub(words, 300), due

    def _standing(self, proposal: Proposal | None) -> str:
        now = self._clock.now()
        return by_itself(proposal, now) if proposal is not None else not_proposed(self._said, self._due, now)

    def disarmed(self) -> str:
        """Why nothing goes by itself any more although it says `auto`; "" where it may."""
        if not self.head.auto:
            return ""
        acts, seen, since = self.acts(), self._row.seen, self.head.limits.since
        # What was live before an act had ended says nothing of what is live after it.
        known = seen is not None and all(one.ended and (one.ended_at is None or one.ended_at <= seen) for one in acts)
        since = since if since is not None and since <= self._clock.now() else None
        return scrub(disarmed(acts, self._row.live if known else "", since), 300)

    def acts(self) -> list[Action]:
        """What was rolled of it, by whomever, as far as it is on record here; no dry runs."""
        return [action for action in self._store.actions.values() if is_roll(action, self.name)]

    async def revisions(self) -> Revisions:
        """What the target lists, with the objective while each revision was live; the row is brought up to date. Raises
        OutsideError."""
        try:
            said = await self.rolling.revisions()
        except ConfigError as error:
            self._row = replace(self._row, error=scrub(str(error), 300))
            raise
        except OutsideError as error:
            self._row = replace(self._row, error=scrub(str(error), 300))
            raise
        now = self._clock.now()
        self._note(said, now)
        row, acts = self.objective, [action for action in self.acts() if action.succeeded]
        seen = [*self._changes, *_rolled(acts)]
        self.came = came(said.revisions, seen, acts)
        self.is_unseen = self.came is None and said.live is not None and said.live.live_from is None
        spans = live_spans(said.revisions, seen, now)
        ratio = None if row is None else row.objective_ratio
        shared = ", ".join(self.sharing)
        made = judged(said.revisions, spans, self.head.slo or "", ratio, self._history, now, shared=shared)
        # What the kind itself prefers (a restart, where there is nothing to choose) stands.
        chosen = said.preferred or preferred(made)
        self._row = replace(
            self._row,
            live=said.live.id if said.live else "",
            preferred=chosen,
            error="; ".join(said.problems),
            seen=now,
        )
        managed = (f"managed by {self.head.managed_by}: it may put back what is rolled back here",)
        warnings = (*(managed if self.head.managed_by else ()), *said.warnings)
        return replace(said, target=self.name, revisions=made, preferred=chosen, warnings=warnings)

    def error_ratio(self, start: datetime, end: datetime) -> float | None:
        """Of its objective between two times, 0–1; None where nothing is kept of it."""
        found = self._history.between(self.head.slo, start, end) if self.head.slo else None
        ratio = None if found is None else found.sli_ratio
        return None if ratio is None else 1 - ratio

    async def look(self) -> None:
        """Bring the row up to date; what cannot be known stands in it."""
        try:
            await self.revisions()
        except FleetdeckError as error:
            self._row = replace(self._row, error=scrub(str(error), 300))

    def words(self, agents: Sequence[str]) -> frozenset[str]:
        """Names by which it is found beside its own and those of its `agents`: its objective, its gate, its
        services."""
        row = self.objective
        services = {row.service, *(row.labels.get("service", ""),)} if row is not None else set()
        for name in agents:
            services.add(self._store.status[name].labels.get("service", ""))
        return frozenset(filter(None, (self.head.slo, self.head.gate, *services)))

    def _note(self, said: Revisions, now: datetime) -> None:
        """Remember when another revision became live than before. Of the first look only what the target itself has no
        times for is remembered: since when that one was live is not known."""
        live = said.live
        if live is None:
            return
        known = self._changes[-1].revision if self._changes else self._row.live
        untold = not self._changes and not any(one.live_from for one in said.revisions)
        if (known and known != live.id) or (not known and untold):
            self._changes = [*self._changes, Live(now, live.id)][-_SEEN:]


def _rolled(acts: Iterable[Action]) -> Iterable[Live]:
    """What acts brought."""
    return (Live(one.sent_at, one.plan.revision) for one in acts if one.plan.revision and one.sent_at is not None)


def _head(entry: ActEntry) -> RollbackOptions:
    if not isinstance(entry.head, RollbackOptions):
        raise ConfigError(f"{entry.where}: this is no rollback")
    return entry.head


def _filter(entry: ActEntry, text: str) -> Filter | None:
    if not text:
        return None
    try:
        return parse_filter(text, VIEW)
    except FilterError as error:
        raise ConfigError(f"{entry.where}.agents: {error}") from error
