"""Makes ladders for an interface that may not be held up: a little at each call."""

from collections.abc import Callable
from datetime import datetime

from fleet.promql.storage import Storage
from fleet.store import Store
from fleet.why.climb import Climb
from fleet.why.evidence import EvidenceOf, no_evidence
from fleet.why.model import Ladder, Subject

CALL_S = 0.004
"""Seconds after which a call begins no further piece of a ladder."""


class Explainer:
    """`Explaining`. One ladder at a time is being made: asked for another one, it begins anew."""

    def __init__(
        self,
        store: Store,
        storage: Storage,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        evidence: EvidenceOf = no_evidence,
    ) -> None:
        self._store = store
        self._storage = storage
        self._now = now
        self._monotonic = monotonic
        self._evidence = evidence
        self._subject: Subject | None = None
        self._climb: Climb | None = None

    def __call__(self, subject: Subject) -> Ladder:
        """As `Explaining`."""
        if self._climb is None or subject != self._subject:
            self._subject = subject
            now = self._store.now or self._now()
            self._climb = Climb(subject, self._store, self._storage, now, self._evidence)
        began = self._monotonic()
        climb = self._climb
        if not climb.go(lambda: self._monotonic() - began >= CALL_S):
            self._climb = None
        return climb.ladder
