"""The metadata of an exposition page, and the rules of OpenMetrics about families that a page must keep.

Two followers with the same three methods (`meta`, `sample`, `finish`): `TextFamilies` notes what it is told,
`StrictFamilies` refuses what OpenMetrics 1.0 refuses (types, suffixes, units, order, `# EOF`).
"""

from fleet.exposition.lines import MalformedLineError, MetaLine
from fleet.model import Family
from fleet.text import scrub

_TYPES = frozenset(["counter", "gauge", "histogram", "gaugehistogram", "stateset", "info", "summary", "unknown"])
_SUFFIXES: dict[str, tuple[str, ...]] = {
    "counter": ("_total", "_created"),
    "summary": ("", "_count", "_sum", "_created"),
    "histogram": ("_count", "_sum", "_bucket", "_created"),
    "gaugehistogram": ("_gcount", "_gsum", "_bucket"),
    "info": ("_info",),
}
_PLAIN = ("",)
_WITHOUT_UNIT = ("info", "stateset")


class TextFamilies:
    """Families of the Prometheus text format, where a later line about a family adds to or replaces an earlier one."""

    def __init__(self) -> None:
        self._types: dict[str, str] = {}
        self._helps: dict[str, str] = {}

    def meta(self, line: MetaLine) -> None:
        """Take a metadata line in. Raises MalformedLineError for a type that the formats do not have."""
        if line.word == "HELP":
            self._helps[scrub(line.name)] = scrub(line.rest)
            return
        if line.rest != "untyped" and line.rest not in _TYPES:
            raise MalformedLineError("unknown metric type")
        self._types[scrub(line.name)] = line.rest

    def sample(self, name: str) -> None:
        """A sample of `name` (scrubbed) follows; this format has no rule about it."""

    def finish(self) -> tuple[Family, ...]:
        """Every family that was told of."""
        names = dict.fromkeys((*self._types, *self._helps))
        return tuple(Family(name, self._types.get(name, "untyped"), self._helps.get(name, "")) for name in names)


class StrictFamilies:
    """Families of OpenMetrics: each stands once, in one piece, its metadata before its samples.

    The rule about names: a family owns its name and its name with each suffix of its type; none may be owned twice.
    """

    def __init__(self) -> None:
        self._done: list[Family] = []
        self._owned: set[str] = set()
        self._name: str | None = None
        self._said: dict[str, str] = {}
        self._allowed: frozenset[str] = frozenset()
        self._sampled = False

    def meta(self, line: MetaLine) -> None:
        """Take a metadata line in. Raises MalformedLineError where it breaks the order or names an unknown type."""
        name = scrub(line.name)
        if name != self._name:
            self._close()
            self._open(name)
        elif self._sampled:
            raise MalformedLineError("metadata after the samples of its family")
        if line.word in self._said:
            raise MalformedLineError(f"a second {line.word} for a family")
        if line.word == "TYPE" and line.rest not in _TYPES:
            raise MalformedLineError("unknown metric type")
        self._said[line.word] = line.rest
        if line.word == "TYPE":
            self._allowed = frozenset(name + suffix for suffix in _SUFFIXES.get(line.rest, _PLAIN))

    def sample(self, name: str) -> None:
        """A sample of `name` (scrubbed) follows; one that the open family cannot have opens a family of its own."""
        if name not in self._allowed:
            self._close()
            self._open(name)
        self._sampled = True

    def finish(self) -> tuple[Family, ...]:
        """Every family that had metadata. Raises MalformedLineError for the last one's faults."""
        self._close()
        return tuple(self._done)

    def _open(self, name: str) -> None:
        self._name, self._said, self._sampled = name, {}, False
        self._allowed = frozenset((name,))

    def _close(self) -> None:
        if self._name is None:
            return
        kind, unit = self._said.get("TYPE", "unknown"), self._said.get("UNIT", "")
        for name in {self._name, *(self._name + suffix for suffix in _SUFFIXES.get(kind, ()))}:
            if name in self._owned:
                raise MalformedLineError("a sample or family whose name belongs to an earlier family")
            self._owned.add(name)
        if unit and (kind in _WITHOUT_UNIT or not self._name.endswith("_" + scrub(unit))):
            raise MalformedLineError("a unit that its family may not have")
        if self._said:
            self._done.append(Family(self._name, kind, scrub(self._said.get("HELP", "")), scrub(unit)))
