"""The order of rows: the same whether it was kept up to date or made anew."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from fleet.errors import FilterError
from fleet.index import Index
from fleet.model import AgentStatus
from fleet.store import Diff, Store
from fleet.views.agents import VIEW
from fleet.views.view import Look, View
from fleet.vocabulary import SEVERITY, AgentState

NAMES = [f"agent-{n}" for n in range(12)] + ["Agent-1", "ägent", "zz"]
ROWS = st.builds(
    AgentStatus,
    name=st.just(""),
    state=st.sampled_from(AgentState),
    disagrees=st.booleans(),
    kind=st.sampled_from(["", "planner", "Coder"]),
    latency_s=st.one_of(st.none(), st.floats(allow_nan=True)),
    tasks_queued=st.one_of(st.none(), st.integers(0, 3)),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from(NAMES), ROWS),
        st.tuples(st.just("drop"), st.sampled_from(NAMES)),
        st.tuples(st.just("drain")),
    ),
    max_size=50,
)
SORTS = st.lists(st.tuples(st.sampled_from(["latency", "queued", "kind", "state", "name"]), st.booleans()), max_size=3)


class Queued(Struct, frozen=True):
    """A filter such as the parser makes, in a few words."""

    least: int
    rank: Callable[[Any, Look], float] | None = None

    def matches(self, view: View[Any], row: Any, at: Look) -> bool:
        return (row.tasks_queued or 0) >= self.least


def named(row: AgentStatus, name: str) -> AgentStatus:
    return AgentStatus(
        name=name,
        state=row.state,
        disagrees=row.disagrees,
        kind=row.kind,
        latency_s=row.latency_s,
        tasks_queued=row.tasks_queued,
    )


def store_of(**states: AgentState) -> Store:
    store = Store()
    for name, state in states.items():
        store.status.put(name, AgentStatus(name=name, state=state))
    return store


def index_of(store: Store) -> Index[str]:
    index: Index[str] = Index(VIEW, store)
    index.rebuild()
    return index


@settings(deadline=None)
@given(STEPS, SORTS, st.sampled_from([None, Queued(1), Queued(2)]), st.booleans())
def test_kept_up_to_date_is_the_same_as_made_anew(
    steps: list[tuple[Any, ...]], by: list[tuple[str, bool]], where: Queued | None, faults_only: bool
) -> None:
    store = Store()
    kept: Index[str] = Index(VIEW, store)
    kept.where, kept.faults_only = where, faults_only
    kept.sort_by(by)
    subscription = store.status.subscribe(lambda: None)
    for action in [*steps, ("drain",)]:
        match action:
            case ("put", name, row):
                store.status.put(name, named(row, name))
            case ("drop", name):
                store.status.drop(name)
            case _:
                kept.apply(subscription.drain())
    anew: Index[str] = Index(VIEW, store)
    anew.where, anew.faults_only = where, faults_only
    anew.sort_by(by)
    anew.rebuild()
    assert kept.keys() == anew.keys()
    shown = anew.keys()
    assert [kept.position(key) for key in shown] == list(range(len(shown)))
    assert kept.total == len(store.status)


def test_many_changes_at_once_are_the_same_as_one_by_one() -> None:
    store = store_of(**{f"a{n:04}": AgentState.UP for n in range(500)})
    index = index_of(store)
    subscription = store.status.subscribe(lambda: None)
    for n in range(0, 500, 2):
        store.status.put(f"a{n:04}", AgentStatus(name=f"a{n:04}", state=AgentState.DOWN))
    for n in range(0, 500, 5):
        store.status.drop(f"a{n:04}")
    assert index.apply(subscription.drain()) is True
    assert index.keys() == index_of(store).keys()


def test_worst_first_then_those_that_disagree_then_by_name() -> None:
    store = store_of(b=AgentState.UP, a=AgentState.UP, z=AgentState.DOWN, w=AgentState.WAITING)
    store.status.put("liar", AgentStatus(name="liar", state=AgentState.UP, disagrees=True))
    assert index_of(store).keys() == ["z", "w", "liar", "a", "b"]
    assert list(SEVERITY) == sorted(SEVERITY, key=lambda state: SEVERITY[state])


@pytest.mark.parametrize("down", [False, True])
def test_what_is_not_known_comes_last_in_either_direction(down: bool) -> None:
    store = Store()
    for name, latency in (("none", None), ("nan", math.nan), ("slow", 2.0), ("fast", 0.1)):
        store.status.put(name, AgentStatus(name=name, latency_s=latency))
    index = index_of(store)
    index.sort_by([("latency", down)])
    index.rebuild()
    assert index.keys()[:2] == (["slow", "fast"] if down else ["fast", "slow"])
    assert set(index.keys()[2:]) == {"none", "nan"}


def test_several_columns_and_the_natural_order_among_equals() -> None:
    store = Store()
    for name, kind, queued in (("c", "x", 1), ("a", "x", 1), ("b", "y", 9), ("d", "x", 5)):
        store.status.put(name, AgentStatus(name=name, kind=kind, tasks_queued=queued, state=AgentState.UP))
    index = index_of(store)
    index.sort_by([("kind", True), ("queued", False)])
    index.rebuild()
    assert index.keys() == ["b", "a", "c", "d"]


def test_a_column_that_is_not_there_is_named_with_those_that_are() -> None:
    index = index_of(store_of(a=AgentState.UP))
    with pytest.raises(FilterError, match=r"agents cannot be sorted by 'colour' \(but by state, name"):
        index.sort_by([("colour", False)])
    assert index.by == ()


def test_a_row_that_left_has_a_nearest_place() -> None:
    store = store_of(a=AgentState.UP, b=AgentState.UP, c=AgentState.UP)
    index = index_of(store)
    subscription = store.status.subscribe(lambda: None)
    place, last = index.entry("b"), index.entry("c")
    assert place is not None
    assert last is not None
    store.status.drop("b")
    index.apply(subscription.drain())
    assert index.position("b") is None
    assert index[index.nearest(place)] == "c"
    store.status.drop("c")
    index.apply(subscription.drain())
    assert index[index.nearest(last)] == "a"


def test_a_change_that_moves_nothing_says_so() -> None:
    store = store_of(a=AgentState.UP, b=AgentState.UP)
    index = index_of(store)
    subscription = store.status.subscribe(lambda: None)
    store.status.put("a", AgentStatus(name="a", state=AgentState.UP, detail="other"))
    assert index.apply(subscription.drain()) is False
    assert index.apply(Diff(frozenset(), frozenset(), frozenset({"never there"}))) is False


def test_a_row_enters_and_leaves_by_its_filter() -> None:
    store = store_of(a=AgentState.UP, b=AgentState.DOWN)
    index = index_of(store)
    index.faults_only = True
    index.rebuild()
    assert (index.keys(), len(index), index.total) == (["b"], 1, 2)
    subscription = store.status.subscribe(lambda: None)
    store.status.put("a", AgentStatus(name="a", state=AgentState.DOWN))
    store.status.put("b", AgentStatus(name="b", state=AgentState.UP))
    index.apply(subscription.drain())
    assert index.keys() == ["a"]
    assert "b" not in index
