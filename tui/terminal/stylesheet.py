"""The style sheet, parsed once.

Textual parses all of its style sheet again whenever styles may have changed: four times before the first frame, and
once for every screen that is opened. That is a fifth of the time to the first frame. Here it is parsed again only where
a variable (a theme) or a source is another one.
"""

from textual.cache import LRUCache
from textual.css.stylesheet import Stylesheet

_SOURCES = 512
"""How many sources are kept parsed: more than there are classes of widgets."""


class LazyStylesheet(Stylesheet):
    """A style sheet that is parsed where it changed."""

    def __init__(self, *, variables: dict[str, str] | None = None) -> None:
        super().__init__(variables=variables)
        self._parse_cache = LRUCache(_SOURCES)

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
