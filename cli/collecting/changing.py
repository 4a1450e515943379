"""Another configuration while a deck runs: what both have in common goes on with its state, its history and its
connections."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from cli.collecting.entry_jobs import entry_job, forget
from cli.collecting.file_watch import FileWatch
from cli.collecting.ourselves import Ourselves
from cli.collecting.parts import Parts
from cli.judging.objectives import SLOS
from cli.judging.ruling import RULES
from cli.judging.servers import Connected, connected
from cli.wiring import age_limits, entry_job_id, most_failures, rules
from config.changes import Changes, compare
from config.schema import Config

if TYPE_CHECKING:
    from cli.acting.acts import Acts


class Changing:
    """Takes a deck from one configuration to the next. `acts` None: nothing can be done to the fleet from here."""

    def __init__(self, parts: Parts, ourselves: Ourselves, files: FileWatch, acts: "Acts | None") -> None:
        self._parts = parts
        self._ourselves = ourselves
        self._files = files
        self._acts = acts

    def apply(self, config: Config) -> Changes:
        """Go on by `config`; what it changes is returned. Raises ConfigError, with nothing changed, where a part of it
        cannot be made (a secret is missing)."""
        parts, before, acts = self._parts, self._parts.config, self._acts
        changes = compare(before, config)
        reach = replace(parts.reach, root=config.root, limits=config.limits) if changes.limits else parts.reach
        jobs = [entry_job(parts, *placed, reach) for placed in (*changes.added, *changes.replaced)]
        servers = connected(config, parts.http, parts.clock, parts.intents)
        acting = None if acts is None or acts_alike(before, config) else acts.made(config)
        parts.config, parts.reach = config, reach
        if acts is not None and acting is not None:
            acts.use(acting)
        parts.http.limit(config.limits)
        self._discover_otherwise(config, changes)
        for job in jobs:
            parts.supervisor.add(job)
        for section, entry in changes.retimed:
            parts.supervisor.retime(entry_job_id(section, entry), entry.every_s, entry.timeout_s)
        if changes.limits or before.probes != config.probes:
            parts.agent_jobs.reconfigure(reach)
        if before.probes != config.probes or before.host != config.host:
            self._ourselves.watch(config)
        if changes:
            self._judge_otherwise(config, changes)
        if before.servers != config.servers:
            serve(parts, servers)
        return changes

    def _discover_otherwise(self, config: Config, changes: Changes) -> None:
        for section, entry in changes.removed:
            forget(self._parts, section, entry)
        for section, entry in changes.replaced:
            if section == "discovery":
                self._parts.registry.replaced(entry.id)
        self._parts.registry.reconfigure(
            order=[entry.id for entry in config.discovery],
            normalise=config.normalise_names,
            keep_gone_s=config.keep_gone_s,
            most=config.limits.agents,
        )

    def _judge_otherwise(self, config: Config, changes: Changes) -> None:
        parts = self._parts
        parts.ingest.most_failures = most_failures(config)
        parts.ingest.budget.most = config.limits.all_samples
        parts.ingest.rebuild_deadlines()
        parts.evaluator.reconfigure(rules(config), age_limits(config, parts.pace))
        parts.judgement.apply(config)
        for job_id in (RULES, SLOS):
            parts.supervisor.remove(job_id)
        for job in parts.judgement.jobs():
            parts.supervisor.add(job)
        parts.evaluator.note("config", "reloaded", parts.clock.now(), changes.words())
        self._files.look_again()
        parts.woken.set()


def serve(parts: Parts, servers: Connected) -> None:
    """Go on with these servers beside us."""
    for job_id in parts.judgement.servers.job_ids():
        parts.supervisor.remove(job_id)
    parts.judgement.servers.use(servers)
    for job in parts.judgement.servers.jobs():
        parts.supervisor.add(job)


def acts_alike(one: Config, other: Config) -> bool:
    """Whether both say the same of what acts: what was seen of it meanwhile is then kept."""

    def said(config: Config) -> tuple[object, ...]:
        entries = ((entry.kind.name, entry.head, entry.options) for entry in (*config.templates, *config.rollbacks))
        return config.actions, config.root, config.limits, config.name, tuple(entries)

    return said(one) == said(other)
