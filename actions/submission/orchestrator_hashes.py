"""The jobs of an orchestrator as hashes in its Redis, which say more than its answers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from actions.submission.orchestrator_jobs import Job, job_of
from actions.submission.redis_link import hash_of, redis_link
from config.values import SecretRef
from fleet.actions.plan import Plan
from fleet.actions.ports import item_key
from fleet.errors import OutsideError
from transport.redis import RedisLink

KEY_NAME: Final = "idempotency_key"
"""The name under which a job's metadata hold the key of its item."""
SCANNED: Final = 5_000
"""Hashes that are read to find a job by its key."""
PREFIX: Final = "job:"


class Hashed(Struct, frozen=True, kw_only=True):
    """The ids of jobs by the numbers of their items ("" where none is known), what is seen of these jobs, by id, and
    what was wrong with looking, for the end of a sentence."""

    ids: Mapping[int, str]
    jobs: Mapping[str, Job] = {}
    note: str = ""


class OrchestratorHashes:
    """Reads the hashes; there are none where no Redis is configured (`url` None)."""

    def __init__(self, url: str | None, password: SecretRef | None, root: Path) -> None:
        self._url = url
        self._password = password
        self._root = root

    async def look(self, plan: Plan, ids: Mapping[int, str]) -> Hashed:
        """The jobs of items; one without an id is looked for by its key. A Redis that does not answer is a note."""
        if self._url is None:
            return Hashed(ids=ids)
        known = dict(ids)
        try:
            async with redis_link(self._url, self._password, self._root) as link:
                if not all(known.values()):
                    await _find(link, plan, known)
                return Hashed(ids=known, jobs=await _read(link, [id for id in known.values() if id]))
        except OutsideError as error:
            return Hashed(ids=known, note=f"; its Redis does not answer: {error}")


async def _read(link: RedisLink, ids: list[str]) -> dict[str, Job]:
    answers = await link.ask_all([("HGETALL", PREFIX + id) for id in ids]) if ids else []
    return {id: job_of({**hash_of(pairs), "job_id": id}) for id, pairs in zip(ids, answers, strict=True) if pairs}


async def _find(link: RedisLink, plan: Plan, ids: dict[int, str]) -> None:
    """Look for jobs by the key in their metadata, and put their ids in."""
    keys = {item_key(plan.key, number): number for number, id in ids.items() if not id}
    cursor, read = b"0", 0
    while read < SCANNED:
        cursor, names = await link.ask("SCAN", cursor, "MATCH", f"{PREFIX}*", "COUNT", 500)
        read += len(names)
        for name, said in zip(names, await link.ask_all([("HGET", one, "metadata") for one in names]), strict=True):
            number = keys.get(_key_in(said))
            if number is not None:
                ids[number] = name.decode("utf-8", "replace").removeprefix(PREFIX)
        if cursor == b"0":
            return


def _key_in(metadata: Any) -> str:
    """The idempotency key in the metadata of a job's hash, which is JSON."""
    try:
        said = msgspec.json.decode(metadata) if isinstance(metadata, bytes) else None
    except (ValueError, RecursionError):
        return ""
    return str(said.get(KEY_NAME, "")) if isinstance(said, dict) else ""
