"""A plan document's reading: its count, the claim that is held against it, and what does not add up."""

from collections.abc import Iterable

from fleet.backlog import bounded_sections, excess, quoted
from fleet.markdown.outline import Heading, Outline
from fleet.progress_claims import ProgressClaim, percent
from fleet.text import scrub
from fleet.work import BacklogReading, Section

MOST_SECTIONS = 200
"""Sections that a reading carries; the count is of all."""
OVERSTATED = 0.05
"""A claimed share may be this much above the counted one before it is named: tasks and boxes are not quite the same."""


def reading_of(outline: Outline, name: str) -> BacklogReading:
    """The reading of a whole document. The first claim that counts items is the document's claim, else the first."""
    claim = _main_claim(outline.claims)
    sections = [heading for heading in outline.headings if heading.total or heading.complete]
    return BacklogReading(
        name=name,
        kind="markdown",
        total=outline.total,
        done=outline.done,
        claimed_total=claim.total,
        claimed_done=claim.done,
        claimed_ratio=claim.ratio,
        sections=bounded_sections([_section(heading) for heading in sections], MOST_SECTIONS),
        anomalies=tuple(dict.fromkeys(scrub(line) for line in _anomalies(outline, claim))),
    )


def _section(heading: Heading) -> Section:
    return Section(scrub(heading.title), heading.total, heading.done, claims_complete=heading.complete is True)


def _main_claim(claims: list[ProgressClaim]) -> ProgressClaim:
    counted = next((claim for claim in claims if claim.done is not None), None)
    stated = next((claim for claim in claims if claim.total is not None), None)
    return counted or _merged(claims, stated)


def _merged(claims: list[ProgressClaim], total: ProgressClaim | None) -> ProgressClaim:
    ratio = next((claim.ratio for claim in claims if claim.ratio is not None), None)
    return ProgressClaim(total=total.total if total else None, ratio=ratio)


def _anomalies(outline: Outline, claim: ProgressClaim) -> Iterable[str]:
    yield from excess(outline.total, outline.done, claim.total, claim.done, claim.ratio)
    yield from _miscounted(outline, claim)
    yield from _overstated(outline, claim)
    yield from _contradictions(outline.claims, claim)
    yield from _complete_above_unticked(outline)
    yield from _phases(outline)
    yield from _items(outline)
    if outline.unclosed_fence:
        line, boxes = outline.unclosed_fence
        yield f"the code fence of line {line:,} is never closed: {boxes:,} boxes after it are not counted"


def _miscounted(outline: Outline, claim: ProgressClaim) -> Iterable[str]:
    """Totals that are claimed against what is listed, for the whole and for each phase."""
    yield from _miscount(claim.total, outline.root.tasks, (outline.total, outline.top_level), "")
    below = _totals_below(outline.headings)
    for heading in outline.headings:
        stated = next((one.total for one in heading.claims if one.total is not None), None)
        counts = (below[id(heading)][0], heading.total)
        yield from _miscount(stated, heading.tasks, counts, f" under {quoted(heading.title)}")
    for heading in outline.headings:
        for one in heading.claims:
            for line in excess(None, None, one.total, one.done, one.ratio):
                yield f"{line} (under {quoted(heading.title)})"


def _miscount(claimed: int | None, tasks: set[str], boxes: tuple[int, ...], where: str) -> Iterable[str]:
    if claimed is None or claimed in boxes or claimed == len(tasks) or not (tasks or boxes[0]):
        return
    what = f"{len(tasks):,} tasks" if tasks else f"{boxes[0]:,} boxes"
    yield f"{what} are listed{where}, {claimed:,} claimed"


def _overstated(outline: Outline, claim: ProgressClaim) -> Iterable[str]:
    if claim.ratio is None or not outline.total or claim.ratio > 1:
        return
    counted = outline.done / outline.total
    if claim.ratio > counted + OVERSTATED:
        yield f"{percent(claim.ratio)} done is claimed, {percent(counted)} of the boxes are ticked"


def _contradictions(claims: list[ProgressClaim], main: ProgressClaim) -> Iterable[str]:
    different = dict.fromkeys(str(claim) for claim in claims if _contradicts(claim, main))
    if different:
        said = [str(main), *different][:5]
        yield f"its claims contradict each other: {'; '.join(said)}{' …' if len(different) > 4 else ''}"


def _contradicts(claim: ProgressClaim, main: ProgressClaim) -> bool:
    if claim.total is not None and main.total is not None and claim.total != main.total:
        return True
    if claim.done is not None and main.done is not None:
        return claim.done != main.done
    return claim.ratio is not None and main.ratio is not None and abs(claim.ratio - main.ratio) >= 0.01


def _complete_above_unticked(outline: Outline) -> Iterable[str]:
    below = _totals_below(outline.headings)
    for heading in outline.headings:
        total, done = below[id(heading)]
        if heading.complete and done < total:
            title = quoted(heading.title) if heading.title else "the document"
            yield f"{title} is called complete above {total - done:,} unticked of {total:,} boxes"


def _totals_below(headings: list[Heading]) -> dict[int, tuple[int, int]]:
    """(total, done) of every heading with all that stands under its subheadings, by the heading's `id()`."""
    totals = {id(heading): (heading.total, heading.done) for heading in headings}
    for heading in reversed(headings):  # a heading comes after its parent
        if heading.parent is not None:
            above, own = totals[id(heading.parent)], totals[id(heading)]
            totals[id(heading.parent)] = (above[0] + own[0], above[1] + own[1])
    return totals


def _phases(outline: Outline) -> Iterable[str]:
    both = [phase.capitalize() for phase, said in outline.phases.items() if len(said) == 2]
    if both:
        yield f"called complete and unfinished in one document: {_list(both)}"


def _items(outline: Outline) -> Iterable[str]:
    if outline.repetitions:
        boxes = "1 box repeats" if outline.repetitions == 1 else f"{outline.repetitions:,} boxes repeat"
        yield f"{boxes} an item of the same phase: {_list(map(quoted, outline.repeated.values()))}"
    if outline.torn:
        yield f"ticked in one place and not in another: {_list(map(quoted, outline.torn.values()))}"
    if outline.said_done:
        yield f"done by their own status, yet not ticked: {_list(map(quoted, outline.said_done.values()))}"


def _list(texts: Iterable[str], most: int = 3) -> str:
    """The first texts, and how many more there are."""
    every = list(texts)
    more = f" and {len(every) - most:,} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more
