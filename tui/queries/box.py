"""The line in which a question is typed: earlier ones by arrows, names of metrics and functions by `tab`."""

import re
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.suggester import Suggester

from tui.chrome.prompt import PromptInput
from tui.chrome.recall import Recall

SIGN = "query"
"""Under which name questions are kept for the next session."""
_WORD = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*\Z")
_LEAST = 2
"""Characters of a word before it is completed."""
_PLACE = re.compile(r"(\d+):(\d+):")


class NameSuggester(Suggester):
    """Completes the last word of an expression. The names are asked for when the first key is pressed."""

    def __init__(self, names: Callable[[], Sequence[str]]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._names = names
        self._known: Sequence[str] | None = None

    async def get_suggestion(self, value: str) -> str | None:
        """The whole text as it may go on."""
        if self._known is None:
            self._known = self._names()
        return completed(value, self._known)


def completed(text: str, names: Sequence[str]) -> str | None:
    """`text` with its last word completed to the first of the sorted `names` that begins so; None where none does."""
    word = _WORD.search(text)
    if word is None or len(word[0]) < _LEAST or _in_quotes(text) or "{" in text[text.rfind("}") + 1 :]:
        return None
    found = next((name for name in names if name.startswith(word[0]) and name != word[0]), None)
    return None if found is None else text[: word.start()] + found


def _in_quotes(text: str) -> bool:
    return text.count('"') % 2 == 1 or text.count("'") % 2 == 1


def pointed_at(message: str) -> int | None:
    """The place in the line, from 0, that an error's message begins with (`1:5: …`); None where it names none."""
    place = _PLACE.match(message)
    return int(place[2]) - 1 if place is not None and place[1] == "1" else None


class QueryInput(PromptInput):
    """The input. `enter` asks, `esc` goes to the answer, or back where there is none."""

    BINDINGS: ClassVar[list[BindingType]] = []
    BINDING_GROUP_TITLE = "What is typed"

    def __init__(self, text: str, earlier: Sequence[str], names: Callable[[], Sequence[str]]) -> None:
        super().__init__(text, compact=True, select_on_focus=False, suggester=NameSuggester(names))
        self.cursor_blink = False
        self.recall = Recall(earlier)
