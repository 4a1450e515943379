"""The table, for people and for the next run: docs/benchmarks.json holds what was measured, docs/benchmarks.md shows it
between marks, so that the words around it stay."""

import datetime
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from benchmarks.limits import limits
from benchmarks.machine import Machine
from benchmarks.row import Result, Row, Topic, Verdict

DOCS = Path(__file__).parents[1] / "docs"
PAGE, KEPT = DOCS / "benchmarks.md", DOCS / "benchmarks.json"
_MADE = "Made by `make bench`; what stands here is replaced."


class Figure(Struct, frozen=True, kw_only=True):
    """A result without its row, as it is kept."""

    id: str
    value: float | None
    note: str
    at: datetime.date


class Kept(Struct, frozen=True, kw_only=True):
    """What was measured, each row when it was measured last, and on which machine."""

    machine: Machine
    figures: tuple[Figure, ...]


def merged(before: Kept | None, machine: Machine, results: Iterable[Result]) -> Kept:
    """What is kept after some rows were measured again on the same machine."""
    figures = {figure.id: figure for figure in before.figures} if before else {}
    figures |= {r.row.id: Figure(id=r.row.id, value=r.value, note=r.note, at=r.at) for r in results}
    return Kept(machine=machine, figures=tuple(figures.values()))


def restored(kept: Kept, topics: Iterable[Topic]) -> list[Result]:
    """The results of all rows that there are now, in their order; a row that was never measured says so."""
    figures = {figure.id: figure for figure in kept.figures}
    newest = max((figure.at for figure in kept.figures), default=datetime.date.min)
    return [_restored(row, figures.get(row.id), newest) for topic in topics for row in topic.rows]


def _restored(row: Row, figure: Figure | None, newest: datetime.date) -> Result:
    if figure is None:
        return Result(row=row, value=None, note="not run yet", at=newest)
    return Result(row=row, value=figure.value, note=figure.note, at=figure.at)


def load(path: Path = KEPT) -> Kept | None:
    """What was kept, None where there is nothing yet."""
    return msgspec.json.decode(path.read_bytes(), type=Kept) if path.exists() else None


def save(kept: Kept, path: Path = KEPT) -> None:
    """Keep it, readable and with a line a figure, so that differences can be read."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=1) + b"\n")


# ── The table ──────────────────────────────────────────────────────────────────────────────────────────────────────


def table(results: Iterable[Result]) -> str:
    """The results as a Markdown table."""
    lines = ["| what | measured | to reach | | remarks |", "|---|--:|--:|---|---|"]
    lines += [
        f"| {r.row.what} | {amount(r.value, r.row.unit)} | {_goal(r.row)} | {_verdict(r.verdict)} | {r.note} |"
        for r in results
    ]
    return "\n".join(lines)


def amount(value: float | None, unit: str) -> str:
    """A figure with its unit, in three digits that count."""
    if value is None:
        return "–"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}".rstrip()


def _goal(row: Row) -> str:
    return "" if row.at_most is None else f"{'<' if row.below else '≤'} {row.at_most:,g} {row.unit}".rstrip()


def _verdict(verdict: Verdict) -> str:
    return {Verdict.MISSED: "**missed**", Verdict.SHOWN: ""}.get(verdict, verdict.value)


def rewritten(page: str, kept: Kept, topics: Iterable[Topic]) -> str:
    """`page` with the table and the limits of what is kept. Raises ValueError where its marks are missing."""
    results = restored(kept, topics)
    days = sorted({figure.at.isoformat() for figure in kept.figures})
    head = f"{' to '.join(dict.fromkeys((days[0], days[-1])))}. {kept.machine.words()}" if days else ""
    page = between(page, "results", f"{head}\n\n{table(results)}")
    return between(page, "limits", limits(_values(results), kept.machine))


def _values(results: Iterable[Result]) -> Mapping[str, float]:
    return {result.row.id: result.value for result in results if result.value is not None}


def between(page: str, name: str, text: str) -> str:
    """`page` with `text` between the marks of that name. Raises ValueError where these are missing."""
    before, begin, rest = page.partition(f"<!-- {name}: begin.")
    _, end, after = rest.partition(f"<!-- {name}: end -->")
    if not (begin and end):
        raise ValueError(f"the page lacks its marks for {name}")
    return f"{before}{begin} {_MADE} -->\n\n{text}\n\n{end}{after}"
