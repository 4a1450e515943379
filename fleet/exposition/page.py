"""Exposition pages: Prometheus text 0.0.4 and 1.0.0, OpenMetrics 1.0. Bytes in, a `Page` out, or a `ParseError`.

Reading pages is what fleetdeck does all day, so the usual case is fast: a page whose lines are, but for their numbers,
those of a page read before is recognised by a digest of them, and only its numbers are read (`exposition_shape`). Else
a line whose name and labels were met before costs one dictionary look-up, and only new ones meet the grammar
(`exposition_lines`). Every step is linear in the size of the page.

Where a page repeats a series, Prometheus keeps the first sample (`ErrDuplicateSampleForTimestamp` for the others), or,
where the samples carry their own times, all of them, of which a query sees the newest. So here: the newest own time,
else the first; the others are counted in `Page.duplicates`. Timestamps and exemplars are checked and dropped.

Compared with `prometheus_client`'s parsers (a property test holds this), fleetdeck is deliberately

- stricter in the text format, where the library is laxer than the documents: white space is blank and tab (and a
  carriage return before the line's end) only; a label name has no colon and is not empty; no comma before the first
  label; a timestamp is an integer and nothing but an exemplar may follow it; a `# HELP` or `# TYPE` line has a name,
- stricter in OpenMetrics: exactly one blank after the labels, exemplars whole,
- laxer about numbers: a value outside the rules of its type (a negative or fractional count, an information sample
  that is not 1, buckets out of order or without `+Inf`, a `le` or `quantile` that is missing or not canonical, a
  stateset without its label), interleaved groups, mixed or falling timestamps, and exemplars that are too long or
  stand where none may. The operator needs the numbers that the agent gives, above all when they are wrong,
- laxer about labels whose names start with `__` (Prometheus takes them),
- true to the page: counters of the text format keep the names that they have there, with or without `_total`.
"""

import re
from array import array
from collections.abc import Sequence

from fleet.errors import ParseError
from fleet.exposition.cache import Layout, Rules, SeriesCache
from fleet.exposition.families import StrictFamilies, TextFamilies
from fleet.exposition.lines import MalformedLineError, SampleLine, read_meta, read_sample
from fleet.exposition.shape import Words, digest, read_floats, read_numbers, skim
from fleet.model import Family, Page, SeriesId
from fleet.text import scrub

OPENMETRICS = "application/openmetrics-text"
ACCEPT = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.5,"
    "application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,"
    "*/*;q=0.1"
)
"""What a scrape asks for: Prometheus's protocols in its order; the specification fixes the falling q."""
_ENTRY_COST = 200
_INTEGER = re.compile(r"-?[0-9]++")


def is_openmetrics(content_type: str) -> bool:
    """Whether a `Content-Type` says OpenMetrics; everything else is read as Prometheus text."""
    return content_type.partition(";")[0].strip().lower() == OPENMETRICS


def parse_page(
    body: bytes,
    content_type: str = "",
    *,
    max_samples: int = 50_000,
    max_labels: int = 64,
    max_label_chars: int = 512,
    cache: SeriesCache | None = None,
) -> Page:
    """Read a whole page. Names and label values come out scrubbed, values as floats, in the order of the page.

    Samples beyond `max_samples`, and those with more than `max_labels` labels, are left out; names and label values
    longer than `max_label_chars` are shortened; `Page.cut` counts both. Raises ParseError with the byte where the
    page is malformed.
    """
    reader = PageReader(
        max_samples=max_samples,
        max_labels=max_labels,
        max_label_chars=max_label_chars,
        cache=SeriesCache() if cache is None else cache,
    )
    return reader.read(body, content_type)


class PageReader:
    """Reads the pages of one target as `parse_page` does; it remembers the shape of the last one."""

    __slots__ = ("_cache", "_last", "_limits")

    def __init__(self, *, max_samples: int, max_labels: int, max_label_chars: int, cache: SeriesCache) -> None:
        self._limits = (max_samples, max_labels, max_label_chars)
        self._cache = cache
        self._last: Layout | None = None

    def read(self, body: bytes, content_type: str) -> Page:
        """A whole page. Raises ParseError with the byte where it is malformed."""
        rules = Rules(is_openmetrics(content_type), *self._limits)
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            raise ParseError("not UTF-8", error.start) from error
        lines, beyond = _lines(text, rules)
        layout, numbers = self._recognised(rules, lines)
        values = None if layout is None else read_numbers(numbers)
        if layout is None or values is None:
            layout, values = _Reader(lines, rules, self._cache).read()
        self._last = layout
        return Page(
            series=layout.series,
            values=values,
            families=layout.families,
            cut=layout.cut + beyond,
            duplicates=layout.duplicates,
            size_bytes=len(body),
        )

    def _recognised(self, rules: Rules, lines: Sequence[str]) -> tuple[Layout | None, Words]:
        """The layout of the page, the last one's or one that another target had, and the numbers that stay."""
        layout, numbers = self._as_before(rules, lines)
        if layout is None:
            rest = tuple(place for place, line in enumerate(lines) if line[:1] == "#" or not line)
            where = self._cache.places(rest, len(lines))
            heads, numbers = skim(where.samples(lines))
            layout = self._cache.layout(digest(repr(rules).encode(), where, heads, where.rest(lines)))
        if layout is None or layout.duplicates:
            return None, ()
        return layout, numbers if layout.kept is None else layout.kept(numbers)

    def _as_before(self, rules: Rules, lines: Sequence[str]) -> tuple[Layout | None, Words]:
        """The layout of the last page where this one has it, too, and its numbers."""
        last = self._last
        if last is None or last.where.lines != len(lines):
            return None, ()
        heads, numbers = skim(last.where.samples(lines))
        found = digest(repr(rules).encode(), last.where, heads, last.where.rest(lines))
        return (last, numbers) if found == last.digest else (None, ())


def _lines(text: str, rules: Rules) -> tuple[list[str], int]:
    """The lines that are read, and how many samples stand beyond them.

    A page may have a few lines of metadata a sample; one with far more lines than that is cut before it is split.
    """
    most = rules.max_samples * 4 + 1000
    lines = text.split("\n", most)
    beyond = 0
    if len(lines) > most:
        rest = "\n" + lines.pop()
        beyond = rest.count("\n") - rest.count("\n#") - rest.endswith("\n")
        if rules.strict and rest.rstrip("\n").endswith("\n# EOF"):
            lines.append("# EOF")
    elif not lines[-1]:
        lines.pop()
    return lines, beyond


class _Reader:
    """Reads a page line by line, for the first time in its shape."""

    def __init__(self, lines: Sequence[str], rules: Rules, cache: SeriesCache) -> None:
        self._lines = lines
        self._rules = rules
        self._cache = cache
        self._known = cache.series(rules)
        self._families = StrictFamilies() if rules.strict else TextFamilies()
        self._shape: list[str] = []
        self._values: list[float] = []
        self._times: list[float | None] = []
        self._series: dict[SeriesId, int] = {}
        self._kept: list[int] = []
        self._rest: list[int] = []
        self._ended = False
        self._cut = self._duplicates = self._own_cost = 0

    def read(self) -> "tuple[Layout, array[float]]":
        """The layout, remembered, and the values. Raises ParseError."""
        number = 0
        try:
            for number, line in enumerate(self._lines):  # noqa: B007 (the place of an error)
                self._line(line)
            families = self._finish()
        except MalformedLineError as error:
            raise ParseError(str(error), self._offset(number, error.column)) from error
        return self._layout(families), array("d", self._values)

    def _layout(self, families: tuple[Family, ...]) -> Layout:
        """The layout of this page, remembered."""
        cache, shape = self._cache, self._shape
        where = cache.places(tuple(self._rest), len(shape))
        heads = where.samples(shape)
        known = digest(repr(self._rules).encode(), where, heads, where.rest(shape))
        layout = cache.layout(known)
        if layout is None:
            layout = Layout(
                series=tuple(self._series),
                families=cache.families(families),
                digest=known,
                where=where,
                kept=None if len(self._kept) == len(heads) else cache.picker(tuple(self._kept)),
                cut=self._cut,
                duplicates=self._duplicates,
            )
            cache.remember(layout, self._own_cost)
        return layout

    def _finish(self) -> tuple[Family, ...]:
        if self._rules.strict and not self._ended:
            raise MalformedLineError("the page ends without # EOF", len(self._lines[-1]) if self._lines else 0)
        return self._families.finish()

    def _line(self, line: str) -> None:
        strict = self._rules.strict
        if not strict:
            line = line.strip(" \t\r")
        if self._ended:
            raise MalformedLineError("text after # EOF")
        if line and line[0] != "#":
            self._sample(line)
            return
        if strict and not line:
            raise MalformedLineError("a blank line")
        self._rest.append(len(self._shape))
        self._shape.append(line)
        if line:
            self._comment(line)

    def _comment(self, line: str) -> None:
        if self._rules.strict and line == "# EOF":
            self._ended = True
            return
        meta = read_meta(line, strict=self._rules.strict)
        if meta is not None:
            self._families.meta(meta)

    def _sample(self, line: str) -> None:
        if len(self._kept) >= self._rules.max_samples:
            self._shape.append(line.rpartition(" ")[0])
            self._cut += 1
            return
        head, _, number = line.rpartition(" ")
        time = None
        series = self._known.get(head)
        if series is None and _INTEGER.fullmatch(number):
            time = float(number)
            head, _, number = head.rpartition(" ")
            series = self._known.get(head)
        value = None if series is None else read_floats((number,))
        if series is None or value is None:
            self._new_sample(read_sample(line, strict=self._rules.strict))
        else:
            self._keep(head, series, value[0], time)

    def _new_sample(self, sample: SampleLine) -> None:
        rules = self._rules
        most = rules.max_label_chars
        if len(sample.labels) > rules.max_labels:
            self._families.sample(scrub(sample.name, most))
            self._shape.append(sample.identity)
            self._cut += 1
            return
        series = self._known.get(sample.identity)
        if series is None:
            series = self._made(sample)
            if len(sample.name) > most or any(len(key) > most or len(value) > most for key, value in sample.labels):
                self._cut += 1
            else:
                self._known.put(sample.identity, series, len(sample.identity) + _ENTRY_COST)
        self._keep(sample.identity, series, float(sample.value), sample.timestamp)

    def _made(self, sample: SampleLine) -> SeriesId:
        cache, most = self._cache, self._rules.max_label_chars
        self._own_cost += _ENTRY_COST
        labels = sorted((scrub(key, most), scrub(value, most)) for key, value in sample.labels)
        return SeriesId(cache.word(scrub(sample.name, most)), tuple(cache.label(*label) for label in labels))

    def _keep(self, identity: str, series: SeriesId, value: float, time: float | None) -> None:
        self._families.sample(series.name)
        self._shape.append(identity)
        place = self._series.setdefault(series, len(self._values))
        if place == len(self._values):
            self._kept.append(len(self._shape) - len(self._rest) - 1)
            self._values.append(value)
            self._times.append(time)
            return
        self._duplicates += 1
        before = self._times[place]
        if time is not None and before is not None and time > before:
            self._values[place], self._times[place] = value, time

    def _offset(self, line: int, column: int) -> int:
        before = sum(len(text.encode()) + 1 for text in self._lines[:line])
        return before + len(self._lines[line][:column].encode()) if self._lines else 0
