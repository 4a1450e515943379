"""What was read of exposition pages before, kept in bounded memory so that the next page costs little."""

from typing import Generic, NamedTuple, TypeVar

from fleet.exposition.shape import Picker, Places, picker, places
from fleet.model import Family, SeriesId

CACHE_COST = 32_000_000
"""What each part of a `SeriesCache` may cost, in characters and places, which is about its bytes."""

_PLACE_COST = 16
_LAYOUT_COST = 500

_K = TypeVar("_K")
_V = TypeVar("_V")


class Rules(NamedTuple):
    """What a page is read by."""

    strict: bool
    max_samples: int
    max_labels: int
    max_label_chars: int


class Layout(NamedTuple):
    """What pages of one shape share: `digest` knows the shape, `where` its samples are, `kept` takes the numbers that
    stay out of all (None where all do). Of a page that repeats a series, which one stays is seen on each page anew."""

    series: tuple[SeriesId, ...]
    families: tuple[Family, ...]
    digest: bytes
    where: Places
    kept: Picker | None
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

    Each part is bounded by `cost`. Two threads that use it at once lose entries at worst.
    """

    def __init__(self, cost: int = CACHE_COST) -> None:
        self._cost = cost
        self._series: dict[Rules, Generations[str, SeriesId]] = {}
        self._layouts: Generations[bytes, Layout] = Generations(cost)
        self._families: Generations[tuple[Family, ...], tuple[Family, ...]] = Generations(cost)
        self._pickers: Generations[tuple[int, ...], Picker] = Generations(cost)
        self._places: Generations[tuple[int, tuple[int, ...]], Places] = Generations(cost)
        self._words: Generations[str, str] = Generations(cost)
        self._labels: Generations[tuple[str, str], tuple[str, str]] = Generations(cost)

    def series(self, rules: Rules) -> Generations[str, SeriesId]:
        """The series by their text, for one format and one set of limits: what one allows, another refuses."""
        found = self._series.get(rules)
        if found is None:
            found = self._series[rules] = Generations(self._cost)
        return found

    def layout(self, digest: bytes) -> Layout | None:
        """The layout of a shape that was met before."""
        return self._layouts.get(digest)

    def remember(self, layout: Layout, own_cost: int) -> None:
        """Keep `layout`; `own_cost` is that of the series which no other one has."""
        self._layouts.put(layout.digest, layout, _LAYOUT_COST + _PLACE_COST * len(layout.series) + own_cost)

    def families(self, families: tuple[Family, ...]) -> tuple[Family, ...]:
        """The one tuple that equals `families`: pages of thousands of agents differ in labels, not in metadata."""
        found = self._families.get(families)
        if found is None:
            found = families
            self._families.put(found, found, sum(_LAYOUT_COST + len(one.help) for one in found))
        return found

    def picker(self, wanted: tuple[int, ...]) -> Picker:
        """The one picker of these places."""
        found = self._pickers.get(wanted)
        if found is None:
            found = picker(wanted)
            self._pickers.put(wanted, found, _PLACE_COST * len(wanted) + _LAYOUT_COST)
        return found

    def places(self, rest: tuple[int, ...], count: int) -> Places:
        """The one value for pages of `count` lines, of which those at `rest` are no samples."""
        found = self._places.get((count, rest))
        if found is None:
            found = places(rest, count)
            self._places.put((count, rest), found, 3 * _PLACE_COST * count + _LAYOUT_COST)
        return found

    def word(self, text: str) -> str:
        """The one string that equals `text`."""
        found = self._words.get(text)
        if found is None:
            found = text
            self._words.put(text, text, len(text) + _LAYOUT_COST)
        return found

    def label(self, key: str, value: str) -> tuple[str, str]:
        """The one label that has this name and value."""
        label = (key, value)
        found = self._labels.get(label)
        if found is None:
            found = (self.word(key), value)
            self._labels.put(found, found, len(key) + len(value) + _LAYOUT_COST)
        return found

    def __len__(self) -> int:
        return sum(map(len, self._series.values()))
