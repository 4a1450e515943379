"""The window onto a long list: the cursor is always in it, and it never shows what is not there."""

from hypothesis import given
from hypothesis import strategies as st

from tui.table.window import Window

MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("move"), st.integers(-30, 30)),
        st.tuples(st.just("go"), st.integers(-5, 200)),
        st.tuples(st.just("page"), st.sampled_from([-1.0, -0.5, 0.5, 1.0])),
        st.tuples(st.just("scroll"), st.integers(-50, 200)),
        st.tuples(st.just("resize"), st.integers(0, 40)),
        st.tuples(st.just("follow"), st.integers(0, 120)),
        st.tuples(st.just("home"), st.none()),
    ),
    max_size=40,
)


def window_of(height: int, count: int) -> Window:
    window = Window()
    window.resize(height)
    window.follow(0, count)
    return window


@given(MOVES, st.integers(0, 30), st.integers(0, 150))
def test_the_cursor_is_always_in_a_window_that_is_always_on_the_list(
    moves: list[tuple[str, float]], height: int, count: int
) -> None:
    window = window_of(height, count)
    for name, value in moves:
        if name == "home":
            window.home()
        elif name == "follow":
            window.follow(min(window.cursor, int(value)), int(value))
        else:
            getattr(window, name)(value)
        assert 0 <= window.cursor <= max(0, window.count - 1)
        assert 0 <= window.top <= max(0, window.count - window.height)
        if window.height and window.count:
            assert 0 <= window.line < window.height
        start, end = window.thumb()
        assert 0 <= start <= end <= max(0, window.height)
        assert (end > start) == (window.overflows and window.height > 0)


def test_rows_that_come_and_go_above_leave_the_cursor_on_its_line() -> None:
    window = window_of(10, 100)
    window.go(50)
    line = window.line
    window.follow(57, 107)
    assert (window.cursor, window.line) == (57, line)
    window.follow(40, 90)
    assert window.line == line


def test_a_list_that_nobody_touched_stays_at_its_top_when_the_terminal_shrinks() -> None:
    window = window_of(10, 100)
    window.follow(8, 108)
    window.resize(3)
    assert (window.top, window.cursor) == (0, 0)
    window.go(2)
    window.resize(1)
    assert (window.top, window.cursor) == (2, 2)


def test_the_thumb_reaches_both_ends_and_leads_back_to_them() -> None:
    window = window_of(20, 1000)
    assert window.thumb()[0] == 0
    window.go(999)
    assert window.thumb()[1] == 20
    window.scroll(window.top_at(0))
    assert window.top == 0
    window.scroll(window.top_at(19))
    assert window.top == 980
