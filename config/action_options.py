"""What a configuration says of acting on the fleet: how acts are confirmed and locked, templates of tasks, and what can
be rolled back. What a kind of template or rollback takes beside these keys stands with the kind."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from config.gate_options import Expression
from config.kinds import Kind
from config.values import FilePath, RedisUrl, Regex, Seconds, SecretRef
from fleet.actions.template import FieldType

Name = Annotated[str, Meta(min_length=1, max_length=80)]
Words = Annotated[str, Meta(max_length=400)]
TierNumber = Annotated[int, Meta(ge=1, le=3)]
Share = Annotated[float, Meta(gt=0, le=1)]


ACT_SECTIONS = ("templates", "rollbacks")
"""The keys that hold lists of entries with a `kind` that are not looked at, but act."""


class LockOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A Redis that holds the locks of all operators; without it, files of this machine do."""

    url: RedisUrl
    """Its address."""
    password: SecretRef | None = None
    """Where its password is."""
    prefix: Annotated[str, Meta(min_length=1, max_length=80)] = "fleetdeck:lock:"
    """Stands before every key."""


class ActionsOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How acts are confirmed, locked and recorded."""

    lock: LockOptions | None = None
    """Locks in a Redis, for operators on several machines."""
    lock_folder: FilePath | None = None
    """Folder of the lock files, for several accounts of one machine that may all write there; one's own state folder
    where it is not set."""
    codes: dict[Name, SecretRef] = {}
    """One-time codes by operator (`anna: {file: /etc/fleetdeck/anna.totp}`): where the shared secret of RFC 6238 is, in
    base32. Tier 3 asks for a code of another operator, or for one's own where only one is named."""
    unlock_for: Seconds = Seconds(600)
    """How long an unlocking of read-only holds."""
    unlockable: bool = False
    """Lets operators unlock a configuration that says `read_only: true`, for a while and on the record."""
    audit_bytes: Annotated[int, Meta(ge=4096)] = 16 * 1024 * 1024
    """Size from which the audit log goes on in a new file."""
    follow: Seconds = Seconds(3600)
    """How long what was submitted is followed."""


class FieldOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A field of a form."""

    name: Annotated[str, Meta(pattern="^[A-Za-z_][A-Za-z0-9_.-]{0,63}$")]
    """Its name; `{name}` in a template's texts stands for its value."""
    type: FieldType = "text"
    """`text`, `integer`, `number`, `boolean`, `choice`, `list` (comma-separated), `json`."""
    help: Words = ""
    """A word for who fills it in."""
    required: bool = False
    """Whether something must be entered."""
    default: Any = None
    """What stands there before anything is entered."""
    choices: tuple[Annotated[str, Meta(max_length=200)], ...] = ()
    """The values that there may be. A `choice` without any gets those that a coordinator allows, or as `capability`
    what the agents say that they can."""
    pattern: Regex | None = None
    """RE2 pattern that the whole value must match."""
    minimum: float | None = None
    """Least number."""
    maximum: float | None = None
    """Greatest number."""
    longest: Annotated[int, Meta(ge=1, le=1_000_000)] = 8192
    """Most characters."""
    private: bool = False
    """Its value is written into the records as a hash only."""
    lines: bool = False
    """Whether it may have several lines."""


class TemplateOptions(Struct, frozen=True, kw_only=True):
    """Keys that every entry of `templates` takes beside those of its kind."""

    kind: str
    """What is submitted to; it decides which other keys there are."""
    name: Name
    """What it is called, here and on the command line."""
    help: Words = ""
    """A sentence for who chooses one."""
    tier: TierNumber = 1
    """How it is confirmed: 1 by `y`, 2 by typing the target's name and a reason, 3 also by a one-time code."""
    fields: tuple[FieldOptions, ...] = ()
    """The fields of its form."""
    schema: FilePath | None = None
    """A JSON Schema file whose properties are the fields, in place of `fields`."""
    agents: Annotated[str, Meta(max_length=2000)] = ""
    """A filter of the agents that it may be submitted to, such as `role:planner`; empty: to its own target only."""
    queue: Name | None = None
    """The entry of `queues` in which its tasks are seen."""


class StageOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stage of a rollback: a share of the targets, and what must hold before the next."""

    share: Share
    """Share of the targets that are rolled by the end of this stage (0.1 is 10 %)."""
    gate: Name | None = None
    """A quality gate that must pass."""
    expr: Expression | None = None
    """PromQL that must reach `target`."""
    target: Annotated[str, Meta(max_length=80)] = ""
    """What `expr` must reach, such as `<1%`."""
    healthy: bool = True
    """Whether the agents of this rollback must be up."""
    hold: Seconds = Seconds(10)
    """How long all of it must hold without a break."""
    within: Seconds = Seconds(120)
    """Within which time it must begin to hold."""


class AutoOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits within which a proposed rollback is carried out without anybody asking for it."""

    most_per_day: Annotated[int, Meta(ge=1, le=24)] = 1
    """Rollbacks in 24 hours."""
    after: Seconds = Seconds(120)
    """How long its reason must have held."""
    only: Literal["page"] | Name = "page"
    """`page`: only for a page-level burn of the objective; else the gate that must have failed."""
    rearmed: Annotated[str, Meta(max_length=40)] = ""
    """A time such as `2026-03-01T12:00:00Z`: that something that was carried out by itself before it failed, or was
    stopped or undone, does not stand against the next one any more."""

    def __post_init__(self) -> None:
        if self.rearmed and self.since is None:
            raise ValueError("rearmed: a time with its zone is wanted, such as 2026-03-01T12:00:00Z")

    @property
    def since(self) -> datetime | None:
        """`rearmed` as a time; None where it is none."""
        try:
            at = datetime.fromisoformat(self.rearmed)
        except ValueError:
            return None
        return at if at.tzinfo is not None else None


_USUAL = AutoOptions()
_TIER_ASKED = 2
"""The highest tier at which what is entered can be known beforehand."""


class RollbackOptions(Struct, frozen=True, kw_only=True):
    """Keys that every entry of `rollbacks` takes beside those of its kind."""

    kind: str
    """How it is rolled back; it decides which other keys there are."""
    name: Name
    """What is rolled back: a service, a group of agents, a configuration. It is typed to confirm."""
    help: Words = ""
    """A sentence for who chooses it."""
    tier: TierNumber = 2
    """How it is confirmed: 2 by typing its name and a reason, 3 also by a one-time code, 1 by `y`."""
    agents: Annotated[str, Meta(max_length=2000)] = ""
    """A filter of the agents that it runs, such as `role:gateway`."""
    slo: Name | None = None
    """The objective by which revisions are judged, and that must hold afterwards."""
    gate: Name | None = None
    """A quality gate that must pass afterwards."""
    stages: tuple[StageOptions, ...] = ()
    """The stages of a staged rollback; the last has share 1. Without them: 10 %, 50 %, 100 %, where the kind can."""
    within: Seconds = Seconds(300)
    """Within which time the post-condition must begin to hold."""
    managed_by: Words = ""
    """What would put it back (`Argo CD`), said before anything is done."""
    propose: bool = True
    """Proposes a rollback where the objective burns at page level, or the gate fails."""
    auto: bool | AutoOptions = False
    """Carries a proposed rollback out by itself, within limits: `true`, or a mapping of them."""

    def __post_init__(self) -> None:
        if not self.auto:
            return
        only = self.limits.only
        if self.tier > _TIER_ASKED:
            raise ValueError(f"auto: at tier {self.tier} a one-time code is asked for, which only an operator has")
        if not self.propose:
            raise ValueError("auto: only what is proposed is carried out by itself, and propose is false")
        if only == "page" and self.slo is None:
            raise ValueError("auto: it acts for a page-level burn of slo, which is not named (only: GATE)")
        if only not in ("page", self.gate):
            raise ValueError(f"auto: it acts only for {only}, which is neither `page` nor its gate")

    @property
    def limits(self) -> AutoOptions:
        """Within which it is carried out by itself; the usual ones where none are given."""
        return self.auto if isinstance(self.auto, AutoOptions) else _USUAL


class ActEntry(Struct, frozen=True, kw_only=True):
    """An entry of `templates` or `rollbacks`. `head` are the keys of every entry, `options` those of its kind; `where`
    is the place in the file for messages."""

    kind: Kind[Any]
    name: str
    head: TemplateOptions | RollbackOptions
    options: Struct
    where: str
    lines: dict[str, int] = {}
    """The lines of its keys in the file."""
