"""How the alert pane looks; `pytest --snapshot-update` after looking at the pictures."""

from collections.abc import Callable
from typing import Any

import pytest

from fleet.store import Store
from tests.tui.alert_stores import (
    away_store,
    burning_store,
    calm_store,
    claimed_store,
    held_store,
    many_store,
)
from tests.tui.curves import sinking
from tests.tui.factories import deck, empty_store
from tests.tui.test_alerts import InStore

Compare = Callable[..., bool]

SMALL, MIDDLE = (80, 24), (120, 40)

LOOKS: list[Any] = [
    pytest.param(make, view, size, keys, id=f"{name}-{size[0]}x{size[1]}")
    for name, make, view, keys in (
        ("empty", empty_store, "alerts", ()),
        ("healthy", calm_store, "alerts", ()),
        ("burning", burning_store, "alerts", ()),
        ("458-grouped", many_store, "alerts", ()),
        ("458-flat", many_store, "alerts", ("t",)),
        ("458-one-group", many_store, "alerts", ("down", "enter")),
        ("flat", burning_store, "alerts", ("t",)),
        ("held", held_store, "alerts", ("t",)),
        ("silences", held_store, "silences", ()),
        ("away", away_store, "alerts", ()),
        ("claimed", claimed_store, "alerts", ("t",)),
        ("page", burning_store, "alerts name:AgentDown agent:coder-1", ("enter",)),
        ("acknowledge", many_store, "alerts", ("a",)),
        ("silence", burning_store, "alerts", ("s",)),
        ("end", held_store, "silences", ("u",)),
        ("group-by", burning_store, "alerts", ("T",)),
        ("overview", burning_store, "overview", ()),
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
    store = make()
    app = deck(store, view, operator="ops@desk", graphing=sinking, silencer=InStore(store))
    assert snap_compare(app, press=keys, terminal_size=size)
