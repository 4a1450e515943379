"""How a filter that is being typed may go on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.filters.completion import Vocabulary, completed, vocabulary
from fleet.filters.saved import SavedFilters
from fleet.views.agents import VIEW
from fleet.views.queues import VIEW as QUEUES
from fleet.views.view import look
from tests.fleet.filter_rows import agents


def known() -> Vocabulary:
    store = agents()
    rows = [(row, look(store, store.status, name)) for name, row in store.status.items()]
    return vocabulary(VIEW, lambda: rows, SavedFilters({"mine": "x", "Core": "y"}))


@pytest.mark.parametrize(
    ("typed", "whole"),
    [
        ("sta", "state"),
        ("la", "latency"),
        ("planner stat", "planner state"),
        ("state:d", "state:degraded"),
        ("state:down,st", "state:down,stale"),
        ("!(state:w", "!(state:waiting"),
        ("kind=pl", "kind=planner"),
        ("name:mo", "name:model-loader"),
        ("tea", "team"),
        ("team:c", "team:core"),
        ("label.en", "label.env"),
        ("label.env=s", "label.env=staging"),
        ("-l en", "-l env"),
        ("-l env=prod,tea", "-l env=prod,team"),
        ("-l env=prod,team=in", "-l env=prod,team=infra"),
        ("-l team!=c", "-l team!=core"),
        ("up @mi", "up @mine"),
        ("@", "@Core"),
        ("state:", "state:up"),
        ("-l env=", "-l env=prod"),
        ("(@co", "(@Core"),
        ("STATE:Do", "STATE:down"),
    ],
)
def test_what_it_goes_on_with(typed: str, whole: str) -> None:
    assert completed(typed, known()) == whole


@pytest.mark.parametrize("typed", ["", "state ", "state:down", "zzz", "age>5", "'sta", "@x", "-l ", "kind:'p"])
def test_where_nothing_fits_nothing_is_said(typed: str) -> None:
    assert completed(typed, known()) is None


def test_states_can_be_completed_before_there_is_a_row() -> None:
    assert completed("state:fa", vocabulary(QUEUES, list)) == "state:failing"


@given(st.text("state:dl-=@'( ,x\x1b", max_size=12))
def test_what_was_typed_is_never_changed(typed: str) -> None:
    whole = completed(typed, known())
    assert whole is None or (
        whole.casefold().startswith(typed.casefold()) and whole.isprintable() is typed.isprintable()
    )
