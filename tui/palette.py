"""The command palette's own source: the pages of agents, found by a part of their name."""

from functools import partial

from textual.command import Hit, Hits, Provider

from fleet.text import scrub
from fleet.view_line import ViewLine

_MOST_HITS = 20


class AgentPages(Provider):
    """`planner` in the palette finds the pages of the agents that have it in their name."""

    async def search(self, query: str) -> Hits:
        """The first twenty agents whose name holds `query`."""
        from tui.app import FleetdeckApp

        app = self.app
        if not isinstance(app, FleetdeckApp) or not query:
            return
        matcher = self.matcher(query)
        wanted = query.casefold().removeprefix("agent ")
        found = sorted(name for name in app.context.store.status if wanted in name.casefold())
        for name in found[:_MOST_HITS]:
            text = f"agent {scrub(name)}"
            line = ViewLine(view="agents", subject=name)
            yield Hit(matcher.match(text), matcher.highlight(text), partial(app.open, line), help="open its page")
