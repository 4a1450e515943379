"""Going back through what was typed before, as a shell does: only lines that begin with what stands there. Pure."""

from collections.abc import Sequence


class Recall:
    """A walk through `earlier` lines (oldest first) from a `draft`, to which it comes back at the end."""

    def __init__(self, earlier: Sequence[str] = ()) -> None:
        self._earlier = tuple(earlier)
        self._fitting: tuple[str, ...] = ()
        self._at = 0
        self._shown: str | None = None

    def step(self, text: str, by: int, *, any_line: bool = False) -> str | None:
        """The line `by` steps from the one that stands there (-1: an older one); None where there is no more.

        A `text` that is not the one given last was edited: from there the walk begins anew, with `any_line` whatever
        the text begins with.
        """
        if text != self._shown:
            start = "" if any_line else text
            self._fitting = (*(line for line in self._earlier if line.startswith(start) and line != text), text)
            self._at = len(self._fitting) - 1
        wanted = self._at + by
        if not 0 <= wanted < len(self._fitting):
            return None
        self._at = wanted
        self._shown = self._fitting[wanted]
        return self._shown
