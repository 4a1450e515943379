"""Recording rules that read, over some steps, what they write themselves.

Prometheus allows it, and a rule that counts on from its own last value means it. Nothing runs away: a group is
evaluated once an interval, and a rule reads what was recorded before. But it is seldom meant, so it is worth a warning.
"""

from collections import deque
from collections.abc import Collection, Iterator, Sequence

from msgspec import Struct

from fleet.errors import QueryError
from fleet.promql.labels import NAME
from fleet.promql.storage import Matcher, MatchOp
from fleet.rules.model import Group, Rule

_SHOWN = 8
"""Rules of a path that are named."""
_PATTERN_READS = 200
"""Rules that may match names by a pattern; each is compared with every recorded name."""


class Cycle(Struct, frozen=True, kw_only=True):
    """`path`: names of rules, each read by the next, the first one at the end again. `file`,
    `group` and `where` are the first's."""

    file: str
    group: str
    where: str
    path: tuple[str, ...]

    @property
    def text(self) -> str:
        """The cycle as a sentence."""
        shown = self.path if len(self.path) <= _SHOWN else (*self.path[:_SHOWN], "…", self.path[-1])
        return f"reads what it writes: {' → '.join(shown)}; each evaluation sees the values of the one before"


def cycles(groups: Sequence[Group]) -> Iterator[Cycle]:
    """One shortest cycle for every set of recording rules that feed each other."""
    rules = [(group, rule) for group in groups for rule in group.rules if rule.record]
    readers = _readers([rule for _, rule in rules])
    for members in _components(readers):
        first = min(members)
        path = _around(first, readers, members)
        names = tuple(rules[at][1].record for at in path)
        yield Cycle(file=rules[first][0].file, group=rules[first][0].name, where=rules[first][1].where, path=names)


def _readers(rules: list[Rule]) -> list[list[int]]:
    """For each rule those that read what it writes."""
    writers: dict[str, list[int]] = {}
    for at, rule in enumerate(rules):
        writers.setdefault(rule.record, []).append(at)
    readers: list[list[int]] = [[] for _ in rules]
    patterns = 0
    for at, rule in enumerate(rules):
        for matchers in _reads(rule):
            name = next((one.value for one in matchers if one.name == NAME and one.op is MatchOp.EQUAL), None)
            if name is None:
                patterns += 1
            if name is None and patterns > _PATTERN_READS:
                continue
            names = writers if name is None else (name,)
            for writer in (one for known in names for one in writers.get(known, ())):
                if _may_match(rules[writer], matchers):
                    readers[writer].append(at)
    return readers


def _reads(rule: Rule) -> Iterator[tuple[Matcher, ...]]:
    from fleet.promql.parse import parse

    try:
        yield from (wanted.matchers for wanted in parse(rule.expr).wanted)
    except QueryError:
        return


def _may_match(rule: Rule, matchers: tuple[Matcher, ...]) -> bool:
    """Whether a series that `rule` writes could match: its name and own labels are known, others could be anything."""
    known = {**rule.labels, NAME: rule.record}
    return all(_holds(one, known[one.name]) for one in matchers if one.name in known)


def _holds(matcher: Matcher, value: str) -> bool:
    if matcher.op in (MatchOp.EQUAL, MatchOp.NOT_EQUAL):
        return (value == matcher.value) is (matcher.op is MatchOp.EQUAL)
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        found = re2.compile(matcher.value, options=options).fullmatch(value) is not None
    except re2.error:
        return False
    return found is (matcher.op is MatchOp.MATCHES)


def _components(graph: list[list[int]]) -> Iterator[set[int]]:
    """Strongly connected components that hold a cycle (Tarjan's algorithm, without recursion)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    for root in range(len(graph)):
        if root in index:
            continue
        work = [(root, iter(graph[root]))]
        while work:
            node, following = work[-1]
            if node not in index:
                index[node] = low[node] = len(index)
                stack.append(node)
                on_stack.add(node)
            for other in following:
                if other not in index:
                    work.append((other, iter(graph[other])))
                    break
                if other in on_stack:
                    low[node] = min(low[node], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    members = {stack.pop()}
                    while node not in members:
                        members.add(stack.pop())
                    on_stack -= members
                    if len(members) > 1 or node in graph[node]:
                        yield members


def _around(start: int, graph: list[list[int]], members: Collection[int]) -> list[int]:
    """A shortest way from `start` back to itself."""
    before: dict[int, int] = {}
    queue = deque([start])
    while queue:
        node = queue.popleft()
        for other in graph[node]:
            if other == start:
                path = [node]
                while path[-1] != start:
                    path.append(before[path[-1]])
                return [*reversed(path), start]
            if other in members and other not in before:
                before[other] = node
                queue.append(other)
    return [start, start]
