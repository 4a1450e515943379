"""Secrets that a plan names, read right before they are used, and taken out of what comes back."""

import json
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from msgspec.structs import replace

from config.values import SecretRef
from fleet.actions.plan import SecretName
from fleet.errors import ConfigError
from fleet.ports import Answer
from fleet.secret import Secret

MASK = "***"
_SHORTEST = 4
"""Characters from which on a secret is looked for in texts; a shorter one would be found everywhere."""


def read_secret(name: SecretName, root: Path) -> Secret:
    """The secret that `name` names; relative files are taken from `root`. Raises ConfigError without its value."""
    try:
        place = SecretRef(env=name.env or None, file=name.file or None)
    except ValueError as error:
        raise ConfigError("a secret of the plan names no place, or two") from error
    return place.read(root)


def header_name(name: SecretName) -> str:
    """The header that carries a secret."""
    return name.header or "Authorization"


def header_of(name: SecretName, secret: Secret) -> tuple[str, Secret]:
    """The header field that carries a secret."""
    return header_name(name), Secret(f"{name.scheme} {secret.reveal()}".strip())


def masked(text: str, secrets: Iterable[Secret]) -> str:
    """`text` without the secrets that it repeats: a server that echoes its request, a command that prints its
    environment."""
    for form in _forms(secrets):
        text = text.replace(form, MASK)
    return text


def masked_bytes(data: bytes, secrets: Iterable[Secret]) -> bytes:
    """As `masked`, of what is not decoded yet."""
    for form in _forms(secrets):
        data = data.replace(_encoded(form), MASK.encode())
    return data


def unrepeated(answer: Answer, header: tuple[str, Secret] | None) -> Answer:
    """An answer to a question without the secret that went along in a header, whole or without the word before it."""
    if header is None:
        return answer
    carried = header[1].reveal()
    secrets = [Secret(carried), Secret(carried.partition(" ")[2])]
    told = {name: masked(text, secrets) for name, text in answer.headers.items()}
    return replace(answer, headers=told, body=masked_bytes(answer.body, secrets))


def cut_off(head: bytes, tail: bytes, secrets: Iterable[Secret]) -> tuple[bytes, bytes]:
    """What stands before and behind a gap, without the half of a secret that the gap may have left at their ends."""
    forms = [_encoded(form) for form in _forms(secrets)]
    begun = max((size for form in forms for size in range(1, len(form)) if head.endswith(form[:size])), default=0)
    ended = max((size for form in forms for size in range(1, len(form)) if tail.startswith(form[-size:])), default=0)
    return head[: len(head) - begun], tail[ended:]


def _forms(secrets: Iterable[Secret]) -> list[str]:
    """How secrets can stand in a text: as they are, as JSON writes them, and in an address. The longest first, since
    one may be within another."""
    values = [value for secret in secrets if len(value := secret.reveal()) >= _SHORTEST]
    written = (
        form
        for value in values
        for form in (value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], quote(value, safe=""))
    )
    return sorted(set(written), key=len, reverse=True)


def _encoded(text: str) -> bytes:
    return text.encode(errors="surrogateescape")
