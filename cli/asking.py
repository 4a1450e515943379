"""A question to the Prometheus of a configuration, for one answer."""

import asyncio
from datetime import datetime

from cli.judging.servers import PROMETHEUS, asking
from cli.settings import Failure
from collectors.servers.prometheus import Prometheus
from config.schema import Config
from config.server_options import PrometheusOptions
from fleet.clock import SystemClock
from fleet.errors import OutsideError
from fleet.promql.evaluate import Answer
from transport.http.client import HttpClient


def ask_prometheus(config: Config, expr: str, at: datetime | None) -> tuple[Answer, int]:
    """Its answer, and the time in milliseconds that it was asked for. Raises QueryError where it refuses the query,
    Failure where there is none or it does not answer."""
    options = config.servers.prometheus
    if options is None:
        raise Failure("the configuration names no Prometheus (`prometheus: {url: …}`)")
    at_ms = round((at or SystemClock().now()).timestamp() * 1000)
    try:
        return asyncio.run(_ask(config, options, expr, at_ms)), at_ms
    except OutsideError as error:
        raise Failure(f"{options.url}: {error}") from error


async def _ask(config: Config, options: PrometheusOptions, expr: str, at_ms: int) -> Answer:
    http = HttpClient(config.limits)
    try:
        return await Prometheus(asking(options, http, config.root, PROMETHEUS)).instant(expr, at_ms)
    finally:
        await http.aclose()
