"""The command palette's own source: the pages of agents, found by a part of their name.

Names come from outside, so neither Textual's matcher nor its highlighting is used here: the first tries every way in
which the letters of a query can stand in a name (a name of a hundred `ab` takes it for ever), the second reads markup.
"""

from functools import partial

from textual.command import Hit, Hits, Provider
from textual.content import Content
from textual.style import Style

from fleet.view_line import ViewLine
from tui.cells import steady

_MOST_HITS = 20
_WORD = "agent "


class AgentPages(Provider):
    """`planner` in the palette finds the pages of the agents that have it in their name."""

    async def search(self, query: str) -> Hits:
        """The first twenty agents whose name holds `query`."""
        from tui.app import FleetdeckApp

        app = self.app
        wanted = query.casefold().removeprefix(_WORD)
        if not isinstance(app, FleetdeckApp) or not wanted:
            return
        style = self.matcher_style()
        found = sorted(name for name in app.context.store.status if wanted in name.casefold())
        for name in found[:_MOST_HITS]:
            line = ViewLine(view="agents", subject=name)
            text = _WORD + steady(name)
            yield Hit(
                score(wanted, name), highlighted(text, wanted, style), partial(app.open, line), help="open its page"
            )

    def matcher_style(self) -> Style:
        """How Textual brings out what matches, in this theme."""
        return self.matcher("").match_style


def score(wanted: str, name: str) -> float:
    """How well a name that holds `wanted` fits it, on the scale of Textual's matcher: about two for each letter."""
    folded = name.casefold()
    return len(wanted) * (3.0 if folded == wanted else 2.0 if folded.startswith(wanted) else 1.5)


def highlighted(text: str, wanted: str, style: Style) -> Content:
    """`text` with the first `wanted` in it brought out."""
    content = Content(text)
    folded = text.casefold()
    at = folded.find(wanted, len(_WORD))
    # Where folding makes a text longer, its places are others.
    if at < 0 or len(folded) != len(text):
        return content
    return content.stylize(style, at, at + len(wanted))
