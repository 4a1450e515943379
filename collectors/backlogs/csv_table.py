"""Task trackers kept as tables: one row a task, one column with its status."""

import csv
import difflib
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from collectors.backlog_file import EVERY_S, BacklogFile
from config.kinds import Kind
from config.values import FilePath
from fleet.backlog import bounded_sections, quoted
from fleet.errors import ParseError
from fleet.mojibake import as_utf8, decoded
from fleet.ports import Probe, Reach
from fleet.text import scrub
from fleet.work import BacklogReading, Section

_DELIMITERS = ",;\t|"
_MOST_SECTIONS = 50
_HEADER_CHARS = 65_536
_NAME_CHARS = 80
COLUMNS = 1_000
"""Columns of a line that is not read any more; a line of nothing but delimiters would else be as many texts."""


class CsvOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table (CSV) of tasks with a header row.

    path: the file; a relative path is taken from the configuration's folder.
    status_column: the column that holds the status.
    done: the status words that mean done, in any case.
    id_column: the column that tells tasks apart; without it a column `id` or `… id`, else title_column, else the row.
    title_column: the column with a task's title.
    delimiter: the one character between fields; without it the one that the header is written with.
    """

    path: FilePath
    status_column: str
    done: Annotated[list[str], Meta(min_length=1)]
    id_column: str | None = None
    title_column: str | None = None
    delimiter: Annotated[str, Meta(min_length=1, max_length=1)] | None = None


class _Table:
    """The header and rows of a file; rows that cannot be read are counted, not met."""

    def __init__(self, content: bytes, delimiter: str | None, wanted: str) -> None:
        text = "\n".join(decoded(line) for line in as_utf8(content).replace(b"\0", b"").splitlines())
        if not text.strip():
            raise ParseError("an empty file")
        self.delimiter = delimiter or _delimiter(text[:_HEADER_CHARS].lstrip("\n").partition("\n")[0], wanted)
        lines = text.split("\n")
        narrow = [line for line in lines if line.count(self.delimiter) < COLUMNS]
        self.too_wide = len(lines) - len(narrow)
        if self.too_wide:
            text = "\n".join(narrow)
        self._rows = csv.reader(io.StringIO(text), delimiter=self.delimiter)
        self.unreadable = 0
        self.first_unreadable = ""
        self.unclosed = self.delimiter != '"' and text.count('"') % 2 == 1
        self.header = [name.strip() for name in next(iter(self), [])]

    def __iter__(self) -> Iterator[list[str]]:
        """The rows from here on, blank ones left out."""
        while True:
            try:
                row = next(self._rows)
            except StopIteration:
                return
            except csv.Error as error:
                self.unreadable += 1
                self.first_unreadable = self.first_unreadable or f"line {self._rows.line_num:,}: {error}"
                continue
            if any(field.strip() for field in row):
                yield row

    @property
    def line(self) -> int:
        return self._rows.line_num

    def column(self, name: str) -> int:
        """The place of the column `name`, in any case. Raises ParseError with the nearest names."""
        names = [column.casefold() for column in self.header]
        if name.strip().casefold() in names:
            return names.index(name.strip().casefold())
        short = [column[:_NAME_CHARS] for column in names[:500]]
        near = difflib.get_close_matches(name.casefold(), short, n=3, cutoff=0.5)
        known = [self.header[short.index(found)] for found in near] or self.header[:8]
        said = ", ".join(quoted(column) for column in known)
        raise ParseError(f"no column {quoted(name)}; {'nearest' if near else 'there are'}: {said}")


class _Rows:
    """Distinct rows by their key, and what was odd on the way."""

    def __init__(self) -> None:
        self.words: dict[str, str] = {}
        self.rows = self.ragged = self.first_ragged = 0
        self.repeated: dict[str, None] = {}
        self.torn: dict[str, None] = {}

    def add(self, key: str, word: str) -> None:
        self.rows += 1
        if key in self.words:
            self.repeated[key] = None
            if self.words[key].casefold() != word.casefold():
                self.torn[key] = None
        self.words[key] = word


def read_table(content: bytes, name: str, *, options: CsvOptions) -> BacklogReading:
    """The count of distinct rows; a row that is listed twice counts once, with its last status. Raises ParseError."""
    table = _Table(content, options.delimiter, options.status_column)
    rows = _collect(table, options)
    done_words = {word.strip().casefold() for word in options.done}
    done = sum(word.casefold() in done_words for word in rows.words.values())
    return BacklogReading(
        name=name,
        kind="csv",
        total=len(rows.words),
        done=done,
        sections=_sections(rows.words.values(), done_words),
        anomalies=tuple(scrub(line) for line in _anomalies(table, rows, done, options)),
    )


def _collect(table: _Table, options: CsvOptions) -> _Rows:
    status = table.column(options.status_column)
    key = _key_column(table, options)
    rows = _Rows()
    for row in table:
        if len(row) != len(table.header):
            rows.ragged += 1
            rows.first_ragged = rows.first_ragged or table.line
        known_by = _field(row, key) if key is not None else ""
        rows.add(known_by or table.delimiter.join(row), _field(row, status))
    return rows


def _key_column(table: _Table, options: CsvOptions) -> int | None:
    if options.id_column is not None:
        return table.column(options.id_column)
    names = [name.casefold() for name in table.header]
    named_id = next((place for place, name in enumerate(names) if name.replace("_", " ").split()[-1:] == ["id"]), None)
    if named_id is None and options.title_column is not None:
        return table.column(options.title_column)
    return named_id


def _field(row: Sequence[str], place: int) -> str:
    return row[place].strip() if place < len(row) else ""


def _delimiter(header: str, wanted: str) -> str:
    """The delimiter under which the header has the wanted column, else the most columns."""

    def fitness(delimiter: str) -> tuple[bool, int]:
        try:
            names = next(csv.reader([header], delimiter=delimiter), [])
        except csv.Error:
            return False, 0
        return wanted.strip().casefold() in [name.strip().casefold() for name in names], len(names)

    return max(_DELIMITERS, key=fitness)


def _sections(words: Iterable[str], done: set[str]) -> tuple[Section, ...]:
    """The rows by status, most first."""
    counts = Counter(words).most_common()
    sections = [Section(word or "no status", n, n if word.casefold() in done else 0) for word, n in counts]
    return tuple(replace(one, title=scrub(one.title)) for one in bounded_sections(sections, _MOST_SECTIONS))


def _anomalies(table: _Table, rows: _Rows, done: int, options: CsvOptions) -> Iterable[str]:
    if table.unreadable:
        yield f"{table.unreadable:,} rows cannot be read ({table.first_unreadable})"
    if table.too_wide:
        yield f"{table.too_wide:,} lines have {COLUMNS:,} columns or more and were left out"
    if table.unclosed:
        yield "a quoted field is never closed: what follows it is one row"
    if rows.ragged:
        yield f"{rows.ragged:,} rows have more or fewer fields than the header (first at line {rows.first_ragged:,})"
    if rows.repeated:
        again = rows.rows - len(rows.words)
        yield f"{again:,} of {rows.rows:,} rows repeat a task ({quoted(next(iter(rows.repeated)))})"
    if rows.torn:
        yield f"listed with different statuses: {quoted(next(iter(rows.torn)))}"
    if rows.words and not done:
        yield from _never_done(rows, options)


def _never_done(rows: _Rows, options: CsvOptions) -> Iterable[str]:
    """No row is done: say so where a status looks like a done word that was misspelt."""
    seen = [word for word, _ in Counter(rows.words.values()).most_common(_MOST_SECTIONS) if word]
    for wanted in options.done:
        near = difflib.get_close_matches(
            wanted.casefold(), [word.casefold()[:_NAME_CHARS] for word in seen], n=1, cutoff=0.7
        )
        if near:
            yield f"no row has the status {quoted(wanted)}, but some have {quoted(near[0])}"


def _build(options: CsvOptions, reach: Reach) -> Probe:
    return BacklogFile(options.path, reach, partial(read_table, options=options))


KIND: Kind[Probe] = Kind("csv", CsvOptions, _build, every_s=EVERY_S)
