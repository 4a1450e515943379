"""One budget of samples for all pages together: each page has its own limit, and a fleet of ten thousand has as many
pages."""

from msgspec.structs import replace

from fleet.model import Page, SeriesId


class SampleBudget:
    """Says how much of a page may be kept. What does not fit is counted in the page's `cut`, as its own limits are."""

    def __init__(self, most: int) -> None:
        self.most = most
        """Samples of all pages together."""
        self._kept: dict[str, int] = {}
        self._used = 0
        self._shapes: dict[str, tuple[tuple[SeriesId, ...], tuple[SeriesId, ...]]] = {}

    def fit(self, target: str, page: Page) -> Page:
        """`page`, or its first samples where there is not room for all of them."""
        room = self.most - self._used + self._kept.get(target, 0)
        over = len(page.series) - max(0, room)
        if over > 0:
            page = replace(
                page, series=self._cut(target, page.series, over), values=page.values[:-over], cut=page.cut + over
            )
        else:
            self._shapes.pop(target, None)
        self._used += len(page.series) - self._kept.get(target, 0)
        self._kept[target] = len(page.series)
        return page

    def forget(self, target: str) -> None:
        """A target is no longer looked at."""
        self._used -= self._kept.pop(target, 0)
        self._shapes.pop(target, None)

    def _cut(self, target: str, series: tuple[SeriesId, ...], over: int) -> tuple[SeriesId, ...]:
        """The first of `series`: the same tuple as long as the page has the same shape, which the history relies on."""
        whole, kept = self._shapes.get(target, ((), ()))
        if whole is not series or len(kept) != len(series) - over:
            kept = series[: len(series) - over]
            self._shapes[target] = series, kept
        return kept
