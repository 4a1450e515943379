"""Prometheus target groups, as `file_sd` files and `http_sd` answers hold them, to sightings.

Source: Prometheus, "Use file-based service discovery" and "Writing HTTP service discovery", and what its server does
with them: groups are decoded strictly, a target's address becomes `__address__`, `__scheme__`, `__metrics_path__`
and `__param_<name>` make the URL to scrape, `__scrape_interval__` and `__scrape_timeout__` override the schedule,
`instance` defaults to the address, labels that begin with `__` are dropped at the end, an empty one counts as absent.

Two of our own: `agent_name` is the agent's name (else its address is) and `agent_type` its kind; `__health_path__`
makes a health endpoint at the same address.
"""

import re
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct

from agents_registry.plain_yaml import load_yaml
from agents_registry.problems import Problems
from fleet.errors import ParseError
from fleet.model import Discovery, Endpoint, Sighting
from fleet.ports import Limits
from fleet.text import scrub, scrub_labels
from transport.forbidden import is_forbidden

_ADDRESS = re.compile(r"(?:\[[^\s/@?#\\\]]+\]|[^\s/@?#\\:\[\]]+)(?::[0-9]{1,5})?")
_ADDRESS_CHARS = 300
_URL_CHARS = 2_000
_GROUP_LABELS = 1_000
"""Labels of a group that are looked at, those for Prometheus alone (`__…`) among them; each target is given all."""
_DURATION = re.compile(r"(?:0|(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?)")
_DURATION_S = (31_536_000, 604_800, 86_400, 3_600, 60, 1, 0.001)
_PATH_SAFE = "/$&+,:;=@"
_NAME = "agent_name"
_KIND = "agent_type"


class TargetGroup(Struct, frozen=True, forbid_unknown_fields=True):
    """Targets (`host:port`) that share labels."""

    targets: list[str | None] | None = None
    labels: dict[str, str | None] | None = None


def groups_from_json(content: bytes) -> list[TargetGroup]:
    """The groups of a JSON document (`null` is no groups). Raises ParseError."""
    try:
        return _named(msgspec.json.decode(content, type=list[TargetGroup] | None) or [])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ParseError(f"no list of target groups: {error}") from error


def groups_from_yaml(content: bytes) -> list[TargetGroup]:
    """The groups of a YAML document (an empty one is no groups). Raises ParseError."""
    try:
        return _named(msgspec.convert(load_yaml(content), list[TargetGroup] | None) or [])
    except msgspec.ValidationError as error:
        raise ParseError(f"no list of target groups: {error}") from error


def _named(groups: list[TargetGroup]) -> list[TargetGroup]:
    if any("" in group.labels for group in groups if group.labels):
        raise ParseError("no list of target groups: a label without a name")
    return groups


def discovery(groups: Iterable[tuple[TargetGroup, dict[str, str]]], problems: Problems, limits: Limits) -> Discovery:
    """The targets of `groups`, each with the meta labels of where it came from, within `limits`.

    A target that makes no URL becomes a sentence in `problems`, as Prometheus drops it, too. Targets with the same
    `agent_name` and different addresses are kept apart by writing the address behind it. What is over a limit is
    counted and not looked at.
    """
    targets = _Targets(problems, limits)
    for group, meta in groups:
        targets.add(group, meta)
    return targets.found()


class _Targets:
    """The targets of a document, as they are read."""

    def __init__(self, problems: Problems, limits: Limits) -> None:
        self._problems = problems
        self._limits = limits
        self._found: dict[tuple[str, str], Sighting] = {}
        self._left_out = self._labels_cut = 0

    def add(self, group: TargetGroup, meta: dict[str, str]) -> None:
        """Take in the targets of a group, as many as there is room for."""
        labels = group.labels or {}
        shared = {name: value or "" for name, value in islice(labels.items(), _GROUP_LABELS)} | meta
        self._labels_cut += max(0, len(labels) - _GROUP_LABELS)
        targets = group.targets or []
        for number, target in enumerate(targets):
            if len(self._found) >= self._limits.agents:
                self._left_out += len(targets) - number
                return
            self._add(target or "", shared)

    def _add(self, address: str, shared: dict[str, str]) -> None:
        try:
            sighting, cut = _sighting(address, shared | {"__address__": address}, self._limits)
        except ValueError as error:
            self._problems.add(f"target {scrub(address, 80) or 'without address'}: {error}")
            return
        self._labels_cut += cut
        self._found.setdefault((sighting.name, sighting.metrics.url if sighting.metrics else ""), sighting)

    def found(self) -> Discovery:
        """The answer."""
        if self._left_out:
            self._problems.add(f"more than {self._limits.agents:,} targets; {self._left_out:,} were left out")
        if self._labels_cut:
            self._problems.add(
                f"more than {self._limits.labels} labels on a target; {self._labels_cut:,} were left out"
            )
        sightings = tuple(_apart(list(self._found.values()), self._problems))
        return Discovery(
            sightings=sightings,
            problems=self._problems.told,
            cut=self._left_out + self._labels_cut,
            complete=not self._left_out,
        )


def _apart(found: list[Sighting], problems: Problems) -> list[Sighting]:
    """Targets that share a name get their address behind it, all of them, so that no name hangs on their order."""
    times = Counter(sighting.name for sighting in found)
    for name, count in times.items():
        if count > 1:
            problems.add(f"{name} stands for {count} targets; they are kept apart by their addresses")
    return [
        msgspec.structs.replace(one, name=scrub(f"{one.name}@{_place(one)}")) if times[one.name] > 1 else one
        for one in found
    ]


def _place(sighting: Sighting) -> str:
    return sighting.metrics.url.partition("://")[2] if sighting.metrics else ""


def _sighting(address: str, labels: dict[str, str], limits: Limits) -> tuple[Sighting, int]:
    """The target, and how many of its labels were cut. Raises ValueError with a sentence."""
    _check_address(address)
    scheme = labels.get("__scheme__") or "http"
    if scheme not in ("http", "https"):
        raise ValueError(f"unsupported protocol scheme {scrub(scheme, 40)!r}")
    every_s, timeout_s = _seconds(labels, "__scrape_interval__"), _seconds(labels, "__scrape_timeout__")
    if every_s is not None and timeout_s is not None and timeout_s > every_s:
        raise ValueError(f"scrape timeout cannot be greater than scrape interval ({timeout_s:g}s > {every_s:g}s)")
    query = urlencode(sorted(_params(labels)))
    origin = f"{scheme}://{address}"
    metrics = origin + _rooted(labels.get("__metrics_path__") or "/metrics") + (f"?{query}" if query else "")
    health = labels.get("__health_path__")
    if len(metrics) > _URL_CHARS or len(health or "") > _URL_CHARS:
        raise ValueError(f"its address has more than {_URL_CHARS:,} characters")
    own = _own(labels, address)
    sighting = Sighting(
        name=scrub(labels.get(_NAME) or address, 128),
        kind=scrub(labels.get(_KIND) or "", 128),
        labels=scrub_labels(own, most=limits.labels, chars=limits.label_chars),
        health=Endpoint(url=origin + _rooted(health), every_s=every_s, timeout_s=timeout_s) if health else None,
        metrics=Endpoint(url=metrics, every_s=every_s, timeout_s=timeout_s),
    )
    return sighting, max(0, len(own) - limits.labels)


def _check_address(address: str) -> None:
    if not _ADDRESS.fullmatch(address) or scrub(address, _ADDRESS_CHARS) != address:
        raise ValueError("is no valid host and port" if address else "no address")
    host = address.partition("]")[0] if address.startswith("[") else address.partition(":")[0]
    if is_forbidden(host):
        raise ValueError(
            "a link-local or metadata address is not asked because a document names it (a static agent may have it)"
        )


def _rooted(path: str) -> str:
    quoted = quote(path, safe=_PATH_SAFE, errors="replace")
    return quoted if quoted.startswith("/") else f"/{quoted}"


def _params(labels: dict[str, str]) -> Iterable[tuple[str, str]]:
    prefix = "__param_"
    return ((name.removeprefix(prefix), value) for name, value in labels.items() if name.startswith(prefix))


def _own(labels: dict[str, str], address: str) -> dict[str, str]:
    """The labels that stay: no `__` ones, no empty ones, `instance` set; name and kind have places of their own."""
    own = {"instance": address} | {name: value for name, value in sorted(labels.items()) if value}
    return {name: value for name, value in own.items() if not name.startswith("__") and name not in (_NAME, _KIND)}


def _seconds(labels: dict[str, str], name: str) -> float | None:
    """A Prometheus duration (`1h30m`, units in order, no fraction) in seconds; None where the label is not there."""
    text = labels.get(name) or ""
    if not text:
        return None
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{name} {scrub(text, 40)!r} is no duration such as 30s")
    seconds = sum(int(number) * unit for number, unit in zip(match.groups("0"), _DURATION_S, strict=True))
    if not 0 < seconds < 10**9:
        raise ValueError(f"{name} cannot be {scrub(text, 40)}")
    return float(seconds)


def decode_groups(content: bytes, suffix: str) -> list[TargetGroup]:
    """The groups of a file that ends in `suffix` (`.json`, or YAML). Raises ParseError."""
    decoder: Any = groups_from_json if suffix.lower() == ".json" else groups_from_yaml
    groups: list[TargetGroup] = decoder(content)
    return groups
