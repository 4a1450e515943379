"""The keys of the application and of its screens. Each has an id, by which it can be remapped; the footer, the help
and the palette are made from what is bound at the moment, never from this list."""

from textual.binding import Binding, BindingType

from fleet.view_line import VIEWS

APP_KEYS: list[BindingType] = [
    # Priority, as for `/`: the prompt must have the focus before the next key is looked at, however fast one types.
    Binding("colon", "command", "command", id="app.command", key_display=":", priority=True),
    Binding("ctrl+r", "collect", "collect", id="app.collect"),
    Binding("p", "pause", "pause", id="app.pause"),
    Binding("question_mark", "help", "help", id="app.help", key_display="?"),
    Binding("q", "quit", "quit", id="app.quit"),
    Binding("minus", "last_view", "last view", id="app.last_view", key_display="-", show=False),
    *(
        Binding(str(number), f"view('{name}')", name, id=f"app.view.{name}", show=False)
        for number, name in enumerate(VIEWS, 1)
    ),
]

SCREEN_KEYS: list[BindingType] = [
    Binding("slash", "filter", "filter", id="screen.filter", key_display="/", priority=True),
    Binding("ctrl+z", "faults", "faults", id="screen.faults"),
    Binding("escape", "back", "back", id="screen.back", key_display="esc"),
    Binding("tab", "app.focus_next", "next pane", id="screen.next_pane", show=False),
    Binding("shift+tab", "app.focus_previous", "previous pane", id="screen.previous_pane", show=False),
]

FOOTER_ORDER = (
    "screen.back",
    "table.open",
    "screen.filter",
    "app.command",
    "screen.faults",
    "app.pause",
    "app.collect",
    "app.help",
    "app.quit",
)
"""Which keys a narrow footer keeps first; the others follow in the order of their binding."""
