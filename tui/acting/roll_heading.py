"""What stands above the revisions that can be rolled back to: what is rolled back, how its objective is, in which
stages it will be done, and what there is to know before one is chosen."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from fleet.actions.revision import Revisions, RollbackRow
from fleet.store import Store
from fleet.views.locks import lock_words
from fleet.views.slos import STATE_GLYPH, STATE_TONE, budget_text, rate_text
from fleet.views.view import Look, Tone
from tui.alerts.acts import count_of
from tui.chrome.too_small import NORMAL_WIDTH
from tui.ink import Ink, joined

_NOTES = 4
"""Warnings that are listed; the plan has all of them."""


def title_line(name: str, row: RollbackRow | None, store: Store, ink: Ink, width: int) -> Text:
    """`Roll back api   ✖ api-availability burning, burn 14×, 61% left   git · /srv/api`; `name` is the definition's."""
    parts = [ink.write(f"Roll back {name}", Tone.TITLE, bold=True)]
    if row is not None:
        where = (row.kind,) if width < NORMAL_WIDTH else (row.kind, row.target)
        parts += [*_objective(row, store, ink), ink.muted(" · ".join(filter(None, where)))]
    return joined(parts, "   ")


def _objective(row: RollbackRow, store: Store, ink: Ink) -> Iterator[Text]:
    slo = store.slos.get(row.slo) if row.slo else None
    if slo is not None:
        burn = "" if slo.burn_rate is None else f", burn {rate_text(slo.burn_rate)}"
        left = slo.budget_remaining_ratio
        budget = "" if left is None else f", {budget_text(left)}"
        words = f"{STATE_GLYPH[slo.state]} {slo.name} {slo.state.value}{burn}{budget}"
        yield ink.write(words, STATE_TONE[slo.state])


def way_line(stages: Sequence[str], ink: Ink, *, staged: bool) -> Text:
    """In which stages, or all at once; `stages` are the definition's, `staged` whether they are wanted."""
    if not stages:
        return ink.write("all at once")
    if staged:
        return ink.write(f"in stages, {' → '.join(stages)}, each with its checks", Tone.ACCENT)
    return ink.write("all at once, without stages", Tone.DEGRADED)


def note_lines(name: str, row: RollbackRow | None, known: Revisions | None, store: Store, ink: Ink) -> Iterator[Text]:
    """Who is at work on it, what is proposed or why nothing is, and what the target warns of; `known` is None before it
    has answered."""
    held = lock_words(name, Look(store, name, None))
    if held:
        yield ink.write(held, Tone.WAITING)
    if row is not None and not row.slo:
        yield ink.muted("no slo is named: which of them were good is not known")
    proposal = store.proposals.get(name)
    if proposal is not None:
        yield ink.write(f"▼ {proposal.called} is proposed: {proposal.because}", Tone.ACCENT)
    if row is not None and row.standing:
        yield ink.write(row.standing, Tone.DEGRADED)
    if known is not None:
        yield from _known_lines(known, ink)


def _known_lines(known: Revisions, ink: Ink) -> Iterator[Text]:
    bad = tuple(f"{fact.name}: {fact.value}" for fact in known.facts if fact.bad)
    said = [f"! {text}" for text in (*known.warnings, *known.problems, *bad)]
    yield from (ink.write(text, Tone.DEGRADED) for text in said[:_NOTES])
    if len(said) > _NOTES:
        yield ink.muted(f"and {count_of(len(said) - _NOTES, 'note')} more, in the plan")
    plain = [f"{fact.name} {fact.value}" for fact in known.facts if not fact.bad]
    if plain:
        yield ink.muted(" · ".join(plain))
