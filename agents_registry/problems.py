"""Sentences for the operator, a bounded number of them: a file with 10,000 bad records is one problem, not 10,000."""

from fleet.text import scrub

_MOST = 12


class Problems:
    """Collects sentences; the first few are kept as they are, the others counted."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._told: list[str] = []
        self._more = 0

    def add(self, sentence: str) -> None:
        """Keep `sentence`, scrubbed, or count it where there are enough already."""
        if len(self._told) < self._most:
            self._told.append(scrub(sentence))
        else:
            self._more += 1

    def __bool__(self) -> bool:
        return bool(self._told)

    @property
    def told(self) -> tuple[str, ...]:
        """The sentences, and one that counts those left out."""
        return (*self._told, f"and {self._more} more like these") if self._more else tuple(self._told)
