"""One HTTP request of a plan, sent once over a connection of its own, whatever comes of it.

Every status is an answer. Where there is none it decides whether the request surely did not leave: only then may it be
sent again. A redirect is an answer, too, and is never followed, so that neither the request nor a credential reaches
another place than the one that was shown.
"""

from pathlib import Path
from typing import Final

from actions.performing.secrets import header_name, header_of, masked, masked_bytes, read_secret
from fleet.actions.action import Result, Sent
from fleet.actions.plan import HttpRequest
from fleet.errors import ConfigError, Fault, OutsideError
from fleet.ports import Answer, HttpSender
from fleet.secret import Secret
from fleet.text import scrub
from transport.http.client import retry_after

TEXT_BYTES: Final = 1_000_000
"""Bytes of an answer that are kept."""
FRAMING: Final = frozenset({"content-length", "transfer-encoding", "connection", "content-type", "accept-encoding"})
"""Header fields that are not for a plan to set: they say how the request itself is to be read."""
PASSING: Final = frozenset(
    {Fault.REFUSED, Fault.UNREACHABLE, Fault.TIMEOUT, Fault.DNS, Fault.RESET, Fault.EMPTY, Fault.RATE_LIMITED}
)
"""Faults that may pass by themselves."""


async def send(effect: HttpRequest, http: HttpSender, root: Path, key: str) -> Result:
    """Send the request; `key` goes along in its header for it. Never raises for what happens outside."""
    secrets: list[Secret] = []
    try:
        if effect.secret is not None:
            secrets.append(read_secret(effect.secret, root))
        answer = await http.send(
            effect.method,
            effect.url,
            effect.body.encode(),
            content_type=effect.content_type,
            headers=_headers(effect, key),
            secret=header_of(effect.secret, secrets[0]) if effect.secret is not None else None,
            timeout_s=effect.timeout_s,
            close=effect.close,
            every_status=True,
        )
    except ConfigError as error:
        return Result(sent=Sent.NO, fault=scrub(str(error)))
    except OutsideError as error:
        return _failed(error, secrets)
    return _answered(answer, secrets)


def _headers(effect: HttpRequest, key: str) -> dict[str, str]:
    """Raises ConfigError for a field that would change how the request is read, or is the secret's."""
    headers = {name.lower(): value for name, value in effect.headers.items()}
    taken = FRAMING if effect.secret is None else FRAMING | {header_name(effect.secret).lower()}
    for name in sorted(headers.keys() & taken):
        raise ConfigError(f"the header {name} is not for a plan to set")
    if key and effect.key_header:
        headers[effect.key_header.lower()] = key
    return headers


def _failed(error: OutsideError, secrets: list[Secret]) -> Result:
    return Result(
        sent=Sent.MAYBE if error.sent else Sent.NO,
        fault=scrub(masked(str(error), secrets)),
        retry_after_s=error.retry_after_s,
        passing=not error.sent and error.fault in PASSING,
        timed_out=error.fault is Fault.TIMEOUT,
    )


def _answered(answer: Answer, secrets: list[Secret]) -> Result:
    # Before it is cut: half of a secret would not be known for one.
    content = masked_bytes(answer.body, secrets)
    return Result(
        sent=Sent.YES,
        status=answer.status,
        text=content[:TEXT_BYTES].decode("utf-8", "replace"),
        headers={name: masked(value, secrets) for name, value in answer.headers.items()},
        retry_after_s=retry_after(answer),
        cut=max(len(content) - TEXT_BYTES, 0),
    )
