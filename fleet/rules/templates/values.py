"""The values that a template works with, and what Go calls their types.

str float int bool None      string, float64, int, bool, nil
Html                         template.HTML, what safeHtml gives
Byte                         uint8, a byte of a string
dict                         map[string]string; Args is map[string]interface {}
Sample, Samples              *template.sample, template.queryResult
Time                         *time.Time
Root                         the data that `.` is at the top
NO_VALUE                     what a map has not: printed as <no value>
"""

import math
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from msgspec import Struct

from fleet.rules.templates.gotime import GoInt, go_time_text


class _NoValue(Enum):
    NO_VALUE = "<no value>"


NO_VALUE = _NoValue.NO_VALUE


class Html(str):
    """Text that `safeHtml` marked."""

    __slots__ = ()


class Byte(int):
    """A byte of a string."""


class Args(dict[str, Any]):
    """What `args` gives: `arg0`, `arg1`, …"""


class Sample(Struct, frozen=True):
    """An element of the answer to a query."""

    Labels: dict[str, str]
    Value: float


class Pointed(Struct, frozen=True):
    """What a sample's pointer points to: printed without the `&`."""

    Labels: dict[str, str]
    Value: float


class Samples(tuple[Sample, ...]):
    """The answer to a query."""

    __slots__ = ()


class Time(Struct, frozen=True):
    """A time, in UTC."""

    when: datetime

    def __str__(self) -> str:
        return go_time_text(self.when)


class Root(Struct, frozen=True):
    """The data of a template."""

    Labels: dict[str, str]
    ExternalLabels: dict[str, str]
    ExternalURL: str
    Value: float


_TYPES: tuple[tuple[type, str], ...] = (
    (type(None), "<nil>"),
    (_NoValue, "<nil>"),
    (bool, "bool"),
    (Byte, "uint8"),
    (int, "int"),
    (float, "float64"),
    (Html, "template.HTML"),
    (str, "string"),
    (Args, "map[string]interface {}"),
    (Mapping, "map[string]string"),
    (Sample, "*template.sample"),
    (Pointed, "template.sample"),
    (Samples, "template.queryResult"),
    (Time, "*time.Time"),
    (Root, "struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value float64 }"),
)
"""Go's names, the narrower type first."""


def type_name(value: Any) -> str:
    """The type of `value` in Go's words (`%T`)."""
    if isinstance(value, GoInt):
        return value.type_name
    return next((name for kind, name in _TYPES if isinstance(value, kind)), "interface {}")


def indirect(value: Any) -> Any:
    """What `value` points to, where it is a pointer that Go follows by itself."""
    return Pointed(value.Labels, value.Value) if isinstance(value, Sample) else value


def is_true(value: Any) -> bool:
    """Go's truth: not the zero value, and not empty."""
    if value is NO_VALUE or value is None:
        return False
    if isinstance(value, float):
        return value != 0 or math.isnan(value)
    if isinstance(value, bool | int | str | Mapping | tuple):
        return bool(value)
    return True
