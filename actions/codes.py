"""One-time codes: RFC 6238 with SHA-1, steps of 30 s and six digits, as authenticator apps make them.

A code of the step before or after counts, too: clocks differ. A code works once, in all programs of this machine: what
was used leaves an empty file of its own. After a few wrong ones nobody is listened to for a while.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from config.values import SecretRef
from fleet.actions.action import Confirmation
from fleet.clock import Clock
from fleet.errors import ConfigError
from fleet.text import scrub

STEP_S: Final = 30
DIGITS: Final = 6
AROUND: Final = 1
"""Steps before and after in which a code counts."""
WRONG: Final = 5
"""Wrong codes after which nobody is listened to for `PAUSE_S`."""
PAUSE_S: Final = 60.0
LEAST_BYTES: Final = 10
"""Bytes of the shortest secret that is taken."""


def totp(secret: bytes, step: int) -> str:
    """The code of a 30 s step (seconds since 1970 divided by 30), RFC 4226 section 5.3."""
    digest = hmac.new(secret, struct.pack(">Q", step), hashlib.sha1).digest()
    at = digest[-1] & 0xF
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def from_base32(text: str) -> bytes:
    """A shared secret as apps show it: base32, blanks, hyphens and lower case allowed. Raises ValueError."""
    letters = text.replace(" ", "").replace("-", "").rstrip("=").upper()
    try:
        secret = base64.b32decode(letters + "=" * (-len(letters) % 8))
    except (binascii.Error, ValueError):
        # The error would carry the secret.
        raise ValueError("it is no base32") from None
    if len(secret) < LEAST_BYTES:
        raise ValueError(f"it has fewer than {LEAST_BYTES} bytes")
    return secret


class Codes:
    """The codes of operators. `secrets` says where each one's shared secret is, relative to `root`; `folder` keeps
    which codes were used."""

    def __init__(self, secrets: Mapping[str, SecretRef], root: Path, folder: Path, clock: Clock) -> None:
        self._secrets = dict(secrets)
        self._root = root
        self._folder = folder
        self._clock = clock
        self._wrong = 0
        self._shut_until = 0.0

    def wants(self, confirmation: Confirmation) -> str:
        """Why a code cannot count, in a sentence, before it is looked at; "" where it can."""
        if not self._secrets:
            return "it needs a one-time code, and the configuration names no operator with codes (actions.codes)"
        name = self.whose(confirmation)
        if not name:
            others = ", ".join(sorted(self._secrets))
            return f"it needs a one-time code of another operator: say whose it is ({others})"
        if name not in self._secrets:
            return f"{scrub(name, 80)!r} has no one-time codes here (actions.codes)"
        if len(self._secrets) > 1 and name == _user(confirmation.by):
            return "it needs a one-time code of another operator than yourself"
        if self._clock.monotonic() < self._shut_until:
            return "there were too many wrong codes: wait a minute"
        return "" if confirmation.code.strip() else "it needs a one-time code"

    async def use(self, confirmation: Confirmation) -> str:
        """Why the code does not count, in a sentence; "" where it does, and is used up now."""
        why = self.wants(confirmation)
        if why:
            return why
        name = self.whose(confirmation)
        try:
            return await asyncio.to_thread(self._use, name, confirmation.code.replace(" ", ""))
        except (ConfigError, ValueError, OSError) as error:
            return scrub(f"the one-time code of {name} cannot be checked: {error}", 300)

    def whose(self, confirmation: Confirmation) -> str:
        """Who a code is of; "" where there are several and none is named."""
        if confirmation.second:
            return confirmation.second
        return next(iter(self._secrets)) if len(self._secrets) == 1 else ""

    def _use(self, name: str, code: str) -> str:
        secret = from_base32(self._secrets[name].read(self._root).reveal())
        now = int(self._clock.now().timestamp()) // STEP_S
        steps = range(now - AROUND, now + AROUND + 1)
        # All are compared, so that the time taken says nothing of which one it was.
        right = [step for step in steps if hmac.compare_digest(totp(secret, step).encode(), code.encode())]
        if not right:
            self._count_wrong()
            return f"the one-time code of {name} is wrong"
        self._wrong = 0
        unused = [self._mark(name, step) for step in right]
        return "" if all(unused) else f"the one-time code of {name} was used already"

    def _count_wrong(self) -> None:
        self._wrong += 1
        if self._wrong >= WRONG:
            self._wrong, self._shut_until = 0, self._clock.monotonic() + PAUSE_S

    def _mark(self, name: str, step: int) -> bool:
        """Note that the code of a step was used; False where it was before."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        prefix = hashlib.sha256(name.encode()).hexdigest()[:32]
        for old in self._folder.glob(f"{prefix}-*"):
            if old.name.rpartition("-")[2].isdecimal() and int(old.name.rpartition("-")[2]) < step - 4 * AROUND:
                old.unlink(missing_ok=True)
        try:
            (self._folder / f"{prefix}-{step}").touch(mode=0o600, exist_ok=False)
        except FileExistsError:
            return False
        return True


def _user(by: str) -> str:
    return by.partition("@")[0]
