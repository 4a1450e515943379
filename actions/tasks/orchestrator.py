"""Documents for an orchestrator that takes them in chunk by chunk: accepted with a job's id, then followed to its end.

What it says of its own jobs is wrong in known ways (`actions.submission.orchestrator_jobs`), so the job, the list of
jobs, a hash in Redis where one is configured, and events are asked, and the one that knows most is believed. There is
no way to cancel a job.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

import msgspec
from msgspec import Meta, Struct

from actions.submission.answers import json_of, member, refused, said_by, unanswered, unknown
from actions.submission.coordinator_tasks import HeaderAuth
from actions.submission.each import Wanted, step_each
from actions.submission.orchestrator_jobs import EVENT_TYPES, Job, best, event_job, hash_of, job_of, redis_link
from actions.submission.orchestrator_words import chunks_of, invalid_of, stream_kind
from actions.submission.texts import filled, named_in, names_of, pattern_of, secret_name
from config.kinds import Kind
from config.values import HttpUrl, RedisUrl, Seconds, SecretRef
from fleet.actions.action import ActionState, Observed, Result, StepRead, Verdict
from fleet.actions.plan import HttpRequest, Plan, Step
from fleet.actions.ports import ActReach, Submitting, item_key
from fleet.errors import ConfigError, Fault, OutsideError, RefusedError
from fleet.ports import Answer
from fleet.text import scrub
from transport.redis import RedisLink
from transport.sse import ServerEvent, listen

INGEST: Final = "/lightrag/ingest-async"
LISTED: Final = 100
"""Jobs that the list shows at most."""
ONE_BY_ONE: Final = 50
"""Jobs that are asked for by themselves in one look, where the list does not know them."""
KEY_NAME: Final = "idempotency_key"
SCANNED: Final = 5_000
"""Hashes that are read to find a job by its key."""
_SKEW: Final = timedelta(seconds=5)


class OrchestratorOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of `kind: orchestrator`."""

    url: HttpUrl
    """Where the orchestrator answers, by a name that it takes for its own: by its address it answers 400."""
    auth: HeaderAuth | None = None
    """A header with a secret, for one that stands behind a proxy."""
    text: str | None = None
    """The document; without it, the field `text`."""
    source_uri: str | None = None
    """Where it is from; without it, the field `source_uri`, if there is one."""
    source_type: str | None = None
    """What it is; without it, the field `source_type`, if there is one."""
    metadata: dict[str, str] = {}
    """What goes along with the job, by name."""
    chunk: Annotated[int, Meta(ge=100, le=1_000_000)] | None = None
    """Most characters of a chunk: a longer document is parted at its paragraphs. Without it, it is one chunk."""
    redis: RedisUrl | None = None
    """The Redis that holds its jobs as hashes `job:ID`, which say more than its answers."""
    redis_password: SecretRef | None = None
    """Where that one's password is."""
    listen: Literal["no", "bus", "any"] = "bus"
    """Whether events are listened to. `bus`: only where they are sent to everybody. `any`: also where they are read
    from a group in Redis, which takes them away from who else reads in it."""
    listen_for: Seconds = Seconds(2)
    """How long they are listened to in one look."""
    timeout: Seconds = Seconds(10)
    """How long one request may take."""


class OrchestratorSubmitting:
    """Implements `fleet.actions.ports.Submitting`."""

    def __init__(self, options: OrchestratorOptions, reach: ActReach) -> None:
        self.target = options.url.rstrip("/")
        self.cancels = False
        self.askable = True
        self._options = options
        self._reach = reach
        self._text = pattern_of(options.text) if options.text is not None else None
        self._uri = pattern_of(options.source_uri) if options.source_uri is not None else None
        self._type = pattern_of(options.source_type) if options.source_type is not None else None
        self._metadata = {name: pattern_of(text) for name, text in options.metadata.items()}
        self._variant: str | None = None

    def names(self) -> frozenset[str]:
        """The fields that its options name."""
        return names_of((self._text, self._uri, self._type, *self._metadata.values()))

    def undo(self) -> tuple[str, ...]:
        """What taking it back would take."""
        return ("The orchestrator has no way to cancel a job; what it has taken in stays.",)

    # ── planning ──

    async def known(self, agents: Sequence[str]) -> tuple[Mapping[str, tuple[str, ...]], tuple[str, ...]]:
        """It says nothing of what it takes."""
        return {}, ()

    async def steps(self, items: Sequence[Mapping[str, Any]], to: Sequence[str], key: str) -> tuple[Step, ...]:
        """One request an item."""
        return await step_each(items, to, key, self._step)

    def _step(self, one: Wanted) -> Step:
        number, item, key = one.number, one.item, one.key
        chunks = chunks_of(filled(self._text, "text", item), self._options.chunk)
        if not chunks:
            raise RefusedError(f"item {number + 1}: text: the document is empty")
        uri = filled(self._uri, "source_uri", item)
        metadata = {name: filled(pattern, name, item) for name, pattern in self._metadata.items()}
        body = {
            "chunks": [{"text": chunk, "source_uri": uri, "metadata": {}} for chunk in chunks],
            "source_type": filled(self._type, "source_type", item) or "text",
            "metadata": {**metadata, KEY_NAME: key},
        }
        auth = self._options.auth
        effect = HttpRequest(
            method="POST",
            url=self.target + INGEST,
            body=msgspec.json.encode(body).decode(),
            secret=None if auth is None else secret_name(auth.secret, auth.header),
            timeout_s=float(self._options.timeout),
        )
        words = f"{len(chunks)} chunks" if len(chunks) > 1 else "one chunk"
        title = f"ingest {words} of {uri or 'a text'}"
        return Step(
            title=scrub(title, 120), target=self.target, item=number, effect=effect, captures={"job_id": "job_id"}
        )

    async def guards(self, plan: Plan) -> tuple[str, ...]:
        """None: whom and what it takes is for the orchestrator to say."""
        return ()

    # ── reading ──

    def read(self, plan: Plan, step: Step, result: Result) -> StepRead:
        """What an answer means."""
        silent = unanswered(result)
        if silent is not None:
            return silent
        status, body = result.status or 0, json_of(result)
        id = member(body, "job_id")
        if 200 <= status < 300 and id:
            return StepRead(verdict=Verdict.DONE, sentence=f"accepted as job {id}", found={"job_id": id})
        if status == 429:
            wait_s = result.retry_after_s if result.retry_after_s is not None else 30.0
            return StepRead(verdict=Verdict.AGAIN, sentence="it asks to wait (429)", again_after_s=wait_s)
        if status == 400 and "host header" in result.text.lower():
            return refused(
                "it does not take this address for its own (“Invalid host header”): use the name of its host"
            )
        if status == 422:
            return refused(f"it cannot read the request: {invalid_of(body) or said_by(result)}")
        if status in (404, 405):
            return refused(f"it has no {INGEST} here ({status}): this deployment may lack that part")
        if 300 <= status < 500:
            return refused(f"it answered {status}: {member(body, 'detail') or said_by(result)}")
        return unknown(f"it answered {status} without a job's id ({said_by(result)}); parts of it may have been queued")

    # ── following ──

    async def look(self, plan: Plan, items: Mapping[int, Mapping[str, str]], since: datetime) -> Mapping[int, Observed]:
        """Each item's job, wherever more is known of it."""
        ids = {number: found.get("job_id", "") for number, found in items.items()}
        hashes, note = await self._hashes(plan, ids)
        listed = await self._list() if any(_open(hashes.get(id)) for id in ids.values()) else {}
        seen: dict[int, Observed] = {}
        for number, id in ids.items():
            views = [(where, jobs[id]) for where, jobs in (("Redis", hashes), ("the list", listed)) if id in jobs]
            found = best(views)
            if not id:
                seen[number] = self._guessed(plan, number, since, set(ids.values()), listed)
            elif found is not None and found[1].state is not ActionState.RUNNING:
                seen[number] = found[1].observed(found[0])
            else:
                seen[number] = await self._asked(id, views, listed, note) if len(seen) < ONE_BY_ONE else _later(found)
        return await self._heard(ids, seen)

    async def _hashes(self, plan: Plan, ids: dict[int, str]) -> tuple[dict[str, Job], str]:
        """The hashes of the jobs. An item without an id is looked for by its key, and its id put in its place."""
        if self._options.redis is None:
            return {}, ""
        try:
            async with redis_link(self._options.redis, self._options.redis_password, self._reach.root) as link:
                if not all(ids.values()):
                    await self._find(link, plan, ids)
                wanted = [id for id in ids.values() if id]
                answers = await link.ask_all([("HGETALL", f"job:{id}") for id in wanted]) if wanted else []
        except OutsideError as error:
            return {}, f"; its Redis does not answer: {error}"
        found = {
            id: job_of({**hash_of(pairs), "job_id": id}) for id, pairs in zip(wanted, answers, strict=True) if pairs
        }
        return found, ""

    async def _find(self, link: RedisLink, plan: Plan, ids: dict[int, str]) -> None:
        """Look for jobs by the key in their metadata."""
        keys = {item_key(plan.key, number): number for number, id in ids.items() if not id}
        cursor, read = b"0", 0
        while read < SCANNED:
            cursor, names = await link.ask("SCAN", cursor, "MATCH", "job:*", "COUNT", 500)
            read += len(names)
            for name, said in zip(names, await link.ask_all([("HGET", one, "metadata") for one in names]), strict=True):
                number = keys.get(_key_in(said))
                if number is not None:
                    ids[number] = name.decode("utf-8", "replace").removeprefix("job:")
            if cursor == b"0":
                return

    async def _list(self) -> dict[str, Job]:
        """The newest jobs, of all of which it is true that a database which fails shows none."""
        body = await self._json(f"/jobs?limit={LISTED}")
        listed = body.get("jobs") if isinstance(body, dict) else None
        if not isinstance(listed, list):
            raise OutsideError(Fault.PAYLOAD, "/jobs lists no jobs")
        return {job.id: job for job in (job_of(one) for one in listed if isinstance(one, dict)) if job.id}

    async def _asked(self, id: str, views: list[tuple[str, Job]], listed: Mapping[str, Job], note: str) -> Observed:
        """The job itself, which lies, beside what is known from elsewhere."""
        record = await self._json(f"/jobs/{quote(id, safe='')}", missing=True)
        if record is not None:
            views = [*views, ("the job itself", job_of({**record, "job_id": id}))]
        found = best(views)
        if found is not None:
            return found[1].observed(found[0])
        if record is not None:
            why = "the list is empty, as it is when its database fails" if not listed else "the list does not show it"
            return Observed(
                state=ActionState.RUNNING, sentence=f"it says unknown, 0 of 0 chunks, of every job; {why}{note}"
            )
        if not listed:
            sentence = f"it knows no job {id}; its list is empty, as it is when its database fails{note}"
            return Observed(state=ActionState.UNKNOWN, sentence=sentence)
        return Observed(state=ActionState.UNKNOWN, sentence=f"it knows no job {id} any more{note}", final=True)

    def _guessed(
        self, plan: Plan, number: int, since: datetime, taken: set[str], listed: Mapping[str, Job]
    ) -> Observed:
        """No id came back. A job like it may be it, and nothing proves that it is."""
        chunks = _sent_chunks(plan, number)
        mine = {found["job_id"] for action in self._reach.store.actions.values() for found in
                (item.found for item in action.items) if "job_id" in found}  # fmt: skip
        like = [
            job
            for id, job in listed.items()
            if id not in taken | mine
            and job.created_at is not None
            and job.created_at >= since - _SKEW
            and chunks in (None, job.total)
        ]
        if len(like) == 1:
            seen = like[0].observed("the list")
            sentence = f"probably job {like[0].id}, the only one like it that came since: {seen.sentence}"
            return Observed(state=ActionState.UNKNOWN, sentence=sentence, final=seen.final)
        if like:
            return _unknown(f"{len(like)} jobs like it came since; which of them it is, if any, cannot be told")
        if not listed:
            return _unknown("no id came back, and its list is empty, as it is when its database fails")
        return _unknown("no id came back, and no job like it is listed; that it was not queued is likely, not certain")

    async def _heard(self, ids: Mapping[int, str], seen: dict[int, Observed]) -> Mapping[int, Observed]:
        """What events say of those that have not ended."""
        waiting = {ids[number]: number for number, one in seen.items() if not one.final and ids[number]}
        if not waiting or not await self._may_listen():
            return seen
        heard: dict[str, Job] = {}

        def take(event: ServerEvent) -> bool:
            job = event_job(event)
            if job is not None and job.id in waiting:
                before = heard.get(job.id)
                heard[job.id] = job if before is None or before.state is ActionState.RUNNING else before
            return all(id in heard and heard[id].state is not ActionState.RUNNING for id in waiting)

        types = ",".join(EVENT_TYPES)
        url = f"{self.target}/events/stream?last_id=%3E&event_types={types}"
        try:
            await listen(url, take, for_s=float(self._options.listen_for), headers=self._secret_header())
        except OutsideError:
            # The answers stand without it: only a quarter of the events would come anyway.
            return seen
        news = {waiting[id]: job.observed("an event") for id, job in heard.items()}
        return {**seen, **news}

    async def _may_listen(self) -> bool:
        """Whether listening takes nothing away from anybody: its parameters tell which of two handlers answers."""
        if self._options.listen != "bus":
            return self._options.listen == "any"
        if self._variant is None:
            try:
                said = await self._json("/openapi.json", missing=True)
            except OutsideError:
                return False
            self._variant = stream_kind(said)
        return self._variant == "event_types"

    async def _json(self, path: str, *, missing: bool = False) -> Any:
        """A page's JSON; None for 404 where it may be missing. Raises OutsideError."""
        answer = await self._get(path)
        if answer.status == 404 and missing:
            return None
        if answer.status == 400 and b"host header" in answer.body.lower():
            raise OutsideError(Fault.CONFIG, "it does not take this address for its own; use the name of its host")
        if answer.status != 200 or answer.is_html:
            raise OutsideError(Fault.STATUS, f"{path.partition('?')[0]} answered {answer.status}")
        try:
            return msgspec.json.decode(answer.body)
        except (ValueError, RecursionError) as error:
            raise OutsideError(Fault.PAYLOAD, f"{path}: {scrub(str(error), 120)}") from error

    async def _get(self, path: str) -> Answer:
        auth, secret = self._options.auth, None
        if auth is not None:
            try:
                secret = auth.header, auth.secret.read(self._reach.root)
            except ConfigError as error:
                raise OutsideError(Fault.CONFIG, str(error)) from error
        return await self._reach.http.get(self.target + path, accept="application/json", secret=secret)

    def _secret_header(self) -> dict[str, str]:
        auth = self._options.auth
        return {} if auth is None else {auth.header: auth.secret.read(self._reach.root).reveal()}

    async def cancel(self, plan: Plan, items: Mapping[int, Mapping[str, str]]) -> tuple[Step, ...]:
        """It cannot. Raises RefusedError."""
        raise RefusedError("the orchestrator has no way to cancel a job")


def _key_in(metadata: Any) -> str:
    """The idempotency key in the metadata of a job's hash, which is JSON."""
    try:
        said = msgspec.json.decode(metadata) if isinstance(metadata, bytes) else None
    except (ValueError, RecursionError):
        return ""
    return str(said.get(KEY_NAME, "")) if isinstance(said, dict) else ""


def _sent_chunks(plan: Plan, number: int) -> int | None:
    """How many chunks an item has, where the plan still says it."""
    for step in plan.steps:
        if step.item == number and isinstance(step.effect, HttpRequest):
            try:
                body = msgspec.json.decode(step.effect.body)
            except (ValueError, RecursionError):
                return None
            return len(body["chunks"]) if isinstance(body, dict) and isinstance(body.get("chunks"), list) else None
    return None


def _open(job: Job | None) -> bool:
    return job is None or job.state is ActionState.RUNNING


def _later(found: tuple[str, Job] | None) -> Observed:
    if found is not None:
        return found[1].observed(found[0])
    return Observed(state=ActionState.RUNNING, sentence="nothing is said of it yet")


def _unknown(sentence: str) -> Observed:
    return Observed(state=ActionState.UNKNOWN, sentence=sentence, final=True)


def _build(options: OrchestratorOptions, reach: ActReach) -> Submitting:
    return OrchestratorSubmitting(options, reach)


def _named(options: OrchestratorOptions) -> Mapping[str, frozenset[str]]:
    return named_in(
        text=options.text,
        source_uri=options.source_uri,
        source_type=options.source_type,
        metadata=options.metadata,
    )


KIND = Kind[Submitting](name="orchestrator", options=OrchestratorOptions, build=_build, named=_named)
