"""The labels of a target, and of a series on its page, as Prometheus makes them.

A target has `job` and `instance`; a page of an agent also says which one it is (`agent`), because that is its name
everywhere else in fleetdeck. What stands on the page gives way: its label of the same name becomes `exported_<name>`
(`honor_labels: false`, the default of Prometheus's scrape configurations).
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from fleet.model import SeriesId
from fleet.promql.labels import NAME, Labels

AGENTS_JOB = "agents"
"""The job of pages that agents serve themselves."""
_PORTS = {"http": 80, "https": 443}


class Own(NamedTuple):
    """The labels of a target: as pairs, and their names."""

    pairs: tuple[tuple[str, str], ...]
    names: frozenset[str]


def agent_labels(name: str, url: str) -> dict[str, str]:
    """The labels of an agent's own page at `url`."""
    return {"job": AGENTS_JOB, "instance": instance(url), "agent": name}


def source_labels(source: str, url: str) -> dict[str, str]:
    """The labels of a page that speaks for many agents, which the discovery source `source` reads at `url`."""
    return {"job": source, "instance": instance(url)}


def instance(url: str) -> str:
    """`host:port` of an address, the scheme's port where it names none; what is no address of a host stays as it is."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return url
    if not host:
        return url
    host = f"[{host}]" if ":" in host else host
    return host if port is None else f"{host}:{port}"


def target_pairs(labels: Mapping[str, str]) -> Own:
    """The labels of a target, made ready; an empty value is no label."""
    pairs = tuple((name, value) for name, value in labels.items() if value)
    return Own(pairs, frozenset(name for name, _ in pairs))


def labels_of_series(series: SeriesId, own: Own) -> Labels:
    """The labels of a series on the page of a target."""
    pairs = [_name_pair(series.name), *own.pairs]
    taken: list[tuple[str, str]] = []
    for pair in series.labels:
        if not pair[1]:
            continue
        if pair[0] in own.names or pair[0] == NAME:
            taken.append(pair)
        else:
            pairs.append(pair)
    if taken:
        _rename(taken, pairs)
    pairs.sort()
    return Labels(tuple(pairs))


@lru_cache(4096)
def _name_pair(name: str) -> tuple[str, str]:
    """One pair for all series of a name."""
    return NAME, name


def _rename(taken: list[tuple[str, str]], pairs: list[tuple[str, str]]) -> None:
    """`exported_` before a name, until it is one that nobody has; shorter names first, as Prometheus does."""
    names = {name for name, _ in pairs}
    for name, value in sorted(taken, key=lambda pair: len(pair[0])):
        free = name
        while free in names:
            free = f"exported_{free}"
        names.add(free)
        pairs.append((free, value))
