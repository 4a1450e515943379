"""The jobs of what a configuration names: its discovery, queues, backlogs and alerts."""

from datetime import datetime

from cli.claims import BookKeeper
from cli.collecting.parts import Parts
from cli.wiring import built, entry_job_id
from collectors.jobs import alert_job, backlog_job, queue_job
from collectors.supervisor import Job, Outcome
from config.schema import Entry
from fleet.model import Discovery, ProbeKind
from fleet.ports import DiscoverySource, Reach


def entry_job(parts: Parts, section: str, entry: Entry, reach: Reach) -> Job:
    """The job that looks at an entry. Raises ConfigError that names the place in the file."""
    if section == "discovery":
        return _discovery_job(parts, entry, built(entry, reach))
    if section == "alerts":
        return alert_job(
            entry.name,
            built(entry, reach),
            BookKeeper(parts.judgement.book, parts.clock),
            parts.config.probes[ProbeKind.ALERTS].down_after,
            entry.every_s,
            entry.timeout_s,
        )
    job = queue_job if section == "queues" else backlog_job
    return job(entry.name, entry.kind.name, built(entry, reach), parts.ingest, entry.every_s, entry.timeout_s)


def forget(parts: Parts, section: str, entry: Entry) -> None:
    """End the job of an entry, and drop what is known by it alone."""
    parts.supervisor.remove(entry_job_id(section, entry))
    if section == "discovery":
        parts.registry.forget(entry.id)
        parts.ingest.forget_source(entry.id)
    elif section == "queues":
        parts.ingest.forget_queue(entry.name)
    elif section == "alerts":
        parts.judgement.book.forget(entry.name, parts.clock.now())
    else:
        parts.ingest.forget_backlog(entry.name)


def _discovery_job(parts: Parts, entry: Entry, source: DiscoverySource) -> Job:
    def deliver(found: Discovery, at: datetime, took_s: float) -> Outcome:
        accepted = parts.registry.accept(entry.id, found, at)
        page = None if found.page is None else parts.ingest.page(entry.id, found.page, at, took_s)
        return Outcome(
            problems=found.problems,
            found=len(found.sightings),
            cut=accepted.refused + found.cut + (0 if page is None else page.cut),
        )

    return Job(
        id=entry_job_id("discovery", entry),
        kind=ProbeKind.DISCOVERY,
        target=source.target,
        every_s=entry.every_s,
        timeout_s=entry.timeout_s,
        look=source.discover,
        deliver=deliver,
        fail=lambda error: parts.ingest.source_failed(entry.id),
    )
