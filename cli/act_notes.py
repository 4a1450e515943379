"""What only may be wrong with templates and rollbacks: programs that are not there on this machine, and agents that
nobody has named yet. The configuration is right even so."""

from collections.abc import Iterator

from agents_registry.sources.static import StaticOptions
from config.action_options import ActEntry
from config.schema import Config


def act_notes(config: Config) -> Iterator[str]:
    """Sentences, each with the place in the file."""
    for entry in (*config.templates, *config.rollbacks):
        missing = entry.kind.missing(entry.options, config.root) if entry.kind.missing is not None else {}
        for key, sentence in missing.items():
            yield f"{_place(entry, key)}: {sentence}"
        if _is_nobody(config, str(getattr(entry.head, "agents", ""))):
            yield f"{_place(entry, 'agents')}: none of the configured agents is meant by it"


def _place(entry: ActEntry, key: str) -> str:
    """`fleetdeck.yaml:14: rollbacks[0].slo`."""
    file, _, rest = entry.where.rpartition(": ")
    line = entry.lines.get(key)
    return f"{file.rpartition(':')[0]}:{line}: {rest}.{key}" if line is not None else f"{entry.where}.{key}"


def _is_nobody(config: Config, text: str) -> bool:
    """Whether a filter lets none of the agents through. That is known where all of them stand in the configuration;
    others are only known once they are found."""
    options = [entry.options for entry in config.discovery]
    static = [one for one in options if isinstance(one, StaticOptions)]
    if not text or len(static) < len(options):
        return False
    from fleet.filters.filter import parse_filter
    from fleet.model import AgentStatus
    from fleet.store import Store
    from fleet.views.agents import VIEW
    from fleet.views.view import look

    store, chosen = Store(), parse_filter(text, VIEW)
    for agent in (agent for one in static for agent in one.agents):
        store.status.put(agent.name, AgentStatus(name=agent.name, kind=agent.kind, labels=agent.labels))
    return not any(chosen.test(row, look(store, store.status, name)) for name, row in store.status.items())
