"""What the interface may ask."""

from typing import Protocol

from fleet.why.model import Ladder, Subject


class Explaining(Protocol):
    """Called from the event loop, so each call takes no longer than a step of it: a ladder that is not `complete` yet
    is asked for again. None: nothing can be asked yet."""

    def __call__(self, subject: Subject) -> Ladder | None:
        """The ladder of `subject` as far as it has been made; after a complete one it is made anew."""
        ...
