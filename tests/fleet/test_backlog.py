"""The rules by which readings of a backlog become its row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.backlog import FALL_NAMED_S, derive, quoted, rate_per_hour
from fleet.work import Backlog, BacklogReading


def reading(
    total: int | None = None, done: int | None = None, claim: tuple[int | None, int | None] = (None, None)
) -> BacklogReading:
    return BacklogReading(
        name="plan", kind="markdown", total=total, done=done, claimed_total=claim[0], claimed_done=claim[1]
    )


def after(*readings: BacklogReading) -> Backlog:
    row: Backlog | None = None
    for one in readings:
        row = derive(one, row, ())
    assert row is not None
    return row


def test_the_bar_is_clamped_and_the_claim_is_not() -> None:
    row = after(reading(20_019, 44_310, (20_019, 44_310)))
    assert row.done_ratio == 1.0
    assert row.claimed_ratio == pytest.approx(2.2134, abs=1e-4)
    assert "more is claimed done than there is: 44,310 of 20,019" in row.anomalies


@pytest.mark.parametrize(("total", "done"), [(None, None), (None, 3), (3, None), (0, 0)])
def test_what_cannot_be_divided_has_no_ratio(total: int | None, done: int | None) -> None:
    row = after(reading(total, done))
    assert (row.done_ratio, row.claimed_ratio, row.eta_s) == (None, None, None)


def test_a_fall_stays_named_until_the_peak_is_reached_again() -> None:
    peak = reading(100, 60)
    assert "done fell from 60 to 40" in after(peak, reading(100, 40)).anomalies
    assert "done fell from 60 to 50" in after(peak, reading(100, 40), reading(100, 50)).anomalies
    assert after(peak, reading(100, 40), reading(100, 60)).anomalies == ()
    assert "total fell from 100 to 90" in after(peak, reading(90, 60)).anomalies


def test_a_fall_is_named_for_an_hour_after_the_last_one_and_then_forgotten() -> None:
    over = derive(reading(100, 90, (100, 221)), None, (), 0.0)
    right = derive(reading(100, 90, (100, 90)), over, (), 10.0)
    assert "claimed done fell from 221 to 90" in right.anomalies
    lower = derive(reading(100, 80, (100, 80)), right, (), FALL_NAMED_S)
    assert "done fell from 90 to 80" in derive(reading(100, 80, (100, 80)), lower, (), 1.9 * FALL_NAMED_S).anomalies
    later = derive(reading(100, 80, (100, 80)), lower, (), 2 * FALL_NAMED_S)
    assert later.anomalies == ()
    assert "done fell from 80 to 79" in derive(reading(100, 79, (100, 79)), later, (), 2 * FALL_NAMED_S).anomalies


def test_a_fall_of_the_claim_is_named_where_the_clamped_count_hides_it() -> None:
    row = after(reading(100, 100, (100, 221)), reading(100, 100, (100, 150)))
    assert "claimed done fell from 221 to 150" in row.anomalies
    row = after(reading(100, 60, (100, 60)), reading(100, 40, (100, 40)))
    assert [line for line in row.anomalies if "fell" in line] == ["done fell from 60 to 40"]


def test_a_value_that_is_not_known_for_a_while_does_not_hide_a_fall() -> None:
    row = after(reading(100, 60), reading(None, None), reading(100, 40))
    assert "done fell from 60 to 40" in row.anomalies


def test_rate_and_time_to_the_end() -> None:
    row = derive(reading(100, 40), None, [(0.0, 20.0), (1800.0, 30.0), (3600.0, 40.0)])
    assert row.rate_per_hour == 20.0
    assert row.eta_s == 3 * 3600


def test_a_backlog_at_rest_keeps_its_row() -> None:
    grown = [(0.0, 20.0), (1800.0, 60.0)]
    rows = {derive(reading(100, 60), None, [*grown, (3600.0 + late, 60.0)]) for late in (0.0, 30.0)}
    assert len(rows) == 1


@pytest.mark.parametrize("points", [[], [(0.0, 1.0)], [(5.0, 1.0), (5.0, 9.0)], [(9.0, 1.0), (5.0, 9.0)]])
def test_no_rate_without_a_span(points: list[tuple[float, float]]) -> None:
    assert rate_per_hour(points) is None


def test_work_that_is_counted_again_after_a_fall_is_no_progress() -> None:
    assert rate_per_hour([(0.0, 50.0), (1800.0, 10.0), (3600.0, 50.0)]) == 0.0
    assert derive(reading(100, 50), None, [(0.0, 50.0), (3600.0, 50.0)]).eta_s is None


def test_a_quotation_is_short_and_harmless() -> None:
    said = quoted("\x1b]52;c;eA==\x07" + "x" * 500)
    assert said.isprintable()
    assert len(said) <= 62


counts = st.none() | st.integers(0, 10**15)


@given(st.lists(st.builds(reading, counts, counts, st.tuples(counts, counts)), min_size=1, max_size=6))
def test_ratios_and_falls_hold_for_any_readings(readings: list[BacklogReading]) -> None:
    row = after(*readings)
    assert row.done_ratio is None or 0 <= row.done_ratio <= 1
    last = readings[-1].done
    peak = max((one.done for one in readings if one.done is not None), default=None)
    fell = any(line.startswith("done fell") for line in row.anomalies)
    assert fell == (last is not None and peak is not None and last < peak)


@given(st.lists(st.tuples(st.floats(), st.floats())))
def test_a_rate_is_never_negative(points: list[tuple[float, float]]) -> None:
    rate = rate_per_hour(points)
    assert rate is None or not rate < 0
