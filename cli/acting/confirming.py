"""How a plan is confirmed at a command line: shown on stderr, then asked for, by its tier."""

import contextlib
import signal
import sys
import termios
from collections.abc import Iterator
from types import FrameType
from typing import Any

import click
from msgspec import Struct

from cli.acting.outcome import plan_text
from fleet.actions.action import Confirmation
from fleet.actions.plan import Plan, Tier
from fleet.actions.preview import CONFIRM, preview
from fleet.text import scrub


class Given(Struct, frozen=True, kw_only=True):
    """What the options of a command say already. `yes`: nothing is asked."""

    by: str
    yes: bool = False
    reason: str = ""
    ticket: str = ""
    code: str = ""
    second: str = ""


def confirmed(plan: Plan, given: Given, refusals: tuple[str, ...]) -> Confirmation | None:
    """What is confirmed by whom; None where who was asked left it. Raises KeyboardInterrupt or SystemExit where a key
    or a signal ended the question.

    Where nothing can be asked (no terminal, and no --yes) or there is nothing to confirm, it says so by being empty,
    and the act is refused where all acts are; so is one that is confirmed by --yes, there with the reasons that stand
    against it and not for being unconfirmed."""
    lines = preview(plan, refusals)
    if given.yes:
        # How it would be confirmed is no news to who has done it.
        lines = tuple(line for line in lines if line.heading != CONFIRM)
    if not (given.yes and _lacks(plan, given)):
        click.echo(f"{scrub(plan.title)}\n{plan_text(lines)}", err=True, nl=False)
    if given.yes:
        # The command names the target already; a reason is wanted all the same.
        return _confirmation(plan, given, typed=plan.word, reason=given.reason, code=given.code)
    if refusals or not _is_terminal():
        if not refusals:
            click.echo("fleetdeck: nobody can be asked here: --yes stands for the answer", err=True)
        return Confirmation(by=given.by, reason=given.reason, ticket=given.ticket)
    with _ends_at_once():
        _forget_typed_ahead()
        return _asked(plan, given)


def _lacks(plan: Plan, given: Given) -> bool:
    """Whether the options do not have what the tier wants: what is refused for that alone is said without its plan."""
    unsaid = not given.reason.strip() or (plan.tier is Tier.TWO and not given.code.strip())
    return plan.tier >= Tier.NAME and unsaid


def _asked(plan: Plan, given: Given) -> Confirmation | None:
    if plan.tier is Tier.YES:
        if _answer("Do it? y, anything else does nothing") != "y":
            return None
        return Confirmation(by=given.by, yes=True, reason=given.reason, ticket=given.ticket)
    typed = _answer(f"Type {plan.word} to do it").strip()
    if not typed:
        return None
    if typed != plan.word:
        # Refused where all acts are, and before anything else is asked.
        return _confirmation(plan, given, typed=typed, reason=given.reason, code="")
    reason = given.reason or _answer("Why")
    code = given.code
    if plan.tier is Tier.TWO and not code and reason.strip():
        code = _answer("One-time code", hidden=True)
    return _confirmation(plan, given, typed=typed, reason=reason, code=code)


def _confirmation(plan: Plan, given: Given, *, typed: str, reason: str, code: str) -> Confirmation:
    return Confirmation(
        by=given.by, typed=typed, reason=reason, ticket=given.ticket, code=code, second=given.second, yes=True
    )


def _answer(question: str, *, hidden: bool = False) -> str:
    try:
        answer: str = click.prompt(question, default="", show_default=False, hide_input=hidden, err=True)
    except (click.Abort, SystemExit) as error:
        if not hidden or isinstance(error, SystemExit):
            # What is said next stands on a line of its own; where nothing is shown, click has seen to that.
            with contextlib.suppress(OSError):
                click.echo(err=True)
        if isinstance(error, SystemExit):
            raise
        raise KeyboardInterrupt from None
    return answer


@contextlib.contextmanager
def _ends_at_once() -> Iterator[None]:
    """While somebody is asked nothing else happens here and nothing was sent: a signal ends the question at once."""
    before = {number: signal.signal(number, handler) for number, handler in _AT_ONCE.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _exit(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)


_AT_ONCE: dict[signal.Signals, Any] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: _exit,
    signal.SIGHUP: _exit,
}


def _forget_typed_ahead() -> None:
    """What was typed before the plan could be read is no answer to it."""
    with contextlib.suppress(OSError, ValueError, termios.error):
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()
