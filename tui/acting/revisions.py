"""The revisions of something that can be rolled back, as a table: which is live, which one would be rolled to, and how
its objective was while each was live."""

from collections.abc import Callable

from msgspec import Struct

from fleet.actions.action import Proposal
from fleet.actions.revision import Revision, Revisions, RollbackRow, short
from fleet.filters.units import Unit
from fleet.store import Slice
from fleet.views.columns import measure_column, name_column, word_column
from fleet.views.slos import ratio_text
from fleet.views.text import age_cell
from fleet.views.view import Cell, Column, Look, Tone, View

_SHORT = 12
"""Characters of an id that people may know a revision by."""


class Choice(Struct, frozen=True, kw_only=True):
    """A revision on the sheet. `preferred`: the one that is preselected; `proposed`: the one that a proposal names."""

    place: int
    revision: Revision
    preferred: bool = False
    proposed: bool = False


def choices(found: Revisions, proposal: Proposal | None) -> dict[str, Choice]:
    """The rows of the table, by the ids of the revisions, in the order in which they were found."""
    return {
        one.id: Choice(
            place=place,
            revision=one,
            preferred=one.id == found.preferred,
            proposed=proposal is not None and proposal.revision in (one.id, one.name),
        )
        for place, one in enumerate(found.revisions)
    }


def called(one: Revision) -> str:
    """Its name, and its id where that is as short."""
    return one.called if len(short(one.id)) <= _SHORT else short(one.name)


def mark_cell(row: Choice) -> Cell:
    """What it is, in a glyph and a word or two."""
    one = row.revision
    if one.live:
        return Cell("● live", Tone.DEGRADED if one.good is False else Tone.ACCENT)
    if one.trouble:
        return Cell("✖ unusable", Tone.DOWN)
    if row.proposed:
        return Cell("▼ proposed", Tone.ACCENT)
    if row.preferred:
        return Cell("▼ last good", Tone.UP) if one.good else Cell("▼ before it", Tone.ACCENT)
    return Cell("")


def good_cell(one: Revision) -> Cell:
    """Whether it was inside its objective."""
    if one.good is None:
        return Cell("? not known", Tone.UNKNOWN)
    return Cell("✓ kept", Tone.UP) if one.good else Cell("✖ missed", Tone.DOWN)


def error_text(ratio: float) -> str:
    """A ratio near 0 as a percentage: `0%`, `0.02%`, `31.4%`."""
    percent = ratio * 100
    return f"{percent:.3g}%" if percent >= 0.01 or not percent else "<.01%"


def revisions_view(rows: Slice[str, Choice], row: RollbackRow | None) -> View[Choice]:
    """The table; without an objective the columns that are about it are left out."""
    judged = row is not None and bool(row.slo)
    return View(
        name="revisions",
        title="Revisions",
        rows=lambda _: rows,
        columns=(
            Column(id="mark", title="", width=11, priority=0, cell=lambda one, _: mark_cell(one)),
            name_column("name", "REVISION", 12, lambda one: called(one.revision), grow=1),
            measure_column("age", "AGE", 4, _age_s, age_cell, priority=1, unit=Unit.SECONDS),
            *(_judged() if judged else ()),
            word_column("author", "AUTHOR", 12, lambda one: one.revision.author, priority=4),
            word_column("changed", "WHAT CHANGED", 16, _changed, grow=5, priority=3, empty="", tone=_changed_tone),
        ),
        fields=(),
        order=lambda one, _: (one.place,),
        words=lambda one: one.revision.name,
        fault=lambda one: bool(one.revision.trouble),
        empty="",
    )


def _judged() -> tuple[Column[Choice], ...]:
    return (
        Column(id="good", title="OBJECTIVE", width=11, priority=0, cell=lambda one, _: good_cell(one.revision)),
        _ratio("sli", "SLI", 7, lambda one: one.sli_ratio, lambda ratio: ratio_text(ratio, 3), 1),
        _ratio("errors", "ERRORS", 6, lambda one: one.error_ratio, error_text, 2),
    )


def _ratio(
    id: str,
    title: str,
    width: int,
    get: Callable[[Revision], float | None],
    text: Callable[[float], str],
    priority: int,
) -> Column[Choice]:
    def cell(one: Choice, _: Look) -> Cell:
        ratio = get(one.revision)
        tone = Tone.DOWN if one.revision.good is False else Tone.PLAIN
        return Cell("–", Tone.MUTED) if ratio is None else Cell(text(ratio), tone)

    return Column(id=id, title=title, width=width, right=True, priority=priority, cell=cell)


def _age_s(one: Choice, at: Look) -> float | None:
    return at.since_s(one.revision.at)


def _changed(one: Choice) -> str:
    return one.revision.trouble or one.revision.changed


def _changed_tone(one: Choice) -> Tone:
    return Tone.DOWN if one.revision.trouble else Tone.PLAIN
