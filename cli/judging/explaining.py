"""Why something is red, asked of the judgement: in pieces for a dashboard, at once for a command."""

import asyncio
from collections.abc import Callable

from cli.judging.widened import Widened
from fleet.actions.blame import Blame
from fleet.clock import Clock
from fleet.promql.storage import Storage
from fleet.samples.samples import Samples
from fleet.slo.followed import Book
from fleet.store import Store
from fleet.why.blame import blame
from fleet.why.changes import wanted
from fleet.why.climb import ladder
from fleet.why.evidence import Evidence
from fleet.why.explainer import Explainer
from fleet.why.ground import Ground
from fleet.why.model import Ladder, Subject
from fleet.why.objectives import evidence_in


class Reasons:
    """Makes ladders. `explain` is `Explaining`."""

    def __init__(
        self, store: Store, samples: Samples, everything: Storage, book: Callable[[], Book], clock: Clock
    ) -> None:
        """`book` gives the objectives that are followed now."""
        self._store = store
        self._storage = Widened(samples, everything)
        self._book = book
        self._clock = clock
        self.explain = Explainer(store, self._storage, clock.now, clock.monotonic, self._evidence)
        samples.want("why", wanted())

    def ladder(self, subject: Subject) -> Ladder:
        """The whole ladder at once."""
        return ladder(subject, self._store, self._storage, self._store.now or self._clock.now(), self._evidence)

    async def blame(self, subject: Subject) -> Blame:
        """Who has the bad events of an objective or a gate, without holding anybody up."""
        found = Blame({})
        ground = Ground(self._store, self._storage, self._store.now or self._clock.now(), self._evidence)
        for piece in blame(subject, ground):
            if piece is None:
                await asyncio.sleep(0)
            else:
                found = piece
        return found

    def _evidence(self, name: str) -> Evidence | None:
        return evidence_in(self._book(), name)
