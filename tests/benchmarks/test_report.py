"""The table says what was measured, what was missed and what could not be had; the page in docs/ has every row."""

import datetime
import pkgutil
from pathlib import Path

import pytest
from msgspec import structs

from benchmarks import topics
from benchmarks.limits import limits
from benchmarks.machine import this_machine
from benchmarks.registry import TOPICS
from benchmarks.report import KEPT, PAGE, amount, between, load, merged, restored, rewritten, save, table
from benchmarks.row import Figure, Result, Row, Topic, Verdict, missing, results

TODAY = datetime.date(2026, 1, 15)


def topic(**figures: Figure) -> Topic:
    rows = (
        Row(id="some/cost", what="cost of one", unit="µs", at_most=100),
        Row(id="some/ratio", what="cost, of another's", unit="×", at_most=1, below=True),
        Row(id="some/size", what="size", unit="B"),
    )
    return Topic(name="some", rows=rows, measure=lambda folder: figures)


def measured(cost: float | None, ratio: float = 0.5) -> list[Result]:
    figures = {"cost": Figure(cost, "" if cost else "nothing there"), "ratio": Figure(ratio), "size": Figure(12_345)}
    return results(topic(), figures, TODAY)


def test_verdicts_follow_from_the_figures() -> None:
    assert [r.verdict for r in measured(100)] == [Verdict.REACHED, Verdict.REACHED, Verdict.SHOWN]
    assert [r.verdict for r in measured(100.5, ratio=1)] == [Verdict.MISSED, Verdict.MISSED, Verdict.SHOWN]
    assert measured(None)[0].verdict is Verdict.NOT_MEASURED


def test_the_table_has_a_line_a_row() -> None:
    lines = table(measured(None, ratio=1.5)).splitlines()
    assert lines[2] == "| cost of one | – | ≤ 100 µs | not measured | nothing there |"
    assert lines[3] == "| cost, of another's | 1.50 × | < 1 × | **missed** |  |"
    assert lines[4] == "| size | 12,345 B |  |  |  |"


def test_a_figure_without_a_row_or_a_row_without_a_figure_is_an_error() -> None:
    with pytest.raises(KeyError, match="some"):
        results(topic(), {"cost": Figure(1.0)}, TODAY)


def test_what_cannot_be_measured_says_why_in_every_row() -> None:
    figures = missing(topic(), "no agents")
    assert {one.note for one in results(topic(), figures, TODAY)} == {"no agents"}


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (0.123, "0.12 ms"), (12.34, "12.3 ms"), (1234.5, "1,234 ms"), (-5.0, "-5.00 ms")]
)
def test_amounts(value: float | None, text: str) -> None:
    assert amount(value, "ms") == text


def test_some_rows_measured_again_leave_the_others(tmp_path: Path) -> None:
    machine = this_machine()
    kept = merged(None, machine, measured(50.0))
    kept = merged(kept, machine, [structs.replace(measured(60.0)[0], at=TODAY + datetime.timedelta(1))])
    save(kept, tmp_path / "kept.json")
    again = load(tmp_path / "kept.json")
    assert again == kept
    assert again is not None
    assert [r.value for r in restored(again, [topic()])] == [60.0, 0.5, 12_345]
    page = rewritten(
        "a\n<!-- results: begin. x --><!-- results: end -->\n<!-- limits: begin. x --><!-- limits: end -->\nz",
        again,
        [topic()],
    )
    assert "2026-01-15 to 2026-01-16" in page
    assert page.startswith("a\n")
    assert page.endswith("\nz")
    assert rewritten(page, again, [topic()]) == page


def test_a_page_without_its_marks_is_an_error() -> None:
    with pytest.raises(ValueError, match="marks for results"):
        between("nothing", "results", "text")


def test_every_topic_module_is_registered_and_its_rows_bear_its_name() -> None:
    modules = {module.name for module in pkgutil.iter_modules(topics.__path__)}
    assert {one.name for one in TOPICS} == modules
    ids = [row.id for one in TOPICS for row in one.rows]
    assert len(ids) == len(set(ids))
    assert all(row.id.startswith(f"{one.name}/") for one in TOPICS for row in one.rows)


def test_the_documentation_has_every_row_and_is_what_was_kept() -> None:
    page, kept = PAGE.read_text(encoding="utf-8"), load(KEPT)
    assert kept is not None, "run `make bench`"
    assert rewritten(page, kept, TOPICS) == page, "run `python -m benchmarks --keep`, or `--render` after an edit"
    for one in TOPICS:
        assert f"| `{one.name}` |" in page
        for row in one.rows:
            assert f"| {row.what} |" in page
    assert {figure.id for figure in kept.figures} == {row.id for one in TOPICS for row in one.rows}


def test_limits_follow_from_the_figures() -> None:
    machine = structs.replace(this_machine(), files=1_000, memory=2**30)
    values = {
        "target/fleetdeck": 500.0,
        "sweep/target": 350.0,
        "sweep/files": 1.0,
        "memory/few": 100.0,
        "memory/agent": 10.0,
    }
    text = limits(values, machine)
    assert "| CPU of one process | 7,000 | 21,000 | 84,000 |" in text
    assert "every 5 s at 1,000 targets (files)" in text
    assert "memory/agent" in limits({}, machine)
