"""The examples of docs/filters.md, made from `fleet.filters.examples`: `python -m cli.filter_page` rewrites them.

A test fails where page and examples differ.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from cli import key_table
from fleet.filters.examples import LINES, TOPICS, Example

PAGE = Path(__file__).parents[1] / "docs" / "filters.md"
BEGIN, END = "<!-- examples -->", "<!-- /examples -->"


def examples() -> str:
    """The topics with their examples, and view lines, as Markdown."""
    parts: list[str] = []
    for topic in TOPICS:
        parts += [f"## {topic.title}", "", topic.about, "", *_table(topic.examples), ""]
    return "\n".join([*parts, "## View lines", "", *_table(LINES)])


def rewritten(page: str) -> str:
    """`page` with the examples as they are. Raises ValueError where its marks are missing."""
    return key_table.rewritten(page, examples(), BEGIN, END)


def _table(lines: Iterable[Example]) -> Iterator[str]:
    yield from ("| type | shows |", "|---|---|")
    yield from (f"| `{line.text.replace('|', chr(92) + '|')}` | {line.meaning} |" for line in lines)


def main() -> None:
    """Rewrite the page."""
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stderr.write(f"{PAGE}\n")


if __name__ == "__main__":
    main()
