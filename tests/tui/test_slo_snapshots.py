"""How objectives, gates and the query box look; `pytest --snapshot-update` after looking at the pictures."""

from collections.abc import Callable
from typing import Any

import pytest

from fleet.store import Store
from tests.tui.asked import Asked, waves
from tests.tui.factories import deck
from tests.tui.slo_stores import (
    burning_slo_store,
    gate_store,
    kept_store,
    many_slo_store,
    no_slo_store,
    spent_store,
    ticket_store,
    unknown_store,
)

Compare = Callable[..., bool]

SMALL, MIDDLE = (80, 24), (120, 40)
NAMES = {" ": "space", "(": "left_parenthesis", ")": "right_parenthesis", "_": "underscore", ":": "colon"}


def keys_of(text: str) -> tuple[str, ...]:
    """The keys that type a text."""
    return tuple(NAMES.get(char, char) for char in text)


LOOKS: list[Any] = [
    pytest.param(make, view, size, keys, id=f"{name}-{size[0]}x{size[1]}")
    for name, make, view, keys in (
        ("slos-empty", no_slo_store, "slos", ()),
        ("slos-healthy", kept_store, "slos", ()),
        ("slos-burning", burning_slo_store, "slos", ()),
        ("slos-ticket", ticket_store, "slos", ()),
        ("slos-exhausted", spent_store, "slos", ()),
        ("slos-no-data", unknown_store, "slos", ()),
        ("slos-many", many_slo_store, "slos", ()),
        ("slo-page", burning_slo_store, "slos", ("enter",)),
        ("slo-page-ticket", ticket_store, "slos", ("enter",)),
        ("slo-page-exhausted", spent_store, "slos", ("enter",)),
        ("slo-page-no-data", unknown_store, "slos", ("enter",)),
        ("slo-formula", burning_slo_store, "slos", ("i",)),
        ("slo-overview", spent_store, "overview", ()),
        ("gates", gate_store, "gates", ()),
        ("gate-page", gate_store, "gates", ("down", "enter")),
        ("query", gate_store, "agents", (*keys_of(":query agent_health"), "enter")),
        ("query-one", gate_store, "agents", (*keys_of(":query sum(agent_health)"), "enter")),
        ("query-wrong", gate_store, "agents", (*keys_of(":query rate(up)"), "enter")),
        ("query-empty", gate_store, "agents", (*keys_of(":query nothing"), "enter")),
        ("query-begun", gate_store, "agents", (*keys_of(":query"), "enter")),
    )
    for size in (SMALL, MIDDLE)
]


@pytest.fixture(autouse=True)
def in_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests without colour sees the pictures in colour all the same."""
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.mark.parametrize(("make", "view", "size", "keys"), LOOKS)
def test_it_looks_as_it_did(
    snap_compare: Compare, make: Callable[[], Store], view: str, size: tuple[int, int], keys: tuple[str, ...]
) -> None:
    app = deck(make(), view, querying=Asked(waves()))
    assert snap_compare(app, press=keys, terminal_size=size)
