"""A plan in words: the same lines in the dialog, in the dry run and on the command line. Pure.

What stands in them was made here or checked; texts from outside are scrubbed once more, so that a line is a line.
"""

import json
import shlex
from collections.abc import Iterable, Iterator

from msgspec import Struct

from fleet.actions.plan import (
    AgentsUp,
    Check,
    CommandRun,
    Effect,
    FileWork,
    GatePasses,
    Holds,
    HttpRequest,
    Plan,
    RedisWrite,
    RevisionLive,
    SecretName,
    SloHolds,
    Step,
    Tier,
)
from fleet.actions.revision import of_plan
from fleet.actions.verdict import step_key
from fleet.text import scrub

CONFIRM = "confirm"
"""The heading of the line that says how it is confirmed."""
LINE_CHARS = 2_000
"""Characters of a line; what is longer is cut, and says so."""
LISTED = 50
"""Names and steps that are listed one by one; the others are counted."""


class Line(Struct, frozen=True):
    """A line of a preview: a heading has no text; `bad` is what speaks against it."""

    heading: str
    text: str = ""
    bad: bool = False


def preview(plan: Plan, refusals: tuple[str, ...] = (), *, listed: int = LISTED) -> tuple[Line, ...]:
    """All of it, the most important first: what stands against it, what it is about, what is sent, what it means.
    `listed` is how many targets and steps stand there one by one."""
    return tuple(_lines(plan, refusals, listed))


def _lines(plan: Plan, refusals: tuple[str, ...], listed: int) -> Iterator[Line]:
    yield from _all("refused", dict.fromkeys((*plan.refusals, *refusals)), bad=True)
    yield from _all("warning", plan.warnings, bad=True)
    yield from _all("targets", _few([target.name for target in plan.targets], "target", listed))
    yield from (Line(_clean(fact.name), _clean(fact.value), fact.bad) for fact in plan.facts)
    yield from _all("blast", plan.blast)
    yield from _all("means", plan.effects)
    yield from _sent(plan, listed)
    yield from _stages(plan)
    yield from _all("after", (plan.expects,) if plan.expects else plan_checks(plan))
    yield from _all("undo", plan.undo)
    yield Line(CONFIRM, confirm_words(plan))


def confirm_words(plan: Plan) -> str:
    """How the plan is confirmed."""
    if plan.tier is Tier.READ:
        return "nothing is changed"
    if plan.tier is Tier.YES:
        return "y"
    code = ", and a one-time code" if plan.tier is Tier.TWO else ""
    return f"type {_clean(plan.word)}, give a reason{code}"


def effect_lines(effect: Effect, key: str) -> tuple[str, ...]:
    """What exactly is sent or run: an HTTP request as it goes out, with the idempotency key of its step, an argv as a
    shell would need it quoted."""
    if isinstance(effect, HttpRequest):
        return tuple(map(_clean, _request_lines(effect, key)))
    if isinstance(effect, CommandRun):
        env = " ".join(f"{name}={shlex.quote(value)}" for name, value in effect.env.items())
        env += "".join(f" {name}=***{_secret(secret)}" for name, secret in effect.secrets.items())
        ran = f"{shlex.join(effect.argv)}   in {effect.cwd}, {effect.timeout_s:g} s at most"
        return (_clean(ran), _clean(f"env: {env or 'empty'}"))
    if isinstance(effect, RedisWrite):
        return (_clean(f"{shlex.join(effect.command)}   at {effect.url}{_secret(effect.secret)}"),)
    return (_clean(_file_words(effect)),)


def check_words(check: Check, plan: Plan) -> str:
    """A condition of a plan in words."""
    if isinstance(check, GatePasses):
        return _clean(f"the gate {check.gate} passes")
    if isinstance(check, AgentsUp):
        return _clean(f"up: {', '.join(_few(list(check.agents), 'agent'))}")
    if isinstance(check, Holds):
        return _clean(f"{check.expr} is {check.target}")
    if isinstance(check, SloHolds):
        return _clean(f"the objective {check.slo} does not burn")
    if isinstance(check, RevisionLive):
        return _clean(f"the target itself says that {of_plan(plan, check.revision)} is live")
    raise AssertionError(check)


def _sent(plan: Plan, listed: int) -> Iterator[Line]:
    by_item: dict[int, list[Step]] = {}
    for step in plan.steps:
        by_item.setdefault(step.item, []).append(step)
    for number, step in enumerate(plan.steps[:listed], 1):
        title = _clean(step.title)
        lines = effect_lines(step.effect, step_key(plan, step, by_item[step.item]))
        yield Line(f"step {number}", title)
        # A step may be called by what it sends.
        yield from (Line("", text) for text in lines[lines[:1] == (title,) :])
    if len(plan.steps) > listed:
        yield Line("", f"and {len(plan.steps) - listed:,} more steps of {len(plan.items):,} items")


def _stages(plan: Plan) -> Iterator[Line]:
    for stage in plan.stages:
        if not stage.checks:
            waits = f", it waits {stage.hold_s:g} s" if stage.hold_s else ""
            yield Line("stage", _clean(f"{stage.title}: nothing is checked{waits}"))
            continue
        held = f" for {stage.hold_s:g} s without a break" if stage.hold_s else ""
        wanted = f"within {stage.within_s:g} s this must hold{held}, else it stops there"
        yield Line("stage", _clean(f"{stage.title}: {wanted}"))
        yield from (Line("", check_words(check, plan)) for check in stage.checks)


def _request_lines(request: HttpRequest, key: str) -> Iterator[str]:
    yield f"{request.method} {request.url}"
    if request.body:
        yield f"content-type: {request.content_type}"
    yield from (f"{name}: {value}" for name, value in request.headers.items())
    if request.key_header:
        yield f"{request.key_header}: {key}"
    if request.secret is not None:
        yield f"{request.secret.header}: {request.secret.scheme} ***{_secret(request.secret)}"
    if request.body:
        yield _compact(request.body)


def _compact(body: str) -> str:
    try:
        return json.dumps(json.loads(body), ensure_ascii=False)
    except (ValueError, RecursionError):
        return body


def _file_words(work: FileWork) -> str:
    if work.work == "link":
        was = f" (was {work.was})" if work.was else ""
        return f"point {work.path} to {work.source}{was}"
    if work.work == "archive":
        return f"pack {work.source} into the new archive {work.path}"
    checked = f" (sha256 {work.sha256})" if work.sha256 else ""
    if work.work == "restore":
        links = ", with links as they were" if work.outward else ""
        return f"put the content of {work.source}{checked} in the place of {work.path}{links}"
    if work.new:
        return f"copy {work.source}{checked} to the new file {work.path}"
    return f"replace {work.path} by {work.source}{checked}"


def _secret(secret: SecretName | None) -> str:
    if secret is None:
        return ""
    return f", from env {secret.env}" if secret.env else f", from file {secret.file}"


def _few(names: list[str], noun: str, listed: int = LISTED) -> tuple[str, ...]:
    if len(names) <= listed:
        return tuple(names)
    return (*names[:listed], f"and {len(names) - listed:,} {noun}s more")


def plan_checks(plan: Plan) -> tuple[str, ...]:
    """The post-condition of a plan in words."""
    return tuple(check_words(check, plan) for check in plan.checks)


def _all(heading: str, texts: Iterable[str], *, bad: bool = False) -> Iterator[Line]:
    for number, text in enumerate(texts):
        yield Line("" if number else heading, _clean(text), bad)


def _clean(text: str) -> str:
    return scrub(text, LINE_CHARS)
