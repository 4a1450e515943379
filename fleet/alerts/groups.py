"""Alerts grouped into lines: by name and severity, or by a label. Kept up to date alert by alert.

A change of one alert costs its place in a sorted list and a count per label, whatever the size of its group; only a
line that changed is made anew.
"""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Iterator

from fleet.alerts.model import Alert, AlertGroup, AlertState
from fleet.alerts.order import SUPPRESSED, Key, order_key, shelf
from fleet.severity import SEVERITY_RANK, Severity

_BY_RANK = {rank: severity for severity, rank in SEVERITY_RANK.items()}


def group_key(alert: Alert, by: str = "") -> str:
    """The key of the line that an alert belongs to."""
    # No severity has a colon, so that no two names can give one key.
    return f"{alert.severity.value}:{alert.name}" if not by else f"{by}={alert.labels.get(by, '')}"


def grouped(alerts: Iterable[Alert], by: str = "") -> tuple[AlertGroup, ...]:
    """The lines of `alerts`, worst and newest first; `by` a label where it is not by name and severity."""
    groups = Groups(by)
    for alert in alerts:
        groups.change(None, alert)
    lines = [line for line in groups.flush().values() if line is not None]
    return tuple(sorted(lines, key=line_order))


def line_order(line: AlertGroup) -> tuple[int, int, float, str]:
    """What lines are sorted by, ascending: as alerts are, by the best known of what is in them."""
    live = line.firing + line.pending
    shelf = 3 if not live else 2 if line.suppressed >= live else 0 if line.firing else 1
    newest = -line.since.timestamp() if line.since is not None else 0.0
    return (shelf, SEVERITY_RANK[line.severity], newest, line.key)


class Groups:
    """The lines of all alerts. `change` notes what happened to one, `flush` makes the lines that this changed."""

    def __init__(self, by: str = "") -> None:
        self.by = by
        self._members: dict[str, _Members] = {}
        self._dirty: set[str] = set()

    def change(self, old: Alert | None, new: Alert | None) -> None:
        """An alert came (`old` None), changed, or went (`new` None)."""
        if old is not None and new is not None and _looks_same(old, new):
            return
        if old is not None:
            key = group_key(old, self.by)
            self._members[key].remove(old)
            self._dirty.add(key)
        if new is not None:
            key = group_key(new, self.by)
            members = self._members.get(key)
            if members is None:
                members = self._members[key] = _Members()
            members.add(new)
            self._dirty.add(key)

    def flush(self) -> dict[str, AlertGroup | None]:
        """The lines that changed since the last time, by key; None for one that is no more."""
        return dict(self.changed_lines())

    def changed_lines(self) -> Iterator[tuple[str, AlertGroup | None]]:
        """The same, made one by one."""
        dirty, self._dirty = self._dirty, set()
        for key in dirty:
            members = self._members[key]
            if len(members):
                yield key, members.line(key, self.by)
            else:
                del self._members[key]
                yield key, None


def _looks_same(old: Alert, new: Alert) -> bool:
    """Whether nothing changed that a line shows."""
    return (
        old.state is new.state
        and old.severity is new.severity
        and shelf(old) == shelf(new)
        and old.claimed == new.claimed
        and (old.flapping, old.flapping_since, old.since) == (new.flapping, new.flapping_since, new.since)
        and (old.labels is new.labels or old.labels == new.labels)
        and old.severity_raw == new.severity_raw
    )


class _Members:
    """The alerts of one line."""

    def __init__(self) -> None:
        self._order: list[Key] = []
        self._rows: dict[str, Alert] = {}
        self._labels: Counter[tuple[str, str]] = Counter()
        self._states: Counter[AlertState] = Counter()
        self._suppressed = 0
        self._claimed = 0

    def __len__(self) -> int:
        return len(self._order)

    def add(self, alert: Alert) -> None:
        insort(self._order, order_key(alert))
        self._rows[alert.id] = alert
        self._count(alert, 1)

    def remove(self, alert: Alert) -> None:
        # The row that was counted: what is taken away must be what was added.
        counted = self._rows.pop(alert.id)
        del self._order[bisect_left(self._order, order_key(counted))]
        self._count(counted, -1)

    def _count(self, alert: Alert, by: int) -> None:
        self._states[alert.state] += by
        self._suppressed += by * (shelf(alert) == SUPPRESSED)
        self._claimed += by * alert.claimed
        for pair in alert.labels.items():
            count = self._labels[pair] + by
            if count:
                self._labels[pair] = count
            else:
                del self._labels[pair]

    def line(self, key: str, by: str) -> AlertGroup:
        first = self._rows[self._order[0][3]]
        size = len(self._order)
        return AlertGroup(
            key=key,
            by=by,
            name=first.name if not by else first.labels.get(by, ""),
            severity=first.severity if not by else self._worst(),
            severity_raw=first.severity_raw,
            firing=self._states[AlertState.FIRING],
            pending=self._states[AlertState.PENDING],
            resolved=self._states[AlertState.RESOLVED],
            suppressed=self._suppressed,
            since=first.flapping_since or first.since,
            shared={name: value for name, value in first.labels.items() if self._labels[name, value] == size},
            alerts=tuple([entry[3] for entry in self._order]),
            claimed=self._claimed == size,
        )

    def _worst(self) -> Severity:
        return _BY_RANK[min(entry[1] for entry in self._order)]
