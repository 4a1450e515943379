"""Lines of the audit log for reading in a terminal, however narrow: act by act, what is the same in all of its lines
said once."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from fleet.actions.audit import AuditEntry, Decision
from fleet.text import scrub
from fleet.times import span_text

LEAST_WIDTH: Final = 60
_KEY: Final = 8
"""Characters of an act's id that tell it from others."""
_NAMED: Final = 5


def by_act(entries: Iterable[AuditEntry], width: int) -> str:
    """The acts in the order of their newest lines; the lines of each in theirs. No line is wider than `width`
    characters, or `LEAST_WIDTH`, where words can be parted."""
    acts: dict[str, list[AuditEntry]] = {}
    for entry in entries:
        key = entry.idempotency_key or f"{entry.seq}"
        # The act whose line is the newest comes last.
        acts[key] = [*acts.pop(key, ()), entry]
    most = max((entry.seq for lines in acts.values() for entry in lines), default=0)
    return "\n".join("".join(f"{line}\n" for line in _act(lines, len(f"{most}"), width)) for lines in acts.values())


def _act(entries: Sequence[AuditEntry], digits: int, width: int) -> Iterator[str]:
    first = entries[0]
    names = _shared(entries)
    targets = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else "")
    yield from _wrapped(" ".join(filter(None, (first.action, targets))), "", "  ", width)
    facts = (first.fleet, first.idempotency_key[:_KEY], first.reason, first.ticket)
    yield from _wrapped(" · ".join(filter(None, facts)), "  ", "  ", width)
    actor = ""
    for entry in entries:
        head = f"{entry.seq:>{digits + 2}}  {entry.ts[:19].replace('T', ' ')}Z  "
        part = ", ".join(entry.targets[: len(entry.targets) - len(names)])
        by = f" by {entry.actor}" if entry.actor != actor else ""
        reason = entry.reason if entry.reason != first.reason else ""
        said = "; ".join(filter(None, (_moment(entry) + by, part, reason, entry.error)))
        yield from _wrapped(said, head, " " * (digits + 4), width)
        actor = entry.actor


def _shared(entries: Sequence[AuditEntry]) -> tuple[str, ...]:
    """The targets that all lines of an act end with; what one has before them is the part that it is about."""
    shared = entries[0].targets
    for entry in entries:
        while shared and entry.targets[-len(shared) :] != shared:
            shared = shared[1:]
    return shared or min((entry.targets for entry in entries), key=len)


def _moment(entry: AuditEntry) -> str:
    """What happened, how it ended, and after how long."""
    said = entry.decision
    if entry.outcome and entry.outcome != entry.decision:
        said += f": {entry.outcome}"
    said += " (dry run)" if entry.dry_run else ""
    said += f" {entry.status}" if entry.status is not None else ""
    if entry.duration_s is not None:
        word = {Decision.SENT.value: "after", Decision.UNLOCKED.value: "for"}.get(entry.decision, "in")
        said += f" {word} {span_text(entry.duration_s)}"
    return said


def _wrapped(text: str, head: str, indent: str, width: int) -> list[str]:
    return textwrap.wrap(
        scrub(text).strip(),
        max(LEAST_WIDTH, width),
        initial_indent=head,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )
