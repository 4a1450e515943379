"""YAML files of several documents, each as a tree that knows its lines in the file."""

import re
from collections.abc import Iterator
from itertools import pairwise

from config.problems import Problems
from config.yaml_tree import Node, read_tree

DOCUMENT_LIMIT = 1_000
_MARKER = re.compile(r"---(?=[ \t\r]|$)")


def documents(text: str, problems: Problems) -> Iterator[Node]:
    """The documents of `text` that are not empty. Nothing but the beginning of a document may begin a line with `---`
    in YAML, not even within a text, so the lines tell them apart."""
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines) if _MARKER.match(line)]
    cuts = sorted({0, *starts, len(lines)})
    if len(cuts) > DOCUMENT_LIMIT + 1:
        problems.add(cuts[DOCUMENT_LIMIT] + 1, "", f"more than {DOCUMENT_LIMIT:,} documents; the rest is left out")
    for start, end in list(pairwise(cuts))[:DOCUMENT_LIMIT]:
        part = "\n".join(lines[start:end])
        if part.strip(" \t\r\n-.#"):
            # Empty lines before it, so that its lines are counted as in the file.
            tree = read_tree("\n" * start + part, problems)
            if tree is not None:
                yield tree
