"""The style sheet, parsed once, and what it says of a widget, matched once.

Textual parses all of its style sheet again whenever styles may have changed: four times before the first frame, and
once for every screen that is opened. That is a fifth of the time to the first frame. Here it is parsed again only where
a variable (a theme) or a source is another one.

Textual matches every rule again for every widget that is mounted or gets the focus, though a page that was opened once
is opened again with the same widgets in the same places: that was a third of the time from a key to its page. Here what
the rules came to is kept under all that they can ask of a widget and of those around it (`_Place`).
"""

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from textual.app import App
from textual.cache import LRUCache
from textual.css.styles import RulesMap
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.widget import Widget

_SOURCES = 512
"""How many sources are kept parsed: more than there are classes of widgets."""
_PLACES = 4096
"""How many places of widgets are kept: more than all screens together have."""

_Place = tuple[object, ...]


class _Matched:
    """What the rules came to in one place."""

    def __init__(self, node: DOMNode, rules: RulesMap) -> None:
        self.rules = rules
        self.hover = node._has_hover_style
        self.focus_within = node._has_focus_within
        self.order = node._has_order_style
        self.odd_or_even = node._has_odd_or_even

    def note(self, node: DOMNode) -> None:
        """Tell the node for which changes it has to be matched again."""
        node._has_hover_style = self.hover
        node._has_focus_within = self.focus_within
        node._has_order_style = self.order
        node._has_odd_or_even = self.odd_or_even


class _Overheard(dict[Any, RulesMap]):
    """The cache that Textual is given to match one widget: it takes down what the rules came to."""

    rules: RulesMap | None = None

    def __setitem__(self, key: Any, rules: RulesMap) -> None:
        self.rules = rules


class LazyStylesheet(Stylesheet):
    """A style sheet that is parsed where it changed, and matched where it has not been."""

    def __init__(self, *, variables: dict[str, str] | None = None) -> None:
        super().__init__(variables=variables)
        self._parse_cache = LRUCache(_SOURCES)
        self._matched: LRUCache[_Place, _Matched] = LRUCache(_PLACES)
        self._matched_by: Mapping[str, object] | None = None
        self._last: WeakKeyDictionary[DOMNode, _Matched] = WeakKeyDictionary()

    def set_variables(self, variables: dict[str, str]) -> None:
        """Take over the variables of a theme."""
        if variables != self._variables:
            super().set_variables(variables)
            self._require_parse = True
            self._rules_map = None

    def reparse(self) -> None:
        """Parse what changed. Raises StylesheetError."""
        if self._require_parse:
            self.parse()

    def apply(
        self, node: DOMNode, *, animate: bool = False, cache: dict[tuple[Any, ...], RulesMap] | None = None
    ) -> None:
        """Style a node as Textual does, by what was found in the same place before."""
        if self.rules_map is not self._matched_by:
            self._matched.clear()
            self._matched_by = self._rules_map
        place = _place(node)
        known = self._matched.get(place)
        if known is None:
            overheard = _Overheard()
            super().apply(node, animate=animate, cache=overheard)
            if overheard.rules is not None:
                self._last[node] = self._matched[place] = _Matched(node, overheard.rules)
            else:
                self._last.pop(node, None)
        elif self._last.get(node) is known:
            # Its own rules are the same, but what it inherits may not be.
            node.notify_style_update()
        else:
            known.note(node)
            self.replace_rules(node, known.rules, animate=animate)
            self._process_component_classes(node)
            self._last[node] = known


def _place(node: DOMNode) -> _Place:
    """All that a rule can ask of a node and of those that it stands in."""
    told: list[object] = []
    at: object = node
    while isinstance(at, DOMNode):
        told += (type(at), at._id, frozenset(at._classes))
        if isinstance(at, Widget):
            told += (at.has_focus, at.mouse_hover, at.disabled, at.allow_focus())
        elif isinstance(at, App):
            told += (at.app_focus, at.current_theme.dark, at.is_inline, at.native_ansi_color, at.no_color)
        at = at._parent
    return tuple(told)
