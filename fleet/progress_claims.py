"""What a plan document says of its own progress, as far as it says it in a form that can be held against a count.

Taken as claims: `0/59 tasks complete (0%)`, `44,310 of 20,019 TODO items processed`, `Progress: 75 %`, `85% COMPLETE`,
`Total tasks: 59`, the total row of a table with a column of tasks and one of completed ones, and headings or status
lines that call something complete. Not taken: test results, coverage, targets (`>=80% …`), rates; they are numbers of
something else. Every pattern runs on a line of bounded length, so the time is linear in the document.
"""

import re

from msgspec import Struct

LINE_CHARS = 400
"""Characters of a line that are searched for claims."""

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d{1,15})"
_NOUN = r"(?:tasks?|items?|todos?|to-dos?|entries|issues|tickets|stories|checkboxes|boxes)"
_DONE = r"(?:complete|completed|done|processed|finished|closed|resolved|ticked|checked)"
_MARKUP = str.maketrans("", "", "*`~")

_HINT = re.compile(r"\d\s*(?:%|/|of\b|out\b)|total|status", re.IGNORECASE)
_COUNT = re.compile(rf"(?<![\w./,:-])({_NUMBER})\s*(?:/|of\s|out of\s)\s*({_NUMBER})(?![\w/]|[.,]\d)", re.IGNORECASE)
_COUNTED = re.compile(rf"\s*(?:TODO\s+)?(?:{_NOUN}\s+)?(?:(?:are|were|is|have been)\s+)?{_DONE}\b", re.IGNORECASE)
_COUNTED_BARE = re.compile(rf"\s*(?:(?:TODO\s+)?{_NOUN}\b|[(,;]|$)", re.IGNORECASE)
_WHOLE_BACKLOG = re.compile(r"\s*(?:TODO\s+items?|todos?)\b", re.IGNORECASE)
_PERCENT = re.compile(r"(?<![\w.,<>≥≤=+–-])(\d{1,9}(?:\.\d{1,9})?)\s?%")
_PERCENT_DONE = re.compile(rf"\s*{_DONE}\b", re.IGNORECASE)
_LABEL = re.compile(
    r"\W*(?:(?:overall|total|current|task|todo|project)\s+)?"
    rf"(?P<word>progress|completion|{_DONE}|{_NOUN}|overall|total)"
    rf"(?:\s+(?:progress|status|completion|{_NOUN}))?\s*:",
    re.IGNORECASE,
)
_TOTAL_ONLY = re.compile(
    rf"\W*total\s+(?:number\s+of\s+)?{_NOUN}\s*:\s*({_NUMBER})(?![\w/%]|\s*[/%]|[.,]\d)", re.IGNORECASE
)
_TOTAL_CELL = frozenset({"total", "totals", "overall", "all", "sum"})
_TASKS_CELL = re.compile(rf"(?:total(?:\s+{_NOUN})?|{_NOUN}|count)", re.IGNORECASE)
_DONE_CELL = re.compile(rf"(?:{_NOUN}\s+)?{_DONE}", re.IGNORECASE)

_PHASE = re.compile(
    r"\b(phase|sprint|milestone|stage|step|week|day|iteration|epic)s?\s+(\d{1,6}(?:\.\d{1,6}){0,5})"
    r"(?:\s*[-–]\s*(\d{1,6}(?:\.\d{1,6}){0,5}))?",
    re.IGNORECASE,
)
_STATUS = re.compile(r"\W*status\s*:(.*)", re.IGNORECASE)
_TICK = re.compile("[✅☑✔]")
_SAYS_COMPLETE = re.compile(
    r"\b(?:COMPLETE|COMPLETED|DONE|FINISHED)\b"
    r"|(?:\s[-–—]\s*|[:(|✅☑✔]\s*|^\W*)(?i:completed?|done|finished)\W*$"
    r"|\b(?i:completed?|done|finished)\W{0,3}[✅☑✔]"
)
_SAYS_INCOMPLETE = re.compile(
    r"\b(?:partial(?:ly)?|not(?:\s+yet)?|mostly|nearly|almost|half|to\s+be|definition\s+of|when|until)\s+"
    r"(?:complete|completed|done|finished)\b"
    r"|(?<![\d.])\d{1,2}(?:\.\d{1,9})?\s?%\s*(?:complete|completed|done|finished)\b"
    r"|\b(?:incomplete|unfinished|pending|in\s+progress|not\s+started|remaining|blocked)\b|\(todo\)|[⏳🔄🚧❌⌛]",
    re.IGNORECASE,
)


class ProgressClaim(Struct, frozen=True):
    """One claim: `done` of `total`, or only a `ratio` (1.0 is everything, more is possible), or only a `total`.

    `whole` says that it names the backlog itself ("TODO items"), wherever it stands.
    """

    total: int | None = None
    done: int | None = None
    ratio: float | None = None
    whole: bool = False

    def __str__(self) -> str:
        if self.done is not None and self.total is not None:
            return f"{self.done:,}/{self.total:,}"
        return f"{self.total:,} in all" if self.ratio is None else percent(self.ratio)


def percent(ratio: float) -> str:
    """`ratio` as people write it: `99.4 %`, `75 %`."""
    return f"{ratio * 100:,.1f}".removesuffix(".0") + " %"


def plain(text: str) -> str:
    """`text` without Markdown's emphasis and code marks, cut to the length that is searched."""
    return text[:LINE_CHARS].translate(_MARKUP)


def may_claim(line: str) -> bool:
    """Whether it is worth looking for claims in `line`."""
    return _HINT.search(line, 0, LINE_CHARS) is not None


def claims_in(text: str) -> list[ProgressClaim]:
    """The claims of one line that was made `plain`. A percentage beside a count that says the same is left out."""
    label = _LABEL.match(text)
    counts = _counts(text, label)
    total = _TOTAL_ONLY.match(text)
    if total and not counts:
        return [ProgressClaim(total=_int(total[1]))]
    ratio = _ratio(text, label)
    if ratio is not None and not any(_same_ratio(ratio, claim.ratio) for claim in counts):
        counts.append(ProgressClaim(ratio=ratio))
    return counts


def _counts(text: str, label: re.Match[str] | None) -> list[ProgressClaim]:
    # "Overall: 8/10" is a mark; a bare count needs a label that speaks of progress or of tasks.
    labelled = label is not None and label["word"].lower() not in ("overall", "total")
    return [
        _count(_int(found[1]), _int(found[2]), whole=_WHOLE_BACKLOG.match(text, found.end()) is not None)
        for found in _COUNT.finditer(text)
        if _COUNTED.match(text, found.end()) or (labelled and _COUNTED_BARE.match(text, found.end()))
    ]


def _count(done: int, total: int, *, whole: bool = False) -> ProgressClaim:
    return ProgressClaim(total, done, done / total if total else None, whole)


def _ratio(text: str, label: re.Match[str] | None) -> float | None:
    for found in _PERCENT.finditer(text):
        if label is not None or _PERCENT_DONE.match(text, found.end()):
            return round(float(found[1]) / 100, 9)
    return None


def _same_ratio(one: float, other: float | None) -> bool:
    # Percentages are rounded or cut to whole points.
    return other is not None and abs(one - other) < 0.01


def _int(text: str) -> int:
    return int(text.replace(",", ""))


def table_cells(text: str) -> list[str]:
    """The cells of a table row that was made `plain`."""
    return [cell.strip() for cell in text.strip().strip("|").split("|")]


def claim_of_total_row(header: list[str], row: list[str]) -> ProgressClaim | None:
    """The claim of a table's total row under `header`, or None where it is another row or has no such columns."""
    if not row or row[0].lower().rstrip(":") not in _TOTAL_CELL:
        return None
    numbers = []
    for wanted in (_TASKS_CELL, _DONE_CELL):
        cells = [cell for name, cell in zip(header[1:], row[1:], strict=False) if wanted.fullmatch(name)]
        if not cells or not re.fullmatch(_NUMBER, cells[0]):
            return None
        numbers.append(_int(cells[0]))
    return _count(numbers[1], numbers[0])


def phase_in(text: str) -> str | None:
    """The numbered phase, sprint, step, … that `text` names, as `phase 3` or `phase 1-2`; None where it names none."""
    found = _PHASE.search(text)
    if found is None:
        return None
    return f"{found[1].lower()} {found[2]}" + (f"-{found[3]}" if found[3] else "")


def completeness(text: str) -> bool | None:
    """Whether a heading or status calls its subject complete (True) or unfinished (False); None where neither.

    A tick alone is decoration, except on a numbered phase.
    """
    if _SAYS_INCOMPLETE.search(text):
        return False
    if _SAYS_COMPLETE.search(text):
        return True
    return True if _TICK.search(text) and _PHASE.search(text) else None


def status_in(text: str) -> bool | None:
    """What a `Status: …` line claims, as `completeness`; None for other lines."""
    found = _STATUS.match(text)
    return completeness(found[1].strip()) if found else None
