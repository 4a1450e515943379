"""`python -m benchmarks [TOPIC…]`: measure and print one table. Exit code 1 where a figure was missed.

With `--keep` the figures go to docs/benchmarks.json and docs/benchmarks.md, which keep those of other topics as they
were.
"""

import datetime
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from benchmarks import report
from benchmarks.machine import this_machine
from benchmarks.registry import TOPICS
from benchmarks.row import Result, Topic, Verdict, missing, results
from benchmarks.terminal import NotSeenError


@click.command(help=__doc__)
@click.argument("names", nargs=-1, type=click.Choice([topic.name for topic in TOPICS]), metavar="[TOPIC]…")
@click.option("--keep", is_flag=True, help="Write the figures into docs/.")
@click.option("--render", is_flag=True, help="Measure nothing; write docs/benchmarks.md again from what was kept.")
def main(names: tuple[str, ...], keep: bool, render: bool) -> None:
    """Run the benchmarks."""
    if render:
        kept = report.load()
        if kept is None:
            raise click.UsageError("nothing was kept yet")
        render_page(kept)
        return
    machine = this_machine()
    done = [one for topic in TOPICS if not names or topic.name in names for one in run(topic)]
    click.echo(f"{machine.words()}\n\n{report.table(done)}")
    if keep:
        kept = report.merged(report.load(), machine, done)
        report.save(kept)
        render_page(kept)
    sys.exit(any(one.verdict is Verdict.MISSED for one in done))


def render_page(kept: report.Kept) -> None:
    """Write docs/benchmarks.md with what was kept."""
    page = report.PAGE.read_text(encoding="utf-8")
    report.PAGE.write_text(report.rewritten(page, kept, TOPICS), encoding="utf-8")


def run(topic: Topic) -> list[Result]:
    """Measure a topic in a folder of its own. What cannot be measured is a result that says why."""
    click.echo(f"{topic.name} …", err=True, nl=False)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fleetdeck-bench-") as folder:
        try:
            figures = topic.measure(Path(folder))
        except (NotSeenError, RuntimeError, OSError, subprocess.SubprocessError) as error:
            click.echo(f" {error}", err=True)
            figures = missing(topic, _in_a_line(str(error)))
    click.echo(f" {time.monotonic() - begun:.0f} s", err=True)
    return results(topic, figures, datetime.datetime.now(datetime.UTC).date())


def _in_a_line(text: str) -> str:
    """The first and the last line of an error, fit for a table."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " … ".join(dict.fromkeys((lines[0], lines[-1])))[:200].replace("|", "¦") if lines else "no reason given"


if __name__ == "__main__":
    main()
