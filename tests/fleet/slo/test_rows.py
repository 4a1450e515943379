"""What the rows say: states, tiers, windows, slices, groups."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.slo.budget import burns
from fleet.slo.definition import Calendar, Counted, Objective, Op, Raw, Rolling, SloDefinition, Threshold
from fleet.slo.engine import LOADING, SloEngine
from fleet.slo.model import Budgeting, SloState, SloStatus, Tier
from fleet.slo.rollup import Sums
from fleet.slo.tiers import pyrra_tiers, sre_tiers
from fleet.slo.windows import period
from fleet.store import Slice, Store
from fleet.views.slos import VIEW, ratio_text, shorter
from fleet.views.view import look
from tests.fleet.slo.samples import Lists, at, ms, never, run, slo

DAY_S = 86_400.0


def engine_of(storage: Lists, *definitions: SloDefinition) -> tuple[SloEngine, Slice[str, SloStatus]]:
    rows: Slice[str, SloStatus] = Slice()
    engine = SloEngine(rows, definitions, storage)
    engine.start()
    return engine, rows


def played(storage: Lists, engine: SloEngine, minutes: int, bad_per_step: float, *, start_s: float = 0.0) -> float:
    """`minutes` of looks, four a minute, each of 10 events, so many of them bad; the time after them."""
    good = total = 0.0
    for step in range(minutes * 4 + 1):
        now = start_s + step * 15
        storage.put(now, good, "good_total")
        storage.put(now, total, "all_total")
        run(engine, now)
        good, total = good + 10 - bad_per_step, total + 10
    return start_s + minutes * 60


def test_the_tiers_of_thirty_days_are_those_of_the_workbook() -> None:
    found = [(tier.factor, tier.long_s, tier.short_s, tier.severity) for tier in sre_tiers(30 * DAY_S)]
    assert found == [
        (14.4, 3600, 300, "page"),
        (6.0, 21_600, 1800, "page"),
        (3.0, 86_400, 7200, "ticket"),
        (1.0, 259_200, 21_600, "ticket"),
    ]


@pytest.mark.parametrize(
    ("days", "factors"), [(7, [3.36, 1.4, 1.0]), (28, [13.44, 5.6, 2.8, 1.0]), (90, [43.2, 18, 9, 3])]
)
def test_tiers_are_scaled_to_the_window(days: int, factors: list[float]) -> None:
    assert [tier.factor for tier in sre_tiers(days * DAY_S)] == pytest.approx(factors)


def test_pyrras_windows_grow_with_the_objectives() -> None:
    assert [(tier.factor, tier.long_s) for tier in pyrra_tiers(7 * DAY_S)] == [
        (14, 900), (7, 5400), (2, 21_600), (1, 86_400),
    ]  # fmt: skip


def test_without_a_series_there_is_no_data() -> None:
    engine, rows = engine_of(Lists(), slo())
    run(engine, 0)
    assert rows["slo"].state is SloState.NO_DATA
    assert rows["slo"].sli_ratio is None
    assert rows["slo"].coverage_ratio == 0


def test_counters_that_stand_still_are_no_data_though_they_are_seen() -> None:
    storage = Lists()
    engine, rows = engine_of(storage, slo())
    for step in range(20):
        storage.put(step * 15, 7, "good_total")
        storage.put(step * 15, 7, "all_total")
        run(engine, step * 15)
    assert rows["slo"].state is SloState.NO_DATA
    assert rows["slo"].coverage_ratio > 0


def test_an_objective_that_is_kept_is_ok_and_turns_to_no_data_when_its_series_end() -> None:
    storage = Lists()
    engine, rows = engine_of(storage, slo())
    end = played(storage, engine, 30, 0)
    before = rows["slo"]
    assert before.state is SloState.OK
    assert before.budget_remaining_ratio == 1
    run(engine, end + 360)
    after = rows["slo"]
    assert after.state is SloState.NO_DATA
    assert after.budget_remaining_ratio == 1, "what is known of the window stays"


def test_a_tier_fires_only_while_both_windows_burn() -> None:
    storage = Lists()
    engine, rows = engine_of(storage, slo(target=0.99, window=Rolling(30 * DAY_S)))
    quiet = played(storage, engine, 120, 0)
    assert not any(burn.firing for burn in rows["slo"].burns)
    bad = played(storage, engine, 40, 2, start_s=quiet)
    first = rows["slo"].burns[0]
    assert first.short_rate == pytest.approx(20)
    assert first.long_rate is not None and first.long_rate < 14.4
    assert not first.firing, "the hour has not burnt enough yet"
    worse = played(storage, engine, 40, 2, start_s=bad)
    assert rows["slo"].burns[0].firing
    assert rows["slo"].state is SloState.EXHAUSTED
    played(storage, engine, 6, 0, start_s=worse)
    assert not rows["slo"].burns[0].firing, "the last five minutes are fine"


def test_a_window_of_one_minute_does_not_flicker_where_minutes_begin() -> None:
    storage = Lists()
    tier = Tier("fast", 1.0, 60.0, 60.0, "page")
    engine, rows = engine_of(storage, slo(target=0.9, tiers=(tier,), window=Rolling(DAY_S)))
    firing: list[bool] = []
    good = total = 0.0
    for step in range(10 * 12):  # ten minutes; a minute is looked at before its first sample has come
        run(engine, step * 5.0)
        firing.append(rows["slo"].burns[0].firing)
        storage.put(step * 5.0 + 1, good, "good_total")
        storage.put(step * 5.0 + 1, total, "all_total")
        good, total = good + 3, total + 4
    assert True in firing[:13], "it burns from its first minute"
    assert all(firing[12:]), "and goes on to, with a quarter of all events bad"


def test_nothing_is_read_before_the_past_is_there() -> None:
    storage, rows = Lists(), Slice[str, SloStatus]()
    engine = SloEngine(rows, [slo()], storage)
    run(engine, 0)
    assert rows["slo"].state is SloState.NO_DATA
    assert rows["slo"].error == LOADING


def test_rows_below_what_is_seen_are_not_written_again() -> None:
    storage = Lists()
    engine, rows = engine_of(storage, slo(window=Rolling(30 * DAY_S)))
    end = played(storage, engine, 30, 0)
    woken: list[int] = []
    rows.subscribe(lambda: woken.append(1))
    played(storage, engine, 2, 0, start_s=end)
    assert not woken


def test_timeslices_count_minutes_that_were_good_enough() -> None:
    storage = Lists()
    counted = Counted(total="all_total", good="good_total")
    objective = Objective(target=0.5, indicator=counted, slice_s=60, slice_target=0.9)
    definition = SloDefinition(
        name="slo", objectives=(objective,), window=Rolling(3600), budgeting=Budgeting.TIMESLICES
    )
    engine, rows = engine_of(storage, definition)
    middle = played(storage, engine, 10, 0)
    end = played(storage, engine, 11, 5, start_s=middle)
    run(engine, end + 60)
    row = rows["slo"]
    assert row.total == pytest.approx(21, abs=1)
    assert row.sli_ratio == pytest.approx(0.5, abs=0.05)


def test_a_threshold_counts_looks_and_nan_is_none() -> None:
    storage = Lists()
    engine, rows = engine_of(storage, slo(indicator=Threshold(query="age", op=Op.LTE, value=5), target=0.5))
    for step, value in enumerate([1.0, 9.0, float("nan"), 5.0]):
        storage.put(step * 15, value, "age")
        run(engine, step * 15)
    run(engine, 60)
    assert (rows["slo"].good, rows["slo"].total) == (3, 4)


def test_a_raw_ratio_beyond_one_says_nothing() -> None:
    storage = Lists()
    engine, rows = engine_of(storage, slo(indicator=Raw(query="r", success=False), target=0.5))
    for step, value in enumerate([0.25, 7.0]):
        storage.put(step * 15, value, "r")
        run(engine, step * 15)
    assert (rows["slo"].good, rows["slo"].total) == (0.75, 1)


def test_bad_events_are_taken_off_the_total() -> None:
    storage = Lists()
    engine, rows = engine_of(storage, slo(indicator=Counted(total="all_total", bad="bad_total")))
    for step in range(9):
        storage.put(step * 15, step * 10.0, "all_total")
        storage.put(step * 15, step * 1.0, "bad_total")
        run(engine, step * 15)
    assert rows["slo"].sli_ratio == pytest.approx(0.9)


def test_of_a_histogram_the_greatest_bound_up_to_the_threshold_is_taken() -> None:
    storage = Lists()
    engine, rows = engine_of(storage, slo(indicator=Counted(total="n", good="b", within=0.7)))
    for step in range(9):
        for bound, share in (("0.25", 1), ("0.5", 4), ("1.0", 5), ("+Inf", 5)):
            storage.put(step * 15, step * share, "b", le=bound)
        storage.put(step * 15, step * 5.0, "n")
        run(engine, step * 15)
    assert rows["slo"].sli_ratio == pytest.approx(0.8)
    late, rows = engine_of(storage, slo(indicator=Counted(total="n", good="b", within=0.1)))
    run(late, 120)
    assert "0.25" in rows["slo"].error


def test_each_group_has_a_row_and_a_placeholder_stands_for_none() -> None:
    storage = Lists()
    engine, rows = engine_of(storage, slo(by=("agent",)))
    run(engine, 0)
    assert set(rows) == {"slo"}
    for step in range(1, 9):
        for agent in ("a", "b"):
            storage.put(step * 15, step * 10.0, "all_total", agent=agent)
            storage.put(step * 15, step * (10.0 if agent == "a" else 2.0), "good_total", agent=agent)
        run(engine, step * 15)
    assert set(rows) == {"slo/a", "slo/b"}
    assert rows["slo/b"].state is SloState.EXHAUSTED
    assert rows["slo/b"].labels == {"agent": "b"}


def test_a_query_that_cannot_be_read_is_said_in_its_row() -> None:
    engine, rows = engine_of(Lists(), slo(indicator=Counted(total="a[", good="b")))
    run(engine, 0)
    assert "PromQL" in rows["slo"].error


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), st.sampled_from("dwMQY"), st.integers(1, 3))
def test_a_calendar_period_holds_its_moment(moment: datetime, unit: str, count: int) -> None:
    window = Calendar(count=count, unit=unit, start=datetime(2024, 1, 31, 4), zone="Europe/Berlin")
    when = moment.replace(tzinfo=UTC)
    found = period(window, when)
    assert found.start <= when < found.end
    assert period(window, found.end).start == found.end


@pytest.mark.parametrize("change", [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)])
@pytest.mark.parametrize("clock", ["00:00", "02:00", "02:30", "03:00"])
def test_a_day_in_which_the_clock_changes_holds_each_of_its_minutes_once(change: datetime, clock: str) -> None:
    hour, minute = map(int, clock.split(":"))
    window = Calendar(count=1, unit="d", start=datetime(2026, 1, 1, hour, minute), zone="Europe/Berlin")
    spans = set()
    for step in range(-48 * 4, 48 * 4):
        when = change + timedelta(minutes=15 * step)
        found = period(window, when)
        assert found.start <= when < found.end
        assert period(window, found.end).start == found.end
        spans.add(found.span_s / 3600)
    assert spans <= {23.0, 24.0, 25.0}
    assert len(spans) >= 2


def test_a_month_that_loses_an_hour_is_shorter() -> None:
    window = Calendar(count=1, unit="M", start=datetime(2024, 1, 1), zone="Europe/Berlin")
    assert period(window, datetime(2026, 3, 15, tzinfo=UTC)).span_s == 31 * DAY_S - 3600


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(1.0, "100%"), (0.999, "99.9%"), (0.9995, "99.95%"), (0.99999, "99.999%"), (0.9999999, "99.9999%"), (0.5, "50%")],
)
def test_only_what_is_all_good_is_a_hundred_percent(ratio: float, text: str) -> None:
    assert ratio_text(ratio) == text


def test_the_view_shows_every_row_worst_first() -> None:
    store = Store()
    storage = Lists()
    engine = SloEngine(
        store.slos, [slo("fine", target=0.1), slo("spent"), slo("blind", indicator=Raw(query="x"))], storage
    )
    engine.start()
    played(storage, engine, 10, 5)
    rows = sorted(store.slos.values(), key=lambda row: VIEW.order(row, look(store, store.slos, row.name)))
    assert [row.name for row in rows] == ["spent", "blind", "fine"]
    for row in rows:
        at_row = look(store, store.slos, row.name)
        assert all(column.cell(row, at_row) for column in VIEW.columns)
    fields = {field.name: field.value(rows[0], look(store, store.slos, "spent")) for field in VIEW.fields}
    assert fields["state"] == "exhausted"
    assert fields["burn_rates"]["5m"] == pytest.approx(5)
    assert not engine.step(at(600), never)
    assert ms(0) > 0


def test_a_name_that_is_too_long_keeps_its_group() -> None:
    assert shorter("availability/inference", 17) == "availa…/inference"
    assert shorter("task-success-of-all", 10) == "task-success-of-all"
    assert shorter("a/a-group-that-is-longer-than-the-cell", 17) == "a/a-group-that-is-longer-than-the-cell"


def test_the_first_failed_probe_after_a_start_pages_nobody() -> None:
    (tier,) = (one for one in sre_tiers(30 * 86_400.0) if one.long_s == 3600.0)

    def after(minutes: int) -> bool:
        (burn,) = burns([tier], lambda _: Sums(good=9.0, total=10.0, samples=10, seen_minutes=minutes), 0.999)
        assert burn.long_rate is not None
        assert burn.long_rate > tier.factor
        return burn.firing

    assert not after(4)
    assert after(5)
