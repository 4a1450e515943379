"""What one pass over a plan document collects: headings with their boxes, distinct items, tasks by number, claims.

Filled line by line by `fleet.markdown.tasks`, judged by `fleet.markdown.verdict`. Everything in it is bounded.
"""

from fleet.progress_claims import ProgressClaim

MOST_HEADINGS = 2_000
"""Headings that are told apart; the boxes under further ones are counted together."""
MOST_ITEMS = 100_000
"""Distinct items that are remembered; repetitions of further ones are not noticed."""
MOST_CLAIMS = 200

_UNTICKED, _TICKED = 1, 2


class Box:
    """A checkbox line. `key` is the item's text as far as it tells items apart, `task` its number, if it has one."""

    __slots__ = ("id", "indent", "key", "label", "task", "ticked")

    def __init__(self, *, indent: int, ticked: bool, label: str, task: str | None, key: str) -> None:
        self.indent, self.ticked, self.label, self.task, self.key = indent, ticked, label, task, key
        self.id = -1


class Heading:
    """A heading and the boxes directly under it. `complete` is what it says of itself (None: nothing)."""

    def __init__(self, title: str, level: int, phase: str | None = None, complete: bool | None = None) -> None:
        self.title, self.level, self.phase, self.complete = title, level, phase, complete
        self.parent: Heading | None = None
        self.total = self.done = 0
        self.tasks: set[str] = set()
        self.claims: list[ProgressClaim] = []

    def numbered(self) -> "Heading | None":
        """The nearest heading from here upwards that names a numbered phase."""
        heading: Heading | None = self
        while heading is not None and heading.phase is None:
            heading = heading.parent
        return heading


class Outline:
    """A document's headings (the first stands for the document itself), counts and claims."""

    def __init__(self) -> None:
        self.root = Heading("", 0)
        self.headings = [self.root]
        self.total = self.done = self.top_level = 0
        self.claims: list[ProgressClaim] = []
        """Claims about the whole document, in its order."""
        self.phases: dict[str, set[bool]] = {}
        """What is said of each numbered phase: complete (True), unfinished (False), or both."""
        self.repeated: dict[str, str] = {}
        self.repetitions = 0
        self.torn: dict[str, str] = {}
        """Items that are ticked in one place and not in another."""
        self.said_done: dict[str, str] = {}
        """Unticked items whose own status line says that they are done."""
        self.unclosed_fence: tuple[int, int] | None = None
        """The line where a code fence begins that never ends, and the boxes after it."""
        self._now = self.root
        self._rest: Heading | None = None
        self._items: dict[tuple[int | str, str], int] = {}
        self._marks: list[int] = []

    def open(self, heading: Heading) -> None:
        """A heading begins; what follows belongs to it."""
        if heading.phase and heading.complete is not None:
            self._say(heading.phase, complete=heading.complete)
        parent = self._now
        while parent.level >= heading.level and parent.parent is not None:
            parent = parent.parent
        heading.parent = parent
        self.headings.append(heading)
        self._now = heading

    def open_further(self) -> bool:
        """Whether there are too many headings to tell another one apart; what follows it then belongs to the rest."""
        if len(self.headings) < MOST_HEADINGS:
            return False
        if self._rest is None:
            self.open(Heading("further headings", 1))
            self._rest = self._now
        self._now = self._rest
        return True

    def add(self, box: Box, parent: Box | None) -> None:
        """Count `box`, nested in `parent`, under the current heading."""
        self.total += 1
        self.done += box.ticked
        self.top_level += parent is None
        self._now.total += 1
        self._now.done += box.ticked
        if box.task:
            self.task(box.task)
        self._identify(box, parent)

    def task(self, number: str) -> None:
        """A task with a number of its own is listed here (in a box or as a heading)."""
        heading: Heading | None = self._now
        if len(self.root.tasks) >= MOST_ITEMS:
            return
        while heading is not None:
            heading.tasks.add(number)
            heading = heading.parent

    def claim(self, claim: ProgressClaim, phase: str | None) -> None:
        """A claim on a line that names `phase`, or under a numbered heading, or about the whole."""
        scope = None if claim.whole else self._now.numbered()
        if phase and (scope is None or scope.phase != phase) and not claim.whole:
            self._say_ratio(phase, claim)
        elif scope is not None:
            self._say_ratio(str(scope.phase), claim)
            if len(scope.claims) < MOST_CLAIMS:
                scope.claims.append(claim)
        elif len(self.claims) < MOST_CLAIMS:
            self.claims.append(claim)

    def status(self, *, complete: bool) -> None:
        """A status line of the current heading."""
        if complete:
            self._now.complete = True
        if self._now.phase:
            self._say(self._now.phase, complete=complete)

    def unticked_but_done(self, box: Box) -> None:
        """An unticked box that a status line under it calls done."""
        if len(self.said_done) < MOST_CLAIMS:
            self.said_done.setdefault(box.key, box.label)

    def _identify(self, box: Box, parent: Box | None) -> None:
        """Notice items that are listed several times under the same phase (or heading) and parent item."""
        scope: int | str = parent.id if parent is not None else self._scope()
        mark = _TICKED if box.ticked else _UNTICKED
        known = self._items.get((scope, box.key))
        if known is None:
            if len(self._marks) < MOST_ITEMS and box.key:
                box.id = self._items[scope, box.key] = len(self._marks)
                self._marks.append(mark)
            return
        box.id = known
        self.repetitions += 1
        _remember(self.repeated, box)
        self._marks[known] |= mark
        if self._marks[known] == _UNTICKED | _TICKED:
            _remember(self.torn, box)

    def _scope(self) -> str:
        numbered = self._now.numbered()
        return numbered.phase or "" if numbered else self._now.title.casefold()

    def _say(self, phase: str, *, complete: bool) -> None:
        if phase in self.phases or len(self.phases) < MOST_HEADINGS:
            self.phases.setdefault(phase, set()).add(complete)

    def _say_ratio(self, phase: str, claim: ProgressClaim) -> None:
        if claim.ratio is not None:
            self._say(phase, complete=claim.ratio >= 1)


def _remember(place: dict[str, str], box: Box) -> None:
    if len(place) < MOST_ITEMS:
        place.setdefault(box.key, box.label)
