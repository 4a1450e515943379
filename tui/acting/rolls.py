"""What `b` means where it is pressed: the page's own subject, else the marked rows or the row under the cursor. It is
told as names, by which definitions of rollbacks are found."""

from typing import Any

from fleet.store import Store
from fleet.why.model import Subject, SubjectKind
from tui.kept.history import Visit
from tui.table.table import Table
from tui.why.asked import subject_of

_MOST = 50
"""Rows that are asked about, of however many are marked."""


def rolled_names(visit: Visit, table: Table | None, store: Store) -> tuple[str, ...]:
    """Names to ask `Acting.rollbacks_for` about, none where nothing here can be meant: definitions, agents, objectives,
    gates, alerts by their ids."""
    if visit.detail is not None and visit.line.view in _OWN:
        return _OWN[visit.line.view](visit.detail, store)
    if visit.why is not None:
        return _of_subject(visit.why, store)
    if visit.detail is None and visit.line.subject is None and table is not None:
        keys = _keys(table)
        if table.view.name in _OWN:
            return tuple(dict.fromkeys(name for key in keys for name in _OWN[table.view.name](key, store)))
        if len(keys) > 1 and table.view.name in ("agents", "alerts", "slos", "gates"):
            return tuple(map(str, keys))
    subject = subject_of(visit, table, store)
    return () if subject is None else _of_subject(subject, store)


def running_of(name: str, store: Store) -> str:
    """The id of the rollback of a definition that is under way, the latest first; "" where none is."""
    for id, action in reversed(list(store.actions.items())):
        if action.plan.source == name and action.rolls and not action.ended and not action.dry_run:
            return id
    return ""


def _keys(table: Table) -> tuple[Any, ...]:
    keys = table.marked or (() if table.cursor_key is None else (table.cursor_key,))
    return keys[:_MOST]


def _of_subject(subject: Subject, store: Store) -> tuple[str, ...]:
    if subject.kind is not SubjectKind.GROUP:
        return (subject.key,)
    group = store.alert_groups.get(subject.key)
    return (subject.members if group is None else group.alerts)[:_MOST]


def _of_definition(key: Any, store: Store) -> tuple[str, ...]:
    return (str(key),) if key in store.rollbacks else ()


def _of_action(key: Any, store: Store) -> tuple[str, ...]:
    action = store.actions.get(str(key))
    return () if action is None or not action.rolls else (action.plan.source,)


_OWN = {"rollbacks": _of_definition, "actions": _of_action}
"""Views that `w` explains nothing of."""
