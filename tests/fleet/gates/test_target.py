"""The notation that the plans of fleets use for what must be reached."""

import math

import pytest

from fleet.gates.target import GateUnit, parse_target


@pytest.mark.parametrize(
    ("text", "good", "bad"),
    [
        (">99.9%", 0.9991, 0.999),
        (">=99.5%", 0.995, 0.9949),
        ("<500ms", 0.499, 0.5),
        ("< 5min", 299, 300),
        ("<10s", 9.9, 10),
        ("≥ 85", 85, 84.9),
        ("<=1,000 KB", 1_000_000, 1_000_001),
        ("100%", 1.0, 0.99),
        ("0", 0, 1),
        ("== 3", 3, 4),
        ("!= 3", 4, 3),
        ("203/203 passing", 203, 202),
    ],
)
def test_a_target_holds_on_one_side_of_its_bound(text: str, good: float, bad: float) -> None:
    target = parse_target(text)
    assert target.holds(good)
    assert not target.holds(bad)
    assert not target.holds(math.nan)


def test_what_counts_in_another_unit_is_compared_in_the_targets_own() -> None:
    target = parse_target("<500ms", GateUnit.MILLISECONDS)
    assert target.holds(target.from_unit(499, GateUnit.MILLISECONDS))
    assert not target.holds(target.from_unit(501, GateUnit.MILLISECONDS))
    bare = parse_target("<500", GateUnit.MILLISECONDS)
    assert bare.holds(bare.from_unit(499, GateUnit.MILLISECONDS))
    assert target.shown(0.512) == "512ms"
    assert parse_target(">99.9%").shown(0.99875) == "99.875%"


def test_no_more_may_fail_than_the_target_allows() -> None:
    target = parse_target("200/203 passing")
    assert target.holds(200, 203)
    assert target.holds(229, 232)
    assert not target.holds(228, 232)


@pytest.mark.parametrize(
    ("text", "unit", "why"),
    [
        ("fast", None, "is no target"),
        ("<500 parsecs", None, "parsecs"),
        ("204/203 passing", None, "more than all"),
        ("<500ms", GateUnit.BYTES, "in seconds, but the expression counts in bytes"),
        ("", None, "is no target"),
        ("9" * 5000, None, "is no target"),
    ],
)
def test_what_is_no_target_is_refused_with_the_reason(text: str, unit: GateUnit | None, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_target(text, unit)
