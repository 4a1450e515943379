"""From definitions to what is followed: meters, tracks, slices and rows. Objectives over the same events share them."""

from collections.abc import Iterator, Sequence
from hashlib import sha256

import msgspec
from msgspec.structs import replace

from fleet.slo.definition import GROUP_LIMIT, Objective, SloDefinition, Source
from fleet.slo.grouping import Group, Grouping
from fleet.slo.meter import Meter, Room, Tracks
from fleet.slo.model import Budgeting, Tier
from fleet.slo.ports import AgentLookup
from fleet.slo.rollup import Track
from fleet.slo.rows import Followed, row_name
from fleet.slo.slices import Slicer
from fleet.slo.tiers import sre_tiers
from fleet.slo.windows import longest_s, nominal_s

KEEP_S = 30 * 86_400.0
"""How long minutes are kept at least."""


class Line:
    """One objective of one definition, with its groups."""

    def __init__(self, definition: SloDefinition, number: int, meter: Meter, slices: Tracks | None) -> None:
        self.definition = definition
        self.number = number
        self.objective: Objective = definition.objectives[number]
        self.meter = meter
        self.slices = slices
        self.slicers: dict[Group, Slicer] = {}
        self.tiers: tuple[Tier, ...] = (
            definition.tiers if definition.tiers is not None else sre_tiers(nominal_s(definition.window))
        )
        self._followed: dict[Group, Followed] = {}

    @property
    def keys(self) -> frozenset[str]:
        """The keys of the tracks that it is made of."""
        return frozenset(one.key for one in (self.meter.tracks, self.slices) if one is not None)

    @property
    def base_name(self) -> str:
        """The name without a group."""
        return row_name(self.definition, self.objective, self.number, ())

    def followed(self) -> Iterator[Followed]:
        """One for each group that there is, and for the one group of what is not split."""
        groups = self.meter.tracks.by_group
        for group in list(groups) if self.definition.by else [()]:
            found = self._followed.get(group)
            if found is None or found.base is not groups.get(group):
                found = self._followed[group] = self._made(group)
            yield found

    def cut(self, group: Group) -> Slicer | None:
        """What makes the slices of a group; None where events are counted as they are."""
        base = self.meter.tracks.by_group.get(group)
        if self.slices is None or base is None:
            return None
        slicer = self.slicers.get(group)
        if slicer is None and (out := self.slices.of(group)) is not None:
            target = self.objective.slice_target if self.definition.budgeting is Budgeting.TIMESLICES else None
            minutes = max(1, round(self.objective.slice_s / 60))
            slicer = self.slicers[group] = Slicer(base, out, minutes, target)
        return slicer

    def _made(self, group: Group) -> Followed:
        base = self.meter.tracks.by_group.get(group)
        events: Track | None = base
        if self.slices is not None:
            slicer = self.cut(group)
            events = None if slicer is None else slicer.out
        return Followed(
            definition=self.definition,
            objective=self.objective,
            meter=self.meter,
            tiers=self.tiers,
            group=group,
            name=row_name(self.definition, self.objective, self.number, group),
            base=base,
            events=events,
        )


class Book:
    """Everything that is followed."""

    def __init__(
        self, definitions: Sequence[SloDefinition], agents: AgentLookup | None, *, prometheus: bool = False
    ) -> None:
        """`prometheus`: there is one; without, its definitions are fed from our own samples."""
        if not prometheus:
            definitions = [replace(one, source=Source.OWN) for one in definitions]
        self.room = Room(GROUP_LIMIT)
        self.meters: dict[str, Meter] = {}
        self.tracks: dict[str, Tracks] = {}
        self.served: dict[str, Meter] = {}
        """The meters whose samples come from a Prometheus."""
        self.keep_s = max([KEEP_S, *(longest_s(one.window) for one in definitions)])
        self._agents = agents
        self.lines = tuple(self._line(one, number) for one in definitions for number in range(len(one.objectives)))

    def track(self, name: str) -> Track | None:
        """The track that is kept under this name, made where it is not there yet; None for one of nobody's."""
        key, _, groups = name.partition("|")
        tracks = self.tracks.get(key)
        if tracks is None:
            return None
        try:
            group = msgspec.json.decode(groups, type=tuple[str, ...])
        except msgspec.DecodeError:
            return None
        return tracks.of(group)

    def named_tracks(self) -> Iterator[tuple[str, Track]]:
        """Every track with the name that it is kept under."""
        for key, tracks in self.tracks.items():
            for group, track in list(tracks.by_group.items()):
                yield f"{key}|{msgspec.json.encode(group).decode()}", track

    def _line(self, definition: SloDefinition, number: int) -> Line:
        objective = definition.objectives[number]
        what = (objective.indicator, definition.by, definition.where, definition.source)
        key = _key(what)
        meter = self.meters.get(key)
        if meter is None:
            grouping = Grouping(definition.by, definition.where, self._agents)
            meter = self.meters[key] = Meter(objective.indicator, grouping, self._tracks(key))
            if definition.source is Source.PROMETHEUS:
                self.served[key] = meter
        if definition.budgeting is Budgeting.OCCURRENCES:
            return Line(definition, number, meter, None)
        cut = (objective.slice_s, objective.slice_target, definition.budgeting)
        return Line(definition, number, meter, self._tracks(_key((*what, *cut))))

    def _tracks(self, key: str) -> Tracks:
        found = self.tracks.get(key)
        if found is None:
            found = self.tracks[key] = Tracks(key, int(self.keep_s // 3600) + 2, self.room)
        return found


def _key(what: object) -> str:
    """A name for what is measured that stays when an objective is renamed, and is another when the query is."""
    return sha256(msgspec.json.encode(_plain(what))).hexdigest()[:16]


def _plain(what: object) -> object:
    if isinstance(what, msgspec.Struct):
        return [type(what).__name__, msgspec.to_builtins(what)]
    return [_plain(one) for one in what] if isinstance(what, tuple) else what
