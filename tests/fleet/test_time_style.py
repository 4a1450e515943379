"""Times for the eye: zones, changes to summer time, ages; and output, which stays UTC."""

import os
import sys
import time
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.errors import FilterError
from fleet.time_style import EXACT_STYLE, LOCAL_STYLE, RELATIVE_STYLE, UTC_STYLE, TimeStyle, following, offset_text
from fleet.time_zones import time_style, zone_names

NOW = datetime(2026, 11, 21, 13, 3, 22, 120_000, tzinfo=UTC)
BERLIN = timezone(timedelta(hours=1))


@pytest.fixture
def zoned(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Sets TZ for the process, and puts it back."""
    yield monkeypatch
    monkeypatch.undo()
    time.tzset()


def in_zone(patch: pytest.MonkeyPatch, zone: str) -> None:
    patch.setitem(os.environ, "TZ", zone)
    time.tzset()


@pytest.mark.parametrize(
    ("style", "clock", "day", "full", "title"),
    [
        (UTC_STYLE, "13:00:00", "11-21 13:00:00", "2026-11-21T13:00:00.000Z", "13:03:22Z"),
        (
            TimeStyle("Europe/Berlin", BERLIN),
            "14:00:00",
            "11-21 14:00:00",
            "2026-11-21T14:00:00.000+01:00",
            "14:03:22+01:00",
        ),
        (RELATIVE_STYLE, "3m", "3m", "3m ago (2026-11-21T13:00:00.000Z)", "13:03:22Z"),
        (EXACT_STYLE, *["2026-11-21T13:00:00.000Z"] * 3, "13:03:22Z"),
    ],
)
def test_one_moment_in_every_style(style: TimeStyle, clock: str, day: str, full: str, title: str) -> None:
    when = NOW.replace(minute=0, second=0, microsecond=0)
    assert (style.clock(when, NOW), style.day_clock(when, NOW), style.full(when, NOW)) == (clock, day, full)
    assert style.title(NOW) == title
    assert style.clock(None, NOW) == style.full(None, NOW) == "–"


def test_a_time_on_the_other_side_of_the_change_carries_its_offset() -> None:
    berlin = time_style("Europe/Berlin")
    after = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    # 02:30 comes twice in this night: at +2, and an hour later at +1.
    assert berlin.clock(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), after) == "02:30:00+2"
    assert berlin.clock(after, after) == "02:30:00"
    # 02:30 does not come at all in this one.
    spring = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert berlin.clock(spring - timedelta(seconds=1), spring) == "01:59:59+1"
    assert berlin.clock(spring, spring) == "03:00:00"
    howe = time_style("Australia/Lord_Howe")
    assert howe.clock(datetime(2026, 4, 4, 14, 59, tzinfo=UTC), datetime(2026, 4, 4, 15, 1, tzinfo=UTC)) == (
        "01:59:00+11"
    )
    assert time_style("Asia/Kolkata").title(NOW) == "18:33:22+05:30"


def test_local_is_what_tz_says(zoned: pytest.MonkeyPatch) -> None:
    in_zone(zoned, "America/St_Johns")
    assert LOCAL_STYLE.title(NOW) == "09:33:22-03:30"
    in_zone(zoned, "UTC")
    assert LOCAL_STYLE.title(NOW) == "13:03:22Z"
    in_zone(zoned, "XYZ-5")
    assert LOCAL_STYLE.full(NOW, NOW) == "2026-11-21T18:03:22.120+05:00"


@given(st.datetimes(timezones=st.just(UTC)), st.sampled_from(["utc", "local", "relative", "Asia/Tokyo", "Etc/GMT+12"]))
def test_any_moment_can_be_shown(when: datetime, name: str) -> None:
    style = time_style(name)
    assert style.clock(when, NOW) and style.full(when, NOW) and style.title(when)


@given(st.datetimes(min_value=datetime(1950, 1, 1), timezones=st.timezones()))
def test_nothing_is_lost_in_any_zone(when: datetime) -> None:
    style = TimeStyle("x", when.tzinfo)
    assert abs(datetime.fromisoformat(style.full(when.astimezone(UTC), NOW)) - when) < timedelta(milliseconds=1)


def test_offsets_in_words() -> None:
    offsets = {"Z": 0, "+01:00": 60, "-03:30": -210, "+05:45": 345, "-12:00": -720}
    assert {offset_text(timedelta(minutes=minutes)): minutes for minutes in offsets.values()} == offsets


def test_the_round_goes_through_all_and_keeps_a_zone_that_was_named() -> None:
    tokyo = time_style("Asia/Tokyo")
    names, style = [], UTC_STYLE
    for _ in range(5):
        style = following(style, tokyo)
        names.append(style.name)
    assert names == ["local", "Asia/Tokyo", "relative", "utc", "local"]
    assert following(LOCAL_STYLE, None) == RELATIVE_STYLE
    assert following(EXACT_STYLE, None) == UTC_STYLE


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Europe/Berln", "did you mean Europe/Berlin?"),
        ("berlin", "did you mean Europe/Berlin?"),
        ("../../etc/passwd", "write utc, local, relative or a zone such as Europe/Berlin"),
        ("/etc/localtime", "no time zone"),
        ("Europe", "no time zone 'Europe'"),
        ("", "no time zone"),
        ("a\0b", "no time zone"),
        ("\ud800", "no time zone"),
        ("x" * 5_000, "no time zone"),
    ],
)
def test_a_zone_that_there_is_not(text: str, message: str) -> None:
    with pytest.raises(FilterError) as caught:
        time_style(text)
    assert message in str(caught.value)


def test_zones_are_found_whatever_their_case() -> None:
    assert time_style(" europe/BERLIN ") == time_style("Europe/Berlin")
    assert time_style("UTC") is UTC_STYLE


def test_a_machine_without_zones_says_so_and_still_shows_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tzdata", None)
    zoneinfo.ZoneInfo.clear_cache()
    zoneinfo.reset_tzpath(to=())
    try:
        assert zone_names() == ()
        with pytest.raises(FilterError, match=r"no time zones.*tzdata.*utc, local, relative work"):
            time_style("Europe/Berlin")
        assert [time_style(name).title(NOW)[-1] for name in ("utc", "relative")] == ["Z", "Z"]
        assert LOCAL_STYLE.title(NOW)
    finally:
        zoneinfo.reset_tzpath()
