"""The shape of OpenSLO v1 documents, as https://github.com/OpenSLO/OpenSLO has it. Unknown keys are mistakes."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

Name = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
        extra={"form": "a name of up to 63 letters a-z, digits and dashes"},
    ),
]
Duration = Annotated[
    str, Meta(pattern=r"^[1-9][0-9]{0,4}[mhdwMQY]$", extra={"form": "a duration such as 5m, 1h, 28d, 4w or 1M"})
]


class Shape(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What all shapes share."""


class Metadata(Shape, frozen=True, kw_only=True):
    """Who an object is."""

    name: Name
    display_name: str = ""
    labels: dict[str, str | tuple[str, ...]] = {}
    annotations: dict[str, str] = {}


class MetricSource(Shape, frozen=True, kw_only=True):
    """Where a metric comes from; `spec` holds the query."""

    metric_source_ref: str = ""
    type: str = ""
    spec: dict[str, Any] = {}


class Metric(Shape, frozen=True, kw_only=True):
    """A metric."""

    metric_source: MetricSource


class RatioMetric(Shape, frozen=True, kw_only=True):
    """Good or bad of total, or a ratio itself."""

    counter: bool = False
    good: Metric | None = None
    bad: Metric | None = None
    total: Metric | None = None
    raw_type: Literal["success", "failure"] | None = None
    raw: Metric | None = None


class SliSpec(Shape, frozen=True, kw_only=True):
    """An indicator."""

    description: str = ""
    threshold_metric: Metric | None = None
    ratio_metric: RatioMetric | None = None


class Sli(Shape, frozen=True, kw_only=True):
    """An indicator within an SLO."""

    api_version: str = ""
    kind: str = ""
    metadata: Metadata | None = None
    spec: SliSpec


class CalendarSpec(Shape, frozen=True, kw_only=True):
    """Where calendar windows begin."""

    start_time: str
    time_zone: str


class TimeWindow(Shape, frozen=True, kw_only=True):
    """A window."""

    duration: Duration
    is_rolling: bool = False
    calendar: CalendarSpec | None = None


class ObjectiveSpec(Shape, frozen=True, kw_only=True):
    """A target."""

    display_name: str = ""
    op: Literal["lte", "gte", "lt", "gt"] | None = None
    value: float | None = None
    target: float | None = None
    target_percent: float | None = None
    time_slice_target: float | None = None
    time_slice_window: Duration | None = None
    indicator: dict[str, Any] | None = None
    indicator_ref: str | None = None
    composite_weight: float | None = None


class BurnCondition(Shape, frozen=True, kw_only=True):
    """A burn rate that alerts."""

    kind: Literal["burnrate"]
    op: Literal["lte", "gte", "lt", "gt"] = "gte"
    threshold: float
    lookback_window: Duration
    alert_after: Duration = "5m"


class ConditionSpec(Shape, frozen=True, kw_only=True):
    """When to alert."""

    description: str = ""
    severity: str = "page"
    condition: BurnCondition


class InlineCondition(Shape, frozen=True, kw_only=True):
    """A condition within a policy, or a reference to one."""

    condition_ref: str | None = None
    kind: str = ""
    metadata: Metadata | None = None
    spec: ConditionSpec | None = None


class PolicySpec(Shape, frozen=True, kw_only=True):
    """What to alert on."""

    description: str = ""
    alert_when_no_data: bool = False
    alert_when_resolved: bool = False
    alert_when_breaching: bool = True
    conditions: tuple[InlineCondition, ...] = ()
    notification_targets: tuple[dict[str, Any], ...] = ()


class InlinePolicy(Shape, frozen=True, kw_only=True):
    """A policy within an SLO, or a reference to one."""

    alert_policy_ref: str | None = None
    kind: str = ""
    metadata: Metadata | None = None
    spec: PolicySpec | None = None


class SloSpec(Shape, frozen=True, kw_only=True):
    """An SLO."""

    description: str = ""
    service: str = ""
    indicator: Sli | None = None
    indicator_ref: str | None = None
    time_window: tuple[TimeWindow, ...]
    budgeting_method: Literal["Occurrences", "Timeslices", "RatioTimeslices"]
    objectives: tuple[ObjectiveSpec, ...]
    alert_policies: tuple[str | InlinePolicy, ...] = ()


class DataSourceSpec(Shape, frozen=True, kw_only=True):
    """A source of metrics. Its connection details are not used: the Prometheus of the configuration is asked."""

    description: str = ""
    type: str
    connection_details: dict[str, Any] = {}


class ServiceSpec(Shape, frozen=True, kw_only=True):
    """A service."""

    description: str = ""


class TargetSpec(Shape, frozen=True, kw_only=True):
    """Where notifications go; not used."""

    description: str = ""
    target: str = ""


class Document(Shape, frozen=True, kw_only=True):
    """Any object; `spec` is checked by its kind."""

    api_version: str
    kind: Literal["SLO", "SLI", "DataSource", "AlertPolicy", "AlertCondition", "Service", "AlertNotificationTarget"]
    metadata: Metadata
    spec: dict[str, Any] = {}
