"""What an expression is compiled to: a tree of closures, made once and evaluated often.

A node's `run` takes the evaluation and gives what the node's kind says: a Vector, a float, a str, or the series of a
range vector. What it remembers between evaluations hangs on the label lists themselves, so it is right for any storage.
"""

from collections.abc import Callable
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from fleet.promql.storage import Matchers

if TYPE_CHECKING:
    from fleet.promql.evaluate import Evaluation


class Kind(StrEnum):
    """What an expression gives."""

    VECTOR = "vector"
    SCALAR = "scalar"
    MATRIX = "matrix"
    STRING = "string"


Run = Callable[["Evaluation"], Any]


class At(Enum):
    """The ends of the query that `@` can name."""

    START = "start()"
    END = "end()"


class Selection(Struct, frozen=True):
    """An instant or range selector, or the time part of a subquery. Times in milliseconds."""

    matchers: Matchers = ()
    offset_ms: int = 0
    at: "At | int | None" = None
    range_ms: int = 0

    def until_ms(self, evaluation: "Evaluation", at_ms: int | None = None) -> int:
        """The newest time that is looked at, at the evaluation's step or at `at_ms`."""
        if self.at is None:
            return (evaluation.at_ms if at_ms is None else at_ms) - self.offset_ms
        if self.at is At.START:
            return evaluation.query_start_ms - self.offset_ms
        if self.at is At.END:
            return evaluation.query_end_ms - self.offset_ms
        return int(self.at) - self.offset_ms


class Node(Struct, frozen=True):
    """A compiled expression.

    `distinct`: without their metric names its series still differ, so that dropping names needs no look for doubles.
    `selection`: of a selector. `windows`: of a range vector, how its samples are walked;
    `stream`: the same for who walks them once, where that costs less.
    """

    kind: Kind
    run: Run
    distinct: bool = False
    selection: Selection | None = None
    windows: "Windows | None" = None
    stream: "Windows | None" = None


class Windows(Protocol):
    """The samples of a range vector at one time of evaluation."""

    def __call__(self, evaluation: "Evaluation") -> Any:
        """The window, and the series with samples in it: `(from_ms, until_ms, list of Series)`."""
        ...


class Compile(Protocol):
    """Compiles a part of an expression; given to the modules that compile the parts around it."""

    def __call__(self, expression: Any) -> Node:
        """The node of `expression`."""
        ...
