"""Pyrra's ServiceLevelObjective (`pyrra.dev/v1alpha1`): ratio and latency indicators, with Pyrra's windows."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from config.check import Checker
from config.problems import Problems
from config.slo.values import check_query, parse_target, rolling
from config.yaml_tree import Mapping
from fleet.slo.definition import Counted, Objective, SloDefinition, Source
from fleet.slo.tiers import pyrra_tiers
from fleet.text import scrub
from fleet.times import parse_duration

API = "pyrra.dev/v1alpha1"


class _Shape(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What all shapes share."""


class _Metric(_Shape, frozen=True, kw_only=True):
    metric: str


class _Ratio(_Shape, frozen=True, kw_only=True):
    errors: _Metric
    total: _Metric
    grouping: tuple[str, ...] = ()


class _Latency(_Shape, frozen=True, kw_only=True):
    success: _Metric
    total: _Metric
    grouping: tuple[str, ...] = ()


class _Indicator(_Shape, frozen=True, kw_only=True):
    ratio: _Ratio | None = None
    latency: _Latency | None = None
    latency_native: dict[str, Any] | None = None
    bool_gauge: dict[str, Any] | None = None


class _Alerting(_Shape, frozen=True, kw_only=True):
    disabled: bool = False
    name: str = ""
    burnrates: bool = True
    absent: bool = True
    absent_name: str = ""


class _Spec(_Shape, frozen=True, kw_only=True):
    description: str = ""
    target: str | float
    window: str
    indicator: _Indicator
    alerting: _Alerting = _Alerting()


class _Metadata(_Shape, frozen=True, kw_only=True):
    name: str
    namespace: str = ""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class _Objective(_Shape, frozen=True, kw_only=True):
    api_version: str
    kind: str
    metadata: _Metadata
    spec: _Spec


def read_pyrra(tree: Mapping, file: str, checker: Checker, problems: Problems) -> list[SloDefinition]:
    """The definition of a document; none where something is wrong with it."""
    found = checker.struct(tree, _Objective, "")
    if found is None:
        return []
    try:
        return list(_made(found, f"{file}:{tree.line}"))
    except ValueError as error:
        problems.add(tree.line, "spec", str(error))
        return []


def _made(found: _Objective, place: str) -> Iterator[SloDefinition]:
    spec, indicator = found.spec, found.spec.indicator
    if indicator.latency_native is not None:
        raise ValueError("latencyNative is not supported: native histograms are not read here")
    if indicator.bool_gauge is not None:
        raise ValueError("boolGauge is not supported; a ratio or a latency is")
    if (indicator.ratio is None) == (indicator.latency is None):
        raise ValueError("an indicator is either a ratio or a latency")
    if indicator.ratio is not None:
        counted = Counted(total=indicator.ratio.total.metric, bad=indicator.ratio.errors.metric)
        grouping = indicator.ratio.grouping
    else:
        latency = indicator.latency
        counted = Counted(total=latency.total.metric, good=latency.success.metric) if latency else Counted(total="")
        grouping = latency.grouping if latency else ()
    for query in (counted.total, counted.good or counted.bad):
        check_query(query)
    target = parse_target(f"{spec.target}%".replace("%%", "%"))
    window = rolling(parse_duration(spec.window))
    quiet = found.spec.alerting.disabled or not found.spec.alerting.burnrates
    yield SloDefinition(
        name=scrub(found.metadata.name),
        objectives=(Objective(target=target, indicator=counted),),
        window=window,
        service=scrub(found.metadata.namespace),
        description=scrub(spec.description),
        by=grouping,
        tiers=() if quiet else pyrra_tiers(window.span_s),
        source=Source.PROMETHEUS,
        labels={scrub(name): scrub(value) for name, value in found.metadata.labels.items()},
        place=place,
    )
