"""Secrets that a plan names, read right before they are used, and taken out of what comes back."""

from collections.abc import Iterable
from pathlib import Path

from config.values import SecretRef
from fleet.actions.plan import SecretName
from fleet.errors import ConfigError
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
    for secret in secrets:
        value = secret.reveal()
        if len(value) >= _SHORTEST:
            text = text.replace(value, MASK)
    return text


def masked_bytes(data: bytes, secrets: Iterable[Secret]) -> bytes:
    """As `masked`, of what is not decoded yet."""
    for secret in secrets:
        value = secret.reveal()
        if len(value) >= _SHORTEST:
            data = data.replace(value.encode(errors="surrogateescape"), MASK.encode())
    return data
