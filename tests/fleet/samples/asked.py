"""What tests ask for, written shortly."""

from msgspec import Struct

from fleet.model import Page, SeriesId
from fleet.promql.labels import NAME
from fleet.promql.storage import Matcher, Matchers, MatchOp


class Asks(Struct, frozen=True):
    """A selector and how far back it looks, as a parsed query says them."""

    matchers: Matchers
    reach_s: float = 3600.0


def named(name: str, *others: tuple[str, MatchOp, str]) -> Matchers:
    """`name{…}`."""
    return (Matcher(NAME, MatchOp.EQUAL, name), *(Matcher(*other) for other in others))


def asks(*names: str, reach_s: float = 3600.0) -> list[Asks]:
    """All series of these names."""
    return [Asks(named(name), reach_s) for name in names]


def page(**values: float) -> Page:
    """A page with these series, without labels."""
    return Page(series=tuple(map(SeriesId, values)), values=tuple(values.values()))
