"""A Prometheus, read: its alerts with their rules, and answers to queries.

What it adds to alerts when it sends them on (`global.external_labels`) is asked of it now and then, so that an alert
that comes back from an Alertmanager is known as the same one.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from collectors.servers.asking import Asking, parsed
from config.problems import Problems
from config.yaml_tree import Mapping, Scalar, read_tree
from fleet.errors import Fault, OutsideError, QueryError
from fleet.prometheus_api import AlertsSaid, Said, decoded, read_alerts, read_answer, read_envelope, read_rules
from fleet.promql.evaluate import Answer
from fleet.promql.storage import Series
from fleet.text import scrub

ASIDE_LOOKS: Final = 40
"""Looks between two at what seldom changes."""
_NO_SUCH_PAGE = 404


class PrometheusLook(Struct, frozen=True):
    """What a Prometheus says now: its alerts, its remarks, and itself in words."""

    said: AlertsSaid
    remarks: tuple[str, ...] = ()
    summary: str = ""


class _Version(Struct, frozen=True):
    version: str = ""


class _Config(Struct, frozen=True):
    yaml: str = ""


class Prometheus:
    """Asks a Prometheus. Implements `fleet.slo.ports.PrometheusQuery`."""

    def __init__(self, asking: Asking, external_labels: dict[str, str] | None = None) -> None:
        """`external_labels` None: the server is asked for them."""
        self.target = asking.url
        self._asking = asking
        self._given = external_labels
        self._external: dict[str, str] = dict(external_labels or {})
        self._version = ""
        self._note = ""
        self._left = 0

    # ── alerts ──

    async def look(self) -> PrometheusLook:
        """Its alerts now. Raises OutsideError."""
        try:
            said, remarks = await self._alerts()
        except QueryError as error:
            # What an agent without rules says.
            raise OutsideError(Fault.STATUS, str(error)) from error
        if self._left <= 0:
            await self._look_aside()
        self._left -= 1
        alerts = said.alerts
        if self._external:
            alerts = tuple(replace(one, labels={**self._external, **one.labels}) for one in alerts)
        return PrometheusLook(replace(said, alerts=alerts), remarks, self._summary(said))

    async def _alerts(self) -> tuple[AlertsSaid, tuple[str, ...]]:
        answer = await self._asking.get("/api/v1/rules?type=alert")
        if answer.status == _NO_SUCH_PAGE:
            # There are servers that speak the rest of the API.
            page = await self._said("/api/v1/alerts")
            return await parsed(lambda _: read_alerts(page), page.data), _remarks(page)
        page = read_envelope(answer.status, answer.body)
        return await parsed(lambda _: read_rules(page), page.data), _remarks(page)

    async def _look_aside(self) -> None:
        """Its version and its external labels. Who does not tell them is no worse for it."""
        self._left, self._note = ASIDE_LOOKS, ""
        try:
            self._version = scrub(decoded((await self._said("/api/v1/status/buildinfo")).data, _Version).version, 40)
            if self._given is None:
                text = decoded((await self._said("/api/v1/status/config")).data, _Config).yaml
                self._external = external_labels(text)
        except (OutsideError, QueryError):
            self._note = "it does not tell its version or its configuration"

    def _summary(self, said: AlertsSaid) -> str:
        parts = [f"Prometheus {self._version}".rstrip(), f"{len(said.alerts):,} alerts"]
        if said.rules is not None and said.groups is not None:
            parts.append(f"{said.rules:,} alerting rules in {said.groups:,} groups")
        return ", ".join([*parts, self._note] if self._note else parts)

    # ── queries ──

    async def instant(self, query: str, at_ms: int) -> Answer:
        """`/api/v1/query`. Raises OutsideError; QueryError where the server refuses the query."""
        said = await self._asked("/api/v1/query", {"query": query, "time": _seconds(at_ms)})
        return await parsed(lambda _: read_answer(said), said.data)

    async def ranged(self, query: str, start_ms: int, end_ms: int, step_ms: int) -> Sequence[Series]:
        """`/api/v1/query_range`. Raises as `instant`."""
        form = {"query": query, "start": _seconds(start_ms), "end": _seconds(end_ms), "step": _seconds(step_ms)}
        said = await self._asked("/api/v1/query_range", form)
        value = (await parsed(lambda _: read_answer(said), said.data)).value
        if not isinstance(value, tuple) or (value and not isinstance(value[0], Series)):
            raise OutsideError(Fault.PAYLOAD, "no matrix, though a range was asked for")
        return [one for one in value if isinstance(one, Series)]

    async def _asked(self, path: str, form: dict[str, str]) -> Said:
        answer = await self._asking.ask(path, form)
        return read_envelope(answer.status, answer.body)

    async def _said(self, path: str) -> Said:
        answer = await self._asking.get(path)
        return read_envelope(answer.status, answer.body)


def external_labels(text: str) -> dict[str, str]:
    """`global.external_labels` of a Prometheus configuration; nothing where it cannot be read."""
    tree = read_tree(text, Problems())
    for name in ("global", "external_labels"):
        tree = tree.entries.get(name) if isinstance(tree, Mapping) else None
    if not isinstance(tree, Mapping):
        return {}
    return {name: value.text for name, value in tree.entries.items() if isinstance(value, Scalar)}


def _remarks(said: Said) -> tuple[str, ...]:
    return (*(f"warning: {text}" for text in said.warnings), *(f"info: {text}" for text in said.infos))


def _seconds(at_ms: int) -> str:
    return f"{at_ms // 1000}.{at_ms % 1000:03d}"
