"""Which agents an alert is about, by what its labels name."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

NAMING = ("agent", "agent_name", "exported_agent", "tool", "service", "instance", "exported_instance", "job")
"""The labels that may name an agent, the surest first. The real rule files of the fleets use `agent` and `tool`;
Prometheus itself sets `instance` and `job`."""
MOST = 50
"""Agents that are told of one alert."""


def named_agents(labels: Mapping[str, str], known: Iterable[str]) -> tuple[str, ...]:
    """The agents among `known` that the labels name, the surest first, each once.

    `instance` names one by its host, too: `coder-1:9100`, `http://coder-1:9100/metrics`.
    """
    by_name = {name.casefold(): name for name in known}
    found: dict[str, None] = {}
    for label in NAMING:
        for word in _words(labels.get(label, "")):
            name = by_name.get(word.casefold())
            if name is not None:
                found[name] = None
    return tuple(found)[:MOST]


def _words(value: str) -> tuple[str, ...]:
    """What a value may call an agent."""
    if not value:
        return ()
    try:
        host = urlsplit(value if "//" in value else f"//{value}").hostname or ""
    except ValueError:
        host = ""
    return (value, host)
