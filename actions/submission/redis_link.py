"""A Redis that is looked into for following: a connection for one look, and hashes as text."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from config.values import SecretRef
from fleet.errors import ConfigError, Fault, OutsideError
from transport.redis import RedisLink, parse_place, understood


@asynccontextmanager
async def redis_link(url: str, password: SecretRef | None, root: Path) -> AsyncIterator[RedisLink]:
    """A connection for one look, closed after it. Raises OutsideError, also where its password cannot be had."""
    try:
        place = parse_place(url, password.read(root) if password is not None else None)
    except ConfigError as error:
        raise OutsideError(Fault.CONFIG, str(error)) from error
    link = RedisLink(place)
    try:
        with understood(place):
            yield link
    finally:
        await link.aclose()


def hash_of(pairs: Any) -> dict[str, str]:
    """What HGETALL answered, as text."""
    texts = [one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in pairs]
    return dict(zip(texts[::2], texts[1::2], strict=True))
