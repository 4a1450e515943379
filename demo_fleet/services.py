"""Services of the demo: groups of agents that each run a revision, and that can be rolled to another one.

The script rolls a bad revision out to some instances. Rolling them back heals them at once. A roll to a share takes
that share of the instances that it concerns, one at least; a later roll to a larger share goes on from there.
"""

import hashlib
import math
import zlib
from typing import Any

from msgspec import Struct

from demo_fleet.moment import Moment
from demo_fleet.scenario import Effect
from demo_fleet.world import World, next_version

ROLLED = ("mcp-gateway", "model-server")
"""The families that are services whenever the fleet has any of their agents."""
_KEYS_KEPT = 10_000
_DAY_S = 86_400.0
_AUTHORS = ("m.okafor", "s.lindqvist", "r.almeida", "release-bot")
_CHANGES = (
    "connection pool of 64 in place of 16",
    "time-outs of tools from the configuration",
    "retries with a budget of one in ten",
    "tool calls by the new batching client",
)


class Revision(Struct, frozen=True):
    """A revision of a service. `made_at` is the script's time of its making."""

    id: str
    version: str
    made_at: float
    author: str
    changed: str
    checksum: str

    def record(self, moment: Moment) -> dict[str, str]:
        """As it is sent."""
        return {
            "id": self.id,
            "version": self.version,
            "at": moment.zulu(self.made_at),
            "author": self.author,
            "changed": self.changed,
            "checksum": self.checksum,
        }


class RolledWrongError(Exception):
    """A roll that cannot be done: the HTTP status, and why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Service:
    """One service: its instances, and the revisions that there are of it."""

    def __init__(self, name: str, world: World) -> None:
        self.name = name
        self.instances = world.members(name)
        self._world = world
        version = world.labels(self.instances[0])["version"]
        number = 12 + zlib.crc32(name.encode()) % 40
        self._good = tuple(
            _revision(name, number + step, spelled, -age * _DAY_S, step)
            for step, (spelled, age) in enumerate(zip(_earlier(version), (23.0, 9.0, 2.0), strict=True))
        )
        self._bad = _revision(name, number + 3, next_version(version), 0.0, 3)

    @property
    def bad(self) -> str:
        """The id of the revision that fails."""
        return self._bad.id

    @property
    def base(self) -> str:
        """The id of the revision with which every cycle begins."""
        return self._good[-1].id

    def revisions(self, t: float) -> tuple[Revision, ...]:
        """What there is at `t`, the newest first; the bad one from its first roll-out on."""
        releases = self._world.releases
        spans = [releases.scripted(name, t) for name in self.instances]
        starts = [span[0] for span in spans if span is not None]
        if not starts:
            return self._good[::-1]
        bad = self._bad
        made = Revision(bad.id, bad.version, max(starts) - 2.0, bad.author, bad.changed, bad.checksum)
        return (made, *self._good[::-1])

    def running(self, name: str, t: float) -> Revision:
        """The revision that an instance runs at `t`."""
        releases = self._world.releases
        if Effect.ROLLED_OUT in releases.effects(name, t):
            return self._bad
        last = releases.last(name, t)
        wanted = self.base if last is None else last.revision
        return next(revision for revision in self._good if revision.id == wanted)

    def live(self, t: float) -> str:
        """The newest revision that any instance runs: until the last one has left it, a service is not rid of it."""
        running = {self.running(name, t).id for name in self.instances}
        return next(revision.id for revision in (self._bad, *self._good[::-1]) if revision.id in running)

    def roll(self, to: str, share: float, t: float) -> tuple[str, ...]:
        """Roll `share` of the instances concerned to the revision `to`; those that were rolled by this call."""
        releases = self._world.releases
        other = [name for name in self.instances if self.running(name, t).id != to]
        done = [name for name in self.instances if name not in other and releases.last(name, t) is not None]
        wanted = max(1, math.ceil(share * (len(other) + len(done)) - 1e-9))
        rolled = tuple(other[: max(0, wanted - len(done))])
        for name in rolled:
            releases.roll(name, to, self.bad, t)
        return rolled


class Services:
    """All services of a world."""

    def __init__(self, world: World) -> None:
        scripted = {step.target for step in world.scenario.steps if step.effect is Effect.ROLLED_OUT}
        families = dict.fromkeys((*ROLLED, *(world.family(name) for name in world.names if name in scripted)))
        self._services = {name: Service(name, world) for name in families if world.members(name)}
        self._answers: dict[tuple[str, str, str, float], dict[str, Any]] = {}
        world.version_of = self.version_of
        self._of = {name: service for service in self._services.values() for name in service.instances}

    def names(self) -> tuple[str, ...]:
        """What the services are called."""
        return tuple(self._services)

    def service(self, name: str) -> Service:
        """The service of that name. Raises RolledWrongError (404)."""
        if name not in self._services:
            raise RolledWrongError(404, f"no such service: {name[:80]}")
        return self._services[name]

    def version_of(self, name: str, t: float) -> str:
        """The version of the revision that an instance of a service runs at `t`."""
        return self._of[name].running(name, t).version

    def described(self, name: str, moment: Moment) -> dict[str, Any]:
        """`GET /services/NAME/revisions`. Raises RolledWrongError."""
        service, t = self.service(name), moment.t
        return {
            "service": name,
            "live": service.live(t),
            "revisions": [revision.record(moment) for revision in service.revisions(t)],
            "instances": [{"name": one, "revision": service.running(one, t).id} for one in service.instances],
        }

    def roll(self, name: str, body: object, key: str, moment: Moment) -> dict[str, Any]:
        """`POST /services/NAME/roll`: `{"to": id, "share": 0–1, "from": id, "key": text}`, of which only `to` must be.

        `key` is that of the header, which one in the body outdoes. The same wish with a key that came before does
        nothing and gets the first answer; the stages of one roll may share a key, as each wants another share. With
        `from` it is refused where another revision is live. Raises RolledWrongError.
        """
        to, share, since, key = _asked(body, key)
        service, intent = self.service(name), (key, name, to, share)
        if key and intent in self._answers:
            return self._answers[intent]
        if to not in {revision.id for revision in service.revisions(moment.t)}:
            raise RolledWrongError(404, f"no such revision of {name}: {to[:80]}")
        live = service.live(moment.t)
        if since and since != live:
            raise RolledWrongError(409, f"{live} is live, not {since[:80]}")
        rolled = service.roll(to, share, moment.t)
        answer = {"ok": True, "rolled": list(rolled), "live": service.live(moment.t)}
        if key:
            self._answers[intent] = answer
            if len(self._answers) > _KEYS_KEPT:
                del self._answers[next(iter(self._answers))]
        return answer


def _asked(body: object, key: str) -> tuple[str, float, str, str]:
    if not isinstance(body, dict):
        raise RolledWrongError(400, "the body must be a JSON object")
    to, share, since, key = body.get("to"), body.get("share", 1.0), body.get("from", ""), body.get("key", key)
    if not isinstance(to, str) or not to:
        raise RolledWrongError(400, "to: the id of a revision is wanted")
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
        raise RolledWrongError(400, "share: a number above 0 and up to 1 is wanted")
    if not isinstance(since, str) or not isinstance(key, str) or len(key) > 200:
        raise RolledWrongError(400, "from, key: texts are wanted, key of at most 200 characters")
    return to, float(share), since, key


def _earlier(version: str) -> tuple[str, str, str]:
    """`version` and the two before it, the oldest first: 0.13.1, 0.14.1, 0.14.2."""
    major, minor, patch = map(int, version.split("."))
    before = f"{major}.{max(0, minor - 1)}.{patch + 3}"
    return before, f"{major}.{minor}.{patch - 1}" if patch else f"{before}-1", version


def _revision(service: str, number: int, version: str, made_at: float, step: int) -> Revision:
    checksum = hashlib.sha256(f"fleetdeck-demo/{service}/{version}".encode()).hexdigest()
    return Revision(f"r{number}", version, made_at, _AUTHORS[step], _CHANGES[step], checksum)
