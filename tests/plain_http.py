"""`fleet.ports.Http` over real sockets by the standard library, which notes how it was asked."""

import asyncio
import http.client
from collections.abc import Mapping
from urllib.parse import urlsplit

from fleet.errors import Fault, OutsideError
from fleet.ports import Answer
from fleet.secret import Secret


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
        sent = {"Accept": accept, **(headers or {})}
        if secret is not None:
            sent[secret[0]] = secret[1].reveal()
        return await asyncio.to_thread(_get, url, sent, timeout_s)


def _get(url: str, sent: Mapping[str, str], timeout_s: float) -> Answer:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=timeout_s)
    try:
        connection.request("GET", parts.path + (f"?{parts.query}" if parts.query else ""), headers=dict(sent))
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(status=answer.status, headers=headers, body=answer.read(), url=url)
    except http.client.RemoteDisconnected as error:
        raise OutsideError(Fault.EMPTY, url) from error
    finally:
        connection.close()
