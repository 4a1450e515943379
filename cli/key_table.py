"""The README's key table, made from the bindings that are live: `python -m cli.key_table` rewrites it.

A test fails where the table and the bindings differ.
"""

import asyncio
import sys
from pathlib import Path

from fleet.clock import SystemClock
from fleet.model import AgentStatus
from fleet.store import Store
from fleet.view_line import ViewLine

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- keys -->", "<!-- /keys -->"


async def key_table() -> str:
    """The keys of the agents view as a Markdown table, those that everybody has last."""
    from tui.app import FleetdeckApp
    from tui.screens.help import live_keys

    store = Store()
    store.status.put("a", AgentStatus(name="a"))
    app = FleetdeckApp(store, fleet_name="keys", clock=SystemClock(), view=ViewLine(view="agents"))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        keys = live_keys(app.screen)
    lines = ["| key | does |", "|---|---|"]
    lines += [f"| {_escaped(key.keys)} | {key.description} |" for key in keys]
    return "\n".join(lines)


def rewritten(page: str, table: str) -> str:
    """`page` with `table` between the marks. Raises ValueError where these are missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page lacks {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def _escaped(keys: str) -> str:
    return " ".join(f"`{key}`" for key in keys.replace("|", "\\|").split("  "))


def main() -> None:
    """Rewrite the README's table."""
    page = README.read_text(encoding="utf-8")
    README.write_text(rewritten(page, asyncio.run(key_table())), encoding="utf-8")
    sys.stderr.write(f"{README}\n")


if __name__ == "__main__":
    main()
