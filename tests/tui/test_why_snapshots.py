"""How the page behind `w` looks; `pytest --snapshot-update` after looking at the pictures."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.tui.factories import deck
from tests.tui.why_stores import explainer, red_store

Compare = Callable[..., bool]

SMALL, MIDDLE = (80, 24), (120, 40)

LOOKS: list[Any] = [
    pytest.param(view, size, keys, id=f"{name}-{size[0]}x{size[1]}")
    for name, view, keys in (
        ("alert", "alerts name:ErrorRate", ("w", "down")),
        ("group", "alerts", ("w",)),
        ("slo", "slos", ("w",)),
        ("agent", "agent coder-1", ("w",)),
        ("gate", "gates", ("w",)),
        ("nothing-yet", "agents", ("w",)),
    )
    for size in (SMALL, MIDDLE)
]


@pytest.fixture(autouse=True)
def in_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests without colour sees the pictures in colour all the same."""
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.mark.parametrize(("view", "size", "keys"), LOOKS)
def test_it_looks_as_it_did(
    snap_compare: Compare, request: pytest.FixtureRequest, view: str, size: tuple[int, int], keys: tuple[str, ...]
) -> None:
    store = red_store()
    explain = None if "nothing-yet" in request.node.name else explainer(store)
    assert snap_compare(deck(store, view, explain=explain), press=keys, terminal_size=size)
