"""The lines of the grouped pane: the book's groups by name and severity, or those by a label that an operator chose."""

from collections import Counter

from fleet.alerts.groups import Groups
from fleet.alerts.model import Alert, AlertGroup
from fleet.store import Slice, Store


class GroupLines:
    """A slice of groups that follows the store when told to; `by` is the label, "" for name and severity."""

    def __init__(self, store: Store) -> None:
        self.slice: Slice[str, AlertGroup] = Slice()
        self.by = ""
        self._store = store
        self._groups: Groups | None = None
        self._known: dict[str, Alert] = {}
        self._subscription = store.alerts.subscribe(lambda: None)

    def group_by(self, label: str) -> None:
        """Gather by another label."""
        self.by = label
        self._known = {}
        self._groups = Groups(label) if label else None
        self.slice.replace({})
        self._subscription.drain()
        self._take(self._store.alerts)

    def catch_up(self) -> None:
        """Take over what has changed."""
        diff = self._subscription.drain()
        self._take(diff.changed | diff.removed)

    def close(self) -> None:
        """Stop listening."""
        self._subscription.close()

    def _take(self, ids: "Slice[str, Alert] | frozenset[str]") -> None:
        if self._groups is None:
            self.slice.replace(self._store.alert_groups)
            return
        for id in ids:
            new = self._store.alerts.get(id)
            self._groups.change(self._known.pop(id, None), new)
            if new is not None:
                self._known[id] = new
        for key, line in self._groups.flush().items():
            if line is None:
                self.slice.drop(key)
            else:
                self.slice.put(key, line)


def label_counts(store: Store) -> list[tuple[str, int]]:
    """The labels that alerts have, each with the lines that grouping by it makes; first those that most alerts have,
    and of these the one with the fewest lines."""
    values: dict[str, Counter[str]] = {}
    for alert in store.alerts.values():
        for name, value in alert.labels.items():
            values.setdefault(name, Counter())[value] += 1
    total = len(store.alerts)
    found = ((name, len(counts), sum(counts.values())) for name, counts in values.items())
    ranked = sorted(found, key=lambda one: (-one[2], one[1], one[0]))
    return [(name, lines + (had < total)) for name, lines, had in ranked]
