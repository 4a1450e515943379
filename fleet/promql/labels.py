"""Label sets: what identifies a series, and what an answer is keyed by."""

from collections.abc import Collection, Iterable, Iterator, Mapping

NAME = "__name__"
"""The label that holds the metric name."""

Pairs = tuple[tuple[str, str], ...]


class Labels:
    """A label set, immutable, sorted by name; the metric name is the label `__name__`. A label with an empty value is
    no label, as in Prometheus, and is never in it.

    The hash is made once, and the set without its metric name is remembered: rules ask for both in every evaluation.
    """

    __slots__ = ("_hash", "_nameless", "pairs")

    pairs: Pairs

    def __init__(self, pairs: Pairs = ()) -> None:
        """`pairs` are sorted by name, each name once, no value empty: `Labels.of` sees to that."""
        self.pairs = pairs
        self._hash = hash(pairs)
        self._nameless: Labels | None = None

    @classmethod
    def of(cls, labels: Mapping[str, str] | Iterable[tuple[str, str]]) -> "Labels":
        """The set of these names and values."""
        return cls(tuple(sorted((name, value) for name, value in dict(labels).items() if value)))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Labels) and self._hash == other._hash and self.pairs == other.pairs)

    def __lt__(self, other: "Labels") -> bool:
        return self.pairs < other.pairs

    def __len__(self) -> int:
        return len(self.pairs)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.pairs)

    def __bool__(self) -> bool:
        return bool(self.pairs)

    @property
    def name(self) -> str:
        """The metric name, "" where there is none."""
        return self.get(NAME)

    def get(self, name: str) -> str:
        """The value of a label, "" where there is none: PromQL does not tell the two apart."""
        for known, value in self.pairs:
            if known == name:
                return value
        return ""

    def nameless(self) -> "Labels":
        """Without the metric name, as most functions and operators leave it."""
        if self._nameless is None:
            kept = tuple(pair for pair in self.pairs if pair[0] != NAME)
            self._nameless = self if len(kept) == len(self.pairs) else Labels(kept)
        return self._nameless

    def only(self, names: Collection[str]) -> "Labels":
        """With these labels only."""
        return Labels(tuple(pair for pair in self.pairs if pair[0] in names))

    def without(self, names: Collection[str]) -> "Labels":
        """Without these labels."""
        return Labels(tuple(pair for pair in self.pairs if pair[0] not in names))

    def having(self, labels: Mapping[str, str]) -> "Labels":
        """With these labels set (an empty value takes one away)."""
        return Labels.of({**dict(self.pairs), **labels})

    def as_dict(self) -> dict[str, str]:
        """As a mapping, the metric name included."""
        return dict(self.pairs)

    def __str__(self) -> str:
        """As Prometheus writes a series: `up{job="a"}`."""
        inner = ", ".join(f"{name}={quoted(value)}" for name, value in self.nameless().pairs)
        return f"{self.name}{{{inner}}}" if inner or not self.name else self.name

    __repr__ = __str__


def quoted(value: str) -> str:
    """`value` as a PromQL string in double quotes."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


EMPTY = Labels()
