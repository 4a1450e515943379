"""SLOs in a configuration, in their short form."""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from config.slo.values import check_query, parse_slice, parse_target, parse_window
from config.values import Seconds
from fleet.errors import ConfigError
from fleet.slo.definition import (
    Counted,
    Indicator,
    Objective,
    Op,
    SloDefinition,
    Source,
    Threshold,
)
from fleet.slo.model import Budgeting
from fleet.slo.tiers import pyrra_tiers
from fleet.slo.windows import nominal_s
from fleet.text import scrub

Expression = Annotated[str, Meta(min_length=1, max_length=20_000, extra={"check": check_query})]
"""A PromQL expression."""
_PER = r"^(fleet|agent|label:[A-Za-z_][A-Za-z0-9_.-]*)$"
_KINDS = ("availability", "latency", "freshness", "total")


class SloOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An objective. Exactly one of `availability`, `latency`, `freshness` or `total` says what is measured."""

    name: Annotated[str, Meta(min_length=1, max_length=80)]
    """Its name; a row's name is this and its group, `availability/planner-1`."""
    objective: str | float
    """What is promised: `99.9%` or `0.999`."""
    window: str = "30d"
    """Over which time: a duration that rolls, or the calendar's `day`, `week`, `month`, `quarter` or `year`."""
    zone: str = "UTC"
    """The time zone of a calendar window."""
    availability: Literal[True] | None = None
    """`true`: health probes that were answered, of all."""
    latency: Seconds | None = None
    """Answered health probes that took no longer than this; of the histogram's bounds, the greatest up to it."""
    freshness: Seconds | None = None
    """Looks at which an agent was last seen no longer ago than this."""
    total: Expression | None = None
    """PromQL of the counters of all events, for an indicator of your own, with `good` or `bad`."""
    good: Expression | None = None
    """PromQL of the counters of good events."""
    bad: Expression | None = None
    """PromQL of the counters of bad events, where those are counted."""
    counter: bool = True
    """`false`: `total` and `good` or `bad` are no counters but numbers of events, sample by sample."""
    per: Annotated[str, Meta(pattern=_PER, extra={"form": "fleet, agent or label:NAME"})] = "fleet"
    """A row for the `fleet`, for each `agent`, or for each value of a label, `label:team`."""
    where: str = ""
    """Only these agents: a filter as `/` takes it, such as `team:core`."""
    slices: Seconds | None = None
    """Counts time slices of this length instead of events."""
    slice_objective: str | float | None = None
    """What makes a slice good, such as `95%`; without it each slice is as good as it was."""
    tiers: Literal["sre", "pyrra", "none"] = "sre"
    """Which pairs of windows burn rates are judged by."""
    source: Literal["own", "prometheus"] = "own"
    """Where samples come from: fleetdeck's own, or the configured Prometheus."""
    service: str = ""
    """The service, for the table and for the labels of series."""
    description: str = ""
    """A sentence for whoever is woken."""
    labels: dict[str, str] = {}
    """Labels of the row and of its series."""

    def __post_init__(self) -> None:
        _in("objective", parse_target, self.objective)
        _in("window", lambda text: parse_window(text, self.zone), self.window)
        given = [name for name in _KINDS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"one of {', '.join(_KINDS)} is wanted, and only one")
        if (self.total is not None) != ((self.good is None) != (self.bad is None)):
            raise ValueError("total goes with either good or bad")
        if self.slices is not None:
            _in("slices", parse_slice, self.slices)
        if self.slice_objective is not None:
            _in("slice_objective", parse_target, self.slice_objective)
            if self.slices is None:
                raise ValueError("slice_objective: it goes with slices")

    def definition(self, place: str = "") -> SloDefinition:
        """The definition; `place` says where it stands."""
        window = parse_window(self.window, self.zone)
        return SloDefinition(
            name=scrub(self.name),
            objectives=(
                Objective(
                    target=parse_target(self.objective),
                    indicator=self._indicator(),
                    slice_s=float(self.slices or 0.0),
                    slice_target=0.0 if self.slice_objective is None else parse_target(self.slice_objective),
                ),
            ),
            window=window,
            service=scrub(self.service),
            description=scrub(self.description),
            budgeting=self._budgeting(),
            by=() if self.per == "fleet" else (self.per.removeprefix("label:"),),
            where=self.where,
            tiers={"sre": None, "none": (), "pyrra": pyrra_tiers(nominal_s(window))}[self.tiers],
            source=Source.PROMETHEUS if self.source == "prometheus" else Source.OWN,
            labels={scrub(name): scrub(value) for name, value in self.labels.items()},
            place=place,
        )

    def _budgeting(self) -> Budgeting:
        if self.slices is None:
            return Budgeting.OCCURRENCES
        return Budgeting.RATIO_TIMESLICES if self.slice_objective is None else Budgeting.TIMESLICES

    def _indicator(self) -> Indicator:
        probes, took = "fleetdeck_agent_health_probes_total", "fleetdeck_agent_health_duration_seconds"
        if self.availability:
            return Counted(total=probes, good=f'{probes}{{result="ok"}}')
        if self.latency is not None:
            return Counted(total=f"{took}_count", good=f"{took}_bucket", within=float(self.latency))
        if self.freshness is not None:
            query = "time() - fleetdeck_agent_last_seen_timestamp_seconds"
            return Threshold(query=query, op=Op.LTE, value=float(self.freshness))
        return Counted(total=self.total or "", good=self.good or "", bad=self.bad or "", counter=self.counter)


def definitions_of(options: Iterable[SloOptions], file: str) -> tuple[SloDefinition, ...]:
    """The definitions of a configuration. Raises ConfigError for two of one name."""
    made: dict[str, SloDefinition] = {}
    for number, one in enumerate(options):
        definition = one.definition(f"{file}: slos[{number}]")
        if made.setdefault(definition.name, definition) is not definition:
            raise ConfigError(f"{file}: slos[{number}].name: another SLO is named {definition.name} already")
    return tuple(made.values())


def _in(field: str, check: Callable[[Any], object], value: object) -> None:
    """Run a check; what it says is about `field`."""
    try:
        check(value)
    except ValueError as error:
        raise ValueError(f"{field}: {error}") from None
