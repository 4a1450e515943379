"""The table of faults as Markdown, in docs/reliability.md: `python -m tests.faults.report` writes it anew."""

import string
from pathlib import Path

from tests.faults.fleet import WATCHERS
from tests.faults.table import ELSEWHERE, FAULTS

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- faults -->\n", "<!-- /faults -->"
TRIED = "✔"

Cells = dict[tuple[str, str], str]


def cells() -> Cells:
    """For every fault and watcher `✔` or the reason why it cannot be hit. Raises KeyError where neither is said."""
    found: Cells = {}
    rows: dict[str, tuple[set[str], dict[str, str]]] = {}
    every = [(fault.name, set(fault.hits), fault.why_not) for fault in FAULTS]
    every += [(row.name, set(row.on), row.why_not) for row in ELSEWHERE]
    for name, on, reasons in every:
        # What is tried on some by one test, and on others by another, is one row.
        tried, why_not = rows.get(name, (set(), {}))
        rows[name] = tried | on, why_not | reasons
    for name, (tried, why_not) in rows.items():
        for watcher in WATCHERS:
            reason = why_not.get(watcher.name) or why_not.get(watcher.by)
            if watcher.name not in tried and reason is None:
                raise KeyError(f"{name} on {watcher.name}: neither tried nor a reason")
            found[name, watcher.name] = TRIED if watcher.name in tried else str(reason)
    return found


def table() -> str:
    """The table, its counts, and the reasons."""
    known = cells()
    faults = list(dict.fromkeys(name for name, _ in known))
    letters = dict(
        zip(dict.fromkeys(cell for cell in known.values() if cell != TRIED), string.ascii_lowercase, strict=False)
    )
    tried = sum(cell == TRIED for cell in known.values())
    lines = [
        f"{tried} of {len(known)} cells are tried ({len(faults)} faults on {len(WATCHERS)} things that are watched);",
        "a letter says why the fault cannot hit there.",
        "",
        "| fault | " + " | ".join(watcher.name for watcher in WATCHERS) + " |",
        "|---" * (len(WATCHERS) + 1) + "|",
    ]
    for fault in faults:
        marks = (known[fault, watcher.name] for watcher in WATCHERS)
        lines.append(f"| {fault} | " + " | ".join(letters.get(mark, mark) for mark in marks) + " |")
    lines += ["", "; ".join(f"{letter}: {reason}" for reason, letter in letters.items()) + "."]
    return "\n".join(lines) + "\n"


def rewritten(page: str) -> str:
    """The page with the table as it is now."""
    head, _, rest = page.partition(BEGIN)
    return head + BEGIN + table() + END + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
