"""What is known of an objective, in words, and how its numbers came about. All of it may come from outside."""

from collections.abc import Iterable, Iterator

from fleet.slo.model import Budgeting, Burn, SloState, SloStatus
from fleet.slo.windows import seconds_text
from fleet.store import Store
from fleet.times import age_text, span_text
from fleet.views.slos import LOW_COVERAGE, STATE_GLYPH, STATE_TONE, coverage_text, rate_text, ratio_text
from fleet.views.view import Cell, Tone
from fleet.why.proposal import NOT_READY, READY, ready_for, unready_for
from tui.chrome.facts import Known

_PROMISE = {
    Budgeting.OCCURRENCES: "{ratio} of all events are to be good, over {window}",
    Budgeting.TIMESLICES: "{ratio} of all time slices are to be good, over {window}",
    Budgeting.RATIO_TIMESLICES: "the average time slice is to be {ratio} good, over {window}",
}


def slo_facts(row: SloStatus, store: Store) -> list[Known]:
    """How it stands."""
    return [*_first(row, store), *_ready(row, store), *_rates(row), *_origin(row)]


def formula_facts(row: SloStatus) -> list[Known]:
    """How the numbers came about: the formula with them in it, its inputs, and how many samples each gave."""
    found = [Known("formula", (Cell(row.formula or "not known", Tone.PLAIN if row.formula else Tone.MUTED),))]
    for place, (text, samples) in enumerate(row.inputs):
        tone = Tone.MUTED if samples else Tone.DEGRADED
        known = (Cell(f"{text} ", Tone.ACCENT), Cell(f"{samples:,} samples", tone))
        found.append(Known("" if place else "inputs", known))
    found.append(Known("samples", (Cell(f"{row.samples:,} in the window"),)))
    return found


def _first(row: SloStatus, store: Store) -> Iterator[Known]:
    state = Cell(f"{STATE_GLYPH[row.state]} {row.state.value}", STATE_TONE[row.state])
    since = () if row.since is None else (Cell(" since ", Tone.MUTED), Cell(_when(row, store)))
    yield Known("state", (state, *since))
    words = _PROMISE[row.budgeting].format(ratio=ratio_text(row.objective_ratio), window=row.window)
    yield Known("objective", (Cell(words),))
    if row.description:
        yield Known("description", (Cell(row.description),))
    if row.error:
        yield Known("remarks", (Cell(row.error, Tone.DEGRADED),))


def _ready(row: SloStatus, store: Store) -> Iterator[Known]:
    """Rollbacks that are proposed for it."""
    for text in ready_for(store, (row.name,)):
        yield Known(READY, (Cell(text, Tone.ACCENT),))
    for text in unready_for(store, (row.name,)):
        yield Known(NOT_READY, (Cell(text, Tone.MUTED),))


def _when(row: SloStatus, store: Store) -> str:
    clock = store.times.clock(row.since, store.now)
    if store.times.relative or store.now is None or row.since is None:
        return clock
    return f"{clock} ({age_text((store.now - row.since).total_seconds())} ago)"


def _rates(row: SloStatus) -> Iterator[Known]:
    if row.burn_rate is not None:
        spends = f"  a rate of 1 spends the budget in {span_text(row.window_s)}"
        tone = Tone.DOWN if row.burn_rate > 1 else Tone.PLAIN
        yield Known("burn rate", (Cell(rate_text(row.burn_rate), tone), Cell(spends, Tone.MUTED)))
    for burn in _firing(row):
        rates = f"{rate_text(burn.long_rate)} in {seconds_text(burn.long_s)}, "
        rates += f"{rate_text(burn.short_rate)} in {seconds_text(burn.short_s)}"
        over = Cell(f"  fires over {burn.factor:.3g}", Tone.MUTED)
        yield Known(f"{burn.severity} burn", (Cell(rates, Tone.DOWN), over))
    yield Known("coverage", _coverage(row))


def _firing(row: SloStatus) -> Iterable[Burn]:
    """The first tier of each severity that fires."""
    found: dict[str, Burn] = {}
    for burn in row.burns:
        if burn.firing:
            found.setdefault(burn.severity, burn)
    return found.values()


def _coverage(row: SloStatus) -> tuple[Cell, ...]:
    low = row.coverage_ratio < LOW_COVERAGE
    share = Cell(coverage_text(row.coverage_ratio), Tone.STALE if low else Tone.PLAIN)
    of = Cell(f" of {row.window}", Tone.MUTED)
    if row.state is SloState.NO_DATA or not low:
        return share, of
    return share, of, Cell("  the rest of the window is not known", Tone.STALE)


def _origin(row: SloStatus) -> Iterator[Known]:
    if row.service:
        yield Known("service", (Cell(row.service),))
    for place, (name, value) in enumerate(sorted(row.labels.items())):
        yield Known("" if place else "labels", (Cell(f"{name} ", Tone.MUTED), Cell(value)))
    if row.source:
        yield Known("source", (Cell(row.source, Tone.MUTED),))
