"""What was read of exposition pages before, kept in bounded memory so that the next page costs little."""

from typing import Generic, NamedTuple, TypeVar

from fleet.model import Family, SeriesId

CACHE_CHARS = 32_000_000
"""Characters of page text that each part of a `SeriesCache` stands for at most."""

_K = TypeVar("_K")
_V = TypeVar("_V")


class Rules(NamedTuple):
    """What a page is read by."""

    strict: bool
    max_samples: int
    max_labels: int
    max_label_chars: int


class Layout(NamedTuple):
    """What pages of one shape share. `kept` are the places of the samples that stay, None where all do."""

    series: tuple[SeriesId, ...]
    families: tuple[Family, ...]
    samples: int
    kept: tuple[int, ...] | None
    cut: int
    duplicates: int


class Generations(Generic[_K, _V]):
    """A dictionary of bounded cost that forgets, half of it at a time, what was not used for longest."""

    def __init__(self, budget: int) -> None:
        self._half = budget // 2
        self._young: dict[_K, tuple[_V, int]] = {}
        self._old: dict[_K, tuple[_V, int]] = {}
        self._cost = 0

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def get(self, key: _K) -> _V | None:
        found = self._young.get(key)
        if found is not None:
            return found[0]
        found = self._old.pop(key, None)
        if found is None:
            return None
        self.put(key, *found)
        return found[0]

    def put(self, key: _K, value: _V, cost: int) -> None:
        if self._cost + cost > self._half:
            self._old, self._young, self._cost = self._young, {}, 0
        self._young[key] = value, cost
        self._cost += cost


class SeriesCache:
    """What was read before, shared by all scrapes, so that equal series are one object and equal shapes one tuple.

    Bounded by `chars`: the text that it was made from. Two threads that use it at once lose entries at worst.
    """

    def __init__(self, chars: int = CACHE_CHARS) -> None:
        self._chars = chars
        self._series: dict[Rules, Generations[str, SeriesId]] = {}
        self.layouts: Generations[bytes, Layout] = Generations(chars)

    def series(self, rules: Rules) -> Generations[str, SeriesId]:
        """The series by their text, for one format and one set of limits: what one allows, another refuses."""
        found = self._series.get(rules)
        if found is None:
            found = self._series[rules] = Generations(self._chars)
        return found

    def __len__(self) -> int:
        return sum(map(len, self._series.values()))
