"""Documents for an orchestrator that takes them in chunk by chunk: accepted with a job's id, then followed to its end
(`actions.submission.orchestrator_sight`). There is no way to cancel a job.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from actions.submission.chunks import chunks_of
from actions.submission.each import Wanted, step_each
from actions.submission.header_auth import HeaderAuth, named_secret
from actions.submission.orchestrator_answers import INGEST, read_ingested
from actions.submission.orchestrator_events import Listening, OrchestratorEvents
from actions.submission.orchestrator_hashes import KEY_NAME, OrchestratorHashes
from actions.submission.orchestrator_pages import OrchestratorPages
from actions.submission.orchestrator_sight import OrchestratorSight
from actions.submission.texts import filled, named_in, names_of, pattern_of
from config.kinds import Kind, nothing
from config.values import HttpUrl, RedisUrl, Seconds, SecretRef
from fleet.actions.action import Observed, Result, StepRead
from fleet.actions.plan import HttpRequest, Plan, Step
from fleet.actions.ports import ActReach, Submitting
from fleet.errors import RefusedError
from fleet.text import scrub


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
    listen: Listening = "bus"
    """Whether events are listened to. `bus`: only where they are sent to everybody. `any`: also where they are read
    from a group in Redis, which takes them away from who else reads in it."""
    listen_for: Seconds = Seconds(2)
    """How long one look waits for them. Between two looks they are heard, too."""
    timeout: Seconds = Seconds(10)
    """How long one request may take."""


class OrchestratorSubmitting:
    """Implements `fleet.actions.ports.Submitting`."""

    def __init__(self, options: OrchestratorOptions, reach: ActReach) -> None:
        self.target = options.url.rstrip("/")
        self.cancels = False
        self.askable = True
        self.asked_by: tuple[str, ...] = ()
        self._options = options
        self._text = pattern_of(options.text) if options.text is not None else None
        self._uri = pattern_of(options.source_uri) if options.source_uri is not None else None
        self._type = pattern_of(options.source_type) if options.source_type is not None else None
        self._metadata = {name: pattern_of(text) for name, text in options.metadata.items()}
        self._sight = _sight(options, self.target, reach)

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
        effect = HttpRequest(
            method="POST",
            url=self.target + INGEST,
            body=msgspec.json.encode(body).decode(),
            secret=named_secret(self._options.auth),
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

    # ── afterwards ──

    def read(self, plan: Plan, step: Step, result: Result) -> StepRead:
        """What an answer means."""
        return read_ingested(result)

    async def look(self, plan: Plan, items: Mapping[int, Mapping[str, str]], since: datetime) -> Mapping[int, Observed]:
        """Each item's job, wherever more is known of it."""
        return await self._sight.look(plan, items, since)

    async def cancel(self, plan: Plan, items: Mapping[int, Mapping[str, str]]) -> tuple[Step, ...]:
        """It cannot. Raises RefusedError."""
        raise RefusedError("the orchestrator has no way to cancel a job")


def _sight(options: OrchestratorOptions, url: str, reach: ActReach) -> OrchestratorSight:
    pages = OrchestratorPages(url, options.auth, reach)
    hashes = OrchestratorHashes(options.redis, options.redis_password, reach.root)
    events = OrchestratorEvents(url, options.auth, reach.root, pages, options.listen, float(options.listen_for))
    return OrchestratorSight(pages, hashes, events, reach.store)


def _build(options: OrchestratorOptions, reach: ActReach) -> Submitting:
    return OrchestratorSubmitting(options, reach)


def _named(options: OrchestratorOptions) -> Mapping[str, frozenset[str]]:
    return named_in(
        text=options.text,
        source_uri=options.source_uri,
        source_type=options.source_type,
        metadata=options.metadata,
    )


KIND = Kind[Submitting](name="orchestrator", options=OrchestratorOptions, build=_build, named=_named, offers=nothing)
