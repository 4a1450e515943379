"""GFM task lists in plan documents: counted box by box, beside what the document claims of itself.

A box is a list item (`-`, `*`, `+`, `1.`, `1)`; nested or quoted as one likes) whose text begins with `[ ]`, `[x]` or
`[X]` (GitHub Flavored Markdown, task list items). Boxes inside fenced code are samples, not tasks. Every box counts;
repeated and contradicting ones are named beside the count. Reading never fails on any bytes, takes linear time, and
keeps bounded memory: long lines are read in part, headings and items past a limit are counted but not told apart.
"""

import io
import re

from fleet.markdown.outline import Box, Heading, Outline
from fleet.markdown.verdict import reading_of
from fleet.mojibake import as_utf8, decoded
from fleet.progress_claims import (
    claim_of_total_row,
    claims_in,
    completeness,
    may_claim,
    phase_in,
    plain,
    status_in,
    table_cells,
)
from fleet.work import BacklogReading

LINE_BYTES = 2_000
"""Bytes of a line that are read; a task whose text is longer is known by its beginning."""
TEXT_CHARS = 120
"""Characters by which an item is known."""

_BOX = re.compile(r"([ \t]*)(?:>[ \t]*+)*+(?:[-*+]|\d{1,9}[.)])[ \t]+\[([ xX])\](?=\s|$)")
_HEADING = re.compile(r" {0,3}(?:>[ \t]*+)*+(#{1,6})[ \t]+(.*)")
_FENCE = re.compile(r"[ \t]*(?:>[ \t]*+)*+(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(`{3,}(?=[^`]*$)|~{3,})[ \t]*(.*)")
_FENCE_END = re.compile(r"[ \t]*(?:>[ \t]*+)*+(`{3,}|~{3,})[ \t]*$")
_TASK_ID = re.compile(
    r"\W*(?:task|todo|item|issue|ticket|story)\s+([A-Za-z]{0,9}-?\d{1,9}(?:[.-]\d{1,9}){0,8})\b", re.IGNORECASE
)
_TASK_HEADING = re.compile(r"\W*task\b", re.IGNORECASE)
_REMARK = re.compile(r"\s(?:←|<-).*")


def read_markdown(content: bytes, name: str) -> BacklogReading:
    """The count of `content` and its claims, as a reading named `name` of kind `markdown`."""
    scan = _Scan()
    content = as_utf8(content)
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")
    for raw in io.BytesIO(content):
        scan.line(decoded(raw[:LINE_BYTES].rstrip(b"\r\n")))
    scan.close()
    return reading_of(scan.outline, name)


class _Fence:
    """An open code fence: its mark, whether it is quoted or has a language, where it began, the boxes in it."""

    def __init__(self, mark: str, *, quoted: bool, sample: bool, line: int) -> None:
        self.mark, self.quoted, self.sample, self.line = mark, quoted, sample, line
        self.boxes = 0


class _Scan:
    """One pass over the lines of a document."""

    def __init__(self) -> None:
        self.outline = Outline()
        self._number = 0
        self._fence: _Fence | None = None
        self._table: list[str] | None = None
        self._open: list[Box] = []
        """The items that the current line may be nested in, outermost first."""

    def line(self, text: str) -> None:
        self._number += 1
        start = text.lstrip(" \t>")[:1]
        if self._fence is not None:
            self._fenced(self._fence, text)
            return
        if start != "|":
            self._table = None
        if start == "|":
            self._row(text)
        elif start == "#":
            self._heading(text)
        elif not (start in "-*+`~0123456789" and start and (self._box(text) or self._fence_begins(text))):
            self._prose(text)

    def close(self) -> None:
        """The document's end: a fence that is still open hides what follows it."""
        if self._fence is not None and self._fence.boxes:
            self.outline.unclosed_fence = (self._fence.line, self._fence.boxes)

    def _fence_begins(self, text: str) -> bool:
        found = _FENCE.match(text)
        if found is None:
            return False
        self._fence = _Fence(
            found[1], quoted=text.lstrip().startswith(">"), sample=bool(found[2].strip()), line=self._number
        )
        return True

    def _fenced(self, fence: _Fence, text: str) -> None:
        end = _FENCE_END.match(text)
        if end and end[1].startswith(fence.mark):
            self._fence = None
        elif fence.quoted and not text.lstrip().startswith(">"):
            self._fence = None
            self.line(text)
            self._number -= 1
        elif _BOX.match(text):
            fence.boxes += 1
        elif not fence.sample and may_claim(text):
            # Progress bars are drawn in fences without a language.
            self._claims(plain(text))

    def _heading(self, text: str) -> None:
        found = _HEADING.match(text)
        if found is None:
            return
        self._open.clear()
        if self.outline.open_further():
            return
        title = plain(found[2]).strip().rstrip("#").strip()
        heading = Heading(title, len(found[1]), phase_in(title), completeness(title))
        self.outline.open(heading)
        task = _TASK_ID.match(title) if _TASK_HEADING.match(title) else None
        if task:
            self.outline.task(task[1])
        self._claims(title)

    def _box(self, text: str) -> bool:
        found = _BOX.match(text)
        if found is None:
            return False
        indent = len(found[1].expandtabs(4))
        self._close(indent)
        label = _REMARK.sub("", plain(text[found.end() :])).strip()
        task = _TASK_ID.match(label)
        box = Box(
            indent=indent,
            ticked=found[2] != " ",
            label=label[:TEXT_CHARS],
            task=task[1] if task else None,
            key=f"#{task[1]}" if task else " ".join(label.casefold().split())[:TEXT_CHARS],
        )
        self.outline.add(box, self._open[-1] if self._open else None)
        self._open.append(box)
        return True

    def _row(self, text: str) -> None:
        cells = table_cells(plain(text))
        if self._table is None:
            self._table = cells
            return
        claim = claim_of_total_row(self._table, cells)
        if claim is not None:
            self.outline.claim(claim, None)

    def _prose(self, text: str) -> None:
        if not may_claim(text):
            return
        line = plain(text)
        status = status_in(line)
        if status is None:
            self._claims(line)
            return
        owner = self._owner(text)
        if owner is None:
            self.outline.status(complete=status)
        elif status and not owner.ticked:
            self.outline.unticked_but_done(owner)

    def _owner(self, text: str) -> Box | None:
        """The task that an indented remark belongs to; the items that the remark stands outside of are closed."""
        self._close(len(text[: len(text) - len(text.lstrip(" \t"))].expandtabs(4)))
        return self._open[-1] if self._open else None

    def _close(self, indent: int) -> None:
        while self._open and self._open[-1].indent >= indent:
            self._open.pop()

    def _claims(self, line: str) -> None:
        for claim in claims_in(line):
            self.outline.claim(claim, phase_in(line))
