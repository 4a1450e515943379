"""An option that several kinds share: a request header that carries a secret."""

from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from config.values import SecretRef
from fleet.secret import Secret

HeaderName = Annotated[
    str, Meta(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", extra={"form": "the name of a header, such as X-Auth-Token,"})
]


class HeaderAuth(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request header that carries a secret; it goes to the configured origin only.

    header: the header's name, `Authorization` where nothing else is said.
    scheme: a word before the secret, such as `Bearer`; none where it is left out.
    secret: where the secret is: `{env: NAME}`, or `{file: PATH}` with mode 0600.
    """

    secret: SecretRef
    header: HeaderName = "Authorization"
    scheme: str = ""

    def resolve(self, root: Path) -> tuple[str, Secret]:
        """The header's name and value. Raises ConfigError where the secret cannot be read."""
        secret = self.secret.read(root)
        return self.header, Secret(f"{self.scheme} {secret.reveal()}") if self.scheme else secret


def resolve(auth: HeaderAuth | None, root: Path) -> tuple[str, Secret] | None:
    """The header of an optional `auth`. Raises ConfigError where its secret cannot be read."""
    return None if auth is None else auth.resolve(root)
