"""Evaluates the gates: each expression against its target, with what is claimed beside it.

An expression that gives several values holds where all of them do; the worst one is shown, with its labels. NaN, an
empty answer and an error are no data, which is no pass.
"""

import math
from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from fleet.errors import QueryError
from fleet.gates.model import GateState, GateStatus
from fleet.gates.target import GateUnit, Target
from fleet.promql.evaluate import instant
from fleet.promql.function import Vector
from fleet.promql.labels import Labels
from fleet.promql.parse import Query, Wanted, parse
from fleet.promql.storage import Storage
from fleet.store import Slice
from fleet.text import scrub


class Gate(Struct, frozen=True, kw_only=True):
    """A gate as configured: expressions in PromQL. `of` counts all of which `expr` counts those that pass; `claimed`
    is what the fleet says of itself; `unit` is what `expr` and `claimed` count in (None: the target's base unit)."""

    name: str
    expr: Query
    target: Target
    unit: GateUnit | None = None
    of: Query | None = None
    claimed: Query | None = None


class Seen(Struct, frozen=True):
    """What an expression gave: values with their labels, or why there are none."""

    values: tuple[tuple[Labels, float], ...] = ()
    error: str = ""


Ask = Callable[[Query], Seen]


class GateEngine:
    """The single writer of `store.gates`."""

    def __init__(self, rows: Slice[str, GateStatus], gates: Sequence[Gate], storage: Storage) -> None:
        self._rows = rows
        self._gates = tuple(gates)
        self._storage = storage
        self._next = 0

    @property
    def wanted(self) -> tuple[Wanted, ...]:
        """What the gates select, and how far back."""
        queries = [query for gate in self._gates for query in (gate.expr, gate.of, gate.claimed) if query]
        return tuple(wanted for query in queries for wanted in query.wanted)

    def reconfigure(self, gates: Sequence[Gate]) -> None:
        """Go on with other gates; one that stays keeps since when."""
        self._gates = tuple(gates)
        self._next = 0
        for name in set(self._rows) - {gate.name for gate in gates}:
            self._rows.drop(name)

    def step(self, now: datetime, spent: Callable[[], bool]) -> bool:
        """Evaluate gates until all are done or `spent` says that it is enough; True where some are left."""
        while self._next < len(self._gates):
            gate = self._gates[self._next]
            self._next += 1
            self._judge(gate, now)
            if spent():
                break
        left = self._next < len(self._gates)
        if not left:
            self._next = 0
        return left

    def _judge(self, gate: Gate, now: datetime) -> None:
        row = judge(gate, lambda query: ask(query, self._storage, now))
        before = self._rows.get(gate.name)
        since = before.since if before is not None and before.state is row.state else now
        self._rows.put(gate.name, replace(row, since=since))
        self._rows.touch(gate.name, now)


def ask(query: Query, storage: Storage, now: datetime) -> Seen:
    """What `query` gives at `now`."""
    try:
        value = instant(query, storage, round(now.timestamp() * 1000)).value
    except QueryError as error:
        return Seen(error=scrub(str(error)))
    if isinstance(value, Vector):
        return Seen(tuple(zip(value.labels, value.values, strict=True)))
    if isinstance(value, float):
        return Seen(((Labels(), value),))
    return Seen(error="the expression gives neither a number nor a vector of them")


def judge(gate: Gate, ask: Ask) -> GateStatus:
    """The row of a gate, but for since when."""
    row = GateStatus(
        name=gate.name,
        target=gate.target.text,
        expr=gate.expr.text,
        claimed=_claimed(gate, ask),
        unit=gate.unit.value if gate.unit else "",
    )
    seen = ask(gate.expr)
    if seen.error:
        return replace(row, error=seen.error)
    values = [(labels, gate.target.from_unit(value, gate.unit)) for labels, value in seen.values]
    known = [item for item in values if not math.isnan(item[1])]
    total, error = _total(gate, ask)
    if not known or error:
        return replace(row, error=error or ("NaN" if values else ""))
    bad = [item for item in known if not gate.target.holds(item[1], total)]
    labels, worst = _worst(gate.target, bad or known)
    # One that gives no number may be the one that fails.
    unsure = len(known) < len(values)
    return replace(
        row,
        state=GateState.FAIL if bad else GateState.NO_DATA if unsure else GateState.PASS,
        observed=worst,
        observed_text=_words(gate.target, worst, total, labels, len(bad), len(values)),
        error=f"{len(values) - len(known)} of {len(values)} give NaN" if unsure else "",
    )


def _total(gate: Gate, ask: Ask) -> tuple[float | None, str]:
    """How many there are of what is counted, where the gate asks; else why that is not known."""
    if gate.of is None:
        return None, ""
    seen = ask(gate.of)
    if len(seen.values) == 1 and not math.isnan(seen.values[0][1]):
        return seen.values[0][1], ""
    return None, seen.error or f"of: {len(seen.values)} values where one number is wanted"


def _worst(target: Target, values: list[tuple[Labels, float]]) -> tuple[Labels, float]:
    if target.op in (">", ">="):
        return min(values, key=lambda item: item[1])
    if target.op in ("<", "<="):
        return max(values, key=lambda item: item[1])
    return values[0]


def _words(target: Target, worst: float, total: float | None, labels: Labels, bad: int, values: int) -> str:
    text = target.shown(worst)
    if target.of is not None:
        text += f"/{target.shown(total)}" if total is not None else ""
    if values > 1:
        where = scrub(str(labels), 80)
        text += f" {where} ({bad} of {values} fail)" if bad else f" {where} (the worst of {values})"
    return text


def _claimed(gate: Gate, ask: Ask) -> str:
    """What the fleet says of itself: one value, or the range of several."""
    if gate.claimed is None:
        return ""
    seen = ask(gate.claimed)
    numbers = sorted(gate.target.from_unit(value, gate.unit) for _, value in seen.values if not math.isnan(value))
    if not numbers:
        return ""
    low, high = gate.target.shown(numbers[0]), gate.target.shown(numbers[-1])
    return low if low == high else f"{low} … {high}"


def gate(
    name: str,
    expr: str,
    target: Target,
    *,
    unit: GateUnit | None = None,
    of: str | None = None,
    claimed: str | None = None,
) -> Gate:
    """A gate of texts. Raises QueryError for an expression that cannot be read."""
    return Gate(
        name=name,
        expr=parse(expr),
        target=target,
        unit=unit,
        of=None if of is None else parse(of),
        claimed=None if claimed is None else parse(claimed),
    )
