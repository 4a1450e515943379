"""The jobs that look at this machine, and at fleetdeck on it."""

from collections.abc import Callable

from cli.collecting.parts import Parts
from cli.collecting.rounds import Rounds
from collectors.jobs import HOST_JOB_ID, host_job, self_job
from config.schema import Config
from fleet.model import ProbeKind, SelfReading, TerminalReading


class Ourselves:
    """`read_terminal` None: nothing is drawn here."""

    def __init__(self, parts: Parts, rounds: Rounds, read_terminal: Callable[[], TerminalReading] | None) -> None:
        self._parts = parts
        self._rounds = rounds
        self._read_terminal = read_terminal

    def watch(self, config: Config) -> None:
        """Look as `config` says from now on."""
        supervisor, ingest = self._parts.supervisor, self._parts.ingest
        supervisor.remove(HOST_JOB_ID)
        if config.host is not None:
            host = config.probes[ProbeKind.HOST]
            supervisor.add(host_job(tuple(config.host.disks), ingest, host.every_s, host.timeout_s))
        own = config.probes[ProbeKind.SELF]
        supervisor.replace(self_job(self._count, ingest, own.every_s, own.timeout_s))

    def _count(self) -> SelfReading:
        store, supervisor = self._parts.store, self._parts.supervisor
        terminal = None if self._read_terminal is None else self._read_terminal()
        return SelfReading(
            sweep_s=supervisor.take_lateness(),
            loop_lag_s=self._rounds.loop_lag_s if terminal is None else terminal.loop_lag_s,
            terminal=terminal,
            probes=len(supervisor),
            errors=supervisor.errors,
            samples=sum(len(scrape.page.series) for scrape in store.scrapes.values() if scrape.page),
            series=len(store.history),
            unkept=store.history.refused,
            cut=sum(source.cut for source in store.sources.values()),
        )
