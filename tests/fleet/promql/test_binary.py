"""Binary operators: what meets what, what the result is called, and what is refused."""

import math

import pytest

from fleet.errors import QueryError
from tests.fleet.promql.asking import same, scalar, steps, storage, vector
from tests.fleet.promql.memory_storage import MemoryStorage

INF, NAN = math.inf, math.nan
KEPT = storage(
    {
        'used{host="a",disk="1"}': [10],
        'used{host="a",disk="2"}': [30],
        'used{host="b",disk="1"}': [50],
        'size{host="a",disk="1"}': [100],
        'size{host="a",disk="2"}': [100],
        'size{host="c",disk="1"}': [100],
        'host_info{host="a",rack="r1"}': [1],
        'host_info{host="b",rack="r2"}': [1],
    }
)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 / 0", INF), ("-1 / 0", -INF), ("1 / -0", -INF), ("0 / 0", NAN), ("NaN / 0", NAN), ("Inf / 0", INF),
        ("5 % 3", 2), ("-5 % 3", -2), ("5 % 0", NAN), ("Inf % 2", NAN), ("2 % Inf", 2), ("5.5 % -2", 1.5),
        ("2 ^ 10", 1024), ("0 ^ -1", INF), ("(0 * -1) ^ -1", -INF), ("(0 * -1) ^ -2", INF), ("(-8) ^ (1/3)", NAN),
        ("10 ^ 400", INF), ("(-10) ^ 401", -INF), ("(-10) ^ 400", INF), ("NaN ^ 0", 1), ("1 ^ NaN", 1),
        ("Inf - Inf", NAN),
        ("2 ^ 3 ^ 2", 512), ("-2 ^ 2", -4), ("8 / 4 / 2", 1), ("1 + 2 * 3", 7), ("10 - 4 - 3", 3),
        ("1 atan2 0", math.pi / 2), ("NaN == bool NaN", 0), ("NaN != bool NaN", 1), ("1 > bool NaN", 0),
        ("2 >= bool 2", 1), ("2 < bool 2", 0), ("Inf == bool Inf", 1), ("010", 8), ("0x10", 16), ("-(3)", -3),
    ],
)  # fmt: skip
def test_numbers_are_those_of_ieee_754(expression: str, value: float) -> None:
    assert same(scalar(expression), value)
    (of_vector,) = vector(MemoryStorage(), f"vector({expression})").values()
    assert same(of_vector, value)


@pytest.mark.parametrize("op", ["/", "%", "^", "atan2", "-", "*"])
def test_a_vector_and_a_scalar_give_what_two_scalars_give(op: str) -> None:
    numbers = ["0", "-0.0 * 1", "1", "-1.5", "Inf", "-Inf", "NaN", "1e300", "3"]
    for left in numbers:
        for right in numbers:
            expected = scalar(f"({left}) {op} ({right})")
            for expression in (
                f"vector({left}) {op} ({right})",
                f"({left}) {op} vector({right})",
                f"vector({left}) {op} vector({right})",
            ):
                (found,) = vector(MemoryStorage(), expression).values()
                assert same(found, expected), expression


def test_arithmetic_drops_the_name_and_a_comparison_keeps_it() -> None:
    assert vector(KEPT, 'used{host="b"} * 2') == {'{disk="1", host="b"}': 100}
    assert vector(KEPT, "used > 20") == {'used{disk="2", host="a"}': 30, 'used{disk="1", host="b"}': 50}
    assert vector(KEPT, "20 < used") == vector(KEPT, "used > 20")
    assert vector(KEPT, 'used{host="a"} > bool 20') == {'{disk="1", host="a"}': 0, '{disk="2", host="a"}': 1}
    assert vector(KEPT, '-used{host="b"}') == {'{disk="1", host="b"}': -50}
    assert vector(KEPT, '+used{host="b"}') == {'used{disk="1", host="b"}': 50}


def test_one_to_one() -> None:
    assert vector(KEPT, "used / size") == {'{disk="1", host="a"}': 0.1, '{disk="2", host="a"}': 0.3}
    assert vector(KEPT, "used < size") == {'used{disk="1", host="a"}': 10, 'used{disk="2", host="a"}': 30}
    assert vector(KEPT, "size > bool used") == {'{disk="1", host="a"}': 1, '{disk="2", host="a"}': 1}
    assert vector(KEPT, 'used{disk="2"} / on(host) size{disk="1"}') == {'{host="a"}': 0.3}
    assert vector(KEPT, 'used{disk="2"} / ignoring(disk) size{disk="1"}') == {'{host="a"}': 0.3}
    assert vector(KEPT, 'used{disk="2"} < on(host) size{disk="1"}') == {'{host="a"}': 30}
    assert vector(KEPT, "used / nothing") == {}


def test_many_to_one_takes_labels_over() -> None:
    expected = {
        '{disk="1", host="a", rack="r1"}': 10,
        '{disk="2", host="a", rack="r1"}': 30,
        '{disk="1", host="b", rack="r2"}': 50,
    }
    assert vector(KEPT, "used * on(host) group_left(rack) host_info") == expected
    assert vector(KEPT, "host_info * on(host) group_right(rack) used") == expected
    assert vector(KEPT, "used * on(host) group_left host_info") == {
        key.replace(', rack="r1"', "").replace(', rack="r2"', ""): value for key, value in expected.items()
    }
    # A comparison gives the value that stands left, on whichever side the many are.
    assert vector(KEPT, 'host_info < on(host) group_right used{host="b"}') == {'used{disk="1", host="b"}': 1}
    # An empty label of the one side takes the other's away.
    assert vector(KEPT, 'used{host="b"} * on(host) group_left(disk) host_info') == {'{host="b"}': 50}


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        (
            "host_info * on(host) used",
            'found duplicate series for the match group {host="a"} on the right hand-side of the operation: '
            '[{__name__="used", disk="2", host="a"}, {__name__="used", disk="1", host="a"}];many-to-many matching not '
            "allowed: matching labels must be unique on one side",
        ),
        (
            "used * on(host) group_right size",
            'found duplicate series for the match group {host="a"} on the left hand-side of the operation: '
            '[{__name__="used", disk="2", host="a"}, {__name__="used", disk="1", host="a"}];many-to-many matching not '
            "allowed: matching labels must be unique on one side",
        ),
        (
            "used * on(host) host_info",
            "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)",
        ),
        (
            "used * on(host) group_left(disk) host_info",
            "multiple matches for labels: grouping labels must ensure unique matches",
        ),
        ('{__name__=~"used|size"} * 2', "vector cannot contain metrics with the same labelset"),
        ('-{__name__=~"used|size"}', "vector cannot contain metrics with the same labelset"),
        ('{__name__=~"used|size"} > bool 2', "vector cannot contain metrics with the same labelset"),
    ],
)
def test_ambiguous_matches_are_refused_in_the_words_of_prometheus(expression: str, said: str) -> None:
    with pytest.raises(QueryError) as raised:
        vector(KEPT, expression)
    assert str(raised.value) == said
    assert raised.value.kind == "execution"


def test_a_comparison_may_leave_one_of_many() -> None:
    assert vector(KEPT, 'used{host="a"} > on(host) (host_info + 20)') == {'{host="a"}': 30}
    with pytest.raises(QueryError, match="many-to-one"):
        vector(KEPT, 'used{host="a"} > on(host) host_info')
    with pytest.raises(QueryError, match="many-to-one"):
        vector(KEPT, 'used{host="a"} > bool on(host) (host_info + 20)')


def test_duplicates_do_not_matter_where_nothing_meets() -> None:
    assert vector(KEPT, "nothing * on(host) used") == {}
    assert vector(KEPT, "used * on(host) nothing") == {}


def test_and_or_unless() -> None:
    assert list(vector(KEPT, "used and on(host) host_info{rack='r1'}")) == [
        'used{disk="1", host="a"}', 'used{disk="2", host="a"}',
    ]  # fmt: skip
    assert list(vector(KEPT, "used unless on(host) host_info{rack='r1'}")) == ['used{disk="1", host="b"}']
    assert list(vector(KEPT, "used and ignoring(disk) size")) == [
        'used{disk="1", host="a"}',
        'used{disk="2", host="a"}',
    ]
    assert vector(KEPT, "size or used") == vector(KEPT, "size") | vector(KEPT, 'used{host="b"}')
    assert vector(KEPT, "used or on() size") == vector(KEPT, "used")
    assert vector(KEPT, "nothing or used") == vector(KEPT, "used")
    assert vector(KEPT, "used unless nothing") == vector(KEPT, "used")
    assert vector(KEPT, "used and nothing") == {}
    assert vector(KEPT, "used and on() vector(1)") == vector(KEPT, "used")
    assert vector(KEPT, "sum(nothing) or vector(0)") == {"{}": 0}


def test_series_that_come_and_go_between_evaluations_do_not_confuse_a_query() -> None:
    kept = storage(
        {'x{i="1"}': [1, None, 1], 'x{i="2"}': [None, 1, 1], 'y{i="1"}': [2, 2], 'y{i="2"}': [3, 3]}, 600_000
    )

    for at, expected in ((0, {'{i="1"}': 0.5}), (600_000, {'{i="2"}': 1 / 3}), (1_200_000, {}), (0, {'{i="1"}': 0.5})):
        assert vector(kept, "x / y", at) == expected
    assert steps(kept, "x / y", 0, 1_200_000, 600_000) == {'{i="1"}': [(0, 0.5)], '{i="2"}': [(600_000, 1 / 3)]}
