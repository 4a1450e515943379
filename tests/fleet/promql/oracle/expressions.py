"""Strategies for PromQL expressions, by grammar: what is drawn is of the right types, though not always answerable, and
some of it is spoilt afterwards.

`T+n` stands for the time n seconds after the set of series begins (see `timed`), since a set knows its time only when
it is asked about.
"""

import re
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st

from tests.fleet.promql.oracle.series_sets import SPAN_MS

_NAMES = (
    "requests_total", "requests_total", "errors_total", "temperature", "load", "up", "odd", "info", "bare",
    "requests_total", "errors_total", "temperature", "load", "up", "odd", "latency_bucket", "size_bucket", "gone",
)  # fmt: skip
_MATCHERS = (
    'job="a"', 'job="b"', 'job!="a"', 'job=~"a|b"', 'job=~"a.*"', 'job!~"b"', 'instance="0"', 'instance=~"[01]"',
    'instance!~"0|1"', 'zone=""', 'zone!=""', 'zone="x"', 'zone=~".+"', 'zone=~"|x"', 'zone=~"two.lines"', 'le="1"',
    'le=~"1.*"', "zone='é\"\\\\ü'", 'nothing=""', 'nothing!~".+"', 'job=~".*"', 'le!="bad"', 'job="a",job="b"',
)  # fmt: skip
_NAMELESS = (
    '{__name__="up"}', '{__name__=~"latency_bucket|size_bucket"}', '{job="a"}', '{__name__=~".*_total"}',
    '{instance=~"1|2",zone=""}', '{le!=""}', '{__name__!~"up|odd|info",job="b"}',
)  # fmt: skip
_RANGES = ("15s", "30s", "1m", "90s", "2m", "5m", "5m", "7m13s", "10m", "20m", "1h")
_LONG = ("5m", "10m", "20m")
"""No shorter than any step: of a subquery without a step in its range Prometheus shows one beyond it."""
_STEPS = ("", "15s", "30s", "1m", "77s", "5m")
_OFFSETS = ("30s", "1m", "5m", "-1m", "-30s", "7m1s500ms")
_LABELS = ("job", "instance", "zone", "le", "version", "__name__", "nothing")
_SCALARS = (
    "0", "1", "2", "0.5", "-1", "3", "10", "100", "1.5", "0.9", "0.25", "NaN", "Inf", "-Inf", "1e-3", "0x1f", "1e9",
    "1.7e9", "5e17", ".5", "1e300", "0.1", "017",
)  # fmt: skip
_RANGED = (
    "rate", "rate", "increase", "increase", "delta", "irate", "idelta", "resets", "changes", "deriv", "avg_over_time",
    "min_over_time", "max_over_time", "sum_over_time", "count_over_time", "stddev_over_time", "stdvar_over_time",
    "last_over_time", "present_over_time", "absent_over_time",
)  # fmt: skip
_ELEMENTWISE = (
    "abs", "ceil", "floor", "exp", "ln", "log2", "log10", "sqrt", "sgn", "round", "acos", "acosh", "asin", "asinh",
    "atan", "atanh", "cos", "cosh", "sin", "sinh", "tan", "tanh", "deg", "rad", "minute", "hour", "day_of_month",
    "day_of_week", "day_of_year", "days_in_month", "month", "year", "timestamp", "timestamp",
    "sort", "sort_desc", "absent",
)  # fmt: skip
_ARITHMETIC = ("+", "-", "*", "/", "%", "^", "atan2")
_COMPARISONS = ("==", "!=", ">", "<", ">=", "<=")
_SETS = ("and", "or", "unless")
_AGGREGATIONS = ("sum", "sum", "avg", "min", "max", "count", "group", "stddev", "stdvar")
_REPLACEMENTS = (
    '"$1"', '"${1}y"', '"x-$1-$2"', '"$$1"', '""', '"$name"', '"${name}_"', '"$1x"', '"$"', '"${"', '"$01"',
    '"$0"', '"é$1"',
)  # fmt: skip
_PATTERNS = (
    '"(.*)"',
    '"(.)(.*)"',
    '"a"',
    '"(?P<name>.+)"',
    '"(a)|(b)"',
    '"^(.*)$"',
    '".+"',
    '""',
    '"(.*)\\\\n(.*)"',
    '"(?i)A"',
)
_WRONG = (
    "sum(", "rate(up)", "rate(up[5m]", "up[5m] + 1", "foo(up)", "1 > 2", '"a" + 1', "up{", "{}", '{job=""}',
    "up offset",
    'up{job=~"("}', "sum by (job (up)", "up + on(job) group_left", "scalar(1)", "clamp(up, 1)", "vector(up)",
    "up and 1", "topk(up)", "topk(\"a\", up)", "count_values(1, up)", 'label_replace(up, "1x", "a", "job", "b")',
    'label_replace(up, "x", "a", "job", "(")', 'label_join(up, "a-b", ",", "job")', 'label_join(up, "a", ",", "-")',
    "holt_winters(up[5m], 0, 0.5)", "holt_winters(up[5m], 0.5, 2)", "up / ignoring(instance) up",
    "sum(up) by (job) by (instance)", "up[5m:1m] offset 1m offset 2m", "(up[5m])[5m:1m]", "up @ foo", "time(1)",
    "minute(1)", "-\"a\"", "up[5]", "up[-5m]", "up[0s]", "rate(up[5m:0s])", "1 + bool 2", "up + bool up", "up[5m][5m]",
    "quantile_over_time(up[5m])", "sum", "by (job) up", "up unless on(job) group_left up", "up == = up",
    "!up", "up ! up",
    'label_replace(temperature, "instance", "x", "", "")', 'label_replace(temperature, "job", "", "job", ".*")',
    "histogram_quantile(0.5)", "5m", "up 5", "absent(1)", "1 2", "", "   ", "# a comment",
    "up # a comment", "up{job='a',}",
    "sum(up,)", "sum by (job,) (up)", "up{,}", "bool", "up > bool", "on", "sum by () (up)", 'count_values("1x", up)',
    "rate(up[5m] offset 1m)", "rate(up offset 1m [5m])", "up[5m] @ start() offset 1m", "sum_over_time(up)", "1e", "0x",
    "'unclosed", '"\\q"', "up{job=a}", "up{job}", "up{job=}", "a:b:c", ":x", "1.2.3", "up @ -5",
    "up @ +5", "up @ 1e400",
    "up @ NaN", "up offset NaN", "up offset -inf",
    "stddev by (job) up", "group_left", "sum without up", "quantile(0.5)", "--1", "-up", "+up",
    "-1^2", "2^3^2",
    "1 == bool 1 == bool 1", "up * on(job, instance) up * on(job, instance) up", "up < 5 > 0",
)  # fmt: skip


@lru_cache(None)
def _one(options: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    return st.sampled_from(options)


_HUNDRED = st.integers(0, 99)


class Writer:
    """Writes an expression from what Hypothesis draws. The earlier an option stands, the simpler it is."""

    def __init__(self, draw: Any) -> None:
        self._draw = draw

    def pick(self, options: tuple[str, ...]) -> str:
        """One of these."""
        return str(self._draw(_one(options)))

    def chance(self, percent: int) -> bool:
        """True in so many cases of a hundred."""
        return bool(self._draw(_HUNDRED) >= 100 - percent)

    def some(self, options: tuple[str, ...], most: int) -> str:
        """Up to `most` of these, comma-separated."""
        number = self._draw(_one(tuple(range(most + 1))))
        return ", ".join(dict.fromkeys(self.pick(options) for _ in range(number)))

    # ── Selectors ──

    def selector(self) -> str:
        """Name and matchers."""
        if self.chance(10):
            return self.pick(_NAMELESS)
        name = self.pick(_NAMES)
        return name if self.chance(70) else f"{name}{{{self.some(_MATCHERS, 2)}}}"

    def moved(self, *, fixed: bool = True) -> str:
        """`offset` and `@`, mostly neither; without `@` where it is not `fixed`."""
        parts = []
        if self.chance(15):
            parts.append(f" offset {self.pick(_OFFSETS)}")
        if fixed and self.chance(12):
            at = self.pick(("start()", "end()", "T+0", "T+333", "T+900", "T+1200.5"))
            parts.append(f" @ {at}")
        return "".join(reversed(parts) if self.chance(30) else parts)

    def matrix(self, depth: int, *, fixed: bool = True, ranges: tuple[str, ...] = _RANGES) -> str:
        """A range selector or a subquery."""
        if depth <= 0 or self.chance(75):
            return f"{self.selector()}[{self.pick(ranges)}]{self.moved(fixed=fixed)}"
        inner = self.vector(depth - 1)
        return f"({inner})[{self.pick(ranges)}:{self.pick(_STEPS)}]{self.moved(fixed=fixed)}"

    # ── Scalars ──

    def scalar(self, depth: int) -> str:
        """A scalar expression."""
        if depth <= 0 or self.chance(60):
            return self.pick(_SCALARS)
        kind = self.pick(("time()", "scalar", "operator", "comparison", "pi()", "minus", "brackets"))
        if kind == "scalar":
            return f"scalar({self.vector(depth - 1)})"
        if kind == "operator":
            return f"{self.scalar(depth - 1)} {self.pick(_ARITHMETIC)} {self.scalar(depth - 1)}"
        if kind == "comparison":
            return f"{self.scalar(depth - 1)} {self.pick(_COMPARISONS)} bool {self.scalar(depth - 1)}"
        if kind in ("minus", "brackets"):
            return f"{'-' if kind == 'minus' else ''}({self.scalar(depth - 1)})"
        return kind

    # ── Vectors ──

    def vector(self, depth: int) -> str:
        """An instant vector expression."""
        if depth <= 0:
            return f"{self.selector()}{self.moved()}"
        kinds = (
            self._plain, self._ranged, self._ranged, self._elementwise, self._aggregated, self._aggregated,
            self._binary, self._binary, self._with_scalar, self._other_call, self._other_call, self._histogram,
            self._set_operator,
        )  # fmt: skip
        return kinds[self._draw(_one(tuple(range(len(kinds)))))](depth - 1)

    def _plain(self, depth: int) -> str:
        return f"{self.selector()}{self.moved()}"

    def _ranged(self, depth: int) -> str:
        if self.chance(80):
            return f"{self.pick(_RANGED)}({self.matrix(depth)})"
        kind = self.pick(("quantile_over_time", "predict_linear", "holt_winters"))
        if kind == "quantile_over_time":
            return f"quantile_over_time({self.scalar(depth)}, {self.matrix(depth, fixed=False)})"
        if kind == "predict_linear":
            return f"predict_linear({self.matrix(depth, fixed=False)}, {self.scalar(depth)})"
        factors = ("0.5", "0.1", "0.9", "0.3", "1", "NaN")
        return f"holt_winters({self.matrix(depth)}, {self.pick(factors)}, {self.pick(factors)})"

    def _elementwise(self, depth: int) -> str:
        return f"{self.pick(_ELEMENTWISE)}({self.vector(depth)})"

    def _operator(self, depth: int) -> tuple[str, int]:
        """An operator, and how deep its operands may be: a remainder shows the last digits of what it is of."""
        operator = self.pick(_ARITHMETIC + _COMPARISONS)
        return operator, 0 if operator == "%" else depth

    def _with_scalar(self, depth: int) -> str:
        operator, depth = self._operator(depth)
        if operator in _COMPARISONS and self.chance(50):
            operator += " bool"
        sides = [f"({self.vector(depth)})", f"({self.scalar(depth)})" if self.chance(30) else self.pick(_SCALARS)]
        one, other = reversed(sides) if self.chance(40) else sides
        return f"{one} {operator} {other}"

    def _matching(self, *, grouped: bool) -> str:
        matching = self.pick(("", "", "on", "on", "ignoring"))
        if not matching:
            return ""
        group = ""
        if grouped and self.chance(40):
            group = f" {self.pick(('group_left', 'group_right'))} ({self.some(_LABELS, 2)})"
        return f" {matching} ({self.some(_LABELS, 2)}){group}"

    def _binary(self, depth: int) -> str:
        operator, depth = self._operator(depth)
        if operator in _COMPARISONS and self.chance(40):
            operator += " bool"
        left = self.vector(depth)
        alike = self.chance(50)  # so that something matches
        right = left if alike else self.vector(depth)
        return f"({left}) {operator}{self._matching(grouped=True)} ({right})"

    def _set_operator(self, depth: int) -> str:
        return f"({self.vector(depth)}) {self.pick(_SETS)}{self._matching(grouped=False)} ({self.vector(depth)})"

    def _aggregated(self, depth: int) -> str:
        inner = self.vector(depth)
        name, first = self.pick(_AGGREGATIONS), ""
        if self.chance(30):
            name = self.pick(("topk", "bottomk", "quantile", "count_values"))
        # With three labels count_values() of Prometheus 2.42 forgets one from the second step of a range on.
        most = 2 if name == "count_values" else 3
        by = f" {self.pick(('by', 'without'))} ({self.some(_LABELS, most)})" if self.chance(65) else ""
        if name == "count_values":
            first = self.pick(('"value", ', '"value", ', '"job", '))
            # The last digit of what was computed would make another label.
            inner = self.selector() if self.chance(50) else f"clamp(round({inner}, 0.001), -1e6, 1e6)"
        elif name == "quantile":
            first = f"{self.pick(_SCALARS)}, "
        elif name in ("topk", "bottomk"):
            first = f"{self.pick(('1', '2', '3', '0', '-1', '2.9', '1000'))}, "
        return f"{name}({first}{inner}){by}" if self.chance(30) else f"{name}{by}({first}{inner})"

    def _histogram(self, depth: int) -> str:
        share = self.scalar(depth) if self.chance(30) else self.pick(("0.5", "0.9", "0", "1", "0.99", "-1", "2", "NaN"))
        buckets = self.pick((
            "latency_bucket", "rate(latency_bucket[5m])", "sum by (le) (latency_bucket)", "any",
            "sum by (job, le) (increase(latency_bucket[10m]))", '{__name__=~"latency_bucket|size_bucket"}',
            'latency_bucket{le!="+Inf"}', "sum without (instance) (rate(latency_bucket[2m]))", "latency_bucket * 0",
        ))  # fmt: skip
        return f"histogram_quantile({share}, {self.vector(depth) if buckets == 'any' else buckets})"

    def _other_call(self, depth: int) -> str:
        kind = self.pick(("label_replace", "label_join", "clamp", "clamp_min", "clamp_max", "round", "vector", "minus",
                          "brackets", "absent", "now", "date"))  # fmt: skip
        if kind == "vector":
            return f"vector({self.scalar(depth)})"
        if kind == "now":
            return f"{self.pick(('minute', 'hour', 'day_of_week', 'day_of_year', 'month', 'year', 'days_in_month'))}()"
        if kind == "date":
            part = self.pick(
                ("minute", "hour", "day_of_week", "day_of_month", "day_of_year", "month", "year", "days_in_month")
            )
            size = self.pick(("1", "1e5", "1e9", "86400", "-1e9", "1e12", "3e7"))
            return f"{part}(vector({self.scalar(depth)} * {size}))"
        inner = self.vector(depth)
        if kind == "label_replace":
            target, source = self.pick(_LABELS), self.pick(_LABELS)
            return f'label_replace({inner}, "{target}", {self.pick(_REPLACEMENTS)}, "{source}", {self.pick(_PATTERNS)})'
        if kind == "label_join":
            sources = "".join(f', "{self.pick(_LABELS)}"' for _ in range(self._draw(_one((2, 1, 3, 0)))))
            return f'label_join({inner}, "{self.pick(_LABELS)}", "{self.pick((",", "", "-é-"))}"{sources})'
        if kind == "clamp":
            return f"clamp({inner}, {self.scalar(depth)}, {self.scalar(depth)})"
        if kind in ("clamp_min", "clamp_max", "round"):
            return f"{kind}({inner}, {self.scalar(depth)})"
        return {"minus": f"-({inner})", "brackets": f"(({inner}))", "absent": f"absent({inner})"}[kind]

    # ── The whole ──

    def expression(self) -> str:
        """Any expression, now and then one that is spoilt or a known mistake."""
        kind = self._draw(_HUNDRED)
        depth = self._draw(_one((1, 2, 2, 3)))
        if kind < 78:
            return self.vector(depth)
        if kind < 86:
            return self.scalar(depth)
        if kind < 90:
            return self.matrix(depth, ranges=_LONG)
        if kind < 91:
            return self.pick(('"text"', "'é\\n\\x41'", "`raw\\n`"))
        return self.pick(_WRONG) if kind < 95 else self._spoilt(self.vector(depth))

    def _spoilt(self, text: str) -> str:
        pieces = re.findall(r"\w+|\s+|\W", text)
        at = self._draw(st.integers(0, len(pieces) - 1))
        how = self.pick(("drop", "twice", "swap", "other"))
        if how == "drop":
            pieces[at : at + 1] = []
        elif how == "twice":
            pieces[at : at + 1] = [pieces[at], " ", pieces[at]]
        elif how == "swap" and at + 1 < len(pieces):
            pieces[at], pieces[at + 1] = pieces[at + 1], pieces[at]
        else:
            pieces[at] = self.pick(
                ("(", ")", "[", "]", "5m", "1", "by", "offset", "@", "bool", "{", "}", ",", '"', "-")
            )
        return "".join(pieces)


@st.composite
def expressions(draw: Any) -> str:
    """An expression in which `T+n` stands for times."""
    return Writer(draw).expression()


_ON_GRID = st.integers(2, 80).map(lambda number: number * 15_000)
_SOMEWHEN = st.integers(-60_000, SPAN_MS + 400_000)
WHEN = st.tuples(
    st.one_of(_ON_GRID, _ON_GRID, _SOMEWHEN),
    st.sampled_from((0, 0, 0, 15_000, 30_000, 60_000, 71_001)),
    st.integers(0, 12),
)
"""When to ask: milliseconds after the set begins; the step, 0 for once; the number of further steps."""


def timed(text: str, begin_ms: int) -> str:
    """`text` with its times filled in."""
    return re.sub(r"T\+([0-9.]+)", lambda match: f"{begin_ms / 1000 + float(match[1]):.3f}", text)
