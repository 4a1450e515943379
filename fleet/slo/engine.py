"""The engine of SLOs: reads what came, judges every objective, writes its row and its series. The single writer of
`store.slos`.

A round takes in the new samples of each indicator and judges each row once a minute, or as soon as bad events came. It
is cut into steps, so that it never holds the loop. Nothing is read before the roll-ups on disk are (`load`), so that
what happened meanwhile is counted once and not twice.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from fleet.errors import FilterError
from fleet.promql.labels import Labels
from fleet.promql.storage import Storage
from fleet.slo.budget import bad_of
from fleet.slo.definition import GROUP_LIMIT, SLO_LIMIT, SloDefinition
from fleet.slo.followed import Book, Line
from fleet.slo.grouping import AGENT
from fleet.slo.increments import Mark
from fleet.slo.model import SloStatus
from fleet.slo.own_series import OwnSeries
from fleet.slo.ports import AgentLookup, Kept, SeriesSink, StoredHour, StoredMark
from fleet.slo.rollup import UNCHANGED, Track
from fleet.slo.rows import Followed, no_data, status_of, visible
from fleet.store import Slice

if TYPE_CHECKING:
    from fleet.promql.parse import Wanted

EVERY_S = 15.0
"""Seconds between two rounds."""
LOADING = "the roll-ups of the past are being read"
_NOTHING_YET = "no series matches yet"
_PIECE = 8
_MANY = 500
SAVE_EVERY_MS = 60_000
"""Milliseconds between two times that roll-ups are kept."""
"""Rows that are judged between two pauses."""


class SloEngine:
    """Follows the objectives of a configuration."""

    def __init__(
        self,
        rows: Slice[str, SloStatus],
        definitions: Sequence[SloDefinition],
        storage: Storage,
        *,
        agents: AgentLookup | None = None,
        sink: SeriesSink | None = None,
        prometheus: bool = False,
        every_s: float = EVERY_S,
    ) -> None:
        """Definitions beyond SLO_LIMIT are left out (`left_out` says how many). `prometheus`: there is one, and who
        feeds from it (`fleet.slo.served`); without, definitions that name it as their source use our own samples."""
        self._rows = rows
        self._storage = storage
        self._agents = agents
        self._series = None if sink is None else OwnSeries(sink)
        self._every_ms = round(every_s * 1000)
        self.left_out = max(0, len(definitions) - SLO_LIMIT)
        self.prometheus = prometheus
        """Whether there is one; what is set here holds from the next `reconfigure` on."""
        self.book = Book(definitions[:SLO_LIMIT], agents, prometheus=prometheus)
        self.loaded = False
        self._unread = set(self.book.tracks)
        """What the past of is not read yet; nothing is counted for it before."""
        self._round: Iterator[None] | None = None
        self._last_ms: int | None = None
        self._judged: dict[str, tuple[int, float]] = {}
        self._kept: Kept | None = None
        self._saved_ms = 0

    @property
    def wanted(self) -> tuple["Wanted", ...]:
        """What the objectives select, and how far back."""
        from fleet.promql.parse import Wanted

        own = (meter for key, meter in self.book.meters.items() if key not in self.book.served)
        return tuple(Wanted(matchers, reach_s) for meter in own for matchers, reach_s in meter.selectors())

    @property
    def problems(self) -> tuple[str, ...]:
        """What is left out, in sentences."""
        said = []
        if self.left_out:
            said.append(f"{self.left_out:,} SLOs beyond the first {SLO_LIMIT:,} are left out")
        if self.book.room.refused:
            said.append(f"groups of SLOs beyond {GROUP_LIMIT:,} are left out")
        return tuple(said)

    # ── the past ──

    @property
    def keys(self) -> tuple[str, ...]:
        """What a store of roll-ups is to be asked for: the beginnings of the names of tracks whose past is not read
        yet, which are those of their meters, too."""
        return tuple(sorted(self._unread))

    def is_read(self, key: str) -> bool:
        """Whether the past of a meter is there, so that more may be counted."""
        return key not in self._unread

    def since_hour(self, now: datetime) -> int:
        """The oldest hour that any window needs."""
        return self.since_hour_of(round(now.timestamp() * 1000))

    def since_hour_of(self, at_ms: int) -> int:
        """The same for a time in milliseconds."""
        return int((at_ms / 1000 - self.book.keep_s) // 3600)

    def load(self, kept: Kept) -> None:
        """Take in a piece of what was kept. What cannot be read is left out, and so is what has gone on since: its
        counters would be counted twice."""
        for one in kept.hours:
            track = self.book.track(one.track) if one.track.partition("|")[0] in self._unread else None
            if track is not None:
                track.load(one.hour, one.data)
        for mark in kept.marks:
            meter = self.book.meters.get(mark.meter)
            labels = _labels(mark.series)
            if meter is not None and labels is not None and mark.meter in self._unread:
                meter.marks[labels] = Mark(mark.at_ms, mark.value)

    def start(self) -> None:
        """The past is there, or will never be: begin to read."""
        self.loaded = True
        self._unread.clear()

    def take_unsaved(self) -> Kept | None:
        """What is to be kept now, once a minute, made between two rounds; None where there is nothing yet. Keep it all
        in one go: hours without their marks would count growth twice."""
        kept, self._kept = self._kept, None
        return kept

    def all_unsaved(self) -> Kept:
        """Everything that is not kept yet, at once: fleetdeck ends."""
        before = self.take_unsaved()
        if before is not None:
            self.not_saved(before)
        hours: list[StoredHour] = []
        marks: list[StoredMark] = []
        for _ in self._collect(hours, marks):
            continue
        return Kept(hours, marks)

    def not_saved(self, kept: Kept) -> None:
        """What `unsaved` gave could not be kept: give it again."""
        for one in kept.hours:
            track = self.book.track(one.track)
            if track is not None:
                track.unsave(one.hour)
        for mark in kept.marks:
            labels, meter = _labels(mark.series), self.book.meters.get(mark.meter)
            if labels is not None and meter is not None and labels in meter.marks:
                meter.unsaved_marks.add(labels)

    def keep_anew(self) -> None:
        """What was kept is gone: everything is to be kept again."""
        for _, track in self.book.named_tracks():
            track.unsave_all()
        for meter in self.book.meters.values():
            meter.unsaved_marks.update(meter.marks)

    def _save(self, at_ms: int) -> Iterator[None]:
        """Make what is to be kept. No samples are read meanwhile, so hours and marks are of one moment."""
        if self._kept is not None or not 0 <= self._saved_ms + SAVE_EVERY_MS <= at_ms:
            return
        hours: list[StoredHour] = []
        marks: list[StoredMark] = []
        yield from self._collect(hours, marks)
        self._saved_ms = at_ms
        self._kept = Kept(hours, marks) if hours or marks else None

    def _collect(self, hours: list[StoredHour], marks: list[StoredMark]) -> Iterator[None]:
        for number, (name, track) in enumerate(self.book.named_tracks()):
            hours += [StoredHour(name, hour, data) for hour, data in track.unsaved()]
            if number % _PIECE == _PIECE - 1:
                yield
        for key, meter in self.book.meters.items():
            changed, meter.unsaved_marks = meter.unsaved_marks, set()
            for number, labels in enumerate(changed):
                mark = meter.marks[labels]
                marks.append(StoredMark(key, _text(labels), mark.at_ms, mark.value))
                if number % _MANY == _MANY - 1:
                    yield

    # ── now ──

    def step(self, now: datetime, spent: Callable[[], bool]) -> bool:
        """Go on with the round, or begin one where it is time, until it is done or `spent` says that it is enough; True
        where some is left."""
        if self._round is None:
            at_ms = round(now.timestamp() * 1000)
            if self._last_ms is not None and 0 <= at_ms - self._last_ms < self._every_ms:
                return False
            self._last_ms = at_ms
            self._round = self._begin(now, at_ms) if self.loaded else self._waiting(now)
        for _ in self._round:
            if spent():
                return True
        self._round = None
        return False

    def reconfigure(self, definitions: Sequence[SloDefinition]) -> None:
        """Go on with other objectives. Those that measure the same keep their past; the caller loads that of others
        (`keys`), which are not counted before `start`."""
        before, self.book = self.book, Book(definitions[:SLO_LIMIT], self._agents, prometheus=self.prometheus)
        self.left_out = max(0, len(definitions) - SLO_LIMIT)
        for key, tracks in self.book.tracks.items():
            if key in before.tracks:
                tracks.resume(before.tracks[key])
                self.book.room.left -= len(tracks.by_group)
        self._unread = {key for key in self.book.tracks if key in self._unread or key not in before.tracks}
        for key, meter in self.book.meters.items():
            if key in before.meters:
                meter.resume(before.meters[key])
        self._round = self._last_ms = None
        self._judged.clear()

    def _waiting(self, now: datetime) -> Iterator[None]:
        for line in self.book.lines:
            if not line.definition.by:
                self._put(no_data(line.definition, line.objective, line.base_name, now, LOADING), now)
        yield

    def _begin(self, now: datetime, at_ms: int) -> Iterator[None]:
        minute = at_ms // 60_000
        for key, meter in list(self.book.meters.items()):
            if key not in self.book.served and key not in self._unread:
                try:
                    yield from meter.read(self._storage, at_ms)
                except FilterError as error:
                    meter.error = str(error)
            yield
        yield from self._cut(minute)
        yield from self._judge(now, at_ms, minute)
        yield from self._save(at_ms)

    def _cut(self, minute: int) -> Iterator[None]:
        """Time slices, of what changed."""
        for line in self.book.lines:
            if line.slices is None or not self._unread.isdisjoint(line.keys):
                continue
            for group in list(line.meter.tracks.by_group):
                slicer = line.cut(group)
                if slicer is not None:
                    yield from slicer.step(slicer.base.changed_from, minute)
            yield
        for tracks in self.book.tracks.values():
            for track in tracks.by_group.values():
                track.changed_from = UNCHANGED

    def _judge(self, now: datetime, at_ms: int, minute: int) -> Iterator[None]:
        present: set[str] = set()
        written: list[SloStatus] = []
        for line in self.book.lines:
            yield
            if not self._unread.isdisjoint(line.keys):
                present.add(line.base_name)
                self._put(no_data(line.definition, line.objective, line.base_name, now, LOADING), now)
                continue
            some = False
            for followed in self._shown(line):
                yield
                some = True
                present.add(followed.name)
                if self._is_due(followed, minute):
                    row = self._put(status_of(followed, now), now)
                    written.append(row)
            if not some:
                present.add(line.base_name)
                error = line.meter.error or _NOTHING_YET
                self._put(no_data(line.definition, line.objective, line.base_name, now, error), now)
        yield
        if self._series is not None:
            for start in range(0, len(written), _PIECE):
                self._series.write(written[start : start + _PIECE], at_ms)
                yield
        for name in set(self._rows) - present:
            self._rows.drop(name)
            self._judged.pop(name, None)
            if self._series is not None:
                self._series.end(name, at_ms)

    def _shown(self, line: Line) -> Iterator[Followed]:
        """Those of `line` but for agents that are gone."""
        by = line.definition.by
        place = by.index(AGENT) if AGENT in by and self._agents is not None else None
        for followed in line.followed():
            if place is not None and self._agents is not None and self._agents.labels(followed.group[place]) is None:
                continue
            yield followed

    def _is_due(self, followed: Followed, minute: int) -> bool:
        """Once a minute, and whenever bad events came."""
        bad = 0.0 if followed.events is None else _lately_bad(followed.events, minute)
        if self._judged.get(followed.name) == (minute, bad):
            return False
        self._judged[followed.name] = (minute, bad)
        return True

    def _put(self, row: SloStatus, now: datetime) -> SloStatus:
        before = self._rows.get(row.name)
        since = before.since if before is not None and before.state is row.state else now
        row = replace(row, since=since)
        if before is None or visible(before) != visible(row):
            self._rows.put(row.name, row)
        self._rows.touch(row.name, now)
        return row


def _lately_bad(track: Track, minute: int) -> float:
    return bad_of(track.sums(minute - 2, minute + 1))


def _text(labels: Labels) -> str:
    return msgspec.json.encode(labels.pairs).decode()


def _labels(text: str) -> Labels | None:
    try:
        return Labels.of(msgspec.json.decode(text, type=tuple[tuple[str, str], ...]))
    except msgspec.DecodeError:
        return None
