"""What `w` means where it is pressed: the page's own subject, else the row under the cursor."""

from typing import Any

from fleet.store import Store
from fleet.why.model import Subject, SubjectKind
from tui.kept.history import Visit
from tui.table.table import Table

_KINDS = {
    "agents": SubjectKind.AGENT,
    "alerts": SubjectKind.ALERT,
    "slos": SubjectKind.SLO,
    "gates": SubjectKind.GATE,
}
_GROUPS = "alert_groups"


def subject_of(visit: Visit, table: Table | None, store: Store) -> Subject | None:
    """What would be explained; None where there is nothing that can be."""
    if visit.why is not None:
        return None
    if visit.line.subject is not None:
        return Subject(SubjectKind.AGENT, visit.line.subject)
    if visit.detail is not None:
        kind = _KINDS.get(visit.line.view)
        return None if kind is None else Subject(kind, visit.detail)
    key: Any = None if table is None else table.cursor_key
    if table is None or key is None:
        return None
    if table.view.name in _KINDS:
        return Subject(_KINDS[table.view.name], key)
    group = table.view.rows(store).get(key) if table.view.name == _GROUPS else None
    return None if group is None else Subject(SubjectKind.GROUP, key, group.alerts)
