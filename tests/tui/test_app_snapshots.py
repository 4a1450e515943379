"""How the dashboard looks, at three sizes and in five conditions; `pytest --snapshot-update` after looking at them."""

from collections.abc import Callable
from typing import Any

import pytest

from fleet.store import Store
from tests.tui.factories import agent_store, deck, empty_store, firing_store, healthy_store, huge_store, stale_store

Compare = Callable[..., bool]

SMALL, MIDDLE, LARGE = (80, 24), (120, 40), (200, 50)

LOOKS: list[Any] = [
    pytest.param(
        make, view, size, keys, id=f"{view.split()[0]}-{make.__name__.removesuffix('_store')}-{size[0]}x{size[1]}"
    )
    for make, view, size, keys in (
        (empty_store, "overview", SMALL, ()),
        (healthy_store, "overview", MIDDLE, ()),
        (firing_store, "overview", SMALL, ()),
        (firing_store, "overview", MIDDLE, ()),
        (firing_store, "overview", LARGE, ()),
        (stale_store, "overview", SMALL, ()),
        (huge_store, "overview", MIDDLE, ()),
        (firing_store, "agents sort=-failed /coder|tester", SMALL, ()),
        (stale_store, "agents", MIDDLE, ()),
        (huge_store, "agents faults", LARGE, ()),
        (agent_store, "agent coder-1", SMALL, ()),
        (agent_store, "agent coder-1", MIDDLE, ()),
        (agent_store, "agent coder-1", LARGE, ()),
        (firing_store, "backlog", MIDDLE, ()),
        (firing_store, "sources", SMALL, ()),
        (agent_store, "tasks", SMALL, ("slash", "r", "e", "v", "(")),
        (firing_store, "queues", SMALL, ("question_mark",)),
    )
]


@pytest.fixture(autouse=True)
def in_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests without colour sees the pictures in colour all the same."""
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.mark.parametrize(("make", "view", "size", "keys"), LOOKS)
def test_it_looks_as_it_did(
    snap_compare: Compare, make: Callable[[], Store], view: str, size: tuple[int, int], keys: tuple[str, ...]
) -> None:
    assert snap_compare(deck(make(), view), press=keys, terminal_size=size)
