"""Revisions of what can be rolled back, and the words for one: what people call it, and the id that others go by."""

import re
from datetime import datetime
from typing import Final, NamedTuple

from msgspec import Struct

from fleet.actions.plan import Fact, Plan

_SHA: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SHA_CHARS: Final = 10


def short(text: str) -> str:
    """The id or name of a revision as it is shown: the first ten characters of a SHA (git's 40, or 64), all of anything
    else."""
    return text[:_SHA_CHARS] if _SHA.fullmatch(text) else text


def words_of(id: str, name: str = "") -> str:
    """`0.14.2 (r25)`; once where it has no other name, or is called by the beginning of its SHA."""
    shown, name = short(id), short(name)
    if not name or not id or name == shown or (shown != id and id.startswith(name)):
        return shown or name
    return f"{name} ({shown})"


def path_of(plan: Plan) -> str:
    """`0.15.0 (r26) → 0.14.2 (r25)`; "" where the plan names no revision that is rolled to."""
    return f"{of_plan(plan, plan.before) or 'not known'} → {of_plan(plan, plan.revision)}" if plan.revision else ""


def of_plan(plan: Plan, id: str) -> str:
    """The words for a revision in what is said of a plan."""
    return words_of(id, plan.names.get(id, ""))


def instead(live: str, plan: Plan) -> str:
    """What is said where another revision than the plan's is live; `live` are the words for it."""
    return f"{live} is live, not {of_plan(plan, plan.revision)}"


class Span(NamedTuple):
    """A stretch in which a revision was live."""

    start: datetime
    end: datetime


class Revision(Struct, frozen=True, kw_only=True):
    """A revision as its target lists it. `id` is what is rolled to, `name` what people call it. `good` says whether it
    was inside its objective while it was live: None where history does not know. `sli_ratio` and `error_ratio` are of
    that time (0–1), None where not known. `live_from` and `live_until` are of the last time that it was live; of one
    that is live now `live_from` is None where nobody knows since when."""

    id: str
    name: str
    at: datetime | None = None
    author: str = ""
    changed: str = ""
    live: bool = False
    good: bool | None = None
    sli_ratio: float | None = None
    error_ratio: float | None = None
    live_from: datetime | None = None
    live_until: datetime | None = None
    lived: tuple[Span, ...] = ()
    """The stretches in which it was live, as far as they are known, the oldest first. Its ratios are of all of them."""
    shared: str = ""
    """Who else has the objective that did not hold while it was live, so that whose doing that was is not known; ""
    where nobody has, or it held."""
    trouble: str = ""
    """Why it cannot be rolled to (its archive is damaged), "" where it can."""

    @property
    def called(self) -> str:
        """The words for it: `0.14.2 (r25)`."""
        return words_of(self.id, self.name)


class Revisions(Struct, frozen=True, kw_only=True):
    """What a target has, the newest first. `preferred` is the id of the one to preselect: the last one inside its
    objective, else the last good one that is known, else the one before the live one; "" where there is none."""

    target: str
    revisions: tuple[Revision, ...]
    preferred: str = ""
    facts: tuple[Fact, ...] = ()
    warnings: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def live(self) -> Revision | None:
        """The one that is live; None where the target does not say."""
        return next((one for one in self.revisions if one.live), None)

    def called(self, id: str) -> str:
        """The words for the revision of that id, be it listed or not."""
        return words_of(id, self.names(id).get(id, ""))

    def names(self, *ids: str) -> dict[str, str]:
        """What people call those revisions, by their ids, where that is not the id."""
        return {one.id: one.name for one in self.revisions if one.id in ids and one.name != one.id}

    def named(self, word: str) -> Revision | None:
        """The revision of that id or name."""
        return next((one for one in self.revisions if word in (one.id, one.name)), None)


class RollbackRow(Struct, frozen=True, kw_only=True):
    """Something that can be rolled back, as a row: the definition, whom it is about, and what is known of it. `agents`
    are the names of the agents that it runs."""

    name: str
    kind: str
    target: str = ""
    agents: tuple[str, ...] = ()
    slo: str = ""
    gate: str = ""
    live: str = ""
    preferred: str = ""
    stages: tuple[str, ...] = ()
    auto: bool = False
    disarmed: str = ""
    """Why nothing goes by itself any more although the definition says `auto`, and how that is armed again."""
    proposed: str = ""
    """The revision that is proposed, "" where none is."""
    because: str = ""
    said: str = ""
    """Where something is wrong: why nothing is proposed, or why what is proposed is not carried out by itself."""
    due: datetime | None = None
    """When what is proposed is carried out by itself, or when it is looked again whether anything is to be."""
    error: str = ""
    seen: datetime | None = None
    words: tuple[str, ...] = ()
    """Names that it is found by beside its own and its agents': its objective, its gate, its services."""

    @property
    def standing(self) -> str:
        """What is to be said of it beside a proposal: `said`, and before it that it is disarmed."""
        told = bool(self.disarmed) and self.disarmed not in self.said
        return "; ".join(filter(None, (not_by_itself(self.disarmed) if told else "", self.said)))


def not_by_itself(why: str) -> str:
    """Why nothing is carried out by itself, in the words of a row."""
    return f"not by itself: {why}"
