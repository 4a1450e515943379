"""The series that SLOs are for rules: one row of values for each objective and group, each time it is judged."""

from fleet.promql.labels import NAME, Labels
from fleet.slo.model import SloState, SloStatus
from fleet.slo.ports import SeriesSink
from fleet.slo.windows import seconds_text

PREFIX = "fleetdeck_slo_"
NAMES = (
    "burn_rate",
    "error_budget_remaining_ratio",
    "sli_ratio",
    "objective_ratio",
    "coverage_ratio",
    "exhaustion_seconds",
    "no_data",
    "tier_firing",
)
"""What follows the prefix; docs/slos.md says what each is."""


class OwnSeries:
    """Writes the series of rows, where anybody may ask for any of them."""

    def __init__(self, sink: SeriesSink) -> None:
        self._sink = sink

    def write(self, rows: list[SloStatus], at_ms: int) -> None:
        """The series of `rows` as of now."""
        asked = frozenset(name for name in NAMES if self._sink.may_want(PREFIX + name))
        if not asked:
            return
        for row in rows:
            found = {labels: value for name, labels, value in samples_of(row) if name in asked}
            self._sink.add_row(f"slo:{row.name}", at_ms, tuple(found), tuple(found.values()))

    def end(self, name: str, at_ms: int) -> None:
        """The objective is followed no more."""
        self._sink.add_row(f"slo:{name}", at_ms, (), ())


def samples_of(row: SloStatus) -> list[tuple[str, Labels, float]]:
    """(name without its prefix, labels, value) of each series of a row; a value that is not known has none."""
    own = {"slo": row.name, "service": row.service}
    base = {**{name: value for name, value in row.labels.items() if name != NAME}, **own}
    found: list[tuple[str, Labels, float]] = []

    def add(name: str, value: float | None, **more: str) -> None:
        if value is not None:
            found.append((name, Labels.of({**base, NAME: PREFIX + name, **more}), value))

    add("error_budget_remaining_ratio", row.budget_remaining_ratio)
    add("sli_ratio", row.sli_ratio)
    add("objective_ratio", row.objective_ratio)
    add("coverage_ratio", row.coverage_ratio)
    add("exhaustion_seconds", row.exhaustion_s)
    add("no_data", float(row.state is SloState.NO_DATA))
    for window, rate in burn_rates(row).items():
        add("burn_rate", rate, window=window)
    for burn in row.burns:
        add("tier_firing", float(burn.firing), tier=burn.tier, severity=burn.severity)
    return found


def burn_rates(row: SloStatus) -> dict[str, float | None]:
    """Window to burn rate, shortest first."""
    found: dict[float, float | None] = {}
    for burn in row.burns:
        found[burn.short_s] = burn.short_rate
        found[burn.long_s] = burn.long_rate
    return {seconds_text(seconds): found[seconds] for seconds in sorted(found)}
