"""The real servers of a configuration at work: what is read of a Prometheus and of Alertmanagers, and what is written.

Each is a job of the supervisor with a row among the sources. One that does not answer takes nothing along: its alerts
stay as its last answer, marked stale, and it is asked on.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from actions.alertmanager import AlertmanagerWriter
from actions.intents import Intents
from actions.posting import AlertPoster
from actions.routing import Member, RoutedSilencer
from cli.judging.objectives import Objectives
from cli.judging.ruling import RULES
from collectors.servers.alertmanager import Alertmanager, AlertmanagerLook
from collectors.servers.asking import Asking
from collectors.servers.prometheus import Prometheus, PrometheusLook
from collectors.supervisor import Job, Outcome
from config.schema import Config
from config.server_options import AlertmanagerOptions, PrometheusOptions, ServerOptions
from fleet.alerts.book import OWN, AlertBook
from fleet.alerts.managers import Managers
from fleet.alerts.model import AlertReading
from fleet.clock import Clock
from fleet.errors import ConfigError
from fleet.model import ProbeKind
from fleet.ports import HttpSender
from fleet.secret import Secret
from fleet.slo.served import Served

PROMETHEUS = "prometheus"
"""The source of the alerts of a Prometheus, and the id of its job."""
_SLO_EVERY_S = 10.0
_SLO_TIMEOUT_S = 120.0
_POST_EVERY_S = 5.0
"""How long an alert that begins to fire waits at most to be posted."""
_QUESTIONS = 5
"""Questions of one look."""
_MOST_PROBLEMS = 50


class _Manager(Struct, frozen=True):
    options: AlertmanagerOptions
    reader: Alertmanager
    writer: AlertmanagerWriter


class Connected(Struct, frozen=True):
    """The servers of a configuration, made and not used yet."""

    config: Config
    prometheus: tuple[PrometheusOptions, Prometheus] | None = None
    managers: tuple[_Manager, ...] = ()


def asking(options: ServerOptions, http: HttpSender, root: Path, where: str) -> Asking:
    """A server as it is asked. Raises ConfigError where its token cannot be read."""
    return Asking(
        http=http, url=str(options.url), secret=_secret(options, root, where), timeout_s=float(options.timeout)
    )


def connected(config: Config, http: HttpSender, clock: Clock, intents: Intents | None = None) -> Connected:
    """The servers of `config`; what is written to them is recorded by `intents`. Raises ConfigError where a token
    cannot be read."""
    prometheus, managers = config.servers.prometheus, []
    for place, one in enumerate(config.servers.alertmanagers):
        asked = asking(one, http, config.root, f"alertmanager[{place}]")
        writer = AlertmanagerWriter(
            one.shown, http, asked.url, secret=asked.secret, timeout_s=asked.timeout_s, intents=intents
        )
        managers.append(_Manager(one, Alertmanager(one.shown, asked, clock), writer))
    return Connected(
        config,
        None
        if prometheus is None
        else (prometheus, Prometheus(asking(prometheus, http, config.root, PROMETHEUS), prometheus.external_labels)),
        tuple(managers),
    )


class Serving:
    """Reads and writes the servers that it was given last (`use`); none at first. `writes`: this process lives long
    enough to keep alerts posted; `quiet`: it posts none."""

    def __init__(
        self,
        book: AlertBook,
        managers: Managers,
        silencer: RoutedSilencer,
        objectives: Objectives,
        clock: Clock,
        *,
        writes: bool,
        quiet: bool = False,
    ) -> None:
        self._book = book
        self.managers = managers
        self._silencer = silencer
        self._objectives = objectives
        self._clock = clock
        self._writes = writes
        self._quiet = quiet
        self._now: Connected | None = None
        self._served: Served | None = None
        # What is known best has the word of what several say.
        for source in (RULES, OWN, PROMETHEUS):
            book.expect(source)

    def use(self, servers: Connected) -> None:
        """Go on with these servers; what was said by others is forgotten."""
        now = self._clock.now()
        if servers.prometheus is None:
            self._book.forget(PROMETHEUS, now)
        self._now = servers
        self.managers.external_labels = dict(servers.config.external_labels)
        self.managers.expect([one.options.shown for one in servers.managers], now)
        self._silencer.members = {
            one.options.shown: Member(one.writer, self._looking_again(one.reader)) for one in servers.managers
        }
        prometheus = None if servers.prometheus is None else servers.prometheus[1]
        self._served = self._objectives.served_by(prometheus)

    @property
    def prometheus(self) -> Prometheus | None:
        """The Prometheus that is asked, where one is configured."""
        return None if self._now is None or self._now.prometheus is None else self._now.prometheus[1]

    def job_ids(self) -> list[str]:
        """The ids of the jobs."""
        return [job.id for job in self.jobs()]

    def jobs(self) -> Iterator[Job]:
        """A job for each server, and for what is done with it beside."""
        servers = self._now
        if servers is None:
            return
        if servers.prometheus is not None:
            yield from self._prometheus_jobs(servers.config, *servers.prometheus)
        for one in servers.managers:
            yield self._manager_job(servers.config, one)
            if one.options.post and (self._writes or self._quiet or servers.config.read_only):
                yield self._posting_job(servers.config, one)

    # ── a Prometheus ──

    def _prometheus_jobs(self, config: Config, options: PrometheusOptions, server: Prometheus) -> Iterator[Job]:
        def deliver(look: PrometheusLook, at: datetime, took_s: float) -> Outcome:
            told()
            self._book.offer(PROMETHEUS, look.said.alerts, at)
            infos = [text for text in look.remarks if text.startswith("info")]
            warnings = [text for text in look.remarks if text not in infos]
            return Outcome(
                problems=tuple([*look.said.problems, *warnings][:_MOST_PROBLEMS]),
                found=len(look.said.alerts),
                cut=look.said.cut,
                summary="; ".join([look.summary, *infos]),
            )

        fail, told = _patient(config, lambda: self._book.offer(PROMETHEUS, (), self._clock.now(), stale=True))
        yield _job(PROMETHEUS, server.target, float(options.every), options, server.look, deliver, fail)
        yield Job(
            id=f"{PROMETHEUS}:slos",
            kind=ProbeKind.ALERTS,
            target=server.target,
            every_s=_SLO_EVERY_S,
            timeout_s=_SLO_TIMEOUT_S,
            look=self._fetch_objectives,
            deliver=lambda count, at, took_s: Outcome(
                problems=() if self._served is None else self._served.problems[:_MOST_PROBLEMS],
                found=count,
                summary=f"{count:,} indicators of objectives",
            ),
            fail=lambda error: None,
        )

    async def _fetch_objectives(self) -> int:
        if self._served is None or not self._objectives.engine.loaded:
            return 0
        return await self._served.refresh(self._clock.now())

    # ── Alertmanagers ──

    def _manager_job(self, config: Config, one: _Manager) -> Job:
        name = one.options.shown

        def deliver(found: AlertmanagerLook, at: datetime, took_s: float) -> Outcome:
            told()
            self.managers.deliver(name, found.look, at)
            return Outcome(found=len(found.look.alerts), cut=found.cut, summary=found.summary)

        fail, told = _patient(config, lambda: self.managers.failed(name, self._clock.now()))
        every_s = float(one.options.every)
        return _job(f"alertmanager:{name}", one.reader.target, every_s, one.options, one.reader.look, deliver, fail)

    def _looking_again(self, reader: Alertmanager) -> Callable[[], Any]:
        async def look_again() -> None:
            found = await reader.look()
            self.managers.deliver(reader.name, found.look, self._clock.now())

        return look_again

    def _posting_job(self, config: Config, one: _Manager) -> Job:
        poster = AlertPoster(one.writer, self._own, self._book.id_of, self._clock, config.external_labels)
        why_not = "read-only: our own alerts are not posted" if config.read_only or self._quiet else ""

        async def post() -> int:
            return 0 if why_not else await poster.post()

        return _job(
            f"alertmanager:{one.options.shown} posting",
            poster.target,
            _POST_EVERY_S,
            one.options,
            post,
            lambda count, at, took_s: Outcome(
                problems=(why_not,) if why_not else (), found=count, summary=f"{count:,} alerts of ours posted"
            ),
            lambda error: None,
        )

    def _own(self) -> tuple[AlertReading, ...]:
        """The alerts that are our own."""
        return (*self._book.said_by(RULES), *self._book.said_by(OWN))


def _secret(options: ServerOptions, root: Path, where: str) -> tuple[str, Secret] | None:
    if options.secret is None:
        return None
    try:
        token = options.secret.read(root)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from error
    return options.header, Secret(f"{options.scheme} {token.reveal()}") if options.scheme else token


def _patient(config: Config, away: Callable[[], None]) -> tuple[Callable[[str], None], Callable[[], None]]:
    """What to call at a failure, and at a success: as many failures in a row as for other sources, and it is away."""
    patience, failures = config.probes[ProbeKind.ALERTS].down_after, 0

    def fail(error: str) -> None:
        nonlocal failures
        failures += 1
        if failures >= patience:
            away()

    def told() -> None:
        nonlocal failures
        failures = 0

    return fail, told


def _job(
    id: str,
    target: str,
    every_s: float,
    options: ServerOptions,
    look: Callable[[], Any],
    deliver: Callable[[Any, datetime, float], Outcome],
    fail: Callable[[str], None],
) -> Job:
    """A look is a few questions, each of which may take as long as the options say."""
    return Job(
        id=id,
        kind=ProbeKind.ALERTS,
        target=target,
        every_s=every_s,
        timeout_s=_QUESTIONS * float(options.timeout),
        look=look,
        deliver=deliver,
        fail=fail,
    )
