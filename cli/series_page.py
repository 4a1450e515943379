"""The tables of docs/series.md, made from the families that fleetdeck writes: `python -m cli.series_page`."""

import sys
from pathlib import Path

from cli.key_table import rewritten
from fleet.samples.own import series_table

__all__ = ["BEGIN", "END", "rewritten", "series_table"]

PAGE = Path(__file__).parents[1] / "docs" / "series.md"
BEGIN = "<!-- series: begin. Made by `python -m cli.series_page`. -->"
END = "<!-- series: end -->"


def main() -> None:
    """Rewrite the tables."""
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(rewritten(page, f"\n{series_table()}\n", BEGIN, END), encoding="utf-8")
    sys.stderr.write(f"{PAGE}\n")


if __name__ == "__main__":
    main()
