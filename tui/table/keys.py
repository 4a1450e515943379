"""The keys of a table, each with an id by which it can be remapped."""

from textual.binding import Binding, BindingType


def _quiet(keys: str, action: str, description: str, name: str) -> Binding:
    return Binding(keys, action, description, id=f"table.{name}", show=False)


MOVING_KEYS: list[BindingType] = [
    _quiet("down,j", "move(1)", "down", "down"),
    _quiet("up,k", "move(-1)", "up", "up"),
    _quiet("pagedown,ctrl+f", "page(1.0)", "page down", "page_down"),
    _quiet("pageup,ctrl+b", "page(-1.0)", "page up", "page_up"),
    _quiet("ctrl+d", "page(0.5)", "half a page down", "half_down"),
    _quiet("ctrl+u", "page(-0.5)", "half a page up", "half_up"),
    _quiet("home,g", "top", "first row", "top"),
    _quiet("end,G", "bottom", "last row", "bottom"),
]
"""The cursor's, in every list."""

TABLE_KEYS: list[BindingType] = [
    Binding("enter", "open", "open", id="table.open"),
    *MOVING_KEYS,
    _quiet("f", "follow", "follow the newest row", "follow"),
    _quiet("F", "hold", "hold the order, or let it go", "hold"),
    Binding("space", "mark", "mark", id="table.mark"),
    _quiet("ctrl+@,ctrl+space", "mark_range", "mark from the last mark to here", "mark_range"),
    _quiet("asterisk,ctrl+a", "mark_all", "mark all rows shown, or none", "mark_all"),
    _quiet("tilde", "mark_others", "mark the other rows instead", "mark_others"),
    _quiet("ctrl+backslash", "clear_marks", "clear all marks", "clear_marks"),
    _quiet("apostrophe", "to_mark(1)", "next marked row", "next_mark"),
    _quiet("quotation_mark", "to_mark(-1)", "marked row before", "previous_mark"),
    _quiet("greater_than_sign,shift+right", "sort_next", "sort by the next column", "sort_next"),
    _quiet("less_than_sign,shift+left", "sort_previous", "sort by the column before", "sort_previous"),
    _quiet("plus", "sort_add", "then by one more column", "sort_add"),
    _quiet("o", "sort_reverse", "reverse the order", "sort_reverse"),
    _quiet("O", "sort_default", "natural order, worst first", "sort_default"),
    _quiet("C,S", "columns", "columns and order", "columns"),
]
