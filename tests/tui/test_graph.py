"""The graph of a page: what stands in which column and line."""

import math

from hypothesis import given
from hypothesis import strategies as st

from tui.graph import Plot, bounds, columns_of, rows_of, threshold_row


def plot(*values: float, threshold: float | None = None) -> Plot:
    times = tuple(range(len(values)))
    return Plot(times=times, values=values, start_s=0.0, end_s=float(len(values)), threshold=threshold)


def test_a_peak_is_not_lost_where_many_points_share_a_column() -> None:
    assert columns_of(plot(0.0, 9.0, 0.0, 1.0), 2) == [9.0, 1.0]


def test_few_points_are_one_curve_and_only_what_is_missing_is_a_gap() -> None:
    assert columns_of(plot(1.0, 3.0, 2.0), 6)[:5] == [1.0, 1.0, 3.0, 3.0, 2.0]
    gone = columns_of(plot(1.0, *[math.nan] * 8, 2.0), 10)
    assert gone[0] == 1.0
    assert gone[-1] == 2.0
    assert all(map(math.isnan, gone[2:-2]))


def test_zero_and_the_threshold_are_in_view() -> None:
    assert bounds([1.0, 3.0], 5.0) == (0.0, 5.0)
    assert bounds([97.0, 99.0], None) == (97.0, 99.0)
    assert bounds([], None) == (0.0, 1.0)
    assert threshold_row(plot(0.0, 8.0, threshold=8.0), 0.0, 8.0, 4) == 0
    assert threshold_row(plot(0.0, 8.0, threshold=0.0), 0.0, 8.0, 4) == 3


def test_columns_are_filled_from_below_in_eighths() -> None:
    assert rows_of([0.0, 1.0, 1.5, 2.0, math.nan], 0.0, 2.0, 2) == ["  ▄█ ", "▁███ "]


@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32), max_size=60),
    st.integers(0, 40),
    st.integers(1, 12),
    st.none() | st.floats(width=32),
)
def test_any_values_fit(values: list[float], width: int, height: int, threshold: float | None) -> None:
    drawn = plot(*values, threshold=threshold)
    columns = columns_of(drawn, width)
    low, high = bounds(columns, threshold)
    rows = rows_of(columns, low, high, height)
    assert len(columns) == width
    assert [len(row) for row in rows] == [width] * height
    line = threshold_row(drawn, low, high, height)
    assert line is None or 0 <= line < height
