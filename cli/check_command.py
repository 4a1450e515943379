"""`fleetdeck check`: the alerts of a fleet by the contract of Nagios plugins, which Icinga, Sensu and others speak:
one line `STATUS - text | perfdata` on stdout, exit code 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.

By that contract wrong usage and a broken configuration are UNKNOWN too, so this command turns every failure into it.
"""

from pathlib import Path
from typing import Any, NoReturn

import click
from msgspec import Struct

from cli.options import config_option, wait_option, watch_option
from cli.settings import load_config, start_logging
from fleet.alerts.model import Alert, AlertState
from fleet.errors import FleetdeckError
from fleet.model import ProbeKind
from fleet.severity import SEVERITY_RANK, Severity
from fleet.store import Store
from fleet.text import scrub

WORDS = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
"""By exit code."""
_CRITICAL = (Severity.CRITICAL, Severity.HIGH)
_WARNING = (Severity.WARNING, Severity.UNKNOWN)
_NAMED = 3


class Verdict(Struct, frozen=True):
    """An exit code and the line that goes with it."""

    code: int
    line: str


class NagiosCommand(click.Command):
    """A command whose every failure is `UNKNOWN - reason` on stdout and exit code 3."""

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        try:
            return super().make_context(*args, **options)
        except click.ClickException as error:
            _unknown(error.format_message())

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            _unknown(error.format_message())
        except (FleetdeckError, OSError) as error:
            _unknown(str(error))


def _unknown(reason: str) -> NoReturn:
    click.echo(_line(3, reason))
    raise SystemExit(3)


@click.command("check", cls=NagiosCommand)
@config_option
@click.option("--claimed", is_flag=True, help="Count the alerts that systems only claim of themselves, too.")
@wait_option
@watch_option
@click.pass_context
def check(ctx: click.Context, config_path: Path | None, claimed: bool, wait_s: float, watch_s: float) -> None:
    """Say whether alerts fire, as a Nagios plugin: one line with performance data, and exit code 0, 1, 2 or 3.

    2 (CRITICAL) where an alert of severity critical or high fires, 1 (WARNING) for one of warning or unknown, 3
    (UNKNOWN) where fleetdeck cannot tell, also on wrong usage. Alerts of severity info do not count, nor do those that
    are acknowledged, silenced or inhibited.

    \b
    fleetdeck check --watch 1m
    """
    from cli.observing import observe

    start_logging()
    seen = observe(load_config(config_path or ctx.obj["config"]), wait_s, watch_s=watch_s)
    verdict = judge(seen.store, complete=seen.complete, claimed=claimed)
    click.echo(verdict.line)
    ctx.exit(verdict.code)


def judge(store: Store, *, complete: bool, claimed: bool = False) -> Verdict:
    """What the alerts of `store` come to. `complete`: the sweep came to its end."""
    counted = [row for row in store.alerts.values() if claimed or not row.claimed]
    firing = [row for row in counted if row.state is AlertState.FIRING and not row.suppressed]
    firing.sort(key=lambda row: (SEVERITY_RANK[row.severity], row.name, row.id))
    bad = [row for row in firing if row.severity in _CRITICAL]
    warned = [row for row in firing if row.severity in _WARNING]
    perf = _perfdata(counted, firing, bad, warned)
    if bad or warned:
        return Verdict(2 if bad else 1, _line(2 if bad else 1, _told(bad + warned)) + perf)
    blind = _blind(store, complete=complete)
    if blind:
        return Verdict(3, _line(3, blind) + perf)
    pending = sum(row.state is AlertState.PENDING for row in counted)
    agents = len(store.status)
    text = f"nothing fires, {agents} agent{'' if agents == 1 else 's'}" + (f", {pending} pending" if pending else "")
    return Verdict(0, _line(0, text) + perf)


def _blind(store: Store, *, complete: bool) -> str:
    """Why nothing can be said, "" where it can: no news is no good news where nobody looked."""
    if not complete:
        return "not everything answered in time"
    outside = [row for row in store.sources.values() if row.kind not in (ProbeKind.SELF, ProbeKind.HOST)]
    if not outside:
        return "nothing is watched"
    if all(store.sources.seen(row.id) is None for row in outside):
        return "no source answers"
    if not (store.status or store.queues or store.backlog or store.alerts):
        return "nothing is there to be observed"
    return ""


def _told(alerts: list[Alert]) -> str:
    names = list(dict.fromkeys(row.name for row in alerts))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    critical = sum(row.severity in _CRITICAL for row in alerts)
    of = f" ({critical} critical or high)" if critical else ""
    return f"{len(alerts)} firing{of}: {', '.join(names[:_NAMED])}{more}"


def _perfdata(counted: list[Alert], firing: list[Alert], bad: list[Alert], warned: list[Alert]) -> str:
    pending = sum(row.state is AlertState.PENDING for row in counted)
    suppressed = sum(row.state is AlertState.FIRING and row.suppressed for row in counted)
    numbers = {
        "firing": len(bad) + len(warned),
        "critical": len(bad),
        "warning": len(warned),
        "info": len(firing) - len(bad) - len(warned),
        "pending": pending,
        "suppressed": suppressed,
    }
    return " | " + " ".join(f"{name}={number};;;0" for name, number in numbers.items())


def _line(code: int, text: str) -> str:
    """One line; `|` would begin the performance data."""
    return f"{WORDS[code]} - {scrub(' '.join(text.split()), 400).replace('|', '/')}"
