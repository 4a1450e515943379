"""What the interface may ask in PromQL: an answer now, and how it came to be so."""

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from fleet.promql.evaluate import Answer

Asking = Generator[None, None, "Answer"]
"""An evaluation in steps, each a few milliseconds long, between which others may have their turn; the answer is the
generator's value. Each step may raise QueryError."""


class Querying(Protocol):
    """Questions about what is in memory. All of it happens in the event loop, a step at a time."""

    def follow(self, expr: str, range_s: float) -> None:
        """From now on what `expr` selects is kept, so far back that it can be drawn over `range_s` seconds; what was
        followed before is no longer. Raises QueryError for what is no expression."""
        ...

    def leave(self) -> None:
        """Nothing is followed any more."""
        ...

    def ask(self, expr: str, at_s: float) -> Asking:
        """The answer at a time (epoch seconds), with its warnings. Raises QueryError, at once or in a step: no
        expression, no answer, or a limit."""
        ...

    def curves(self, expr: str, from_s: float, to_s: float) -> Asking:
        """The answer from one time to another as a matrix, some hundred points each. Raises QueryError as `ask`, and
        for an expression that is neither a scalar nor an instant vector."""
        ...

    def names(self) -> Sequence[str]:
        """Names of metrics and functions that an expression may have, as far as they are cheaply known."""
        ...
