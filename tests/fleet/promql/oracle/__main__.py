"""`python -m tests.fleet.promql.oracle [--pairs N] [--seed N]`: compares by hand and prints every difference.

Unlike the test it goes on after a difference. Exit code 1 where there was one.
"""

import sys
import tempfile
import time
from pathlib import Path

import click
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.fleet.promql.oracle.expressions import WHEN, expressions
from tests.fleet.promql.oracle.series_sets import SETS, Set
from tests.fleet.promql.oracle.session import Asking, Difference, oracle

_EACH = 16


@click.command(help=__doc__)
@click.option("--pairs", default=3_000, show_default=True)
@click.option("--seed", "chosen", default=1, show_default=True)
@click.option("--show", default=40, show_default=True, help="How many differences to print.")
def main(pairs: int, chosen: int, show: int) -> None:
    """Compare."""
    found: list[Difference] = []
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, oracle(Path(folder)) as session:

        @seed(chosen)
        @settings(
            max_examples=max(1, pairs // _EACH), phases=[Phase.generate], database=None, deadline=None,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(SETS, st.lists(st.tuples(expressions(), WHEN), min_size=_EACH, max_size=_EACH))
        def compare(drawn: Set, askings: list[Asking]) -> None:
            found.extend(session.differences(drawn, askings))

        compare()
        for one in found[:show]:
            click.echo(f"{one.question}\n    {one.what[:600]}")
        click.echo(
            f"{session.pairs:,} pairs, {len(found)} differences; {session.errors:,} errors, {session.empty:,} empty"
            f" answers and {session.wavering} that Prometheus gives in several ways among them;"
            f" {time.monotonic() - begun:.0f} s, {time.process_time():.0f} s of CPU here"
        )
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
