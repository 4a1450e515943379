"""The key tables of the README (the essential ones of the agents view, those of an incident) and of docs/keys.md
(every id, in every preset), made from the bindings: `python -m cli.key_table` rewrites them. A test fails where they
differ.
"""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fleet.clock import SystemClock
from fleet.model import AgentStatus
from fleet.store import Store
from fleet.view_line import ViewLine

if TYPE_CHECKING:
    from tui.screens.help import LiveKey

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
BEGIN, END = "<!-- keys -->", "<!-- /keys -->"
KEYS_PAGE = ROOT / "docs" / "keys.md"
INCIDENT_BEGIN, INCIDENT_END = "<!-- incident -->", "<!-- /incident -->"
PRESETS_BEGIN, PRESETS_END = "<!-- presets -->", "<!-- /presets -->"


ESSENTIAL = (
    "app.view.overview",
    "table.down",
    "table.up",
    "table.open",
    "screen.filter",
    "screen.faults",
    "app.command",
    "table.sort_next",
    "table.columns",
    "table.mark",
    "table.mark_all",
    "screen.copy_name",
    "screen.copy_as",
    "app.back",
    "app.pause",
    "app.collect",
    "app.time",
    "app.help",
    "app.quit",
)
"""The keys that a newcomer meets in the README; all of them stand in docs/keys.md."""

INCIDENT = (
    ("screen.why", "why it is red: from the alert or objective to agents, changes and failing tasks"),
    ("alerts.acknowledge", "acknowledge the alert"),
    ("alerts.silence", "silence it"),
    ("act.rollback", "roll back what the row is about"),
    ("act.submit", "submit a task to the row, or to the marked rows"),
    ("act.abort", "stop what is under way"),
    ("act.undo", "undo a rollback"),
    ("act.reconcile", "ask what became of an act whose answer was lost"),
    ("act.freeze", "freeze: none of your programs changes anything any more"),
)
"""The keys of an incident, with what each opens or does, on whatever row or page it has a meaning."""


async def live() -> "list[LiveKey]":
    """The keys of the agents view, those that everybody has last."""
    from tui.app import FleetdeckApp
    from tui.screens.help import live_keys

    store = Store()
    store.status.put("a", AgentStatus(name="a"))
    app = FleetdeckApp(store, fleet_name="keys", clock=SystemClock(), view=ViewLine(view="agents"))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        return live_keys(app.screen)


async def key_table() -> str:
    """The essential keys of the agents view as a Markdown table. Raises KeyError for one that is not live there."""
    known = {key.id: key for key in await live()}
    keys = [known[name] for name in ESSENTIAL]
    lines = ["| key | does |", "|---|---|"]
    lines += [f"| {_escaped(key.keys)} | {key.description} |" for key in keys]
    return "\n".join(lines)


def incident_table() -> str:
    """The keys of an incident as a Markdown table. Raises KeyError for one that is not declared."""
    from tui.keys.declared import declared
    from tui.keys.names import shown

    known = {one.id: one.keys for one in declared()}
    lines = ["| key | in an incident |", "|---|---|"]
    lines += [f"| {_escaped('  '.join(map(shown, known[name])))} | {words} |" for name, words in INCIDENT]
    return "\n".join(lines)


def preset_table() -> str:
    """Every id with its keys, and with those of each preset where they are others."""
    from tui.keys.declared import declared
    from tui.keys.keymap import in_force
    from tui.keys.names import shown
    from tui.keys.presets import PRESETS

    every = declared()
    others = {name: in_force(every, keys) for name, keys in PRESETS.items() if keys}
    lines = [f"| id | does | default | {' | '.join(others)} |", f"|{'---|' * (3 + len(others))}"]
    for one in every:
        changed = (force[one.id] if force[one.id] != one.keys else () for force in others.values())
        cells = [_escaped("  ".join(map(shown, keys))) for keys in (one.keys, *changed)]
        lines.append(f"| {one.id} | {one.description} | {' | '.join(cells)} |")
    return "\n".join(lines)


def rewritten(page: str, table: str, begin: str = BEGIN, end: str = END) -> str:
    """`page` with `table` between the marks. Raises ValueError where these are missing."""
    before, start, rest = page.partition(begin)
    _, stop, after = rest.partition(end)
    if not (start and stop):
        raise ValueError(f"the page lacks {begin} and {end}")
    return f"{before}{begin}\n{table}\n{end}{after}"


def _escaped(keys: str) -> str:
    return " ".join(f"`{key}`" for key in keys.replace("|", "\\|").split("  ") if key)


def main() -> None:
    """Rewrite the tables."""
    for path, table, begin, end in (
        (README, asyncio.run(key_table()), BEGIN, END),
        (README, incident_table(), INCIDENT_BEGIN, INCIDENT_END),
        (KEYS_PAGE, preset_table(), PRESETS_BEGIN, PRESETS_END),
    ):
        page = path.read_text(encoding="utf-8")
        path.write_text(rewritten(page, table, begin, end), encoding="utf-8")
        sys.stderr.write(f"{path}\n")


if __name__ == "__main__":
    main()
