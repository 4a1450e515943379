"""JSON that is asked for by GET, and requests that are planned, with their secret named and never held."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from actions.performing.secrets import unrepeated
from actions.submission.answers import said_in
from config.values import SecretRef
from fleet.actions.plan import HttpRequest, SecretName
from fleet.actions.ports import ActReach
from fleet.errors import Fault, OutsideError
from fleet.secret import Secret
from fleet.text import scrub


class Auth(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A header that carries a secret; it goes to this target only."""

    secret: SecretRef
    """Where the secret is."""
    header: Annotated[str, Meta(pattern="^[A-Za-z0-9-]{1,64}$")] = "Authorization"
    """Name of the header."""
    scheme: Annotated[str, Meta(pattern="^[A-Za-z0-9-]{0,32}$")] = "Bearer"
    """Word before the secret; empty for none."""

    @property
    def name(self) -> SecretName:
        """The secret as a plan names it."""
        ref = self.secret
        return SecretName(header=self.header, scheme=self.scheme, env=ref.env or "", file=ref.file or "")


class Asker:
    """Asks one target."""

    def __init__(self, reach: ActReach, auth: Auth | None, timeout_s: float, *, close: bool = False) -> None:
        self._reach = reach
        self._auth = auth
        self._timeout_s = float(timeout_s)
        self._close = close

    async def json(self, url: str) -> Any:
        """The JSON value at `url`. Raises OutsideError where there is none, ConfigError where a secret is missing."""
        status, body = await self.answer(url)
        if status != 200:
            raise OutsideError(Fault.STATUS, f"{status}: {said_in(body.decode('utf-8', 'replace'), status)}")
        try:
            return msgspec.json.decode(body)
        except (ValueError, RecursionError) as error:
            raise OutsideError(Fault.PAYLOAD, f"no JSON: {scrub(str(error), 120)}") from error

    async def answer(self, url: str) -> tuple[int, bytes]:
        """Status and body. Raises OutsideError where there is no answer."""
        secret = self._secret()
        answer = await self._reach.http.get(
            url, accept="application/json", secret=secret, timeout_s=self._timeout_s, close=self._close
        )
        return answer.status, unrepeated(answer, secret).body

    def planned(self, method: Literal["POST", "PUT", "PATCH", "DELETE"], url: str, body: Any) -> HttpRequest:
        """The request that is sent when it is confirmed."""
        return HttpRequest(
            method=method,
            url=url,
            body="" if body is None else msgspec.json.encode(body).decode(),
            secret=None if self._auth is None else self._auth.name,
            timeout_s=self._timeout_s,
            close=self._close,
        )

    def _secret(self) -> tuple[str, Secret] | None:
        if self._auth is None:
            return None
        secret = self._auth.secret.read(self._reach.root)
        word = f"{self._auth.scheme} " if self._auth.scheme else ""
        return self._auth.header, Secret(word + secret.reveal())


def instances_of(listed: object) -> tuple[tuple[str, str], ...]:
    """(name, revision; "" where it is not said) of a list of names, or of records with `name` and `revision`."""
    if not isinstance(listed, list):
        return ()
    made: list[tuple[str, str]] = []
    for one in listed:
        name, revision = (one.get("name"), one.get("revision")) if isinstance(one, Mapping) else (one, None)
        if isinstance(name, str | int) and not isinstance(name, bool):
            made.append((scrub(str(name), 120), scrub(str(revision), 200) if isinstance(revision, str | int) else ""))
    return tuple(made)
