"""What is rolled back over HTTP: one address lists the revisions, a request rolls to one."""

from collections.abc import Sequence
from math import ceil
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from actions.reverting.asking import Asker, Auth, instances_of
from actions.reverting.listing import NO_NAMES, FieldNames, of_records, revisions_of, with_live
from actions.reverting.way import Way, only_whole
from actions.reverting.words import (
    IDS,
    Word,
    at_path,
    body_of,
    check_request,
    check_says_where,
    percent_of,
    url_of,
    values_of,
)
from config.kinds import Kind
from config.values import HttpUrl, Regex, Seconds
from fleet.actions.plan import Fact, Plan, Step
from fleet.actions.ports import ActReach, Rolling
from fleet.actions.revision import Revision, Revisions, of_plan, short
from fleet.actions.rollback_plan import INSTANCE
from fleet.errors import Fault, OutsideError
from fleet.text import scrub
from transport.urls import origin

Path = Annotated[str, Meta(max_length=200)]


class ToOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request. `{to}`, `{name}`, `{live}`, `{share}` and `{percent}` are filled in, in the address as parts of its
    path or query, in the body as JSON; a text of the body that is `{share}` alone becomes a number."""

    url: Annotated[Word, Meta(min_length=1)]
    """Its address; the host is written out."""
    method: Literal["POST", "PUT", "PATCH", "DELETE"] = "POST"
    """Its method."""
    body: Any = None
    """Its JSON body; `⟦key⟧` in it is the idempotency key."""

    def __post_init__(self) -> None:
        check_request(self.url, self.body)


class VerifyOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An address that must answer 2xx once the revision is in place, and what its JSON must say."""

    url: Annotated[Word, Meta(min_length=1)]
    """Its address."""
    path: Path = ""
    """Dotted path of a value in its JSON, such as `checks.0.state`."""
    value: Word = "{to}"
    """What that value must be, as text."""

    def __post_init__(self) -> None:
        check_request(self.url, self.value)


class HttpRollOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Addresses, and where things stand in their JSON."""

    list: HttpUrl
    """Lists the revisions by GET."""
    to: ToOptions
    """Rolls to a revision. Where `{share}` or `{percent}` stands in it, it can be rolled in stages."""
    revisions: Path = "revisions"
    """Dotted path of the list in the answer; empty where the answer is the list."""
    live: Path = "live"
    """Dotted path of the id of the live revision in the answer, where the list itself does not say it."""
    instances: Path = "instances"
    """Dotted path of the instances in the answer: names, or records with `name` and `revision`."""
    fields: FieldNames = NO_NAMES
    """Where the parts of a revision stand in a record."""
    verify: VerifyOptions | None = None
    """What must be answered once the revision is in place."""
    undo: ToOptions | None = None
    """The request that takes a roll back, where that is not rolling to the revision that was live before."""
    auth: Auth | None = None
    """A header with a secret."""
    ids: Regex = Regex(IDS)
    """RE2 pattern of the whole of an id; no other one is put into a request."""
    timeout: Seconds = Seconds(10)
    """How long an answer may take."""
    close: bool = False
    """One connection a request, for single-threaded servers."""

    def __post_init__(self) -> None:
        check_says_where("to", [self.to.url, self.to.body])
        for field, part in (("to", self.to), ("verify", self.verify), ("undo", self.undo)):
            if self.auth is not None and part is not None and origin(part.url) != origin(str(self.list)):
                raise ValueError(f"{field}: it is another server than that of list, and would get its secret")


class HttpRolling(Way):
    """Rolls by requests."""

    def __init__(self, options: HttpRollOptions, reach: ActReach) -> None:
        super().__init__(reach)
        self._options = options
        self._ask = Asker(reach, options.auth, options.timeout, close=options.close)
        self.target = str(options.list)
        self.staged = _staged(options)

    async def revisions(self) -> Revisions:
        """What the target lists."""
        made, problems, _ = await self._known()
        return revisions_of(self.target, made, problems)

    async def facts(self, to: Revision) -> tuple[Fact, ...]:
        """The instances, and which revisions they have."""
        made, _, instances = await self._known()
        known = (Fact("instances", _mixture(instances, made)),) if instances else ()
        return (*known, Fact("verified by", self._verified(to))) if self._options.verify else known

    async def blast(self, to: Revision) -> tuple[str, ...]:
        """The instances that are rolled."""
        made, _, instances = await self._known()
        return tuple(f"{INSTANCE}{name}" + (f", at {_called(at, made)}" if at else "") for name, at in instances)

    async def steps(self, to: Revision, shares: Sequence[float]) -> tuple[Step, ...]:
        """One request for each stage."""
        made, _, instances = await self._known()
        if not self.staged:
            only_whole(shares, "what this request rolls")
        live = next((one.id for one in made if one.live), "")
        return tuple(
            Step(
                title=_title(to, share, shares, len(instances)),
                target=self.target,
                effect=self._request(self._options.to, to, live, share),
                stage=stage,
            )
            for stage, share in enumerate(shares)
        )

    def undo(self, to: Revision, live: Revision | None) -> tuple[str, ...]:
        """By its own request, else by rolling again."""
        if self._options.undo is not None:
            return (f"the request {self._options.undo.method} {scrub(self._options.undo.url, 200)}",)
        return super().undo(to, live)

    async def back(self, plan: Plan) -> tuple[Step, ...]:
        """The request that undoes."""
        if self._options.undo is None:
            return ()
        to = await self.revision_of(plan)
        effect = self._request(self._options.undo, to, plan.before, 1.0)
        return (Step(title=f"take {of_plan(plan, plan.revision)} back", target=self.target, effect=effect),)

    async def mixed(self, to: Revision) -> str:
        """The instances that are at another revision: a roll that stopped half-way."""
        return await self._behind(to.id)

    async def wrong(self, plan: Plan) -> str:
        """What instances or the address that verifies say."""
        if not plan.revision:
            return ""
        return await self._behind(plan.revision) or await self._not_verified(plan)

    async def not_live(self, plan: Plan) -> str:
        """As `Way.not_live`; of a roll that is in between, how many instances run what."""
        said = await super().not_live(plan)
        if not said:
            return ""
        made, _, instances = await self._known()
        return parts_words(instances, plan.revision, made) or said

    async def _behind(self, id_: str) -> str:
        made, _, instances = await self._known()
        behind = [name for name, revision in instances if revision and revision != id_]
        if not behind:
            return ""
        return f"{len(behind)} of {len(instances)} instances are not at {_called(id_, made)}: {', '.join(behind[:5])}"

    def _verified(self, to: Revision) -> str:
        """The address that verifies and what it must say, for reading; what is live by then is not known here."""
        verify = self._options.verify
        if verify is None:
            return ""
        values = values_of(to, "", 1.0, str(self._options.ids))
        url = verify.url if "{live}" in verify.url else url_of(verify.url, values)
        said = f"where {verify.path} is {body_of(verify.value, values)}" if verify.path else "which must answer 2xx"
        return scrub(f"GET {url}, {said}", 400)

    async def _not_verified(self, plan: Plan) -> str:
        verify = self._options.verify
        if verify is None:
            return ""
        values = values_of(await self.revision_of(plan), plan.before, 1.0, str(self._options.ids))
        status, body = await self._ask.answer(url_of(verify.url, values))
        if not 200 <= status < 300:
            return f"not verified: status {status}"
        if not verify.path:
            return ""
        try:
            said = at_path(msgspec.json.decode(body), verify.path)
        except (ValueError, RecursionError) as error:
            raise OutsideError(Fault.PAYLOAD, f"what verifies is no JSON: {scrub(str(error), 120)}") from error
        wanted = str(body_of(verify.value, values))
        text = str(said).lower() if isinstance(said, bool) else str(said)
        return "" if text == wanted else f"not verified: {verify.path} is {scrub(text, 80)}, not {wanted}"

    async def _known(self) -> tuple[tuple[Revision, ...], tuple[str, ...], tuple[tuple[str, str], ...]]:
        """(revisions, problems, (name, revision) of each instance)."""
        options = self._options
        said = await self._ask.json(options.list)
        made, problems = of_records(at_path(said, options.revisions), options.fields)
        live = at_path(said, options.live) if options.live else None
        if isinstance(live, str | int) and not isinstance(live, bool) and str(live):
            made = with_live(made, scrub(str(live), 200))
            if not any(one.live for one in made):
                problems = (*problems, f"{scrub(str(live), 80)} is live, and not in the list")
        instances = instances_of(at_path(said, options.instances)) if options.instances else ()
        return made, problems, instances

    def _request(self, options: ToOptions, to: Revision, live: str, share: float) -> Any:
        values = values_of(to, live, share, str(self._options.ids))
        body = None if options.body is None else body_of(options.body, values)
        return self._ask.planned(options.method, url_of(options.url, values), body)


def _title(to: Revision, share: float, shares: Sequence[float], instances: int) -> str:
    if len(shares) == 1:
        return f"roll to {to.called}"
    many = f", {ceil(share * instances)} of {instances} instances" if instances else ""
    return f"roll {percent_of(share)} % to {to.called}{many}"


def parts_words(instances: Sequence[tuple[str, str]], wanted: str, made: Sequence[Revision]) -> str:
    """`1 of 6 instances runs r25, the rest r26`; "" where all or none run what is wanted, or it is not said."""
    there = sum(revision == wanted for _, revision in instances)
    others = sorted({revision for _, revision in instances if revision and revision != wanted})
    if not others or not there:
        return ""
    rest = " or ".join(_called(one, made) for one in others[:3]) + (" or others" if len(others) > 3 else "")
    runs = f"{'runs' if there == 1 else 'run'} {_called(wanted, made)}"
    return f"{there} of {len(instances)} instances {runs}, the rest {rest}"


def _called(id: str, made: Sequence[Revision]) -> str:
    return next((one.called for one in made if one.id == id), short(id))


def _mixture(instances: Sequence[tuple[str, str]], made: Sequence[Revision]) -> str:
    """`4, all at r42`, `4: 3 at r42, 1 at r41`."""
    counts: dict[str, int] = {}
    for _, revision in instances:
        counts[revision] = counts.get(revision, 0) + 1
    if len(counts) == 1:
        revision = instances[0][1]
        return f"{len(instances)}, all at {_called(revision, made)}" if revision else str(len(instances))
    parts = [f"{count} at {_called(revision, made) or 'one not known'}" for revision, count in counts.items()]
    return f"{len(instances)}: {', '.join(parts)}"


def _build(options: HttpRollOptions, reach: ActReach) -> Rolling:
    return HttpRolling(options, reach)


def _staged(options: HttpRollOptions) -> bool:
    texts = options.to.url + msgspec.json.encode(options.to.body).decode()
    return "{share}" in texts or "{percent}" in texts


KIND = Kind[Rolling](name="http", options=HttpRollOptions, build=_build, staged=_staged)
