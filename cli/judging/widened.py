"""The samples that rules were judged by, and for what nobody keeps the present values."""

from collections.abc import Iterable

from fleet.promql.storage import Latest, Matchers, Series, Storage


class Widened:
    """A `Storage`: each selector is answered by `kept`, and by `all_` where that has nothing for it."""

    def __init__(self, kept: Storage, all_: Storage) -> None:
        self._kept = kept
        self._all = all_

    def latest(self, matchers: Matchers, after_ms: int, until_ms: int) -> Latest:
        """As `Storage.latest`."""
        found = self._kept.latest(matchers, after_ms, until_ms)
        return found if found.labels else self._all.latest(matchers, after_ms, until_ms)

    def range(self, matchers: Matchers, from_ms: int, until_ms: int) -> Iterable[Series]:
        """As `Storage.range`."""
        found = list(self._kept.range(matchers, from_ms, until_ms))
        return found or self._all.range(matchers, from_ms, until_ms)
