"""What the prompt suggests for a filter: how the word that is being typed may go on."""

from collections.abc import Callable

from textual.suggester import Suggester

from fleet.filters.completion import Vocabulary, completed


class FilterSuggester(Suggester):
    """Suggests by a vocabulary, which is made when the first key is pressed and not when the prompt opens."""

    def __init__(self, make: Callable[[], Vocabulary]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._make = make
        self._known: Vocabulary | None = None

    async def get_suggestion(self, value: str) -> str | None:
        """The whole text as it may go on."""
        if self._known is None:
            self._known = self._make()
        return completed(value, self._known)
