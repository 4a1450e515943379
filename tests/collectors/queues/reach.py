"""A `Reach` for probes under test, and an HTTP client over real sockets that notes how it was asked."""

import asyncio
import http.client
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from fleet.clock import ManualClock
from fleet.errors import Fault, OutsideError
from fleet.ports import Answer, Limits, Reach
from fleet.secret import Secret

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class PlainHttp:
    """`fleet.ports.Http` by the standard library, without any of its limits."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bool, bool]] = []
        self.secrets: list[tuple[str, Secret] | None] = []

    async def get(
        self,
        url: str,
        *,
        accept: str = "*/*",
        headers: Mapping[str, str] | None = None,
        secret: tuple[str, Secret] | None = None,
        timeout_s: float = 5.0,
        close: bool = False,
        alone: bool = False,
    ) -> Answer:
        self.asked.append((urlsplit(url).path, close, alone))
        self.secrets.append(secret)
        return await asyncio.to_thread(_get, url, timeout_s)


def _get(url: str, timeout_s: float) -> Answer:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=timeout_s)
    try:
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(status=answer.status, headers=headers, body=answer.read(), url=url)
    except http.client.RemoteDisconnected as error:
        raise OutsideError(Fault.EMPTY, url) from error
    finally:
        connection.close()


def reach(root: Path, *, http_client: PlainHttp | None = None, limits: Limits | None = None) -> Reach:
    """What the probe under test may use; the clock stands at `NOON`."""
    return Reach(http=http_client or PlainHttp(), root=root, clock=ManualClock(NOON), limits=limits or Limits())
