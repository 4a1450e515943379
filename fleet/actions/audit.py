"""Who did what: the lines of the audit log, chained by their hashes, and what is wrong with a chain.

A line is one JSON object in its canonical form: no blanks, keys in the order of `AuditEntry`. `hash` is the SHA-256 of
the line without that key; `prev_hash` is the hash of the line before, and `GENESIS` in the first. So a line that is
changed, taken out, put in or moved shows in itself or in the next. What the chain cannot show is said in docs/audit.md.
"""

import hashlib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from fleet.text import scrub

GENESIS: Final = "0" * 64
"""Before the first line."""
MOST_TARGETS: Final = 1_000
"""Targets that a line names; of the others it says how many they are."""
MOST_LINE_BYTES: Final = 1 << 20
"""No line is longer."""
Whole = Annotated[int, Meta(ge=-(2**53), le=2**53)]
"""A number as large as everybody who reads JSON can read it."""
_REASON_CHARS: Final = 2_000
_WORD_CHARS: Final = 256


class Decision(StrEnum):
    """What a line is about: the moment in the life of an act."""

    PLANNED = "planned"
    """A plan was only looked at: a dry run."""
    CANCELLED = "cancelled"
    """An operator looked at a plan that could have been done, and left it. Nothing was sent."""
    REFUSED = "refused"
    """It was not done; `error` says why. Nothing was sent."""
    CONFIRMED = "confirmed"
    """A one-time code confirmed it, too; `actor` is whose it is."""
    INTENT = "intent"
    """An operator confirmed it, and it is about to be sent. An intent without an outcome behind it may or may not have
    reached its target."""
    SENT = "sent"
    """Its first effect was carried out, or that of a stage, which then comes first in `targets`; `status` is the HTTP
    status or exit code, `error` says what went wrong, `duration_s` how long that was after the intent."""
    OUTCOME = "outcome"
    """It has ended; `outcome` says how."""
    RECONCILED = "reconciled"
    """The target was asked what became of it; `outcome` is what it said."""
    SETTLED = "settled"
    """Nobody could see how it ended, and an operator says how (`outcome`, `reason`)."""
    ABORTED = "aborted"
    """An operator stopped it; what was sent before is not taken back."""
    FROZEN = "frozen"
    """Writes were forbidden."""
    UNLOCKED = "unlocked"
    """Writes were allowed for a while (`duration_s`)."""
    UNFROZEN = "unfrozen"
    """A freeze is over."""
    NOTED = "noted"
    """Of the log itself: `outcome` is `torn` where the end of a line that a crash left was moved aside, and `missing`
    where lines are gone that had been there."""


TORN: Final = "torn"
MISSING: Final = "missing"


class AuditEntry(Struct, frozen=True, kw_only=True):
    """A line. What is "" is not known or does not apply. The log fills in `ts`, `seq`, `prev_hash` and `hash`, and what
    of `Who` is empty."""

    ts: str = ""
    """When it was written: RFC 3339, UTC, milliseconds."""
    seq: Whole = 0
    """1, 2, 3, … over all files."""
    prev_hash: str = ""
    hash: str = ""
    actor: str = ""
    """`user@host`."""
    sudo_user: str = ""
    """Who became that user by sudo or doas."""
    ssh_client: str = ""
    """From where: address and ports, as sshd says."""
    host: str = ""
    session: str = ""
    """One run of the program."""
    fleet: str = ""
    action: str = ""
    """What is done: `submit`, `rollback`, `undo`, `cancel`; `silence`, `renew`, `expire`, `post`; `freeze`, `unlock`,
    `unfreeze`; `audit` for notes of the log."""
    kind: str = ""
    """By which kind of template, rollback or server."""
    tier: Whole = 0
    targets: tuple[str, ...] = ()
    """Names; before them, where a stage was sent, which one it was."""
    reason: str = ""
    ticket: str = ""
    plan_sha256: str = ""
    idempotency_key: str = ""
    """The same in all lines of one act: its id."""
    dry_run: bool = False
    decision: str = ""
    """One of `Decision`."""
    outcome: str = ""
    """How it ended, in the words of `fleet.actions.action.ActionState`."""
    status: Whole | None = None
    """HTTP status or exit code."""
    duration_s: float | None = None
    """Since the intent; of `reconciled` how long the asking took, of `unlocked` for how long."""
    error: str = ""


class Who(Struct, frozen=True, kw_only=True):
    """Who sits at this program, as its environment says. `actor` is `user@host`."""

    actor: str
    sudo_user: str = ""
    ssh_client: str = ""
    host: str = ""
    session: str = ""


def who(environ: Mapping[str, str], actor: str, session: str) -> Who:
    """Who acts, by the variables that sudo, doas and sshd set."""
    return Who(
        actor=actor,
        sudo_user=environ.get("SUDO_USER", "") or environ.get("DOAS_USER", ""),
        ssh_client=environ.get("SSH_CLIENT", "") or environ.get("SSH_CONNECTION", ""),
        host=actor.rpartition("@")[2],
        session=session,
    )


def harmless(entry: AuditEntry) -> AuditEntry:
    """`entry` with its texts on one line each and of bounded length, and with no more targets than a line takes."""
    more = len(entry.targets) - MOST_TARGETS
    targets = tuple(scrub(one, _WORD_CHARS) for one in entry.targets[:MOST_TARGETS])
    words = {
        name: scrub(value, _REASON_CHARS if name in ("reason", "error") else _WORD_CHARS)
        for name in AuditEntry.__struct_fields__
        if isinstance(value := getattr(entry, name), str)
    }
    duration = None if entry.duration_s is None else round(entry.duration_s, 3)
    return replace(
        entry, **words, targets=(*targets, f"and {more:,} more") if more > 0 else targets, duration_s=duration
    )


def sealed(entry: AuditEntry, seq: int, prev_hash: str) -> AuditEntry:
    """`entry` as the line `seq` behind the one with `prev_hash`."""
    entry = replace(harmless(entry), seq=seq, prev_hash=prev_hash)
    return replace(entry, hash=_hash_of(msgspec.to_builtins(entry)))


def encoded(entry: AuditEntry) -> bytes:
    """The line of a sealed entry, without a line end."""
    return msgspec.json.encode(entry)


def decoded(line: bytes) -> AuditEntry:
    """The entry of a line; keys of a later version are left out. Raises ValueError for what is none."""
    try:
        return msgspec.json.decode(line, type=AuditEntry)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(str(error)) from error


class Flaw(StrEnum):
    """What can be wrong with a line."""

    UNREADABLE = "unreadable"
    EDITED = "edited"
    REMOVED = "removed"
    REORDERED = "reordered"
    REPLACED = "replaced"
    TRUNCATED = "truncated"


class Broken(Struct, frozen=True):
    """The first line that is not as it was written: its number, from 1 on, what is wrong, and that in a sentence."""

    line: int
    fault: Flaw
    sentence: str


class Verified(Struct, frozen=True, kw_only=True):
    """What a look through a chain found. `lines` are those that are right, up to the first that is not; `head` is the
    hash of the last of them. `notes` are what is not wrong, and yet worth saying."""

    lines: int
    first_seq: int
    last_seq: int
    head: str
    broken: Broken | None = None
    notes: tuple[str, ...] = ()


class Chain:
    """Follows a chain line by line. `partial`: it begins with whatever line comes first, since older files are gone."""

    def __init__(self, *, partial: bool = False) -> None:
        self._partial = partial
        self.lines = 0
        self.first_seq = 0
        self.seq = 0
        self.head = GENESIS
        self.notes: list[str] = []

    def feed(self, line: bytes) -> Broken | None:
        """Take the next line, with its line end where it has one; what is wrong with it."""
        number = self.lines + 1
        if not line.endswith(b"\n"):
            return Broken(number, Flaw.TRUNCATED, f"it is torn: {len(line):,} bytes without a line end")
        fields = _fields(line)
        if fields is None:
            return Broken(number, Flaw.UNREADABLE, "it is no line of an audit log")
        if _canonical(fields) != line[:-1] or fields["hash"] != _hash_of(fields):
            return Broken(number, Flaw.EDITED, "its hash is not that of what stands in it")
        return self._link(number, fields)

    def verified(self, broken: Broken | None = None) -> Verified:
        """What was found so far."""
        return Verified(
            lines=self.lines,
            first_seq=self.first_seq,
            last_seq=self.seq,
            head=self.head,
            broken=broken,
            notes=tuple(self.notes),
        )

    def _link(self, number: int, fields: dict[str, Any]) -> Broken | None:
        seq, prev = fields["seq"], fields["prev_hash"]
        fits = self._partial and self.lines == 0
        if not fits and (broken := self._misplaced(number, seq, prev)) is not None:
            return broken
        if fields.get("decision") == Decision.NOTED and fields.get("outcome") == MISSING:
            return Broken(number, Flaw.REMOVED, scrub(str(fields.get("error")), _REASON_CHARS))
        if fields.get("decision") == Decision.NOTED:
            self.notes.append(f"line {number:,} (seq {seq}): {scrub(str(fields.get('error')), _REASON_CHARS)}")
        self.first_seq = self.first_seq or seq
        self.lines, self.seq, self.head = number, seq, fields["hash"]
        return None

    def _misplaced(self, number: int, seq: int, prev: str) -> Broken | None:
        """What is wrong with the place of a line that is right in itself."""
        wanted = self.seq + 1
        if seq > wanted:
            gone = f"line {wanted} is" if seq == wanted + 1 else f"lines {wanted} to {seq - 1} are"
            return Broken(number, Flaw.REMOVED, f"seq {seq} stands where {wanted} belongs: {gone} not there")
        if seq < wanted:
            return Broken(
                number, Flaw.REORDERED, f"seq {seq} stands behind {self.seq}: lines were moved, repeated or put in"
            )
        if prev != self.head:
            return Broken(
                number, Flaw.REPLACED, f"seq {seq} does not follow the line before it: one of them was replaced"
            )
        return None


def verify(lines: Iterable[bytes], *, partial: bool = False, known: Iterable[str] = ()) -> Verified:
    """Look through a chain, up to the first line that is wrong. Lines come with their line ends. `known` are hashes of
    lines that were seen in it before: where one of them is not there, lines were cut off its end, or all was written
    anew."""
    chain, rest, missing = Chain(partial=partial), iter(lines), dict.fromkeys(known)
    missing.pop(GENESIS, None)
    for line in rest:
        broken = chain.feed(line)
        if broken is not None:
            return chain.verified(_told_apart(broken, chain.seq + 1, rest))
        missing.pop(chain.head, None)
    for hash in missing:
        told = f"the line with the hash {hash} is not there: the end was cut off, or all was written anew"
        return chain.verified(Broken(chain.lines + 1, Flaw.TRUNCATED, told))
    return chain.verified()


def _told_apart(broken: Broken, wanted: int, rest: Iterable[bytes]) -> Broken:
    """A line that is not there may stand further down: then nothing was taken out, but moved."""
    if broken.fault is not Flaw.REMOVED:
        return broken
    for number, line in enumerate(rest, broken.line + 1):
        fields = _fields(line)
        if fields is not None and fields["seq"] == wanted:
            return Broken(broken.line, Flaw.REORDERED, f"seq {wanted} belongs here, and stands in line {number:,}")
    return broken


def _canonical(fields: Mapping[str, Any]) -> bytes:
    """`fields` as a line; b"" for what cannot be one, such as a number that is too large."""
    try:
        return msgspec.json.encode(fields)
    except (OverflowError, RecursionError, ValueError):
        return b""


def _hash_of(fields: Mapping[str, Any]) -> str:
    return hashlib.sha256(_canonical({name: value for name, value in fields.items() if name != "hash"})).hexdigest()


def _fields(line: bytes) -> dict[str, Any] | None:
    """A line as a mapping; None for what cannot be one."""
    try:
        fields = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    right = isinstance(fields, dict) and all(isinstance(fields.get(name), str) for name in ("hash", "prev_hash"))
    # A number that is true is no number.
    return fields if right and type(fields.get("seq")) is int and fields["seq"] > 0 else None
