"""A ladder as values. All text in it may come from outside, and was scrubbed where the steps are made."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class SubjectKind(StrEnum):
    """What can be asked about. A group is a line of alerts."""

    ALERT = "alert"
    GROUP = "group"
    SLO = "slo"
    AGENT = "agent"
    GATE = "gate"


class Subject(Struct, frozen=True):
    """What is asked about: `key` as in its slice of the store (an alert's id, else a name).

    `members` are the ids of the alerts of a group that the store does not know by its key, because an operator grouped
    by a label."""

    kind: SubjectKind
    key: str
    members: tuple[str, ...] = ()


class Basis(StrEnum):
    """What a step rests on."""

    OBSERVED = "observed"
    CLAIMED = "claimed"
    BOTH = "observed and claimed"
    NOTHING = "not known"


class Mark(StrEnum):
    """How a step looks to who is in a hurry: the word that stands beside its glyph."""

    BAD = "bad"
    WARN = "odd"
    GOOD = "fine"
    TOLD = "told"
    UNKNOWN = "not known"


class Rung(StrEnum):
    """Which step of a ladder it is, from the top down."""

    SUBJECT = "subject"
    EXPRESSION = "expression"
    BURN = "burn"
    CONTRIBUTORS = "contributors"
    AGENTS = "agents"
    CHANGES = "changes"
    TASKS = "tasks"
    HEALTH = "health"


class Row(Struct, frozen=True, kw_only=True):
    """A line of a step. `share` is 0–1 of what the step divides, None where it divides nothing. `agent` or `alert` (an
    id) is whose page it opens, "" where none."""

    label: str
    value: str = ""
    share: float | None = None
    agent: str = ""
    alert: str = ""


class Asked(Struct, frozen=True, kw_only=True):
    """A query and what it read: how many series and samples, of which times. `at` is when it was evaluated."""

    query: str
    at: datetime
    series: int = 0
    samples: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None


class Step(Struct, frozen=True, kw_only=True):
    """A rung: what was found in a sentence, the rows that show it, what was asked for it, what it rests on, and what is
    not known, in sentences."""

    rung: Rung
    title: str
    finding: str
    mark: Mark = Mark.TOLD
    basis: Basis = Basis.OBSERVED
    rows: tuple[Row, ...] = ()
    asked: tuple[Asked, ...] = ()
    unknown: tuple[str, ...] = ()


class Ladder(Struct, frozen=True, kw_only=True):
    """The whole answer. `state` is the subject's word now; `gone`: the store has it no more. `end` says where the chain
    ends, `longer` what would make it longer, `limits` what was left out. `complete` is False while it is being made."""

    subject: Subject
    name: str
    at: datetime
    state: str = ""
    gone: bool = False
    steps: tuple[Step, ...] = ()
    end: str = ""
    longer: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    complete: bool = False
