"""What the wiring takes from a configuration: the ids of jobs, the files that they read, and the limits of ages."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from collectors.jobs import Pace
from config.entries import FAMILIES
from config.schema import SECTIONS, Config, Entry
from fleet.errors import ConfigError
from fleet.evaluate import AgeLimits
from fleet.model import Agent, ProbeKind
from fleet.ports import Reach
from fleet.verdict import Rules


def built(entry: Entry, reach: Reach) -> Any:
    """The source or probe of an entry. Raises ConfigError that names the place in the file."""
    try:
        made = entry.kind.build(entry.options, reach)
    except ConfigError as error:
        raise ConfigError(f"{entry.where}: {error}") from error
    # A path below the configuration's folder reads best as it was written there.
    made.target = made.target.removeprefix(f"{reach.root}/")
    return made


def watched_files(config: Config) -> Iterator[tuple[Path, str]]:
    """The files that entries name by `path` or `files`, with the ids of their jobs."""
    for section, entry in placed(config):
        named = getattr(entry.options, "files", None) or [getattr(entry.options, "path", None)]
        yield from ((config.root / path, entry_job_id(section, entry)) for path in named if path is not None)


def placed(config: Config) -> Iterator[tuple[str, Entry]]:
    """Every entry with its section."""
    return ((section, entry) for section in SECTIONS for entry in getattr(config, section))


def entry_job_id(section: str, entry: Entry) -> str:
    """The id of the job that looks at an entry."""
    return f"{FAMILIES[section]}:{entry.id if section == 'discovery' else entry.name}"


def most_failures(config: Config) -> int:
    """Failures in a row beyond which it gets no worse."""
    return max(settings.down_after for settings in config.probes.values())


def rules(config: Config) -> Rules:
    """By how many failures in a row an agent is down."""
    return Rules(
        health_down_after=config.probes[ProbeKind.HEALTH].down_after,
        metrics_down_after=config.probes[ProbeKind.METRICS].down_after,
        process_down_after=config.probes[ProbeKind.PROCESS].down_after,
    )


def age_limits(config: Config, pace: Pace) -> AgeLimits:
    """How old the answers of an agent may be."""

    def limit(kind: ProbeKind) -> Callable[[Agent], float]:
        intervals = config.probes[kind].stale_after

        def of(agent: Agent) -> float:
            endpoint = (
                agent.health if kind is ProbeKind.HEALTH else agent.metrics if kind is ProbeKind.METRICS else None
            )
            return intervals * pace.endpoint_every_s(kind, endpoint)

        return of

    return AgeLimits(health=limit(ProbeKind.HEALTH), metrics=limit(ProbeKind.METRICS), process=limit(ProbeKind.PROCESS))
