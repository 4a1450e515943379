"""The keys of the application, of its screens, and of everything that is typed into. Each has an id, by which it can be
remapped (`tui/keys/keymap.py`); the footer, the help and the palette are made from what is bound at the moment, never
from these lists."""

from textual.binding import Binding, BindingType

from fleet.view_line import TABS

FIXED = Binding.Group("cannot be remapped")
"""Marks a binding that keeps its keys whatever an operator chooses: nobody can lose the way out."""

WRITES = Binding.Group("changes the fleet")
"""Marks a binding that changes the fleet: no bare letter and no ctrl key may be bound to it."""


def _quiet(keys: str, action: str, description: str, name: str) -> Binding:
    return Binding(keys, action, description, id=name, show=False)


APP_KEYS: list[BindingType] = [
    # Priority, as for `/`: the prompt must have the focus before the next key is looked at, however fast one types.
    Binding("colon", "command", "command", id="app.command", key_display=":", priority=True),
    Binding("ctrl+r", "collect", "collect", id="app.collect"),
    _quiet("f5", "reload", "reload the configuration", "app.reload"),
    Binding("p", "pause", "pause", id="app.pause"),
    Binding("question_mark", "help", "help", id="app.help", key_display="?"),
    Binding("q", "quit", "quit", id="app.quit"),
    _quiet("minus", "last_view", "last view", "app.last_view"),
    _quiet("left_square_bracket", "history(-1)", "back to what was shown before", "app.back"),
    _quiet("right_square_bracket", "history(1)", "forward again", "app.forward"),
    *(_quiet(str(number), f"view('{name}')", name, f"app.view.{name}") for number, name in enumerate(TABS, 1)),
    # It only takes rights away, so it needs no asking.
    _quiet("R", "freeze", "freeze: none of your programs changes anything", "act.freeze"),
    _quiet("ctrl+l", "redraw", "draw the whole screen again", "app.redraw"),
    _quiet("ctrl+t", "time", "times in UTC, local, a zone, as ages", "app.time"),
    _quiet("ctrl+p", "command_palette", "palette", "app.palette"),
    _quiet("ctrl+c", "help_quit", "say how to quit", "app.how_to_quit"),
    Binding("ctrl+q", "leave", "quit, from anywhere", id="app.quit_always", show=False, priority=True, group=FIXED),
    Binding("f1", "keys", "help, from anywhere", id="app.help_always", show=False, priority=True, group=FIXED),
]

ALWAYS = frozenset({"leave", "keys"})
"""The actions that work even while something is typed."""

COPY_SELECTION = _quiet("ctrl+c,super+c", "screen.copy_text", "copy what the mouse selected", "screen.copy_selection")

SCREEN_KEYS: list[BindingType] = [
    Binding("slash", "filter", "filter", id="screen.filter", key_display="/", priority=True),
    Binding("ctrl+z", "faults", "faults", id="screen.faults"),
    Binding("escape", "back", "back", id="screen.back", key_display="esc"),
    Binding("w", "why", "why", id="screen.why"),
    # It only opens the sheet on which a revision is chosen.
    Binding("b", "rollback", "roll back", id="act.rollback"),
    Binding("y", "copy_name", "copy", id="screen.copy_name"),
    _quiet("Y", "copy_row", "copy as JSON", "screen.copy_row"),
    _quiet("ctrl+y", "copy_as", "copy as …", "screen.copy_as"),
    _quiet("tab", "app.focus_next", "next pane", "screen.next_pane"),
    _quiet("shift+tab", "app.focus_previous", "previous pane", "screen.previous_pane"),
    COPY_SELECTION,
]

ALERT_KEYS: list[BindingType] = [
    # Each only opens a sheet that names its targets and is entered with a reason: by itself it changes nothing.
    Binding("a", "acknowledge", "ack", id="alerts.acknowledge"),
    Binding("s", "silence", "silence", id="alerts.silence"),
    Binding("u", "unsilence", "unmute", id="alerts.end"),
]

ALERT_PANE_KEYS: list[BindingType] = [
    Binding("t", "groups", "groups", id="alerts.groups"),
    _quiet("T", "group_by", "group by a label", "alerts.group_by"),
    Binding("z", "silences", "silences", id="alerts.silences"),
]

SLO_KEYS: list[BindingType] = [Binding("i", "formula", "formula", id="slos.formula")]

QUERY_KEYS: list[BindingType] = [
    Binding("e", "edit", "edit", id="query.edit"),
    Binding("r", "range(1)", "range", id="query.longer"),
    _quiet("Z", "range(-1)", "a shorter range", "query.shorter"),
]

SUBMIT_KEYS: list[BindingType] = [Binding("t", "submit", "submit", id="act.submit")]

ACTION_KEYS: list[BindingType] = [
    # Each only opens a dialog, but for `r`, which only reads.
    Binding("x", "abort", "abort", id="act.abort"),
    Binding("c", "cancel_there", "cancel", id="act.cancel"),
    Binding("U", "undo", "undo", id="act.undo"),
    Binding("r", "reconcile", "reconcile", id="act.reconcile"),
    Binding("s", "settle", "settle", id="act.settle"),
]

WATCH_KEYS: list[BindingType] = [Binding("enter", "receipt", "receipt", id="watch.receipt")]

WHICH_KEYS: list[BindingType] = [
    Binding("enter", "choose", "choose", id="which.choose"),
    Binding("escape,q", "cancel", "cancel", id="which.cancel", key_display="esc"),
]

PICKER_KEYS: list[BindingType] = [
    # Choosing only makes a plan, which has a dialog of its own.
    Binding("enter", "choose", "plan it", id="picker.choose"),
    Binding("s", "turn_stages", "stages, all at once", id="picker.stages"),
    Binding("r", "read_again", "ask again", id="picker.again"),
    Binding("escape,q", "cancel", "cancel", id="picker.cancel", key_display="esc"),
]
"""Of the sheet on which a revision is chosen."""

CONFIRM_KEYS: list[BindingType] = [
    Binding("y", "yes", "do it", id="confirm.yes"),
    Binding("d", "dry_run", "dry run", id="confirm.dry_run"),
    Binding("escape", "cancel", "cancel", id="confirm.cancel", key_display="esc"),
    _quiet("pagedown", "page(1)", "the plan, a page down", "confirm.page_down"),
    _quiet("pageup", "page(-1)", "the plan, a page up", "confirm.page_up"),
]
"""Of every dialog in which something is confirmed; none of them is heard before it could be read."""

TASK_KEYS: list[BindingType] = [
    _quiet("ctrl+p", "recall(-1)", "what was sent before", "task.earlier"),
    _quiet("ctrl+n", "recall(1)", "what was sent after that", "task.later"),
    Binding("f2", "batch", "many at once", id="task.batch"),
    _quiet("pagedown", "page(1)", "the form, a page down", "task.page_down"),
    _quiet("pageup", "page(-1)", "the form, a page up", "task.page_up"),
]
"""Of the forms of tasks; heard while something is typed."""

SHEET_KEYS: list[BindingType] = [
    _quiet("tab", "app.focus_next", "next part", "sheet.next"),
    _quiet("shift+tab", "app.focus_previous", "previous part", "sheet.previous"),
    _quiet("ctrl+c,super+c", "screen.copy_text", "copy what the mouse selected", "sheet.copy_selection"),
]

EDITING_KEYS: list[BindingType] = [
    _quiet("left", "cursor_left", "left", "input.left"),
    _quiet("right", "cursor_right", "right, or take the suggestion", "input.right"),
    _quiet("ctrl+left", "cursor_left_word", "a word to the left", "input.word_left"),
    _quiet("ctrl+right", "cursor_right_word", "a word to the right", "input.word_right"),
    _quiet("home,ctrl+a", "home", "start", "input.home"),
    _quiet("end,ctrl+e", "end", "end", "input.end"),
    _quiet("shift+left", "cursor_left(True)", "select to the left", "input.select_left"),
    _quiet("shift+right", "cursor_right(True)", "select to the right", "input.select_right"),
    _quiet("ctrl+shift+left", "cursor_left_word(True)", "select a word to the left", "input.select_word_left"),
    _quiet("ctrl+shift+right", "cursor_right_word(True)", "select a word to the right", "input.select_word_right"),
    _quiet("shift+home", "home(True)", "select to the start", "input.select_home"),
    _quiet("shift+end", "end(True)", "select to the end", "input.select_end"),
    _quiet("ctrl+shift+a", "select_all", "select all", "input.select_all"),
    _quiet("backspace", "delete_left", "delete to the left", "input.delete_left"),
    _quiet("delete,ctrl+d", "delete_right", "delete to the right", "input.delete_right"),
    _quiet("ctrl+w", "delete_left_word", "delete a word to the left", "input.delete_word_left"),
    _quiet("ctrl+backspace,alt+backspace", "delete_right_word", "delete a word", "input.delete_word_right"),
    _quiet("ctrl+u,super+backspace", "delete_left_all", "delete all to the left", "input.delete_all_left"),
    _quiet("ctrl+k", "delete_right_all", "delete all to the right", "input.delete_all_right"),
    _quiet("ctrl+x", "cut", "cut the selection", "input.cut"),
    _quiet("ctrl+c,super+c", "copy", "copy the selection", "input.copy"),
    _quiet("ctrl+v", "paste", "paste what was copied here", "input.paste"),
]

FOOTER_ORDER = (
    "screen.back",
    "table.open",
    "watch.receipt",
    "why.open",
    "screen.why",
    "alerts.acknowledge",
    "alerts.silence",
    "alerts.end",
    "alerts.groups",
    "act.submit",
    "act.rollback",
    "act.abort",
    "act.cancel",
    "act.undo",
    "act.reconcile",
    "act.settle",
    "slos.formula",
    "query.edit",
    "query.longer",
    "screen.filter",
    "app.command",
    "screen.faults",
    "app.pause",
    "app.collect",
    "app.help",
    "app.quit",
)
"""In which order the footer shows keys; the others follow in the order of their binding."""

FOOTER_KEEPS = (
    "screen.back",
    "table.open",
    "app.help",
    "app.quit",
    "screen.filter",
    "app.command",
    "screen.why",
    "alerts.acknowledge",
    "alerts.silence",
    "alerts.end",
    "watch.receipt",
    "act.abort",
    "act.reconcile",
    "act.settle",
    "act.cancel",
    "act.undo",
    "act.submit",
    "act.rollback",
    "slos.formula",
    "query.edit",
    "query.longer",
)
"""Which keys a narrow footer keeps first: the way out and the way to learn, then what is done here."""
