"""Which alerts a set of matchers means, as Alertmanager has it: all four operators, RE2 anchored at both ends, a label
that is not there is "".

Most patterns that people write are a word, a few words, or a word with `.*` around it; these are told by comparing
texts, the others by RE2, in linear time whatever the pattern.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final

from fleet.errors import QueryError
from fleet.promql.storage import Matcher, Matchers, MatchOp
from fleet.text import scrub
from fleet.whole_match import whole_match

Test = Callable[[str], bool]

MOST_MATCHERS: Final = 64
"""Matchers of one silence or rule."""
MOST_CHARS: Final = 4096
"""Characters of one matcher's value."""

_SPECIAL = frozenset("\\.+*?()[]{}|^$")
_MATCHER = re.compile(r"""\s*([^\s=!~,{}"]+|"(?:[^"\\]|\\.)*")\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|[^,{}"\s]*)\s*""")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


class Matching:
    """A compiled set of matchers. Raises QueryError where a regular expression is wrong or there are too many."""

    __slots__ = ("_equal", "_tests", "matchers")

    def __init__(self, matchers: Matchers) -> None:
        if len(matchers) > MOST_MATCHERS:
            raise QueryError(f"{len(matchers)} matchers; at most {MOST_MATCHERS} are taken", "limit")
        for one in matchers:
            if len(one.value) > MOST_CHARS:
                raise QueryError(f"{scrub(one.name, 80)}: a value has at most {MOST_CHARS:,} characters", "limit")
        self.matchers = matchers
        self._equal = tuple((one.name, one.value) for one in matchers if one.op is MatchOp.EQUAL)
        # What costs least is asked first.
        others = sorted(
            (one for one in matchers if one.op is not MatchOp.EQUAL), key=lambda one: one.op.value[-1] == "~"
        )
        self._tests = tuple((one.name, tester(one)) for one in others)

    @property
    def equal(self) -> tuple[tuple[str, str], ...]:
        """The names and values that must be equal."""
        return self._equal

    @property
    def tests(self) -> tuple[tuple[str, Test], ...]:
        """The other matchers, as tests of a label's value."""
        return self._tests

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether all of them match `labels`."""
        for name, value in self._equal:
            if labels.get(name, "") != value:
                return False
        return all(test(labels.get(name, "")) for name, test in self._tests)


class LabelIndex:
    """Labels by id, and by each of their values: finds what matchers mean without looking at all of them."""

    def __init__(self, labels: Iterable[tuple[str, Mapping[str, str]]] = ()) -> None:
        self._labels: dict[str, Mapping[str, str]] = {}
        self._having: dict[tuple[str, str], set[str]] = {}
        for id, pairs in labels:
            self.put(id, pairs)

    def __len__(self) -> int:
        return len(self._labels)

    def __iter__(self) -> Iterator[str]:
        return iter(self._labels)

    def labels(self, id: str) -> Mapping[str, str]:
        """The labels of an id that is there."""
        return self._labels[id]

    def put(self, id: str, labels: Mapping[str, str]) -> None:
        """Set the labels of `id`."""
        if id in self._labels:
            self.drop(id)
        self._labels[id] = labels
        for pair in labels.items():
            self._having.setdefault(pair, set()).add(id)

    def drop(self, id: str) -> None:
        """Forget `id`; it may be gone already."""
        for pair in self._labels.pop(id, {}).items():
            ids = self._having[pair]
            ids.discard(id)
            if not ids:
                del self._having[pair]

    def having(self, name: str, value: str) -> Collection[str]:
        """The ids that have this label."""
        return self._having.get((name, value), ())

    def matching(self, matchers: Matchers | Matching) -> set[str]:
        """The ids that all of `matchers` match. Raises QueryError as `Matching` does."""
        wanted = matchers if isinstance(matchers, Matching) else Matching(matchers)
        found = self._equal(wanted.equal)
        for name, test in wanted.tests:
            labels, verdicts = self._labels, dict[str, bool]()
            kept = set()
            for id in found:
                value = labels[id].get(name, "")
                verdict = verdicts.get(value)
                if verdict is None:
                    verdict = verdicts[value] = test(value)
                if verdict:
                    kept.add(id)
            found = kept
        return found

    def _equal(self, pairs: tuple[tuple[str, str], ...]) -> set[str]:
        sets = sorted((self._having.get(pair, set()) for pair in pairs if pair[1]), key=len)
        found = set(sets[0]) if sets else set(self._labels)
        for other in sets[1:]:
            found &= other
        for name, value in pairs:
            if not value:
                found = {id for id in found if not self._labels[id].get(name)}
        return found


def tester(matcher: Matcher) -> Test:
    """Whether a label's value is matched. Raises QueryError where a regular expression is wrong."""
    value = matcher.value
    match matcher.op:
        case MatchOp.EQUAL:
            return value.__eq__
        case MatchOp.NOT_EQUAL:
            return value.__ne__
        case MatchOp.MATCHES:
            return pattern(value)
        case MatchOp.NOT_MATCHES:
            matches = pattern(value)
            return lambda text: not matches(text)


@lru_cache(64)
def pattern(text: str) -> Test:
    """Whether the whole of a text is matched by a regular expression. Raises QueryError where it is wrong."""
    return _plain(text) or _compiled(text)


def _plain(text: str) -> Test | None:
    """`text` as a comparison of texts; None where it is more than that."""
    if text in (".*", ".+"):
        return bool if text == ".+" else lambda value: True
    if not _SPECIAL & set(text.replace("|", "")):
        return frozenset(text.split("|")).__contains__
    head, tail = text.startswith(".*"), text.endswith(".*")
    core = text[2 * head : len(text) - 2 * tail]
    if _SPECIAL & set(core) or not (head or tail):
        return None
    if head and tail:
        return lambda value: core in value
    return (lambda value: value.endswith(core)) if head else (lambda value: value.startswith(core))


def _compiled(text: str) -> Test:
    import re2

    options = re2.Options()
    options.log_errors = False
    options.dot_nl = True
    try:
        return whole_match(text, options)
    except (re2.error, UnicodeEncodeError) as error:
        reason = error.args[0] if error.args else ""
        words = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise QueryError(f"the regular expression {scrub(text, 80)!r} is wrong: {scrub(words, 120)}") from None


def parse_matchers(text: str) -> Matchers:
    """Matchers as Alertmanager and PromQL write them: `alertname="Down", env=~"prod|stage"`, in braces or not; quotes
    may be left out around a plain word. Raises QueryError with the place."""
    inner = text.strip()
    if inner.startswith("{") and inner.endswith("}"):
        inner = inner[1:-1]
    matchers: list[Matcher] = []
    at = 0
    while inner[at:].strip():
        found = _MATCHER.match(inner, at)
        if found is None:
            raise QueryError(f'a matcher such as name="value" is wanted at {scrub(inner[at:].strip(), 40)!r}')
        name, op, value = found.groups()
        matchers.append(Matcher(_unquoted(name), MatchOp(op), _unquoted(value)))
        at = found.end()
        if inner[at : at + 1] == '"':
            raise QueryError(f"a closing quote is wanted after {scrub(inner[at:], 40)!r}")
        if at < len(inner) and inner[at] != ",":
            raise QueryError(f"a comma is wanted before {scrub(inner[at:], 40)!r}")
        at += 1
    Matching(tuple(matchers))
    return tuple(matchers)


def written(matchers: Matchers) -> str:
    """`matchers` as `parse_matchers` reads them."""
    return ", ".join(map(str, matchers))


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text
    return _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]), text[1:-1])
