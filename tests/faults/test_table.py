"""The table of faults says of every cell whether it is tried, and docs/reliability.md shows it as it is."""

import ast
from pathlib import Path

import pytest

from tests.faults.report import PAGE, cells, rewritten
from tests.faults.table import ELSEWHERE


def test_every_fault_is_tried_on_everything_or_a_reason_is_given() -> None:
    assert all(cells().values())


def test_the_page_shows_the_table() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert rewritten(page) == page, "run `python -m tests.faults.report`"


@pytest.mark.parametrize("row", ELSEWHERE, ids=lambda row: row.name)
def test_the_tests_that_the_table_names_are_there(row: object) -> None:
    file, _, name = getattr(row, "test", "").partition("::")
    tree = ast.parse((Path(__file__).parent / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
