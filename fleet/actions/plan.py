"""A plan: what exactly will be sent or run, to which targets, in which order, and what must hold afterwards.

A plan is a value. The dialog, the dry run, the command line, the audit log and the tests show the same one, and the
runner carries out nothing but the effects that stand in it. Secrets are named in it, never held.
"""

import hashlib
import re
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

Moment = Annotated[datetime, Meta(tz=True)]
"""A time with its zone, which whatever is read must have: without one it can be compared with no other."""
HOLE_OPEN: Final = "⟦"
HOLE_SHUT: Final = "⟧"
"""`⟦task_id⟧` in an effect stands for what an earlier step of the same item captured under that name."""


_HASHED = re.compile("sha256:[0-9a-f]{64}")


class Tier(IntEnum):
    """How an act is confirmed. READ: not at all; YES: by `y`; NAME: by typing the target's name and giving a reason;
    TWO: by that and a one-time code."""

    READ = 0
    YES = 1
    NAME = 2
    TWO = 3


class SecretName(Struct, frozen=True, kw_only=True):
    """A secret by where it stands: `header` is the HTTP header that carries it ("" for a password of Redis), `scheme`
    the word before it; one of `env` and `file` says where it is."""

    header: str = ""
    scheme: str = ""
    env: str = ""
    file: str = ""


class HttpRequest(Struct, frozen=True, kw_only=True, tag="http"):
    """One HTTP request. `body` is sent as it stands here, in UTF-8. The idempotency key is added by who sends it."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    url: str
    body: str = ""
    content_type: str = "application/json"
    headers: dict[str, str] = {}
    secret: SecretName | None = None
    timeout_s: float = 10.0
    key_header: str = "Idempotency-Key"
    """The header that carries the idempotency key; "" where there must be none."""
    close: bool = False
    """One connection for this request alone (single-threaded servers)."""


class CommandRun(Struct, frozen=True, kw_only=True, tag="command"):
    """One process: never a shell. `env` and `secrets` are the whole environment that it gets; `cwd` is absolute.
    Its standard input is closed; it is ended by TERM, then KILL, with its whole process group."""

    argv: tuple[str, ...]
    cwd: str
    env: dict[str, str] = {}
    secrets: dict[str, SecretName] = {}
    """Variables of its environment whose values are secrets, each by where it stands."""
    timeout_s: float = 60.0
    kill_after_s: float = 5.0
    """Seconds between TERM and KILL."""
    output_bytes: int = 1_000_000
    """Bytes of output that are kept; what goes beyond is counted and dropped, and the process goes on."""


class RedisWrite(Struct, frozen=True, kw_only=True, tag="redis"):
    """One command to a Redis, as words. `url` has no password."""

    url: str
    command: tuple[str, ...]
    secret: SecretName | None = None
    timeout_s: float = 5.0


class FileWork(Struct, frozen=True, kw_only=True, tag="files"):
    """One piece of work on files of this machine; paths are absolute and resolved.

    `link`: make the symbolic link `path` point to `source`, in one rename; it must point to `was` before ("" where that
    does not matter). `archive`: pack the folder `source` into the new archive `path`. `restore`: put the content of the
    archive `source`, whose SHA-256 is `sha256`, in the place of the folder `path`. `copy`: replace the file `path` by
    `source`, whose SHA-256 is `sha256`; where it is `new`, nothing may be there yet.
    """

    work: Literal["link", "archive", "restore", "copy"]
    path: str
    source: str
    was: str = ""
    sha256: str = ""
    new: bool = False
    outward: bool = False
    """Of `restore`: the archive was taken of that folder here. So its links may lead out of it, as they did there, and
    its entries get the owners that they had, where the performer is root."""
    timeout_s: float = 600.0


Effect = HttpRequest | CommandRun | RedisWrite | FileWork


class Step(Struct, frozen=True, kw_only=True):
    """One effect. `item` is which item of a batch it belongs to, `stage` which stage; the steps of an item run in their
    order, and stages one after the other. `captures` names values of a JSON answer by dotted path, for later steps."""

    title: str
    target: str
    effect: Effect
    item: int = 0
    stage: int = 0
    captures: dict[str, str] = {}
    private: bool = False
    """Its body or arguments hold what must not be written down (prompts): records have a hash in their place."""
    hidden: tuple[str, ...] = ()
    """What that is, as it was entered, so that it can be taken out of what the target says; in no record."""


class GatePasses(Struct, frozen=True, kw_only=True, tag="gate"):
    """The quality gate of that name passes."""

    gate: str


class AgentsUp(Struct, frozen=True, kw_only=True, tag="agents"):
    """Each of these agents was seen `up`, by a look that began after the act."""

    agents: tuple[str, ...]


class Holds(Struct, frozen=True, kw_only=True, tag="expr"):
    """A PromQL expression reaches a target such as `<1%`, over data from after the act where it looks back."""

    expr: str
    target: str


class SloHolds(Struct, frozen=True, kw_only=True, tag="slo"):
    """No page-level tier of the objective fires, and it is neither burning nor without data."""

    slo: str


class RevisionLive(Struct, frozen=True, kw_only=True, tag="revision"):
    """The target itself says that this revision is live."""

    revision: str
    is_all: bool = True
    """Whether that is all there is to do: not where a program must still have it noticed, which no look shows."""


Check = GatePasses | AgentsUp | Holds | SloHolds | RevisionLive


class Stage(Struct, frozen=True, kw_only=True):
    """A part of a roll-out: `share` of the targets (0–1). After its steps every check must hold, without a break, for
    `hold_s`, and begin to within `within_s`; else the act stops there."""

    title: str
    share: float = 1.0
    checks: tuple[Check, ...] = ()
    hold_s: float = 0.0
    within_s: float = 120.0


class Target(Struct, frozen=True, kw_only=True):
    """What an act is about. `mark` is its condition when the plan was made (a revision, a checksum, an etag): where it
    is another one before sending, the plan is refused. "" where it has none."""

    name: str
    kind: str = ""
    mark: str = ""


class ActKind(StrEnum):
    """What is done."""

    SUBMIT = "submit"
    ROLLBACK = "rollback"
    UNDO = "undo"
    CANCEL = "cancel"


class Fact(Struct, frozen=True):
    """Something resolved that an operator must see before it is done: a project root, a queue's depth."""

    name: str
    value: str
    bad: bool = False


class Plan(Struct, frozen=True, kw_only=True):
    """What will be done. `source` is the name of the template or rollback definition that it was made from, `kind` that
    one's kind. `word` is what an operator types to confirm at tier 2. `blast` is what may be hit beyond the targets, as
    a list; `effects` what it means for objectives and queues, `undo` what taking it back would take, in sentences.
    `checks` is the post-condition of the whole, in words in `expects`. `follow_s` is how long it is followed."""

    key: str
    """The idempotency key of the whole, made with the plan: the id of the action, so that one plan is one intent and
    cannot be started twice."""
    act: ActKind
    kind: str
    source: str
    fleet: str
    title: str
    tier: Tier
    word: str
    targets: tuple[Target, ...]
    steps: tuple[Step, ...]
    made_at: Moment
    stages: tuple[Stage, ...] = ()
    items: tuple[str, ...] = ()
    """The items of a batch, in a few words each; one item where it is no batch."""
    checks: tuple[Check, ...] = ()
    expects: str = ""
    facts: tuple[Fact, ...] = ()
    blast: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    undo: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    """Why it must not be done, found while it was planned (a guard that fails)."""
    askable: bool = True
    """Whether the target can be asked afterwards what became of it; a program that has ended cannot."""
    asked_by: tuple[str, ...] = ()
    """What has to be known of an item, beside its key, to ask for it: names in `Item.found`."""
    follow_s: float = 3600.0
    within_s: float = 300.0
    """Seconds within which the post-condition must begin to hold."""
    revision: str = ""
    """Rolled to, for a rollback."""
    before: str = ""
    """The revision that was live when it was planned."""
    names: dict[str, str] = {}
    """What people call the revisions that it names, by their ids, where that is not the id itself."""
    before_bad: str = ""
    """Why that one is none to go back to, in a sentence; "" where nothing is known against it."""
    of: str = ""
    """The action that this one undoes or cancels, by its id."""
    values: tuple[dict[str, Any], ...] = ()
    """What the first items were made of, by the names of the template's fields, without the private ones: the history
    of a form is read from it."""

    @property
    def many(self) -> bool:
        """Whether it is a batch."""
        return len(self.items) > 1


def plan_bytes(plan: Plan) -> bytes:
    """The canonical bytes of a plan: JSON, keys in order, without the moment at which it was made."""
    made_at = b'"made_at":' + msgspec.json.encode(plan.made_at) + b","
    # Within a text its quotes would be escaped, and no member before it has names of its own: this is the one.
    return msgspec.json.encode(plan, order="sorted").replace(made_at, b"", 1)


def plan_sha256(plan: Plan) -> str:
    """By which a plan is known in the audit log: hexadecimal SHA-256 of `plan_bytes` of the plan as it may be written
    down, so that it is the same of what was kept of it."""
    return hashlib.sha256(plan_bytes(public(plan))).hexdigest()


def public(plan: Plan) -> Plan:
    """The plan as it may be written down: what is private has a hash in its place."""
    return replace(plan, steps=tuple(_public_step(step) if step.private else step for step in plan.steps))


def hashed(text: str) -> str:
    """What stands in a record for a text that must not: `sha256:` and 64 hexadecimal digits. What is that already stays
    as it is, so that a plan can be made public twice."""
    if _HASHED.fullmatch(text):
        return text
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _public_step(step: Step) -> Step:
    step, effect = replace(step, hidden=()), step.effect
    if isinstance(effect, HttpRequest):
        headers = {name: hashed(text) for name, text in effect.headers.items()}
        return replace(step, effect=replace(effect, body=hashed(effect.body) if effect.body else "", headers=headers))
    if isinstance(effect, CommandRun):
        words = (effect.argv[0], *(hashed(word) for word in effect.argv[1:]))
        env = {name: hashed(text) for name, text in effect.env.items()}
        return replace(step, effect=replace(effect, argv=words, env=env))
    if isinstance(effect, RedisWrite):
        words = (*effect.command[:2], *(hashed(word) for word in effect.command[2:]))
        return replace(step, effect=replace(effect, command=words))
    return step
