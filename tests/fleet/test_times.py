"""Times and durations as others write them, and as people read them."""

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.times import age_text, parse_duration, parse_time, rfc3339, span_text

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
EPOCH = NOON.timestamp()


@pytest.mark.parametrize(
    "written",
    [
        int(EPOCH),
        EPOCH,
        EPOCH * 1000,
        str(int(EPOCH)),
        f"{EPOCH:.3f}",
        "2026-03-01T12:00:00Z",
        "2026-03-01T13:00:00+01:00",
        "2026-03-01 12:00:00",
        " 2026-03-01T12:00:00.000Z ",
        "Sun, 01 Mar 2026 12:00:00 GMT",
    ],
)
def test_one_moment_in_every_notation_of_the_fleets(written: object) -> None:
    assert parse_time(written) == NOON


def test_a_naive_time_is_read_in_the_zone_that_its_system_uses() -> None:
    assert parse_time("2026-03-01T14:00:00", timezone(timedelta(hours=2))) == NOON


@pytest.mark.parametrize(
    "written",
    [
        None,
        True,
        False,
        0,
        -5,
        math.nan,
        math.inf,
        1e300,
        10**400,
        "",
        "soon",
        "1e400",
        "0",
        "nan",
        [],
        {},
        "Mon, 20 Nov 1995 19:12:08 -99999999999999999999",
        "x" * 100_000,
        "0001-01-01T00:00:00+23:59",
    ],
)
def test_what_is_no_time_is_none_and_never_an_error(written: object) -> None:
    assert parse_time(written) is None


@given(st.one_of(st.text(), st.floats(), st.integers()))
def test_nothing_that_a_system_writes_breaks_the_reader(written: object) -> None:
    when = parse_time(written)
    assert when is None or when.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5s", 5), ("250ms", 0.25), ("1h30m", 5400), ("1.5h", 5400), ("2", 2), ("1d", 86400), (" 3m ", 180)],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "5 s", "s", "-5s", "1h30", "5x", "1e3s"])
def test_a_wrong_duration_says_what_is_right(text: str) -> None:
    with pytest.raises(ValueError, match="such as 5s, 250ms or 1h30m"):
        parse_duration(text)


def test_output_is_rfc3339_in_utc() -> None:
    assert (
        rfc3339(datetime(2026, 3, 1, 13, 0, 0, 1500, tzinfo=timezone(timedelta(hours=1)))) == "2026-03-01T12:00:00.001Z"
    )
    assert rfc3339(None) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (math.nan, "–"),
        (-3, "now"),
        (0.4, "now"),
        (12.9, "12s"),
        (60, "1m"),
        (3599, "59m"),
        (3600, "1h"),
        (47.9 * 3600, "47h"),
        (48 * 3600, "2d"),
        (400 * 86400, "400d"),
    ],
)
def test_an_age_has_one_unit(seconds: float | None, text: str) -> None:
    assert age_text(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (math.inf, "–"),
        (0, "<1ms"),
        (0.23, "230ms"),
        (0.9999, "1.0s"),
        (1.26, "1.3s"),
        (9.99, "9s"),
        (45, "45s"),
        (59.9, "59s"),
        (80, "1m 20s"),
        (4800, "1h 20m"),
        (3600, "1h"),
        (3605, "1h"),
        (90061, "1d 1h"),
    ],
)
def test_a_span_has_two_units_at_most(seconds: float | None, text: str) -> None:
    assert span_text(seconds) == text


@given(st.floats(min_value=0, max_value=1e9))
def test_a_span_fits_its_column(seconds: float) -> None:
    assert len(span_text(seconds)) <= 10
