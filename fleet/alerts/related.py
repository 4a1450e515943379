"""Which agents an alert is about, by what its labels name."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

NAMING = (
    "agent",
    "agent_name",
    "exported_agent",
    "tool",
    "component",
    "service",
    "instance",
    "exported_instance",
    "job",
)
"""The labels that may name an agent, the surest first. The real rule files of the fleets use `agent` and `tool`, their
own alert files `component`; Prometheus itself sets `instance` and `job`."""
MOST = 50
"""Agents that are told of one alert."""


def named_agents(labels: Mapping[str, str], known: Iterable[str]) -> tuple[str, ...]:
    """The agents among `known` that the labels name, the surest first, each once.

    `instance` names one by its host, too: `coder-1:9100`, `http://coder-1:9100/metrics`.
    """
    return AgentNames(known).of(labels)


class AgentNames:
    """The same for many label sets, among the same agents."""

    def __init__(self, known: Iterable[str]) -> None:
        self._by_name = {name.casefold(): name for name in known}

    def of(self, labels: Mapping[str, str]) -> tuple[str, ...]:
        """The agents that the labels name, the surest first, each once."""
        found: dict[str, None] = {}
        for label in NAMING:
            for word in _words(labels.get(label, "")):
                name = self._by_name.get(word.casefold())
                if name is not None:
                    found[name] = None
        return tuple(found)[:MOST]

    def first(self, labels: Mapping[str, str]) -> str:
        """The agent that the labels name most surely; "" where they name none."""
        for label in NAMING:
            value = labels.get(label, "")
            found = self._by_name.get(value.casefold()) if value else None
            if found is None and value:
                found = next((name for word in _words(value) if (name := self._by_name.get(word.casefold()))), None)
            if found is not None:
                return found
        return ""


def _words(value: str) -> tuple[str, ...]:
    """What a value may call an agent."""
    if not value:
        return ()
    try:
        host = urlsplit(value if "//" in value else f"//{value}").hostname or ""
    except ValueError:
        host = ""
    return (value, host)
