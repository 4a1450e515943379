"""A header with a secret, for kinds whose server may stand behind a proxy."""

from pathlib import Path

from msgspec import Struct

from actions.submission.texts import secret_name
from config.values import SecretRef
from fleet.actions.plan import SecretName
from fleet.errors import ConfigError, Fault, OutsideError
from fleet.secret import Secret


class HeaderAuth(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A header with a secret, for a server behind a proxy."""

    header: str
    """The name of the header (`X-Auth-Token`)."""
    secret: SecretRef
    """Where it is, `{env: NAME}` or `{file: PATH}`."""


def named_secret(auth: HeaderAuth | None) -> SecretName | None:
    """The secret as a plan names it."""
    return None if auth is None else secret_name(auth.secret, auth.header)


def read_header(auth: HeaderAuth | None, root: Path) -> tuple[str, Secret] | None:
    """The header and its value, to look with; None where there is none. Raises OutsideError where it cannot be had."""
    if auth is None:
        return None
    try:
        return auth.header, auth.secret.read(root)
    except ConfigError as error:
        raise OutsideError(Fault.CONFIG, str(error)) from error
