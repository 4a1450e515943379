"""The tree of a Prometheus rule file, checked as strictly as Prometheus does and turned into groups of rules.

What Prometheus accepts is accepted, what it refuses is refused. But where it drops the whole file for one mistake, the
rules that are right are kept here, and every mistake is named with line, group, rule and what would be right.
"""

import re
from collections.abc import Callable, Iterator

from msgspec import Struct

from config.check import kind_word
from config.problems import nearest
from config.yaml_tree import Mapping, Node, Scalar, Sequence
from fleet.errors import QueryError
from fleet.rules.durations import rule_duration
from fleet.rules.model import Group, Rule
from fleet.rules.template import TemplateError, check_template
from fleet.text import scrub

_METRIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_FILE_KEYS = ("groups",)
_GROUP_KEYS = ("name", "interval", "limit", "rules")
_RULE_KEYS = ("record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations")
_NEWER = {
    "query_offset": "Prometheus has it since 2.53",
    "labels": "Prometheus has labels of a group since 3.0; write them in each rule",
    "partial_response_strategy": "only Thanos has it",
}
"""Keys of a group that other programs know."""


class RuleProblem(Struct, frozen=True, kw_only=True):
    """Something about a rule file: where, and what would be right. A `warning` keeps nothing from being loaded.

    `line` is 1-based, None where there is none; `group` and `rule` are names, "" where the problem is of the whole.
    """

    file: str
    text: str
    line: int | None = None
    group: str = ""
    rule: str = ""
    warning: bool = False

    def __str__(self) -> str:
        """`alerts.yml:12: group "agents", rule "AgentDown": for: …`, harmless to a terminal."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        names = ", ".join(
            f'{what} "{scrub(name, 80)}"' for what, name in (("group", self.group), ("rule", self.rule)) if name
        )
        return f"{scrub(place)}: {f'{names}: ' if names else ''}{scrub(self.text, 1024)}"


class Place(Struct, frozen=True):
    """Where reading is. `found` takes the problems; `queries` remembers what an expression reads, for the cycles."""

    file: str
    found: list[RuleProblem]
    group: str = ""
    rule: str = ""

    def wrong(self, node: Node | int, text: str, *, warning: bool = False) -> None:
        """Note a problem at a node or line."""
        line = node if isinstance(node, int) else node.line
        problem = RuleProblem(file=self.file, line=line, group=self.group, rule=self.rule, text=text, warning=warning)
        self.found.append(problem)

    def within(self, *, group: str = "", rule: str = "") -> "Place":
        """The same file, at a group or rule."""
        return Place(self.file, self.found, group or self.group, rule or self.rule)


def groups_of(tree: Node, file: str, found: list[RuleProblem]) -> tuple[Group, ...]:
    """The groups of a file with their good rules; what is wrong goes to `found`."""
    place = Place(file, found)
    if isinstance(tree, Scalar) and tree.value is None:
        return ()
    if not isinstance(tree, Mapping):
        place.wrong(tree, f"a rule file is a mapping with groups, not {kind_word(tree)}")
        return ()
    _known_keys(tree, _FILE_KEYS, place)
    groups: dict[str, Group] = {}
    for node in _items(tree.entries.get("groups"), "groups", place):
        group = _group(node, place)
        if group is None:
            continue
        if group.name in groups:
            place.within(group=group.name).wrong(
                node, "the name of a group is used once in a file; this one is left out"
            )
        else:
            groups[group.name] = group
    return tuple(groups.values())


def _known_keys(node: Mapping, known: tuple[str, ...], place: Place) -> None:
    for name, line in node.lines.items():
        if name not in known and name in node.entries:
            newer = f" ({_NEWER[name]})" if known is _GROUP_KEYS and name in _NEWER else nearest(name, known)
            place.wrong(line, f'unknown key "{scrub(name, 48)}"{newer}')


def _items(node: Node | None, key: str, place: Place) -> Iterator[Node]:
    """The items of a list that are not null: Prometheus skips those, too."""
    if node is None or _is_null(node):
        return
    if not isinstance(node, Sequence):
        place.wrong(node, f"{key}: a list is wanted, not {kind_word(node)}")
        return
    yield from (item for item in node.items if not _is_null(item))


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


def _text(node: Node | None, key: str, place: Place) -> str:
    """A scalar as it is written, "" for none: Prometheus takes numbers and booleans as text."""
    if node is None or _is_null(node):
        return ""
    if isinstance(node, Scalar):
        return node.text
    place.wrong(node, f"{key}: text is wanted, not {kind_word(node)}")
    return ""


def _group(node: Node, place: Place) -> Group | None:
    if not isinstance(node, Mapping):
        place.wrong(node, f"a group is a mapping with name and rules, not {kind_word(node)}")
        return None
    name = _text(node.entries.get("name"), "name", place)
    place = place.within(group=name)
    if not name:
        place.wrong(node, "a group needs a name; its rules are left out")
        return None
    _known_keys(node, _GROUP_KEYS, place)
    rules = (_rule(item, place) for item in _items(node.entries.get("rules"), "rules", place))
    return Group(
        name=name,
        file=place.file,
        rules=tuple(rule for rule in rules if rule is not None),
        interval_s=_duration(node, "interval", place) or None,
        limit=_limit(node.entries.get("limit"), place),
    )


def _limit(node: Node | None, place: Place) -> int:
    if node is None or _is_null(node):
        return 0
    if not isinstance(node, Scalar) or isinstance(node.value, bool | str) or node.value is None:
        place.wrong(node, f"limit: a whole number is wanted, not {kind_word(node)}")
        return 0
    return max(0, int(node.value)) if abs(node.value) < 2**63 else 0


def _duration(node: Mapping, key: str, place: Place) -> float:
    value = node.entries.get(key)
    if value is None or _is_null(value):
        return 0.0
    if not isinstance(value, Scalar):
        place.wrong(value, f"{key}: a duration such as 5m is wanted, not {kind_word(value)}")
        return 0.0
    try:
        return rule_duration(value.text)
    except ValueError as error:
        place.wrong(value, f'{key}: "{scrub(value.text, 40)}" is {error}')
        return 0.0


def _rule(node: Node, place: Place) -> Rule | None:
    """The rule, or None where something is wrong with it."""
    if not isinstance(node, Mapping):
        place.wrong(node, f"a rule is a mapping with record or alert, and expr, not {kind_word(node)}")
        return None
    before = sum(not problem.warning for problem in place.found)
    record, alert = (_text(node.entries.get(key), key, place) for key in ("record", "alert"))
    place = place.within(rule=alert or record)
    _known_keys(node, _RULE_KEYS, place)
    if bool(record) == bool(alert):
        place.wrong(
            node, "one of record and alert is wanted, not both" if record else "one of record and alert is missing"
        )
    rule = Rule(
        expr=_expr(node, place),
        alert=alert,
        record=record,
        for_s=_duration(node, "for", place),
        keep_firing_for_s=_duration(node, "keep_firing_for", place),
        labels=_pairs(node, "labels", place),
        annotations=_pairs(node, "annotations", place),
        where=f'{scrub(place.file)}:{node.line}: group "{scrub(place.group, 80)}", rule "{scrub(place.rule, 80)}"',
    )
    if record:
        _recording(rule, node, place)
    else:
        _templates(rule, node, place)
    return rule if sum(not problem.warning for problem in place.found) == before else None


def _expr(node: Mapping, place: Place) -> str:
    from fleet.promql.parse import parse

    value = node.entries.get("expr")
    text = _text(value, "expr", place)
    if value is None or not text:
        if not isinstance(value, Mapping | Sequence):
            place.wrong(value or node, "expr is missing")
        return ""
    try:
        query = parse(text)
    except QueryError as error:
        place.wrong(value, f"expr: {error}")
        return text
    if query.kind not in ("vector", "scalar"):
        what = "a range vector" if query.kind == "matrix" else "a string"
        place.wrong(value, f"expr: it gives {what}, and a rule that does always fails", warning=True)
    return text


def _pairs(node: Mapping, key: str, place: Place) -> dict[str, str]:
    value = node.entries.get(key)
    if value is None or _is_null(value):
        return {}
    if not isinstance(value, Mapping):
        place.wrong(value, f"{key}: a mapping is wanted, not {kind_word(value)}")
        return {}
    for name in value.entries:
        line = value.lines[name]
        if not _LABEL_NAME.fullmatch(name):
            what = "label" if key == "labels" else "annotation"
            place.wrong(line, f'{key}: "{scrub(name, 48)}" is no {what} name ({_LABEL_NAME.pattern})')
        elif key == "labels" and name == "__name__":
            place.wrong(line, "labels: __name__ is reserved: record is what names a series")
    return {name: _text(one, f"{key}.{scrub(name, 48)}", place) for name, one in value.entries.items()}


def _recording(rule: Rule, node: Mapping, place: Place) -> None:
    """What a recording rule must not have."""
    alerting: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("for", lambda: rule.for_s > 0),
        ("keep_firing_for", lambda: rule.keep_firing_for_s > 0),
        ("annotations", lambda: bool(rule.annotations)),
    )
    for key, given in alerting:
        if given():
            place.wrong(node.lines[key], f"{key}: only an alerting rule has it")
    if not _METRIC_NAME.fullmatch(rule.record):
        place.wrong(node.entries["record"], f"record: this is no metric name ({_METRIC_NAME.pattern})")


def _templates(rule: Rule, node: Mapping, place: Place) -> None:
    for key, pairs in (("labels", rule.labels), ("annotations", rule.annotations)):
        for name, text in pairs.items():
            try:
                check_template(text, rule.alert)
            except TemplateError as error:
                holder = node.entries[key]
                line = holder.entries[name].line if isinstance(holder, Mapping) else holder.line
                place.wrong(line, f"{key}.{name}: {error}")
