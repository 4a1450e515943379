"""Choosing columns, an order and a way back: the pure parts."""

from hypothesis import given
from hypothesis import strategies as st

from fleet.view_line import ViewLine, parse_view_line
from fleet.views.agents import VIEW
from fleet.views.chosen import columns_of, parse_columns
from tui.chrome.recall import Recall
from tui.kept.history import MOST_VISITS, Trail, Visit
from tui.table.arrangement import Arrangement, arrange
from tui.table.columns import lay_out
from tui.table.sorting import added_sort, moved_sort, toggled_sort, turned_sort

COLUMNS = VIEW.columns
IDS = [column.id for column in COLUMNS if column.sort]


def own() -> Arrangement:
    return arrange(VIEW, (), (), [])


# ── Columns ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_arrangement_that_is_the_views_own_is_no_choice() -> None:
    assert own().chosen == ()
    assert own().toggled("kind").toggled("kind").chosen == ()
    assert own().moved("kind", 2).moved("kind", -2).chosen == ()
    assert own().resized("kind", 3).loosened("kind").chosen == ()
    assert own().toggled("age").resized("kind", 1).sorted("kind").reset() == own()


def test_columns_are_hidden_moved_and_sized() -> None:
    chosen = own().toggled("claimed").moved("age", -99).resized("name", 4).chosen
    assert chosen[0] == ("age", None)
    assert ("name", 20) in chosen
    assert "claimed" not in dict(chosen)
    assert own().toggled("name").chosen == ()
    assert own().resized("kind", -99).part("kind").width == 2
    assert own().resized("kind", 1, drawn=31).part("kind").width == 32


def test_what_is_shown_comes_first_and_the_rest_can_be_had() -> None:
    arrangement = arrange(VIEW, parse_columns("age,state:12"), (("kind", True),), [])
    assert [part.id for part in arrangement.parts][:4] == ["name", "age", "state", "claimed"]
    assert [part.shown for part in arrangement.parts][:4] == [True, True, True, False]
    assert arrangement.chosen == (("name", None), ("age", None), ("state", 12))
    assert arrangement.by == (("kind", True),)


ACTS = st.tuples(st.sampled_from(["toggled", "moved", "resized", "loosened", "sorted"]), st.sampled_from(IDS))


@given(st.lists(ACTS, max_size=20), st.integers(20, 220))
def test_whatever_is_chosen_the_name_is_in_view(acts: list[tuple[str, str]], width: int) -> None:
    arrangement = own()
    for act, id in acts:
        arguments = (7,) if act in ("moved", "resized") else ()
        arrangement = getattr(arrangement, act)(id, *arguments)
    again = arrange(VIEW, arrangement.chosen, arrangement.by, [])
    assert again.chosen == arrangement.chosen
    columns = [part.column for part in again.parts if part.shown]
    assert any(columns[place.index].named for place in lay_out(columns, width))


def test_a_fixed_width_is_kept_where_the_layout_would_grow() -> None:
    arrangement = own().resized("name", 4)
    columns = columns_of(VIEW, arrangement.chosen)
    place = next(place for place in lay_out(columns, 200) if columns[place.index].id == "name")
    assert place.width == 20


# ── Order ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_last_key_is_the_one_that_moves() -> None:
    by = moved_sort((), COLUMNS, 1)
    assert by == (("state", False),)
    by = added_sort(by, COLUMNS)
    assert by == (("state", False), ("name", False))
    by = moved_sort(by, COLUMNS, 1)
    assert by == (("state", False), ("claimed", False))
    assert turned_sort(by) == (("state", False), ("claimed", True))
    assert moved_sort(by, COLUMNS, -1) == (("state", False), ("name", False))
    assert moved_sort((("kind", False), ("state", False)), COLUMNS, -1) == (("kind", False),)
    assert turned_sort(()) == ()


def test_a_column_is_added_turned_and_taken_away() -> None:
    age = next(column for column in COLUMNS if column.id == "age")
    by = toggled_sort((("kind", False),), age)
    assert by == (("kind", False), ("age", True))
    by = toggled_sort(by, age)
    assert by == (("kind", False), ("age", False))
    assert toggled_sort(by, age) == (("kind", False),)


@given(st.lists(st.sampled_from(["next", "previous", "add", "turn"]), max_size=40))
def test_no_column_is_sorted_by_twice(keys: list[str]) -> None:
    by: tuple[tuple[str, bool], ...] = ()
    for key in keys:
        match key:
            case "add":
                by = added_sort(by, COLUMNS)
            case "turn":
                by = turned_sort(by)
            case _:
                by = moved_sort(by, COLUMNS, 1 if key == "next" else -1)
        names = [name for name, _ in by]
        assert len(set(names)) == len(names)


# ── The way back ───────────────────────────────────────────────────────────────────────────────────────────────────


def visit(text: str, **values: object) -> Visit:
    return Visit(line=parse_view_line(text), **values)  # type: ignore[arg-type]


def test_back_and_forward_as_in_a_browser() -> None:
    trail = Trail()
    assert trail.step(-1) is None
    for text in ("overview", "agents", "agents /mcp", "tasks"):
        trail.come(visit(text))
    trail.stand(visit("tasks sort=-age", cursor="t1"))
    assert trail.step(1) is None
    assert trail.step(-1) == visit("agents /mcp")
    assert trail.step(-1) == visit("agents")
    assert trail.step(1) == visit("agents /mcp")
    assert trail.step(1) == visit("tasks sort=-age", cursor="t1")
    trail.step(-1)
    trail.come(visit("events"))
    assert trail.step(1) is None
    assert trail.step(-1) == visit("agents /mcp")


def test_order_and_cursor_make_no_new_visit() -> None:
    trail = Trail()
    trail.come(visit("agents"))
    trail.come(visit("agents sort=-age faults", cursor="a"))
    assert len(trail) == 1
    trail.stand(visit("tasks"))
    assert trail.present == visit("agents sort=-age faults", cursor="a")
    trail.come(visit("agents", detail="x"))
    trail.come(visit("agent planner-1"))
    assert len(trail) == 3


@given(st.lists(st.one_of(st.integers(0, 5), st.sampled_from([-1, -2])), max_size=250))
def test_a_trail_is_bounded_and_never_loses_its_place(steps: list[int]) -> None:
    trail = Trail()
    for step in steps:
        if step < 0:
            before = trail.present
            found = trail.step(-1 if step == -1 else 1)
            assert trail.present == (found or before)
        else:
            trail.come(Visit(line=ViewLine(view="agents"), detail=step))
            assert trail.present is not None
            assert trail.present.detail == step
        assert len(trail) <= MOST_VISITS


# ── What was typed ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_earlier_lines_and_back_to_the_draft() -> None:
    recall = Recall(("agents", "tasks", "agents /err"))
    assert recall.step("", -1) == "agents /err"
    assert recall.step("agents /err", -1) == "tasks"
    assert recall.step("tasks", 1) == "agents /err"
    assert recall.step("agents /err", 1) == ""
    assert recall.step("", 1) is None


def test_only_lines_that_begin_like_the_draft() -> None:
    recall = Recall(("agents", "tasks", "agents /err"))
    assert recall.step("ag", -1) == "agents /err"
    assert recall.step("agents /err", -1) == "agents"
    assert recall.step("agents", -1) is None
    assert recall.step("t", -1) == "tasks"
    assert recall.step("mcp", -1, any_line=True) == "agents /err"
