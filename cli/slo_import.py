"""`fleetdeck slo import`: a `slos:` section made of the targets that a fleet's own files name."""

from collections.abc import Iterable, Iterator

from config.slo.targets import Target, TargetKind, grouped
from config.values import duration_text
from fleet.text import scrub

_ASSUMED = 0.95
"""The share of answers that must be in time where nothing says."""
_MOST_NAMES = 20
_TASKS = "fleetdeck_agent_tasks"


def section(targets: Iterable[Target]) -> str:
    """The section as YAML, each objective with where it comes from; what can't be measured stands in comments."""
    lines: list[str] = []
    others: list[Target] = []
    names: set[str] = set()
    for (kind, _, _), same in grouped(targets).items():
        if kind is TargetKind.OTHER:
            others += same
        else:
            lines += _entry(kind, same, names)
    out = ["slos:", *lines] if lines else ["slos: []"]
    if others:
        out.append("# Not made into objectives: they are limits of a moment, for rules: or gates:.")
        out += [f"#   {scrub(one.text)} ({scrub(one.place)})" for one in others[:_MOST_NAMES]]
        if len(others) > _MOST_NAMES:
            out.append(f"#   and {len(others) - _MOST_NAMES} more")
    return "\n".join(out) + "\n"


def _entry(kind: TargetKind, same: list[Target], names: set[str]) -> Iterator[str]:
    first = same[0]
    more = f", and {len(same) - 1} more like it" if len(same) > 1 else ""
    yield f"  # {scrub(first.text)} ({scrub(first.place)}{more})"
    who = list(dict.fromkeys(one.who for one in same))
    if kind is TargetKind.LATENCY and first.share is None:
        yield f"  # The file says nothing of how many answers must be so fast: {_ASSUMED:.0%} is assumed."
    if kind is TargetKind.ERRORS:
        yield "  # Failed tasks of all that ended, as the agents' own counters have them."
    yield f"  - name: {_name(kind, first, who, names)}"
    yield f"    objective: {_percent(_objective(kind, first))}"
    yield "    window: 30d"
    yield from _measure(kind, first)
    yield "    per: agent"
    if "" not in who and len(who) <= _MOST_NAMES:
        yield f"    where: {_quoted('name:' + ','.join(_filter_text(one) for one in who))}"


def _measure(kind: TargetKind, target: Target) -> Iterator[str]:
    if kind is TargetKind.UPTIME:
        yield "    availability: true"
    elif kind is TargetKind.LATENCY:
        yield f"    latency: {duration_text(target.value)}"
    else:
        ended = f'{{__name__=~"{_TASKS}_(completed|failed)_total"}}'
        yield f"    total: {_quoted(ended)}"
        yield f"    bad: {_TASKS}_failed_total"


def _objective(kind: TargetKind, target: Target) -> float:
    if kind is TargetKind.LATENCY:
        return _ASSUMED if target.share is None else target.share
    return target.value


def _percent(ratio: float) -> str:
    return f"{ratio * 100:.6g}%"


def _name(kind: TargetKind, target: Target, who: list[str], names: set[str]) -> str:
    """A name that no other entry has."""
    word = {TargetKind.UPTIME: "availability", TargetKind.LATENCY: "latency", TargetKind.ERRORS: "errors"}[kind]
    base = f"{who[0]}-{word}" if len(who) == 1 and who[0] else word
    base = "".join(char if char.isalnum() or char in "-_." else "-" for char in scrub(base, 60))
    number, name = 2, base
    while name in names:
        name, number = f"{base}-{number}", number + 1
    names.add(name)
    return name


def _filter_text(who: str) -> str:
    return "".join(char for char in scrub(who, 80) if char.isalnum() or char in "-_./")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
