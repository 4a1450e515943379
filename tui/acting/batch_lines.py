"""The lines of a batch while it is put together. Each keeps its number, which in a file is the file's, so that a fault
is named by the line that an editor shows; blank lines count, and are no items."""

import re
from collections.abc import Iterable, Iterator

_FAULT = re.compile(r"line (\d+):")
_FILE_LIKE = re.compile(r"(?:[~.]?/\S+|\S+\.(?:jsonl?|ndjson|txt|csv|tsv|lst))", re.IGNORECASE)


class BatchLines:
    """Lines by their numbers, from 1."""

    def __init__(self) -> None:
        self._by_number: dict[int, str] = {}
        self._last = 0

    def __len__(self) -> int:
        return len(self._by_number)

    def __iter__(self) -> Iterator[tuple[int, str]]:
        return iter(sorted(self._by_number.items()))

    def numbers(self) -> list[int]:
        """The numbers of the lines, in order."""
        return sorted(self._by_number)

    def read(self, text: str) -> None:
        """Have the lines of a file, and no others."""
        self._by_number, self._last = {}, 0
        self.add(text)

    def add(self, text: str) -> None:
        """Add lines behind the last one."""
        # A line ends where editors say, as it does for who reads the items.
        texts = text.rstrip("\r\n").split("\n")
        self._by_number |= {self._last + at: line for at, line in enumerate(texts, 1) if line.strip()}
        self._last += len(texts)

    def put(self, number: int, text: str) -> None:
        """Have this at a number; lines that are added come behind it, too."""
        self._by_number[number] = text
        self._last = max(self._last, number)

    def take(self, number: int) -> str:
        """Take a line out; the others keep their numbers."""
        text = self._by_number.pop(number)
        if not self._by_number:
            self._last = 0
        return text

    def beside(self, number: int | None, by: int) -> int | None:
        """The number of the line above (-1) or below (1); None is where the next one is typed, below them all."""
        places: list[int | None] = [*self.numbers(), None]
        return places[min(max(0, places.index(number) + by), len(places) - 1)]

    def text(self) -> str:
        """All of it, each line where its number says."""
        return "\n".join(self._by_number.get(number, "") for number in range(1, max(self._by_number, default=0) + 1))


def faulty(faults: Iterable[str]) -> frozenset[int]:
    """The numbers of the lines that faults name."""
    found = (_FAULT.match(fault) for fault in faults)
    return frozenset(int(match[1]) for match in found if match is not None)


def is_path_like(text: str) -> bool:
    """Whether a line looks like the path of a file rather than an item."""
    return _FILE_LIKE.fullmatch(text) is not None and "=" not in text
