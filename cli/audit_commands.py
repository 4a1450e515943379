"""`fleetdeck audit show|verify|export`: who did what, whether the record of it is whole, and a copy for others."""

import os
import shutil
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.complete import complete_audited
from cli.plain_output import write_data
from cli.settings import MESSAGE_CHARS, Failure, state_dir
from fleet.clock import SystemClock
from fleet.text import scrub, scrub_json
from fleet.times import parse_duration, parse_time

if TYPE_CHECKING:
    from actions.audit_files import Reading
    from fleet.actions.audit import AuditEntry
    from fleet.output import Ordered
    from fleet.store import Store
    from fleet.views.view import View

_BROKEN = 1
_AT_ONCE = 1_000
"""Lines that an export has in memory at one time."""

_FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="FOLDER",
    help="Where the log is, such as a copy; without it $XDG_STATE_HOME/fleetdeck.",
)


class MomentType(click.ParamType[datetime]):
    """`2026-11-21T10:00Z`, or `24h`: so long ago."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return SystemClock().now() - timedelta(seconds=parse_duration(str(value)))
        except (ValueError, OverflowError):
            when = parse_time(str(value))
        if when is None:
            self.fail(f"{value!r} is no time such as 2026-11-21T10:00Z, and no age such as 24h", param, ctx)
        return when


@click.group("audit")
def audit_group() -> None:
    """Who did what from here, and whether the record of it is whole.

    The log is audit.jsonl under $XDG_STATE_HOME/fleetdeck, with its older files; it can be read while dashboards write.
    """


@audit_group.command("show")
@click.option("-n", "count", type=click.IntRange(1), default=50, show_default=True, help="How many lines at most.")
@click.option(
    "--filter",
    "filter_text",
    default="",
    metavar="EXPR",
    shell_complete=complete_audited,
    help="As / in the dashboard: 'actor:anna decision:refused'.",
)
@click.option(
    "-o",
    "--output",
    type=click.Choice(["acts", "table", "json", "jsonl"]),
    help="Act by act, or a line a row. Without it: acts in a terminal, else table.",
)
@_FOLDER
def show(count: int, filter_text: str, output: str | None, folder: Path | None) -> None:
    """Print the newest lines that EXPR lets through, the newest last.

    In a terminal the lines of an act stand together under what was done, to what, and why.

    \b
    fleetdeck audit show --filter 'planner-1'
    fleetdeck audit show --filter 'decision:outcome outcome:failed,unknown' -n 200 -o jsonl
    """
    from cli.audit_acts import by_act
    from cli.get import FORMATS
    from fleet.filters.filter import parse_filter
    from fleet.filters.saved import NO_FILTERS

    store, view = _store_and_view()
    chosen = parse_filter(filter_text, view, NO_FILTERS)
    with _reading(folder) as reading:
        pairs = _rows(store, view, reading)
        kept = list(deque((pair for pair in pairs if chosen.matches(view, *pair)), maxlen=count))
    output = output or ("acts" if sys.stdout.isatty() else "table")
    if not kept and output in ("acts", "table"):
        click.echo("fleetdeck: " + (f"no line matches {scrub(filter_text)!r}" if filter_text else view.empty), err=True)
    if output == "acts":
        text = by_act((entry for entry, _ in kept), shutil.get_terminal_size().columns)
    else:
        text = FORMATS[output](view, kept)
    write_data(text, output)


@audit_group.command("verify")
@click.option("--partial", is_flag=True, help="Older files were moved away: begin with the first line that there is.")
@click.option(
    "--known",
    multiple=True,
    metavar="HASH",
    help="A hash that was written down before, as this command prints it: its line must still be there.",
)
@_FOLDER
@click.pass_context
def verify(ctx: click.Context, *, partial: bool, known: tuple[str, ...], folder: Path | None) -> None:
    """Say whether the log is whole: exit code 0 where it is, 1 with the first line that is not, and what is wrong.

    Write the last hash down elsewhere; with --known it shows that nothing before it was changed since.

    \b
    fleetdeck audit verify && fleetdeck audit export --since 30d audit-march.jsonl
    """
    from fleet.actions.audit import verify as verify_lines

    with _reading(folder) as reading:
        head = (reading.head.hash,) if reading.head is not None else ()
        found = verify_lines(reading.lines(), partial=partial, known=(*head, *(one.lower() for one in known)))
        place = "" if found.broken is None else reading.place(found.broken.line)
        files = len(reading.names)
    for note in found.notes:
        click.echo(f"note: {scrub(note, MESSAGE_CHARS)}", err=True)
    if found.broken is not None:
        sentence = scrub(found.broken.sentence, MESSAGE_CHARS)
        click.echo(f"broken: {place} ({found.broken.fault.value}): {sentence}")
        click.echo(f"{found.lines:,} lines before it are right, up to seq {found.last_seq}, hash {found.head}")
        ctx.exit(_BROKEN)
    if not found.lines:
        click.echo("nothing was recorded yet")
        return
    click.echo(
        f"whole: {found.lines:,} lines in {files} file{'' if files == 1 else 's'}, seq {found.first_seq} to"
        f" {found.last_seq}, last hash {found.head}"
    )


@audit_group.command("export")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False), metavar="[FILE]")
@click.option("--since", type=MomentType(), help="From then on: 2026-11-21T10:00Z, or 24h for so long ago.")
@click.option("--until", type=MomentType(), help="Up to then.")
@click.option("-o", "--output", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@_FOLDER
def export(file: Path | None, since: datetime | None, until: datetime | None, output: str, folder: Path | None) -> None:
    """Print the lines, or write them into FILE, which must be new. jsonl is as they stand in the log, byte by byte, so
    that their hashes can be checked elsewhere.

    \b
    fleetdeck audit export --since 30d -o csv audit.csv
    """

    def wanted(when: datetime | None) -> bool:
        if when is None:
            return since is None and until is None
        return (since is None or when >= since) and (until is None or when < until)

    with _reading(folder) as reading, _out(file, output) as write:
        if output == "jsonl":
            for line, entry in _entries(reading):
                if wanted(parse_time(entry.ts)):
                    write(line.decode())
        else:
            _write_csv(reading, wanted, write)


def _write_csv(reading: "Reading", wanted: Callable[[datetime | None], bool], write: Callable[[str], object]) -> None:
    from fleet.output import as_csv

    store, view = _store_and_view()
    pairs = (pair for pair in _rows(store, view, reading) if wanted(parse_time(pair[0].ts)))
    header = True
    while (rows := list(islice(pairs, _AT_ONCE))) or header:
        text = as_csv(view, rows)
        write(text if header else text.partition("\r\n")[2])
        header = False


def _store_and_view() -> "tuple[Store, View[AuditEntry]]":
    from fleet.store import Slice, Store
    from fleet.time_style import EXACT_STYLE
    from fleet.views.audit_lines import audit_view

    store, rows = Store(), Slice[int, "AuditEntry"]()
    store.times, store.now = EXACT_STYLE, SystemClock().now()
    return store, audit_view(rows)


def _rows(store: "Store", view: "View[AuditEntry]", reading: "Reading") -> "Iterator[Ordered]":
    from fleet.views.view import look

    for _, entry in _entries(reading):
        yield entry, look(store, view.rows(store), entry.seq)


def _entries(reading: "Reading") -> "Iterator[tuple[bytes, AuditEntry]]":
    """The lines that can be read; says on stderr how many cannot."""
    from fleet.actions.audit import decoded

    odd = 0
    for line in reading.lines():
        try:
            yield line, decoded(line)
        except ValueError:
            odd += 1
    if odd:
        told = f"{odd:,} line{'' if odd == 1 else 's'} cannot be read; `fleetdeck audit verify` says more"
        click.echo(f"fleetdeck: {told}", err=True)


@contextmanager
def _reading(folder: Path | None) -> "Iterator[Reading]":
    from actions.audit_files import Reading

    reading = Reading(folder or state_dir())
    try:
        yield reading
    finally:
        reading.close()


@contextmanager
def _out(file: Path | None, form: str) -> Iterator[Callable[[str], object]]:
    """What writes to stdout, or into a new file that is ours alone."""
    if file is None:
        yield _to_stdout(form)
        sys.stdout.flush()
        return
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        raise Failure(f"{file} is there already") from error
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
        yield out.write


def _to_stdout(form: str) -> Callable[[str], object]:
    """Lines for a terminal can drive none; others stay as they are, byte by byte, in every locale."""
    if form == "jsonl" and not sys.stdout.isatty():
        return lambda text: sys.stdout.buffer.write(text.encode())
    return lambda text: write_data(scrub_json(text) if form == "jsonl" else text, form)
