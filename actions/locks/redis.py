"""Locks of several machines, in a Redis: a key for each target that ends by itself unless it is renewed.

A key is set where there is none (`SET NX PX`), and prolonged or deleted only where it still holds what was set, in a
script, as the documentation of Redis says. A set beside them names the targets, so that nobody has to search a large
database. One Redis, no quorum: it keeps operators from getting in each other's way, and no more than that.
"""

import hashlib
import secrets

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from fleet.actions.action import Lock
from fleet.errors import Fault, OutsideError, RefusedError
from fleet.text import scrub
from transport.redis import RedisLink, understood

TTL_S = 30.0
"""Seconds after which the lock of a dead owner is gone."""
MOST = 1_000
"""Locks that are read."""

_TAKE = """
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
  redis.call('SADD', KEYS[2], ARGV[3])
  return false
end
return redis.call('GET', KEYS[1])
"""
_RENEW = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0"
_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('SREM', KEYS[2], ARGV[2])
  return redis.call('DEL', KEYS[1])
end
return 0
"""


class Value(Struct, frozen=True, kw_only=True):
    """What stands in a key; `token` makes it ours."""

    lock: Lock
    token: str


class RedisLocks:
    """Implements `Locks`. The link is somebody else's to close."""

    def __init__(self, link: RedisLink, prefix: str, *, ttl_s: float = TTL_S) -> None:
        self._link = link
        self._prefix = prefix
        self._ttl_ms = round(ttl_s * 1000)
        self._mine: dict[str, bytes] = {}

    async def take(self, lock: Lock) -> Lock | None:
        """Take it; the lock of who has it, else None. Raises OutsideError."""
        value = msgspec.json.encode(Value(lock=replace(lock, mine=False), token=secrets.token_hex(16)))
        name = _hashed(lock.target)
        answer = await self._ask(_TAKE, 2, self._key(name), self._names, value, self._ttl_ms, name)
        if answer is None:
            self._mine[lock.target] = value
            return None
        return self._read(answer) or replace(lock, owner="somebody", action="", title="", mine=False)

    async def renew(self, target: str) -> None:
        """Raises RefusedError where it is not ours any more, OutsideError where Redis does not answer."""
        value = self._mine.get(target)
        name = _hashed(target)
        if value is None or not await self._ask(_RENEW, 1, self._key(name), value, self._ttl_ms):
            raise RefusedError(f"the lock on {scrub(target, 80)} has ended, or another has it")

    async def release(self, target: str) -> None:
        """Let it go, if it is ours. Raises OutsideError; it then ends by itself."""
        value = self._mine.pop(target, None)
        if value is not None:
            name = _hashed(target)
            await self._ask(_RELEASE, 2, self._key(name), self._names, value, name)

    async def held(self) -> tuple[Lock, ...]:
        """All that there are. Raises OutsideError."""
        names = await self._link.ask("SRANDMEMBER", self._names, MOST)
        with understood(self._prefix):
            keys = [self._key(bytes(name).decode("ascii")) for name in names]
        values = await self._link.ask("MGET", *keys) if keys else []
        with understood(self._prefix):
            locks = [self._read(value) for value in values if value is not None]
        return tuple(sorted((lock for lock in locks if lock), key=lambda lock: lock.target))

    @property
    def _names(self) -> str:
        return f"{self._prefix}names"

    def _key(self, name: str) -> str:
        return f"{self._prefix}{name}"

    async def _ask(self, script: str, *words: str | bytes | int) -> object:
        answer: object = await self._link.ask("EVAL", script, *words)
        if answer is not None and not isinstance(answer, int | bytes):
            raise OutsideError(Fault.PAYLOAD, f"{self._prefix}: an answer that Redis does not give")
        return answer

    def _read(self, value: object) -> Lock | None:
        """The lock of a key's value; None for what somebody else put there."""
        if not isinstance(value, bytes):
            return None
        try:
            lock = msgspec.json.decode(value, type=Value).lock
        except (msgspec.DecodeError, UnicodeError):
            return None
        words = {name: scrub(getattr(lock, name), 200) for name in ("owner", "action", "title")}
        return replace(lock, mine=self._mine.get(lock.target) == value, **words)


def _hashed(target: str) -> str:
    return hashlib.sha256(target.encode()).hexdigest()[:32]
