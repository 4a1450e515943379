"""OpenSLO v1: documents of several kinds, which may name one another across files."""

from collections.abc import Iterator
from collections.abc import Mapping as AbstractMapping
from typing import Any, NamedTuple

from msgspec import Struct

from config.check import Checker
from config.problems import Problems
from config.slo.openslo_shape import (
    ConditionSpec,
    DataSourceSpec,
    Document,
    InlineCondition,
    InlinePolicy,
    Metric,
    ObjectiveSpec,
    PolicySpec,
    ServiceSpec,
    SliSpec,
    SloSpec,
    TargetSpec,
)
from config.slo.values import calendar, check_query, parse_slice, parse_target, rolling, shorthand_s
from config.yaml_tree import Mapping, Node, Sequence
from fleet.slo.definition import Counted, Indicator, Objective, Op, Raw, SloDefinition, Source, Threshold, Window
from fleet.slo.model import Budgeting, Tier
from fleet.text import scrub

API = "openslo/v1"
_SPECS: dict[str, type[Struct]] = {
    "SLO": SloSpec,
    "SLI": SliSpec,
    "DataSource": DataSourceSpec,
    "AlertPolicy": PolicySpec,
    "AlertCondition": ConditionSpec,
    "Service": ServiceSpec,
    "AlertNotificationTarget": TargetSpec,
}
_SOURCES = {"": Source.OWN, "fleetdeck": Source.OWN, "prometheus": Source.PROMETHEUS}
_QUERIES = ("query", "promql", "expr")
_SHORT_PART = 12
"""The short window of a burn rate is the long one's twelfth, as in the SRE Workbook."""


class _Known(NamedTuple):
    """A document that was found right."""

    document: Document
    spec: Any
    tree: Mapping
    file: str


class _WrongError(Exception):
    """A definition cannot be used; `path` leads to what is wrong."""

    def __init__(self, text: str, *path: str | int) -> None:
        super().__init__(text)
        self.path = path


class OpenSlo:
    """Takes documents, then gives the SLOs among them."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], _Known] = {}
        self.notes: list[str] = []

    def take(self, tree: Mapping, file: str, checker: Checker, problems: Problems) -> None:
        """Check one document and remember it; what is wrong goes to `problems`."""
        document = checker.struct(tree, Document, "")
        if document is None:
            return
        spec_tree = tree.entries.get("spec", Mapping(tree.line, {}, {}))
        spec = checker.struct(spec_tree, _SPECS[document.kind], "spec")
        if spec is None:
            return
        key = document.kind, document.metadata.name
        if key in self._known:
            problems.add(tree.line, "metadata.name", f"a second {document.kind} of the name {document.metadata.name}")
            return
        self._known[key] = _Known(document, spec, tree, file)
        if document.kind == "AlertNotificationTarget":
            name = scrub(document.metadata.name)
            self.notes.append(f"{file}:{tree.line}: AlertNotificationTarget {name} is not used: Alertmanager notifies")

    def definitions(self, problems: AbstractMapping[str, Problems]) -> Iterator[SloDefinition]:
        """The SLOs, references resolved; what is wrong goes to the `problems` of the file that it stands in."""
        for known in self._known.values():
            if known.document.kind == "SLO":
                try:
                    yield self._definition(known)
                except _WrongError as error:
                    line = _line(known.tree, ("spec", *error.path))
                    problems[known.file].add(line, ".".join(("spec", *map(str, error.path))), str(error))

    def _definition(self, known: _Known) -> SloDefinition:
        spec: SloSpec = known.spec
        metadata = known.document.metadata
        service = self._known.get(("Service", spec.service))
        indicator, where = self._indicator(spec)
        metric_sources: set[Source] = set()
        if not spec.objectives:
            raise _WrongError("an objective at least is wanted", "objectives")
        objectives = tuple(
            self._objective(spec, one, number, indicator, where, metric_sources)
            for number, one in enumerate(spec.objectives)
        )
        if len(metric_sources) > 1:
            raise _WrongError("good and total come from different sources", *where)
        return SloDefinition(
            name=metadata.name,
            objectives=objectives,
            window=_window(spec),
            service=scrub((service.document.metadata.display_name if service else "") or spec.service),
            description=scrub(spec.description),
            budgeting=Budgeting(spec.budgeting_method),
            tiers=self._tiers(spec),
            source=next(iter(metric_sources), Source.OWN),
            labels={
                scrub(name): scrub(value if isinstance(value, str) else ",".join(value))
                for name, value in metadata.labels.items()
            },
            place=f"{known.file}:{known.tree.line}",
        )

    def _indicator(self, spec: SloSpec) -> tuple[SliSpec, tuple[str | int, ...]]:
        """The indicator, and where the SLO names it."""
        if (spec.indicator is None) == (spec.indicator_ref is None):
            if any(one.indicator or one.indicator_ref for one in spec.objectives):
                raise _WrongError("composite SLOs (objectives with indicators of their own) are not supported")
            raise _WrongError("either indicator or indicatorRef is wanted")
        if spec.indicator is not None:
            return spec.indicator.spec, ("indicator",)
        return self._named("SLI", spec.indicator_ref or "", "indicatorRef"), ("indicatorRef",)

    def _named(self, kind: str, name: str, *path: str | int) -> Any:
        found = self._known.get((kind, name))
        if found is None:
            raise _WrongError(f"there is no {kind} {scrub(name, 64)} in these files", *path)
        return found.spec

    def _objective(
        self,
        spec: SloSpec,
        one: ObjectiveSpec,
        number: int,
        sli: SliSpec,
        where: tuple[str | int, ...],
        sources: set[Source],
    ) -> Objective:
        at = ("objectives", number)
        if one.composite_weight is not None or one.indicator is not None or one.indicator_ref is not None:
            raise _WrongError("composite SLOs (compositeWeight, objectives with indicators) are not supported", *at)
        slice_s, slice_target = _slices(spec, one, at)
        return Objective(
            target=_target(one, at),
            indicator=self._made(sli, one, at, where, sources),
            name=scrub(one.display_name),
            slice_s=slice_s,
            slice_target=slice_target,
        )

    def _made(
        self,
        sli: SliSpec,
        one: ObjectiveSpec,
        at: tuple[str | int, ...],
        where: tuple[str | int, ...],
        sources: set[Source],
    ) -> Indicator:
        def query(metric: Metric) -> str:
            return self._query(metric, where, sources)

        ratio = sli.ratio_metric
        if (sli.threshold_metric is None) == (ratio is None):
            raise _WrongError("either thresholdMetric or ratioMetric is wanted in the indicator", *where)
        if sli.threshold_metric is not None:
            if one.op is None or one.value is None:
                raise _WrongError("op and value are wanted with a thresholdMetric", *at)
            return Threshold(query=query(sli.threshold_metric), op=Op(one.op), value=one.value)
        if ratio is None or (ratio.raw is None) == (ratio.total is None):
            raise _WrongError("a ratioMetric has either raw, or total with good or bad", *where)
        if ratio.raw is not None:
            if ratio.raw_type is None:
                raise _WrongError("raw goes with rawType: success or failure", *where)
            return Raw(query=query(ratio.raw), success=ratio.raw_type == "success")
        if ratio.total is None or (ratio.good is None) == (ratio.bad is None):
            raise _WrongError("a ratioMetric's total goes with either good or bad", *where)
        return Counted(
            total=query(ratio.total),
            good=query(ratio.good) if ratio.good is not None else "",
            bad=query(ratio.bad) if ratio.bad is not None else "",
            counter=ratio.counter,
        )

    def _query(self, metric: Metric, where: tuple[str | int, ...], sources: set[Source]) -> str:
        source = metric.metric_source
        kind = source.type
        if source.metric_source_ref:
            kind = self._named("DataSource", source.metric_source_ref, *where).type
        if kind.lower() not in _SOURCES:
            raise _WrongError(f"metric sources of type {scrub(kind, 32)} are not supported; Prometheus is", *where)
        sources.add(_SOURCES[kind.lower()])
        text = next((source.spec[key] for key in _QUERIES if isinstance(source.spec.get(key), str)), None)
        if text is None:
            raise _WrongError("metricSource.spec.query, a PromQL expression, is missing", *where)
        try:
            check_query(text)
        except ValueError as error:
            raise _WrongError(str(error), *where) from None
        return str(text)

    def _tiers(self, spec: SloSpec) -> tuple[Tier, ...] | None:
        """The tiers that the alert policies ask for; None where there are none: then the usual ones hold."""
        if not spec.alert_policies:
            return None
        return tuple(
            tier
            for number, named in enumerate(spec.alert_policies)
            for tier in self._policy(named, ("alertPolicies", number))
        )

    def _policy(self, named: str | InlinePolicy, at: tuple[str | int, ...]) -> Iterator[Tier]:
        name, policy = "", None
        if isinstance(named, str):
            name, policy = named, self._named("AlertPolicy", named, *at)
        elif named.alert_policy_ref is not None:
            name, policy = named.alert_policy_ref, self._named("AlertPolicy", named.alert_policy_ref, *at)
        elif named.spec is not None:
            name, policy = (named.metadata.name if named.metadata else ""), named.spec
        if policy is None:
            raise _WrongError("an alert policy is a name, an alertPolicyRef, or has a spec", *at)
        for condition in policy.conditions if policy.alert_when_breaching else ():
            yield self._tier(name, condition, at)

    def _tier(self, policy: str, condition: InlineCondition, at: tuple[str | int, ...]) -> Tier:
        spec = condition.spec
        name = condition.metadata.name if condition.metadata else policy
        if condition.condition_ref is not None:
            name, spec = condition.condition_ref, self._named("AlertCondition", condition.condition_ref, *at)
        if spec is None:
            raise _WrongError("a condition has a conditionRef or a spec", *at)
        burn = spec.condition
        if burn.op in ("lt", "lte"):
            raise _WrongError("a burn rate alerts above its threshold: op is gte or gt", *at)
        long_s = shorthand_s(burn.lookback_window)
        short_s = max(60.0, min(long_s, round(long_s / _SHORT_PART / 60) * 60.0))
        return Tier(scrub(name), burn.threshold, long_s, short_s, scrub(spec.severity))


def _target(one: ObjectiveSpec, at: tuple[str | int, ...]) -> float:
    if (one.target is None) == (one.target_percent is None):
        raise _WrongError("either target or targetPercent is wanted", *at)
    try:
        return parse_target(one.target if one.target is not None else f"{one.target_percent}%")
    except ValueError as error:
        raise _WrongError(str(error), *at, "target" if one.target is not None else "targetPercent") from None


def _slices(spec: SloSpec, one: ObjectiveSpec, at: tuple[str | int, ...]) -> tuple[float, float]:
    """Length and target of the time slices; zeros where events are counted."""
    if spec.budgeting_method == "Occurrences":
        return 0.0, 0.0
    if one.time_slice_window is None:
        raise _WrongError(f"timeSliceWindow is wanted with {spec.budgeting_method}", *at)
    try:
        slice_s = parse_slice(shorthand_s(one.time_slice_window))
        if spec.budgeting_method == "RatioTimeslices":
            return slice_s, 0.0
        if one.time_slice_target is None or not 0 < one.time_slice_target <= 1:
            raise _WrongError("timeSliceTarget, above 0 and at most 1, is wanted with Timeslices", *at)
        return slice_s, one.time_slice_target
    except ValueError as error:
        raise _WrongError(str(error), *at, "timeSliceWindow") from None


def _window(spec: SloSpec) -> Window:
    if len(spec.time_window) != 1:
        raise _WrongError("exactly one window is wanted", "timeWindow")
    window = spec.time_window[0]
    try:
        if window.is_rolling:
            if window.calendar is not None:
                raise _WrongError("a rolling window has no calendar", "timeWindow", 0)
            return rolling(shorthand_s(window.duration))
        if window.calendar is None:
            raise _WrongError("a window that does not roll has a calendar", "timeWindow", 0)
        return calendar(window.duration, window.calendar.start_time, window.calendar.time_zone)
    except ValueError as error:
        raise _WrongError(str(error), "timeWindow", 0) from None


def _line(tree: Node, path: tuple[str | int, ...]) -> int:
    """The line of what `path` leads to, as far as it does."""
    line = tree.line
    for part in path:
        if isinstance(tree, Mapping) and isinstance(part, str) and part in tree.entries:
            line, tree = tree.lines[part], tree.entries[part]
        elif isinstance(tree, Sequence) and isinstance(part, int) and part < len(tree.items):
            tree = tree.items[part]
            line = tree.line
        else:
            break
    return line
