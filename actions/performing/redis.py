"""One Redis command of a plan, sent once over a connection of its own."""

import json
from pathlib import Path
from typing import Any, Final

from actions.performing.http import PASSING
from actions.performing.secrets import masked, read_secret
from fleet.actions.action import Result, Sent
from fleet.actions.plan import RedisWrite
from fleet.errors import ConfigError, Fault, OutsideError
from fleet.text import scrub
from transport.redis import RedisLink, Refusal, parse_place

ANSWER_BYTES: Final = 1_000_000
"""Bytes of an answer that are taken in."""


async def write(effect: RedisWrite, root: Path) -> Result:
    """Send the command. An error that Redis answers with is an answer; never raises for what happens outside."""
    secrets = []
    try:
        if effect.secret is not None:
            secrets.append(read_secret(effect.secret, root))
        place = parse_place(effect.url, secrets[0] if secrets else None)
    except ConfigError as error:
        return Result(sent=Sent.NO, fault=scrub(str(error)))
    if not effect.command:
        return Result(sent=Sent.NO, fault="no command is named")
    link = RedisLink(place, timeout_s=effect.timeout_s, most_bytes=ANSWER_BYTES)
    try:
        answer = await link.ask_once(*effect.command)
    except OutsideError as error:
        return Result(
            sent=Sent.MAYBE if error.sent else Sent.NO,
            fault=scrub(masked(str(error), secrets)),
            passing=not error.sent and error.fault in PASSING,
            timed_out=error.fault is Fault.TIMEOUT,
        )
    finally:
        await link.aclose()
    if isinstance(answer, Refusal):
        sentence = masked(answer.sentence, secrets)
        return Result(sent=Sent.YES, fault=sentence, text=sentence)
    return Result(sent=Sent.YES, text=masked(_text(answer), secrets))


def _text(answer: Any) -> str:
    """The answer as text: bytes as UTF-8, a list as JSON."""
    plain = _plain(answer)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


def _plain(answer: Any) -> Any:
    if isinstance(answer, bytes):
        return answer.decode("utf-8", "replace")
    if isinstance(answer, list):
        return [_plain(one) for one in answer]
    return answer if answer is None or isinstance(answer, str | int | float | bool) else str(answer)
